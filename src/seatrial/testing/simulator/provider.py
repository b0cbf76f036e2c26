"""Turns a call into the plan of its answer: route, key, fault, answer, wire, in that order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from random import Random

from seatrial.core.errors import SpecError
from seatrial.core.exchange import UNANSWERED
from seatrial.testing.simulator.answers import Source
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.fault import Fault, parse_faults
from seatrial.testing.simulator.kinds import Draft
from seatrial.testing.simulator.pace import Pace
from seatrial.testing.simulator.plan import Head, Plan, Send
from seatrial.testing.simulator.reply import Reply
from seatrial.testing.simulator.routes import Route, find_route, speaker_of, wrong_path
from seatrial.testing.simulator.schedule import Schedule
from seatrial.testing.simulator.wire import Wire

OVERRIDE = "x-simulate"
"""The request header that says which faults this call gets, instead of the schedule's."""

JSON = "application/json"


class Provider:
    """What answers: knows nothing of sockets."""

    def __init__(
        self,
        source: Source,
        schedule: Schedule,
        *,
        pace: Pace,
        seed: int,
        key: str | None,
        models: Sequence[str],
    ) -> None:
        self._source = source
        self._schedule = schedule
        self._pace = pace
        self._random = Random(seed)  # noqa: S311 - jitter that can be repeated, and no secret
        self._key = key
        self._models = tuple(models)
        self.failure: Exception | None = None

    def plan(self, call: Call) -> Plan | Awaitable[Plan]:
        """How the call is answered; awaited where the answer comes from a model."""
        route = find_route(call.path)
        wire = route.wire if route is not None else speaker_of(call)
        call.wire, call.latency = wire.name, self._pace.draw(self._random)
        try:
            if route is None:
                raise wrong_path(call)
            call.operation = route.operation
            plan = self._answer(call, route)
        except Refused as refused:
            plan = _refusal(wire, refused, call)
        except Exception as error:  # noqa: BLE001 - a function of the user's: its error is raised where the server ends
            plan = _refusal(wire, self._failed(error), call)
        return self._finished(plan, call) if isinstance(plan, Plan) else plan

    def _answer(self, call: Call, route: Route) -> Plan | Awaitable[Plan]:
        call.faults = self._faults_for(call, route)
        if call.method != route.method and not (call.method == "HEAD" and route.method == "GET"):
            raise Refused(405, f"Not allowed to {call.method} on {call.path}")
        if self._key is not None and route.operation != "health":
            route.wire.check_key(call, self._key)
        for fault in call.faults:
            if fault.stage == "refuse":
                raise fault.refusal()
        if route.operation != "chat":
            return _whole(route.wire, self._other(call, route), call)
        asked = route.wire.read(call, route.model, stream=route.stream)
        call.model, call.stream = asked.model, asked.stream
        self._check_model(asked.model)
        reply = self._source(asked)
        if isinstance(reply, Reply):
            return self._said(call, route.wire, asked, reply)
        return self._later(call, route.wire, asked, reply)

    async def _later(self, call: Call, wire: Wire, asked: Asked, coming: Awaitable[Reply]) -> Plan:
        try:
            plan = self._said(call, wire, asked, await coming)
        except Refused as refused:
            plan = _refusal(wire, refused, call)
        except Exception as error:  # noqa: BLE001 - as above
            plan = _refusal(wire, self._failed(error), call)
        return self._finished(plan, call)

    def _failed(self, error: Exception) -> Refused:
        self.failure = self.failure or error
        return Refused(500, repr(error))

    def _faults_for(self, call: Call, route: Route) -> tuple[Fault, ...]:
        written = call.headers.get(OVERRIDE)
        if written is None:
            return self._schedule.next() if route.method == "POST" else ()
        try:
            return parse_faults(written)
        except SpecError as error:
            raise Refused(400, f"{OVERRIDE}: {error}") from error

    def _check_model(self, model: str) -> None:
        if self._models and model not in self._models:
            raise Refused(404, f"The model `{model}` does not exist or you do not have access to it.")

    def _other(self, call: Call, route: Route) -> bytes:
        if route.operation == "health":
            return b'{"status":"ok"}'
        if route.operation == "models":
            wire = speaker_of(call)
            return wire.models(self._models or ("simulated",))
        call.model = route.model
        return route.wire.operations()[route.operation](call, route.model)

    def _said(self, call: Call, wire: Wire, asked: Asked, reply: Reply) -> Plan:
        if reply.ended in UNANSWERED:
            raise Refused(500, f"the answer says {reply.ended}")
        draft = Draft(reply, asked.stream)
        for fault in call.faults:
            if fault.stage == "answer":
                fault.apply(draft)
        if not draft.stream:
            return _whole(wire, wire.whole(asked, draft.reply, call.number), call, wire.token_event(asked, call.number))
        framing = wire.framing(asked)
        return Plan(
            status=200,
            content_type=framing.content_type,
            steps=[Head(), *wire.events(asked, draft.reply, call.number)],
            framing=framing,
            token_event=wire.token_event(asked, call.number),
            error_event=lambda status, message: wire.error_event(asked, status, message),
            headers=wire.headers(call.number),
        )

    def _finished(self, plan: Plan, call: Call) -> Plan:
        if not self._pace.is_instant and call.operation != "health":
            self._pace.apply(plan, call.latency)
        for fault in call.faults:
            if fault.stage == "plan":
                fault.apply(plan)
        return plan


def _refusal(wire: Wire, refused: Refused, call: Call) -> Plan:
    plan = _whole(wire, wire.error(refused), call)
    plan.status = refused.status
    plan.headers = wire.headers(call.number, refused)
    if refused.retry_after is not None:
        plan.headers.append(("retry-after", f"{refused.retry_after:g}"))
    return plan


def _whole(wire: Wire, body: bytes, call: Call, token_event: Callable[[str], bytes] | None = None) -> Plan:
    return Plan(
        status=200,
        content_type=JSON,
        steps=[Head(), Send(body, "body")],
        framing=None,
        token_event=token_event or (lambda text: text.encode()),
        error_event=lambda status, message: wire.error(Refused(status, message, in_answer=True)),
        headers=wire.headers(call.number),
    )
