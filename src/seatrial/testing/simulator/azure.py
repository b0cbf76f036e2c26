"""Azure's dialect of the OpenAI wire: other paths, keys and errors, and what its filter found.

Source: the Azure OpenAI REST reference and its page on content filtering.
"""

from __future__ import annotations

from typing import Any

from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.openai import OpenAIWire, event
from seatrial.testing.simulator.plan import Send
from seatrial.testing.simulator.reply import Reply
from seatrial.testing.simulator.wire import bearer, encode

_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_FILTERED = {
    "code": "ResponsibleAIPolicyViolation",
    "content_filter_result": {**_SAFE, "violence": {"filtered": True, "severity": "medium"}},
}


class AzureWire(OpenAIWire):
    name = "azure"

    def error(self, refused: Refused) -> bytes:
        codes = {401: "401", 404: "DeploymentNotFound", 429: "429", 500: "InternalServerError"}
        error: dict[str, Any] = {"code": refused.code or codes.get(refused.status, str(refused.status))}
        error["message"] = refused.message
        if refused.code == "content_filter":
            error |= {"param": "prompt", "status": 400, "innererror": _FILTERED}
        return encode({"error": error})

    def check_key(self, call: Call, key: str) -> None:
        if key not in (call.headers.get("api-key"), bearer(call)):
            raise Refused(401, "Access denied due to invalid subscription key or wrong API endpoint.")

    def whole(self, asked: Asked, reply: Reply, number: int) -> bytes:
        self._refuse_blocked(reply)
        return super().whole(asked, reply, number)

    def events(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        self._refuse_blocked(reply)
        return super().events(asked, reply, number)

    def headers(self, number: int, refused: Refused | None = None) -> list[tuple[str, str]]:
        return [("apim-request-id", f"req-{number}"), ("x-ms-region", "simulated")]

    def _refuse_blocked(self, reply: Reply) -> None:
        if reply.ended == "blocked":
            message = "The response was filtered due to the prompt triggering the content management policy."
            raise Refused(400, message, code="content_filter", param="prompt")

    def _judged(self, choice: dict[str, Any]) -> dict[str, Any]:
        return {**choice, "content_filter_results": _SAFE}

    def _opening(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        """Azure's first event has no choice, only what was found in the prompt."""
        results = [{"prompt_index": 0, "content_filter_results": _SAFE}]
        frame = self._frame(asked, reply, number, "chat.completion.chunk")
        return [Send(event({**frame, "choices": [], "prompt_filter_results": results}), "open")]
