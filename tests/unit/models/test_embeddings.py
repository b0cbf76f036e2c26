"""Embeddings over a transport made of bytes."""

import asyncio
import json
import struct
from array import array
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from bytes_transport import KEY, Answer, BytesTransport, json_answer
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.embeddings import Embeddings
from seatrial.core.errors import ModelError, SpecError
from seatrial.core.exchange import Usage
from seatrial.core.shapes import Embedder
from seatrial.models.provider import embedder
from seatrial.models.retry import Retry
from seatrial.models.transport import TransportError
from seatrial.models.wrappers import Priced


def openai(*vectors: Any, **more: Any) -> Answer:
    data = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    return json_answer({"object": "list", "data": data, "model": "e-1", "usage": {"prompt_tokens": 7}} | more)


def gemini(*vectors: Any, **more: Any) -> Answer:
    return json_answer({"embeddings": [{"values": vector} for vector in vectors]} | more)


def once(model: Any) -> Any:
    return model


def embed(
    texts: Sequence[str], *answers: Answer | Exception, use: str = "openai/e", **settings: Any
) -> tuple[Embeddings, BytesTransport]:
    transport = BytesTransport(*answers)
    made: Embedder = embedder(
        "vectors",
        use,
        transport=lambda: transport,
        base_url="http://x",
        key=KEY,
        **{"around": once, "key_name": "THE_KEY"} | settings,
    )
    return asyncio.run(made.embed(texts)), transport


def lists(embeddings: Embeddings) -> list[list[float]]:
    return [list(vector) for vector in embeddings.vectors]


def test_what_is_sent_and_what_comes() -> None:
    found, transport = embed(["a", "é"], openai([0.5, -1.0], [0.25, 2.0]), params={"dimensions": 2})
    assert transport.sent[0].url == "http://x/embeddings"
    assert dict(transport.sent[0].headers)["authorization"] == f"Bearer {KEY}"
    assert transport.bodies == [{"model": "e", "encoding_format": "base64", "dimensions": 2, "input": ["a", "é"]}]
    assert lists(found) == [[0.5, -1.0], [0.25, 2.0]]
    assert found.vectors[0] == array("f", [0.5, -1.0])
    assert (found.dimensions, found.usage, found.cost_nusd) == (2, Usage(7), None)
    (attempt,) = found.attempts
    assert (attempt.model, attempt.use, attempt.served_by) == ("vectors", "openai/e", "e-1")
    assert (attempt.finish, attempt.params) == ("stop", {"dimensions": 2})


def test_base64_is_little_endian_floats() -> None:
    found, _ = embed(["a"], openai(b64encode(struct.pack("<3f", 0.5, -1.0, 3.25)).decode()))
    assert lists(found) == [[0.5, -1.0, 3.25]]


def test_base64_is_asked_for_only_where_it_is_known() -> None:
    _, transport = embed(["a"], openai([1.0]), use="ollama/nomic-embed-text", facts={})
    assert transport.bodies == [{"model": "nomic-embed-text", "input": ["a"]}]


def test_azure_has_the_operation_in_its_path() -> None:
    _, transport = embed(["a"], openai([1.0]), use="azure/deployed", options={"api_version": "2024-10-21"})
    _, newer = embed(["a"], openai([1.0]), use="azure/deployed")
    assert transport.sent[0].url == "http://x/openai/deployments/deployed/embeddings?api-version=2024-10-21"
    assert newer.sent[0].url == "http://x/openai/v1/embeddings"


