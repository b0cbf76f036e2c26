"""A conversation with a feature: asks one thing after the other, remembers what was said, and judges each reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import BugError
from seatrial.core.events import Done, Restart, Retract, TextDelta
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.evals.judging import judge
from seatrial.feature.bridge import run_sync
from seatrial.feature.feature import Feature


class Reply(msgspec.Struct, frozen=True):
    """What came of one ask. `interrupted` says that the person stopped it."""

    exchange: Exchange
    verdicts: tuple[Verdict, ...] = ()
    interrupted: bool = False

    @property
    def answered(self) -> bool:
        return self.exchange.finish not in UNANSWERED


class Conversation:
    """`history` is what was said and what was delivered; it stays empty when a prompt of the feature takes none."""

    def __init__(self, feature: Feature, variables: Mapping[str, Any], checks: Sequence[BoundCheck]) -> None:
        """Raises SpecError when the prompt takes no ask, or other variables than these."""
        self.feature = feature
        self.checks = checks
        self.history: tuple[Message, ...] = ()
        self._variables = dict(variables)
        self._asked = 0
        prompts = [feature.prompt_for(model) for model in feature.spec.route]
        for prompt in prompts:
            prompt.check(self._request("a first word"))
        self.alone = [prompt.path for prompt in prompts if not prompt.takes_history]
        """The prompts for which each ask stands alone."""

    def ask(self, text: str, say: Callable[[str], None]) -> Reply:
        """Ask, handing each piece of the reply to `say` as it comes (in another thread). An interrupt cancels the
        reply; it raises KeyboardInterrupt only when there is no exchange to show for it.
        """
        hearing = _Hearing(self.checks, self._asked, say)
        interrupted = False
        try:
            run_sync(hearing.hear(self.feature, self._request(text)))
        except KeyboardInterrupt:
            if hearing.exchange is None:
                raise
            interrupted = True
        if hearing.exchange is None:
            raise BugError(f"{self.feature.name} ended its stream without Done")
        self._asked += 1
        reply = Reply(hearing.exchange, tuple(hearing.verdicts), interrupted)
        if reply.answered and not self.alone:
            exchange = reply.exchange
            said = exchange.request.messages[-1] if exchange.was_stopped else Message("user", text)
            self.history = (*self.history, said, Message("assistant", exchange.delivered))
        return reply

    def reset(self) -> None:
        """Forget what was said."""
        self.history = ()

    def _request(self, text: str) -> Request:
        return Request((*self.history, Message("user", text)), self._variables, stream=True)


class _Hearing:
    """Listens to one reply. What it has heard stays when it is interrupted."""

    def __init__(self, checks: Sequence[BoundCheck], turn: int, say: Callable[[str], None]) -> None:
        self.exchange: Exchange | None = None
        self.verdicts: list[Verdict] = []
        self._checks = checks
        self._turn = turn
        self._say = say

    async def hear(self, feature: Feature, request: Request) -> None:
        async with aclosing(feature.stream(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    self._say(event.text)
                elif isinstance(event, Restart):
                    self._say(f"\n[{event.rejected.outcome}: the model is asked again]\n")
                elif isinstance(event, Retract):
                    self._say(f"\n[{event.reason}]\n")
                elif isinstance(event, Done):
                    self.exchange = event.exchange
        if self.exchange is not None and self.exchange.finish not in UNANSWERED:
            self.verdicts = await judge(self._checks, View.of(self.exchange, turn=self._turn))
