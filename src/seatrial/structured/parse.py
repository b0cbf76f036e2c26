"""Reads a whole answer by a JSON Schema: the value, with all that was mended to get it, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from json import loads
from typing import Any

import msgspec

from seatrial.core.exchange import FinishReason
from seatrial.core.parsed import Outcome, Repair
from seatrial.structured.candidates import Candidate, Found, find_candidates, unfenced, without_thoughts
from seatrial.structured.jsontext import NotJson, read_json, same_json
from seatrial.structured.mended import Unreadable
from seatrial.structured.refusal import classify
from seatrial.structured.schema import Schema, compile_schema

__all__ = ["Parsed", "Schema", "compile_schema", "parse_output"]


class Parsed(msgspec.Struct, frozen=True):
    """What reading an answer came to. `errors` are sentences that a model can be told; `text` is the answer itself."""

    outcome: Outcome
    value: Any = None
    repairs: tuple[Repair, ...] = ()
    errors: tuple[str, ...] = ()
    text: str = ""


_UNFINISHED: frozenset[FinishReason] = frozenset({"length", "content_filter", "cancelled", "error"})
_DECLINED: frozenset[FinishReason] = frozenset({"refused", "blocked"})


def parse_output(text: str, schema: Mapping[str, Any] | Schema, finish_reason: FinishReason = "stop") -> Parsed:
    """The value that an answer gives for a schema, or the kind of reason why it gives none.

    Valid JSON that fits comes back unchanged, with no repairs. Everything else is mended only where one reading is
    left; each repair is named, with the JSON path of its place. A compiled `schema` (`compile_schema`) saves a few
    microseconds per answer. Raises SpecError for what is no JSON Schema.
    """
    compiled = compile_schema(schema)
    if finish_reason in _DECLINED:
        return Parsed("refusal", errors=("$: the model declined to answer",), text=text)
    try:
        value = read_json(text)
    except NotJson:
        return _read(text, compiled, finish_reason)
    if type(value) in (int, float) and finish_reason in _UNFINISHED:
        return _none("truncated", "$: the text ends inside a number", text)
    double = _double(text, value)
    if double is not None:
        return _none("ambiguous", double, text)
    if not compiled.fits(value):
        return _fitted(text, value, compiled)
    if value == compiled.schema and "type" in value:
        return _none("invalid", "$: this is the JSON Schema itself and not a value of it", text)
    return Parsed("value", value, text=text)


def _none(outcome: Outcome, error: str, text: str, repairs: Sequence[Repair] = ()) -> Parsed:
    return Parsed(outcome, repairs=tuple(repairs), errors=(error,), text=text)


def _fitted(text: str, value: Any, schema: Schema) -> Parsed:
    """Of an answer that is JSON and does not fit."""
    mended = schema.mended(value)
    if mended is None:
        if isinstance(value, str) and classify(value).refuses:
            return _none("refusal", "$: the model declined to answer", text)
        return Parsed("invalid", errors=schema.mistakes(value), text=text)
    return Parsed("value", mended[0], mended[1], text=text)


def _double(text: str, value: Any) -> str | None:
    """That a key stands there twice with different values, which a parser settles silently."""
    if "\\u" not in text and text.count(":") == msgspec.json.encode(value).count(b":"):
        return None  # no key was dropped: each has its colon
    found: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for key, each in pairs:
            if key in whole and not same_json(whole[key], each):
                found.append(key)
            whole[key] = each
        return whole

    loads(text, object_pairs_hook=members, parse_int=str)
    return f"$: the key {found[0]!r} stands there twice, with different values" if found else None


def _read(text: str, schema: Schema, finish: FinishReason) -> Parsed:
    """Of an answer that is not JSON as a whole."""
    if text.lstrip("\ufeff") != text:
        return _also(_read(text.lstrip("\ufeff"), schema, finish), text, Repair("byte-order-mark"))
    answer = without_thoughts(text)
    if answer is None:
        return _none("truncated", "$: the reasoning does not end, and no answer follows it", text)
    if answer != text:
        inner = parse_output(answer, schema, finish)
        return _also(inner, text, Repair("reasoning"))
    try:
        text.encode()
        found = find_candidates(text)
    except UnicodeEncodeError:
        return _none("invalid", "$: the text holds half of a surrogate pair", text)
    except Unreadable as stop:
        unfinished = finish in _UNFINISHED and not text.rstrip().endswith(("}", "]", "```"))
        return _none("truncated" if unfinished else stop.outcome, str(stop), text)
    if not found.candidates:
        return _prose(text, found, schema, finish)
    return _chosen(text, found, schema)


def _also(parsed: Parsed, text: str, repair: Repair) -> Parsed:
    return msgspec.structs.replace(parsed, repairs=(repair, *parsed.repairs), text=text)


# Prose that takes back what stands beside it, or says that it is no answer.
_EXAMPLE = re.compile(r"\b(?:example|for instance|e\.g\.|template|placeholder|would look like|hypothetical)\b", re.I)
_TAKEN_BACK = re.compile(
    r"\b(?:correction|actually|scratch that|ignore (?:that|this|the)|disregard|wait|oops|on second thought"
    r"|(?:is|was|were) (?:wrong|incorrect)|i made a mistake|should (?:instead )?(?:be|have been))\b",
    re.I,
)


def _chosen(text: str, found: Found, schema: Schema) -> Parsed:
    """The one candidate that fits the schema."""
    fitting: list[tuple[Candidate, Any, tuple[Repair, ...]]] = []
    for candidate in found.candidates:
        if candidate.reading.doubles is not None:
            path = candidate.reading.doubles
            return _none("ambiguous", f"{path}: the key stands there twice, with different values", text)
        mended = schema.mended(candidate.value)
        if mended is not None:
            fitting.append((candidate, *mended))
        elif fitting and _claims(candidate.value, schema):
            return _none("ambiguous", "$: a second value, which does not fit, follows the one that does", text)
    if not fitting:
        return _unfitting(text, found, schema)
    if any(not same_json(value, fitting[0][1]) for _, value, _ in fitting):
        return _none("ambiguous", f"$: the text holds {len(fitting)} values that fit and differ", text)
    candidate, value, repairs = fitting[0]
    repairs = (*_outer(found, candidate, len(fitting)), *candidate.reading.repairs, *repairs)
    doubt = _doubt(found, candidate, value, schema)
    if doubt is not None:
        return msgspec.structs.replace(doubt, repairs=repairs, text=text)
    return Parsed("value", value, repairs, text=text)


def _unfitting(text: str, found: Found, schema: Schema) -> Parsed:
    prose = f"{found.before}\n{found.after}".strip()
    if prose and not any(_claims(each.value, schema) for each in found.candidates) and classify(prose).refuses:
        return _none("refusal", "$: the model declined to answer", text)
    nearest = max(found.candidates, key=lambda each: (_claims(each.value, schema), each.reading.end - each.start))
    return Parsed("invalid", repairs=nearest.reading.repairs, errors=schema.mistakes(nearest.value), text=text)


def _claims(value: Any, schema: Schema) -> bool:
    """Whether a value has the keys that the schema wants, so that it was meant as one."""
    return isinstance(value, dict) and bool(schema.required) and schema.required <= value.keys()


def _outer(found: Found, candidate: Candidate, times: int) -> list[Repair]:
    """What was left out around the value."""
    repairs = []
    if candidate.fenced:
        repairs.append(Repair("fence"))
    if found.has_prose or len(found.candidates) > times:
        repairs.append(Repair("prose"))
    if times > 1:
        repairs.append(Repair("repeated", detail=str(times)))
    return repairs


def _doubt(found: Found, candidate: Candidate, value: Any, schema: Schema) -> Parsed | None:
    """Why a value that fits may still not be what was meant."""
    if found.before and classify(found.before).refuses:
        return _none("refusal", "$: the model declined to answer", "")
    if _EXAMPLE.search(found.before) or _TAKEN_BACK.search(found.after):
        return _none("ambiguous", "$: the text around the value says that it is an example, or takes it back", "")
    if value == schema.schema and "type" in value:
        return _none("invalid", "$: this is the JSON Schema itself and not a value of it", "")
    if len(candidate.reading.lost) == 1 and _lost(value, candidate.reading.lost[0], schema):
        return _none("invalid", "$: an array ends with a comma, and a number may be missing behind it", "")
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


def _prose(text: str, found: Found, schema: Schema, finish: FinishReason) -> Parsed:
    """Of an answer without any object or array."""
    if not found.before:
        return _none("empty", "$: the answer is blank", text)
    fenced = unfenced(text)
    if fenced is not None and finish not in _UNFINISHED:
        return _also(parse_output(fenced, schema, finish), text, Repair("fence"))
    if _is_cut(text.strip()):
        return _none("truncated", "$: the text ends inside a value", text)
    if '"' not in text and classify(found.before).refuses:
        return _none("refusal", "$: the model declined to answer", text)
    if finish in _UNFINISHED:
        return _none("truncated", "$: the text ends before a value", text)
    mended = schema.mended(found.before) if schema.options() and '"' not in text else None
    if mended is not None:
        return Parsed("value", mended[0], mended[1] or (Repair("prose"),), text=text)
    return _none("invalid", "$: the text holds no JSON value of the schema", text)


_CUT = re.compile(
    r"""-?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][-+]?)?|"(?:[^"\\]++|\\.)*+\\?|t(?:r(?:u)?)?|f(?:a(?:l(?:s)?)?)?|n(?:u(?:l)?)?""",
    re.DOTALL,
)


def _is_cut(text: str) -> bool:
    """Whether a scalar begins here and ends before its end."""
    return _CUT.fullmatch(text) is not None and not (text.startswith(".") or text.isdigit())