def test_the_gemini_format() -> None:
    params = {"dimensions": 2, "taskType": "RETRIEVAL_QUERY"}
    answer = gemini([1.0, 2.0], [3.0, 4.0], usageMetadata={"promptTokenCount": 4})
    found, transport = embed(["a", "b"], answer, use="gemini/gemini-embedding-001", params=params)
    assert transport.sent[0].url == "http://x/models/gemini-embedding-001:batchEmbedContents"
    assert dict(transport.sent[0].headers)["x-goog-api-key"] == KEY
    each = {"model": "models/gemini-embedding-001", "outputDimensionality": 2, "taskType": "RETRIEVAL_QUERY"}
    assert transport.bodies == [{"requests": [each | {"content": {"parts": [{"text": text}]}} for text in "ab"]}]
    assert lists(found) == [[1.0, 2.0], [3.0, 4.0]]
    assert found.usage == Usage(4)


class Echo(BytesTransport):
    """Embeds each text as its length and a count of all texts so far; says the entries backwards."""

    def __init__(self) -> None:
        super().__init__(openai())
        self.count = 0

    async def send(self, request: Any) -> Answer:
        await super().send(request)
        texts = json.loads(request.body)["input"]
        data = []
        for place, text in enumerate(texts):
            data.append({"index": place, "embedding": [float(len(text)), float(self.count)]})
            self.count += 1
        return json_answer({"data": data[::-1], "usage": {"total_tokens": len(texts)}})


@given(st.lists(st.text(min_size=1, max_size=4), max_size=20), st.integers(1, 6))
def test_every_text_has_its_vector_in_its_place_however_they_are_cut(texts: list[str], batch: int) -> None:
    transport = Echo()
    made = embedder("v", "openai/e", transport=lambda: transport, facts={"batch": batch})
    found = asyncio.run(made.embed(texts))
    assert lists(found) == [[float(len(text)), float(place)] for place, text in enumerate(texts)]
    sizes = [len(body["input"]) for body in transport.bodies]
    assert sizes == [batch] * (len(texts) // batch) + [len(texts) % batch] * bool(len(texts) % batch)
    assert found.usage == (Usage(len(texts)) if texts else None)


def test_a_batch_holds_no_more_bytes_than_the_provider_takes_tokens() -> None:
    transport = Echo()
    made = embedder("v", "openai/e", transport=lambda: transport)
    asyncio.run(made.embed(["é" * 100_000, "b" * 100_000, "c", "d" * 400_000, "e"]))
    assert [[text[0] for text in body["input"]] for body in transport.bodies] == [["é", "b"], ["c"], ["d"], ["e"]]


@pytest.mark.parametrize("use", ["openai/e", "gemini/e"])
def test_the_usual_batch_is_the_providers_limit(use: str) -> None:
    limit = {"openai/e": 2048, "gemini/e": 100}[use]
    answer = {"openai/e": openai, "gemini/e": gemini}[use]
    texts = ["a"] * (limit + 1)
    found, transport = embed(texts, answer(*[[1.0]] * limit), answer([1.0]), use=use)
    assert (len(found.vectors), len(transport.sent)) == (limit + 1, 2)


def refusal(*answers: Answer | Exception, texts: Sequence[str] = ("a", "b"), **settings: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        embed(texts, *answers, **settings)
    assert KEY not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (openai([1.0]), "it is for 1 texts, and 2 were sent"),
        (openai([1.0], [1.0], [1.0]), "it is for 3 texts"),
        (json_answer({}), "it is for 0 texts"),
        (openai([1.0], []), "a vector is empty"),
        (openai([1.0], [1e300]), "no finite number"),
        (openai([1.0], "AAA="), "cannot be read"),
        (openai([1.0], "?"), "cannot be read"),
        (openai([1.0], ["x"]), "cannot be read"),
        (openai([1.0], [1.0, 2.0]), "lengths are 1, 2"),
        (json_answer({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}), "indices 0 to 1"),
        (json_answer({"data": [{"index": 1, "embedding": [1]}, {"index": 2, "embedding": [1]}]}), "indices 0 to 1"),
        (json_answer({"data": [{"index": 1, "embedding": [1]}, {"embedding": [1]}]}), "indices 0 to 1"),
        (Answer(b" "), "the answer is empty"),
        (Answer(b"<html>", content_type="text/html"), "it is text/html: an HTML page"),
    ],
)
def test_what_is_not_a_vector_for_each_text_is_an_error(answer: Answer, said: str) -> None:
    error = refusal(answer)
    assert (error.info.kind, error.billable, error.switchable) == ("protocol", True, True)
    assert said in error.info.message
    assert error.info.message.startswith("openai/e: ")


