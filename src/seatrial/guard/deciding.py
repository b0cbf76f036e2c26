"""From a guard's judgement to the decision that is told and kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from seatrial.core.decision import Action, Decision, Deed, Stage
from seatrial.core.verdict import Span, Verdict
from seatrial.guard.judging import Judged, is_ours
from seatrial.guard.keys import Keyed
from seatrial.guard.policy import Guard
from seatrial.guard.rewrite import outermost

MOST_FINGERPRINTS = 20

MOST_TOLD = 20
"""Decisions of one guard that are told where it judges many texts."""

_DONE: dict[Action, Deed] = {
    "flag": "flagged",
    "redact": "redacted",
    "mask": "masked",
    "pseudonymise": "pseudonymised",
    "replace": "replaced",
    "retry": "retried",
    "refuse": "refused",
    "escalate": "escalated",
}
UNJUDGED = "This could not be checked, so there is no answer to it."
"""What is said where a guard could not judge, is closed, and has no reply of its own."""


def deed(guard: Guard, verdict: Verdict) -> Deed:
    """What the guard does about a verdict."""
    if verdict.state == "error":
        if guard.shadow or guard.open:
            return "shadowed" if guard.shadow else "let through"
        return "replaced" if guard.substitutes else "refused"
    if verdict.state != "fail":
        return "passed"
    return "shadowed" if guard.shadow else _DONE[guard.action]


def stops(guard: Guard, verdict: Verdict) -> bool:
    """Whether the text goes no further: the guard ends it, or could not judge and is closed."""
    if verdict.state == "error":
        return not guard.shadow and not guard.open
    return verdict.state == "fail" and guard.ends


def reply_of(guard: Guard) -> str:
    """The canned reply."""
    return guard.reply or UNJUDGED


def found(verdict: Verdict, text: str) -> tuple[Span, ...]:
    """Where the text fails: the spans of the verdict, or the whole text where it has none."""
    return tuple(outermost(verdict.spans)) or (Span(0, len(text), verdict.label or ""),)


def decision(guard: Guard, judged: Judged, *, fingerprints: Sequence[str] = (), did: Deed | None = None) -> Decision:
    """The record of a judgement. Spans are those of the judged text until the caller moves them."""
    return Decision(
        stage=guard.stage,
        action=guard.action,
        did=did or deed(guard, judged.verdict),
        verdict=_kept(_told(guard, judged.verdict)),
        fingerprints=tuple(dict.fromkeys(fingerprints))[:MOST_FINGERPRINTS],
        latency_ms=judged.latency_ms,
    )


def fingerprints(key: Keyed, verdict: Verdict, text: str) -> list[str]:
    """One for each place that failed, up to as many as are kept."""
    if verdict.state != "fail":
        return []
    return [key.fingerprint(text[span.start : span.end]) for span in found(verdict, text)[:MOST_FINGERPRINTS]]


def places(check_id: str, spans: Sequence[Span]) -> str:
    """`2 places: email, phone`: what was found, and nothing of the text."""
    labels = ", ".join(dict.fromkeys(span.label or check_id for span in spans))
    return f"{len(spans)} place{'s' * (len(spans) != 1)}: {labels}"


def _told(guard: Guard, verdict: Verdict) -> Verdict:
    """The reason of a detector of ours never repeats what it found. That of a property is written for tests, where it
    may; and of the user's functions nobody knows.
    """
    discreet = guard.check.definition.kind == "detector" and is_ours(guard.check)
    if verdict.state == "pass" and not discreet:
        return msgspec.structs.replace(verdict, reason="", spans=())
    if verdict.state != "fail":
        return verdict
    verdict = msgspec.structs.replace(verdict, spans=tuple(outermost(verdict.spans)))
    if discreet:
        return verdict
    said = places(guard.check.id, verdict.spans) if verdict.spans else f"{guard.check.id} does not hold"
    return msgspec.structs.replace(verdict, reason=said)


def _kept(verdict: Verdict) -> Verdict:
    """The verdict with what says nothing of the text: a check may put more into one, like what it asked a model."""
    return Verdict(
        state=verdict.state,
        check=verdict.check,
        version=verdict.version,
        on=verdict.on,
        turn=verdict.turn,
        score=verdict.score,
        label=verdict.label,
        reason=verdict.reason,
        spans=verdict.spans,
        usage=verdict.usage,
    )


class Told:
    """The decisions on many texts as they are told: of each guard what it found, up to MOST_TOLD, or once that it found
    nothing.
    """

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._of_guard: dict[tuple[Stage, str, Action], list[Decision]] = {}
        for made in decisions:
            self.add(made)

    def add(self, made: Decision) -> None:
        told = self._of_guard.setdefault((made.stage, made.verdict.version, made.action), [])
        if made.did != "passed" and told and told[0].did == "passed":
            told.clear()
        if len(told) < MOST_TOLD and (made.did != "passed" or not told):
            told.append(made)

    @property
    def decisions(self) -> list[Decision]:
        return [made for told in self._of_guard.values() for made in told]


def with_spans(decision: Decision, spans: Sequence[Span]) -> Decision:
    verdict = msgspec.structs.replace(decision.verdict, spans=tuple(spans))
    return msgspec.structs.replace(decision, verdict=verdict)
