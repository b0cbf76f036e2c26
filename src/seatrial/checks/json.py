"""Checks on JSON answers: the whole answer, a part of it, or one value inside."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Sequence
from typing import Annotated, Any

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.jsonpath import JsonPath, NothingThere
from seatrial.checks.parameters import Inner, JsonSchema
from seatrial.checks.values import value_of
from seatrial.core.verdict import Verdict, made_of
from seatrial.core.view import View
from seatrial.structured.jsontext import NotJson, found_json, read_json

Schema = Annotated[
    JsonSchema | None,
    msgspec.Meta(description="a JSON Schema it must fit, or the path of a JSON file that holds one"),
]


@builtin(
    "is-json",
    example=Example(
        "is-json: {schema: {type: object, required: [name]}}",
        passes=['{"name": "Ada"}', ' {"name": null}\n'],
        fails=['{"age": 36}', 'here: {"name": "Ada"}', '{"name": NaN}'],
    ),
)
def is_json(text: str, *, schema: Schema = None) -> Verdict:
    """The whole answer is JSON, white space around it aside, and fits the schema if there is one."""
    try:
        data = read_json(text)
    except NotJson as error:
        return failed(str(error), spans=[(error.at, error.at + 1)] if error.at is not None else ())
    mistake = schema.mistake(data) if schema is not None else None
    return passed("is JSON") if mistake is None else failed(f"JSON that breaks the schema: {mistake}")


@builtin(
    "contains-json",
    example=Example(
        "contains-json: {schema: {type: object, required: [name]}}",
        passes=['Here you go:\n```json\n{"name": "Ada"}\n```', 'it is {"name": "Ada"}.'],
        fails=["name: Ada", 'it is {"age": 36}.', "{name: 'Ada'}"],
    ),
)
def contains_json(text: str, *, schema: Schema = None) -> Verdict:
    """A JSON object or array stands somewhere in the answer, and fits the schema if there is one.

    Prose is full of `[1]`, `[ ]` and `{}`: without a schema, an empty one or a single number in brackets counts only on
    lines of its own.
    """
    first_mistake: str | None = None
    for start, end, data in found_json(text):
        if schema is None:
            if not _is_mark(data) or _stands_alone(text, start, end):
                return passed("contains JSON", spans=[(start, end)])
            continue
        mistake = schema.mistake(data)
        if mistake is None:
            return passed("contains JSON that fits the schema", spans=[(start, end)])
        first_mistake = first_mistake or mistake
    if first_mistake is not None:
        return failed(f"JSON that breaks the schema: {first_mistake}")
    return failed("contains no JSON object or array")


def _is_mark(data: Any) -> bool:
    return not data or (isinstance(data, list) and len(data) == 1 and isinstance(data[0], int | float))


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    after = text[end:].partition("\n")[0]
    return not before.strip() and not after.strip()


@builtin(
    "json-path",
    example=Example(
        "json-path: {path: '$.items[*].price', check: {number-equals: 5}}",
        passes=['{"items": [{"price": 5}, {"price": "5.00"}]}'],
        fails=['{"items": [{"price": 5}, {"price": 6}]}', '{"items": []}', '{"items": [{"cost": 5}]}', "5"],
    ),
)
def json_path(
    view: View,
    *,
    path: Annotated[
        JsonPath, msgspec.Meta(description="where the value stands: names, indexes and [*], like $.items[0].name")
    ],
    check: Annotated[
        Inner | None, msgspec.Meta(description="the check entry that judges the value; without it, any value")
    ] = None,
) -> Verdict | Awaitable[Verdict]:
    """A value stands at a path of the answer's JSON, and an inner check passes on it.

    Where the feature's output is a schema, it is the answer's value; else the JSON is the whole answer, or the first
    object or array in it. Text reaches the inner check as it is, other data as JSON. With [*] every value found must
    pass, and there must be one.
    """
    try:
        found = path.values(value_of(view))
    except (NotJson, NothingThere) as error:
        return failed(str(error))
    if check is None:
        return passed(f"{path} is there")
    places = [place for place, _ in found]
    results: list[Any] = [check.bound.check(_part(view, value, check)) for _, value in found]
    if any(inspect.isawaitable(result) for result in results):
        return _judge_later(places, results)
    return _every(places, results)


async def _judge_later(places: Sequence[str], results: Sequence[Any]) -> Verdict:
    return _every(places, [await result if inspect.isawaitable(result) else result for result in results])


def _part(view: View, value: Any, check: Inner) -> View:
    """The value as the text the inner check judges, whichever text it would choose by itself."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return View(text, view.exchange, check.bound.on, view.case, view.turn)


def _every(places: Sequence[str], verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of the verdicts; their spans are dropped, since they refer to the values and not to the answer."""
    judged = list(zip(places, verdicts, strict=True))
    score = min((verdict.score for verdict in verdicts if verdict.score is not None), default=None)
    for state in ("fail", "error", "unscored"):
        reasons = [f"{place}: {verdict.reason}" for place, verdict in judged if verdict.state == state]
        if reasons:
            worst = next(verdict.state for verdict in verdicts if verdict.state == state)
            shown = Verdict(state=worst, score=score if state == "fail" else None, reason="; ".join(reasons[:5]))
            return made_of(shown, verdicts)
    reasons = [f"{place}: {verdict.reason}" if verdict.reason else place for place, verdict in judged]
    return made_of(Verdict(state="pass", score=score, reason="; ".join(reasons[:5])), verdicts)