def test_vectors_of_two_batches_are_of_one_length() -> None:
    error = refusal(openai([1.0]), openai([1.0, 2.0]), facts={"batch": 1})
    assert "lengths are 1, 2" in error.info.message


def test_entries_without_an_index_are_in_order() -> None:
    found, _ = embed(["a", "b"], json_answer({"data": [{"embedding": [1]}, {"embedding": [2]}]}))
    assert lists(found) == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_answer({"error": {"message": f"no {KEY}"}}, status=401), "auth"),
        (json_answer({"error": {"message": "slow down", "code": 429}}), "rate_limit"),
        (TransportError("reset", "headers", "gone"), "reset"),
        (Answer(b'{"data', TransportError("cut", "body", "gone")), "cut"),
        (ValueError("the URL is empty\nhint: fill it"), "bad_request"),
    ],
)
def test_faults_are_told_as_for_any_model(answer: Answer | Exception, kind: str) -> None:
    assert refusal(answer).info.kind == kind


def test_an_empty_text_is_refused_before_anything_is_sent() -> None:
    transport = BytesTransport(openai([1.0]))
    made = embedder("v", "openai/e", transport=lambda: transport)
    with pytest.raises(ModelError, match="text 2 of 3 is empty"):
        asyncio.run(made.embed(["a", "", "c"]))
    assert transport.sent == []


def test_no_texts_take_no_call() -> None:
    found, transport = embed([], openai())
    assert (found, transport.sent) == (Embeddings(()), [])
    assert (found.dimensions, found.usage, found.cost_nusd) == (0, None, None)


async def at_once(seconds: float) -> None: ...


def test_a_call_that_may_pass_is_tried_again_and_every_attempt_is_kept_and_priced() -> None:
    overloaded = json_answer({"error": {"message": "overloaded"}}, status=503)
    found, transport = embed(
        ["a", "b"],
        openai([1.0]),
        overloaded,
        openai([2.0]),
        facts={"batch": 1},
        around=lambda model: Retry(Priced(model, lambda attempt: attempt.usage and 10), sleep=at_once),
    )
    assert lists(found) == [[1.0], [2.0]]
    assert len(transport.sent) == 3
    assert [attempt.finish for attempt in found.attempts] == ["stop", "error", "stop"]
    assert (found.cost_nusd, found.usage) == (20, Usage(14))


def test_the_last_error_is_raised_when_trying_again_does_not_help() -> None:
    error = refusal(
        json_answer({}, status=500),
        json_answer({}, status=500),
        json_answer({"error": {"message": "for good"}}, status=400),
        around=lambda model: Retry(model, sleep=at_once),
    )
    assert (error.info.kind, error.info.message) == ("bad_request", "openai/e: HTTP 400: for good")


@pytest.mark.parametrize("use", ["vertex/text-embedding-005", "anthropic/claude", "scripted/a.yaml"])
def test_a_provider_without_embeddings_is_named(use: str) -> None:
    options = {"region": "global", "project": "sea"}
    with pytest.raises(SpecError, match=f"{use} has no embeddings here") as caught:
        embedder("v", use, transport=BytesTransport, key="k", options=options)
    assert "openai" in str(caught.value)
    assert "gemini" in str(caught.value)
    assert "vertex," not in str(caught.value)


class Slow(Answer):
    async def chunks(self) -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""


def test_a_caller_who_leaves_closes_the_response() -> None:
    answer = Slow()

    async def leave() -> None:
        made = embedder("v", "openai/e", transport=lambda: BytesTransport(answer))
        task = asyncio.create_task(made.embed(["a"]))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert answer.closed
