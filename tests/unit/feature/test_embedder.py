"""A line of feature.yaml as an embedder and as a moderator, over our own client, on this machine."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seatrial.core.errors import SpecError
from seatrial.core.exchange import Usage
from seatrial.feature.assemble import close_client
from seatrial.feature.feature import Feature, load


class Handler(BaseHTTPRequestHandler):
    """Refuses the first call, then embeds each text as its length, and flags texts that end in `!`."""

    protocol_version = "HTTP/1.1"
    refused = False

    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        embeddings = [{"index": place, "embedding": [len(text), 1.0]} for place, text in enumerate(texts)]
        results = [{"flagged": text.endswith("!"), "categories": {}} for text in texts]
        found = {"/v1/embeddings": {"data": embeddings, "usage": {"prompt_tokens": 1000}}}
        self.answer(200 if self.server.refused else 503, found.get(self.path, {"results": results}))  # type: ignore[attr-defined]

    def answer(self, status: int, found: dict[str, Any]) -> None:
        self.server.refused = True  # type: ignore[attr-defined]
        body = json.dumps(found).encode()
        self.send_response(status)
        for name, value in (("content-length", str(len(body))), ("retry-after", "0")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.refused = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def feature(url: str, project: Any) -> Feature:
    project.write(
        "feature.yaml",
        f"""\
        feature: demo
        models:
          main: {{use: scripted/script.yaml}}
          vectors:
            use: openai-compatible/e
            base_url: {url}
            price: {{input: 0.02, output: 0}}
            params: {{dimensions: 2}}
          safety: {{use: openai-compatible/m, base_url: "{url}"}}
        prompt: prompts/chat.md
        """,
    )
    return load(project.root)


def test_an_embedder_has_the_retries_and_the_price_of_its_line(feature: Feature) -> None:
    async def embed() -> Any:
        try:
            return await feature.embedder("vectors").embed(["a", "bcd"])
        finally:
            await close_client()

    found = asyncio.run(embed())
    assert [list(vector) for vector in found.vectors] == [[1.0, 1.0], [3.0, 1.0]]
    assert [attempt.finish for attempt in found.attempts] == ["error", "stop"]
    assert (found.usage, found.cost_nusd) == (Usage(1000), 20_000)
    assert found.attempts[1].params == {"dimensions": 2}


def test_a_moderator(feature: Feature) -> None:
    async def moderate() -> Any:
        try:
            return await feature.moderator("safety").moderate(["hi", "you!"])
        finally:
            await close_client()

    assert [found.flagged for found in asyncio.run(moderate())] == [False, True]


def test_a_model_that_is_not_there_or_has_no_embeddings(feature: Feature) -> None:
    with pytest.raises(SpecError, match="did you mean vectors"):
        feature.embedder("vector")
    for make in (feature.embedder, feature.moderator):
        with pytest.raises(SpecError, match=r"scripted/script.yaml has no (embeddings|moderations) here"):
            make("main")
