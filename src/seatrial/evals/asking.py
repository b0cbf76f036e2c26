"""Asks a target what a case asks: one request, a scripted conversation, or nothing for a recorded answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, NamedTuple

from seatrial.core.case import Case
from seatrial.core.conversation import Message, Request
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.core.shapes import Target, respond


class Asked(NamedTuple):
    """The exchange of the turn with this index (0 for a case without turns)."""

    turn: int
    exchange: Exchange


async def ask_case(target: Target, case: Case, repeat: int) -> AsyncGenerator[Asked]:
    """One Asked for every answer, in order; a conversation ends at the first turn without one."""
    if case.answer is not None:
        yield Asked(0, recorded_answer(case))
    elif case.turns:
        history: list[Message] = []
        for index, turn in enumerate(case.turns):
            history.append(Message("user", turn.user))
            if turn.assistant is not None:
                history.append(Message("assistant", turn.assistant))
                continue
            exchange = await respond(target, _request(case, tuple(history), {**case.vars, **turn.vars}, repeat))
            yield Asked(index, exchange)
            if exchange.finish in UNANSWERED:
                return
            if exchange.was_stopped:
                history[-1] = exchange.request.messages[-1]
            history.append(exchange.message)
    else:
        yield Asked(0, await respond(target, _request(case, said(case), case.vars, repeat)))


def said(case: Case) -> tuple[Message, ...]:
    """The conversation of a case without turns, up to the user's last message."""
    if case.ask is not None:
        return (Message("user", case.ask),)
    return case.messages


def requests(case: Case) -> Iterator[Request]:
    """The requests a case will make, with a stand-in for answers not known yet; to be checked before anything runs."""
    if case.answer is not None:
        return
    if not case.turns:
        yield _request(case, said(case), case.vars, 1)
    history: list[Message] = []
    for turn in case.turns:
        history.append(Message("user", turn.user))
        if turn.assistant is None:
            yield _request(case, tuple(history), {**case.vars, **turn.vars}, 1)
        history.append(Message("assistant", turn.assistant or ""))


def recorded_answer(case: Case) -> Exchange:
    """A recorded answer as an exchange: no attempt, nothing rendered, nothing called."""
    return Exchange(
        id=case.id,
        request=Request(said(case), case.vars, cohort=case.cohort, tags=case.tags),
        message=Message("assistant", case.answer or ""),
        finish="stop",
    )


def _request(case: Case, messages: tuple[Message, ...], vars: Mapping[str, Any], repeat: int) -> Request:  # noqa: A002
    return Request(messages, dict(vars), cohort=case.cohort, tags=case.tags, repeat=repeat)
