"""An eval against a server that often says 429: the model's limits narrow, and every case gets its answer."""

import asyncio
import json
from typing import Any

import pytest

from seatrial.evals.run import Run, evaluate
from seatrial.feature.feature import load

ANSWER = json.dumps({"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}).encode()


class Busy:
    """An HTTP server that bears `most` calls at once and refuses more with 429."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.busy = self.refused = self.most_busy = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
                writer.write(await self._response())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    async def _response(self) -> bytes:
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            if self.busy > self.most:
                self.refused += 1
                return _http("429 Too Many Requests", b"{}", "retry-after: 0.005\r\n")
            await asyncio.sleep(0.005)
            return _http("200 OK", ANSWER)
        finally:
            self.busy -= 1


def _http(status: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


@pytest.mark.parametrize("most", [1, 4])
def test_every_case_is_answered_and_the_concurrency_of_the_run_stays_the_ceiling(project: Any, most: int) -> None:
    project.suite("""
        suite: demo
        checks: [{equals: fine}]
        cases:
          - {from: ../rows.jsonl, map: {ask: "{{ n }}"}}
        """)
    project.rows("rows.jsonl", [{"n": str(number)} for number in range(60)])

    async def main() -> tuple[Run, Busy]:
        busy = Busy(most)
        async with await asyncio.start_server(busy.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            line = f"{{use: openai-compatible/m, base_url: 'http://127.0.0.1:{port}/v1'}}"
            project.write("feature.yaml", f"feature: demo\nmodels:\n  main: {line}\nprompt: prompts/chat.md\n")
            return await asyncio.to_thread(evaluate, load(project.root), concurrency=8), busy

    run, busy = asyncio.run(main())
    assert run.passed
    assert [len(run.suites), run.suites[0].passed, run.suites[0].errors] == [1, 60, 0]
    assert 0 < busy.refused < 60
    assert busy.most_busy <= 8
    retried = [result for result in run.results() if len(result.exchanges[0].attempts) > 1]
    assert all(attempt.error.kind == "rate_limit" for each in retried for attempt in each.exchanges[0].attempts[:-1])
