"""The `output:` of a feature: how it is read from feature.yaml, how an answer becomes its value, and how a model is
asked again when it does not fit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import ErrorInfo, SpecError
from seatrial.core.exchange import Exchange, FinishReason, Rejected
from seatrial.core.parsed import Outcome
from seatrial.spec.files import read_text
from seatrial.spec.nodes import Node
from seatrial.spec.yaml import read_yaml
from seatrial.structured.parse import Parsed, compile_schema, parse_output
from seatrial.structured.partial import PartialParser

RETRIES = 1
MOST_RETRIES = 5
MOST_ERRORS = 10
"""How many mistakes a model is told: more are mostly the first one's consequences."""

SAID: dict[Outcome, str] = {
    "truncated": "Your answer was cut off before its end.",
    "empty": "Your answer was empty.",
    "ambiguous": "Your answer holds more than one value, and it is not clear which one is meant.",
    "invalid": "Your answer does not fit the JSON Schema.",
}
AGAIN = "Give the whole answer again, as one JSON value and nothing else."

DECLINED: frozenset[FinishReason] = frozenset({"refused", "content_filter", "blocked"})
"""Finish reasons of an answer that is no attempt at the value: nothing is read, and nobody is asked again."""


class OutputSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The value an answer is to be. `file` is None for a schema made from a Python type; `retries` is how often a model
    is asked again.
    """

    schema: dict[str, Any]
    file: str | None = None
    retries: int = RETRIES


def read_output(node: Node | None, folder: Path) -> OutputSpec | None:
    """`output:` of feature.yaml; None for text, and after a mistake was noted."""
    if node is None or node.value == "text":
        return None
    if node.kind != "mapping":
        return _read_file(node, "output", folder, RETRIES)
    fields = node.fields("output", ("schema", "retries"), required=("schema",)) or {}
    retries = fields["retries"].integer("output: retries", least=0, most=MOST_RETRIES) if "retries" in fields else None
    if "schema" not in fields:
        return None
    return _read_file(fields["schema"], "output: schema", folder, RETRIES if retries is None else retries)


def _read_file(node: Node, what: str, folder: Path, retries: int) -> OutputSpec | None:
    name = node.text(what)
    if name is None:
        return None
    if not name.endswith((".json", ".yaml", ".yml")):
        node.wanted(what, "text, or a JSON Schema file that ends in .json, .yaml or .yml")
        return None
    if not (folder / name).is_file():
        node.problem(f"{what}: there is no file {name!r}", hint=f"looked in {folder}")
        return None
    try:
        schema = _schema_of(folder / name, name)
    except SpecError as error:
        node.problems.extend(error)
        return None
    return OutputSpec(schema=schema, file=name, retries=retries)


def _schema_of(path: Path, name: str) -> dict[str, Any]:
    """Raises SpecError, in the file."""
    if path.suffix == ".json":
        text = read_text(path)
        try:
            schema = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise SpecError(f"this is not JSON: {error}", file=name, line=_line_of(text, str(error))) from error
    else:
        root = read_yaml(path, file=name)
        root.problems.raise_any()
        schema = root.plain()
    if not isinstance(schema, dict):
        raise SpecError("this is not a JSON Schema", file=name, expected="an object, like {type: object, …}")
    try:
        compile_schema(schema)
    except SpecError as error:
        raise SpecError([msgspec.structs.replace(each, file=each.file or name) for each in error.problems]) from error
    return schema


def _line_of(text: str, said: str) -> int | None:
    """The line of a mistake that msgspec names by its byte."""
    _, found, place = said.rpartition("(byte ")
    return text.encode()[: int(place.rstrip(")"))].count(b"\n") + 1 if found else None


class Output:
    """Reads answers by one schema, and as values of a Python type where one is given."""

    def __init__(self, spec: OutputSpec, wanted: Any = None) -> None:
        self.schema = spec.schema
        self.retries = spec.retries
        self._wanted = wanted
        self._compiled = compile_schema(spec.schema)

    def read(self, text: str, finish: FinishReason) -> Parsed | None:
        """None for an answer that calls tools: the value comes later."""
        if finish == "tool_calls":
            return None
        if finish in DECLINED:
            return Parsed(outcome="refusal", text=text)
        parsed = parse_output(text, self._compiled, finish)
        return parsed if self._wanted is None else parsed.typed(self._wanted)

    def onto(self, exchange: Exchange) -> Exchange:
        """An exchange from elsewhere with the value of its answer; the same one where its answer calls tools."""
        parsed = self.read(exchange.text, exchange.finish)
        if parsed is None:
            return exchange
        kept = {"outcome": parsed.outcome, "repairs": parsed.repairs, "errors": parsed.errors}
        read = msgspec.structs.replace(exchange, parsed=parsed.value, **kept)
        if parsed.outcome == "value":
            return read
        if parsed.outcome == "refusal":
            return msgspec.structs.replace(read, finish=declined(exchange.finish))
        return msgspec.structs.replace(read, finish="error", error=output_error(rejection(parsed, 0), 1))

    def partial(self) -> PartialParser:
        return PartialParser(self._compiled)


def ask_again(request: ModelRequest, said: Answer, rejected: Rejected) -> ModelRequest:
    """The request with the answer and what is wrong with it. A blank answer is not said again, as servers refuse one:
    what is wrong then stands at the end of the user's own words.
    """
    errors = [f"- {error}" for error in rejected.errors[:MOST_ERRORS]]
    told = "\n".join([SAID.get(rejected.outcome, ""), *errors, AGAIN])
    answer = Message("assistant", said.text if said.is_plain else said.parts)
    return msgspec.structs.replace(
        request,
        messages=_extended(request.messages, answer, told),
        conversation=_extended(request.conversation, Message("assistant", answer.text), told),
    )


def tell(request: ModelRequest, told: str) -> ModelRequest:
    """The request with more at the end of the user's own words, for an answer that cannot be said again."""
    nothing = Message("assistant", "")
    return msgspec.structs.replace(
        request,
        messages=_extended(request.messages, nothing, told),
        conversation=_extended(request.conversation, nothing, told),
    )


def _extended(messages: tuple[Message, ...], answer: Message, told: str) -> tuple[Message, ...]:
    last = messages[-1] if messages else None
    if answer.text.strip():
        return (*messages, answer, Message("user", told))
    if last is None or last.role != "user" or not isinstance(last.content, str):
        return (*messages, Message("user", told))
    return (*messages[:-1], Message("user", f"{last.content}\n\n{told}"))


def declined(finish: FinishReason) -> FinishReason:
    """How an answer ends that is no attempt at the value, also where its model says that it stopped."""
    return finish if finish in DECLINED else "refused"


def rejection(parsed: Parsed, attempt: int) -> Rejected:
    """An answer that has no value, as it is kept and told; `attempt` is the place of its attempt in the exchange."""
    return Rejected(
        text=parsed.text, outcome=parsed.outcome, errors=parsed.errors, repairs=parsed.repairs, attempt=attempt
    )


def output_error(rejected: Rejected, asked: int) -> ErrorInfo:
    """The error of an exchange without a value, after `asked` answers."""
    tries = "" if asked == 1 else f" in {asked} answers"
    reasons = "; ".join(rejected.errors[:3]) or SAID.get(rejected.outcome, "")
    return ErrorInfo(
        kind="output",
        message=f"no value that fits the output schema{tries}: {rejected.outcome}: {reasons}",
        hint="raise max_tokens, or ask for less" if rejected.outcome == "truncated" else None,
        billable=True,
    )
