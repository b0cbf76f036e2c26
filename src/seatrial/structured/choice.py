"""Which of the values in an answer is the one that the schema asks for, and what may speak against it."""

from __future__ import annotations

import re
from typing import Any

from seatrial.core.parsed import Outcome, Repair
from seatrial.structured.candidates import Candidate, Found
from seatrial.structured.declined import declines
from seatrial.structured.jsontext import same_json
from seatrial.structured.parsed import Parsed, no_value, refusal
from seatrial.structured.schema import Schema


def chosen(text: str, found: Found, schema: Schema) -> Parsed:
    """The one candidate that fits the schema; `ambiguous` where several do and differ."""
    fitting: list[tuple[Candidate, Any, tuple[Repair, ...]]] = []
    others: list[Candidate] = []
    for candidate in found.candidates:
        path = candidate.reading.doubles
        if path is not None:
            return no_value("ambiguous", f"{path}: the key stands there twice, with different values", text)
        mended = schema.mended(candidate.value)
        if mended is not None:
            fitting.append((candidate, *mended))
        else:
            others.append(candidate)
    if not fitting:
        return _unfitting(text, found, schema)
    if any(not same_json(value, fitting[0][1]) for _, value, _ in fitting):
        return no_value("ambiguous", f"$: the text holds {len(fitting)} values that fit and differ", text)
    candidate, value, mendings = fitting[0]
    if any(_rivals(other, candidate, value, schema) for other in others):
        return no_value("ambiguous", "$: another value, which does not fit, stands beside the one that does", text)
    repairs = (*_outer(found, candidate, len(fitting)), *candidate.reading.repairs, *mendings)
    doubt = _doubt(found, candidate, value, schema)
    return Parsed("value", value, repairs, text=text) if doubt is None else doubt.also(text, *repairs)


def _unfitting(text: str, found: Found, schema: Schema) -> Parsed:
    prose = f"{found.before}\n{found.after}".strip()
    if prose and not any(_claims(each.value, schema) for each in found.candidates) and declines(prose):
        return refusal(text)
    nearest = max(found.candidates, key=lambda each: (_claims(each.value, schema), each.reading.end - each.start))
    outcome: Outcome = "ambiguous" if schema.holds_several(nearest.value) else "invalid"
    return Parsed(outcome, repairs=nearest.reading.repairs, errors=schema.mistakes(nearest.value), text=text)


def _claims(value: Any, schema: Schema) -> bool:
    """Whether a value has the keys that the schema wants, so that it was meant as one."""
    return isinstance(value, dict) and bool(schema.required) and schema.required <= value.keys()


def _rivals(other: Candidate, candidate: Candidate, value: Any, schema: Schema) -> bool:
    """Whether an object that does not fit says something else than the value: a correction behind it, or another value
    of the same kind that only lacks something.
    """
    if not isinstance(other.value, dict) or not isinstance(value, dict):
        return False
    follows = other.start > candidate.start
    if follows and _claims(other.value, schema):
        return True
    shared = other.value.keys() & value.keys() & schema.properties
    differs = any(not same_json(other.value[key], value[key]) for key in shared)
    return differs and (follows or schema.only_lacks(other.value))


def _outer(found: Found, candidate: Candidate, times: int) -> list[Repair]:
    """What was left out around the value."""
    repairs = []
    if candidate.fenced or (found.fences and not found.has_prose):
        repairs.append(Repair("fence"))
    if found.has_prose or len(found.candidates) > times:
        repairs.append(Repair("prose"))
    if found.stray:
        repairs.append(Repair("stray-bracket" if found.stray == "}" else "trailing-comma"))
    if times > 1:
        repairs.append(Repair("repeated", detail=str(times)))
    return repairs


# Prose that says of what follows that it is no answer, or takes back what stood before.
_EXAMPLE = re.compile(
    r"\b(?:for example|for instance|e\.g\.|example (?:of|output|response|answer|json)|an example|template"
    r"|placeholder|(?:would|could|might) (?:look like|be|write)|hypothetical)\b|\bexample\W*\Z",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"(?:^|[.!?\n]\s*)(?:wait|actually|oops|hmm|no,|on second thought|correction|scratch that)\b"
    r"|\b(?:ignore|disregard) (?:that|this|the)\b|\bi made a mistake\b|\b(?:is|was|were) (?:wrong|incorrect)\b"
    r"|\bshould (?:(?:instead|rather|actually) be\b|have been\b|be\s+(?:[\"'`“\d-]|true\b|false\b|null\b))",
    re.IGNORECASE,
)
_LEAD_CHARS = 200


def _doubt(found: Found, candidate: Candidate, value: Any, schema: Schema) -> Parsed | None:
    """Why a value that fits may still not be what was meant."""
    if found.before and declines(found.before):
        return refusal("")
    lead = found.before[-_LEAD_CHARS:].rpartition("\n\n")[2]
    if _EXAMPLE.search(lead) or _TAKEN_BACK.search(found.after):
        return no_value("ambiguous", "$: the text around the value says that it is an example, or takes it back", "")
    if schema.is_said_back(value):
        return no_value("invalid", "$: this is the JSON Schema itself and not a value of it", "")
    if found.stray == "}" and schema.may_hold(value):
        return no_value("invalid", "$: a closing bracket stands without its opening one", "")
    if len(candidate.reading.lost) == 1 and _lost(value, candidate.reading.lost[0], schema):
        return no_value("invalid", "$: an array ends with a comma, and a number may be missing behind it", "")
    return None


def _lost(value: Any, array: list[Any], schema: Schema) -> bool:
    """Whether the array could have had one digit more, which is the shortest value there is."""
    for digit in range(10):
        array.append(digit)
        fits = schema.mended(value) is not None
        array.pop()
        if fits:
            return True
    return False
