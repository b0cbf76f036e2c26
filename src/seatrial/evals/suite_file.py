"""Reads suite files, every mistake at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.jsonpath import field_name
from seatrial.checks.parameters import Lend
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.registry import nearest_name
from seatrial.datasets.source import read_source
from seatrial.evals.binding import CheckBinder
from seatrial.evals.cases import ASKED, FIELDS, MESSAGE_FIELDS, REPEAT_FIELDS, TURN_FIELDS, build_case, is_cohort_value
from seatrial.evals.gate import read_gate
from seatrial.evals.suite import ADD_CHECKS, FromData, Inline, Suite
from seatrial.feature.spec import LATER as FEATURE_LATER
from seatrial.spec.files import read_text
from seatrial.spec.nodes import Node, Problems
from seatrial.spec.templates import RowTemplate, compile_template, is_template
from seatrial.spec.yaml import parse_yaml

KEYS = ("suite", "about", "vars", "cohort", "checks", "gate", "cases")
FROM_KEYS = ("from", "map", "types", "vars", "cohort", "checks", "tags", "repeat", "threshold")
MAP_KEYS = ("ask", "turns", "messages", "vars", "cohort", "answer", "id", "name", "group", "tags")
LATER = ("defaults", "judge", "simulate", "until", "noise")
"""Keys of the design that later versions read, besides those of feature.yaml, which people look for here too."""
_LATER_ANYWHERE = (*LATER, *FEATURE_LATER)


def load_suite(path: Path, *, root: Path, lend: Lend | None = None) -> Suite:
    """Read a suite file; `lend` gives the models its checks ask. Raises SpecError with every mistake in it; data rows
    are read later, by `cases`.
    """
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    text = read_text(path, file=shown)
    node = parse_yaml(text, file=shown, problems=Problems())
    suite = _read_suite(node, shown, CheckBinder(path.parent, lend), path.parent)
    node.problems.raise_any()
    suite.hash = digest(text)
    return suite


def _read_suite(node: Node, shown: str, binder: CheckBinder, folder: Path) -> Suite:
    fields = node.fields("a suite", KEYS, later=_LATER_ANYWHERE, required=("suite", "cases")) or {}
    name = fields["suite"].text("suite") if "suite" in fields else None
    about = fields["about"].text("about") if "about" in fields else None
    suite = Suite(name or "", about or "", shown, folder, binder)
    given = fields["vars"].entries("vars") if "vars" in fields else None
    suite.vars = {name: value.plain() for name, value in (given or {}).items()}
    suite.lines = {"suite": fields["suite"].line if "suite" in fields else 1} | {
        f"vars.{name}": value.line for name, value in (given or {}).items()
    }
    suite.cohort = _read_cohort(fields["cohort"]) if "cohort" in fields else {}
    suite.checks = _read_checks(fields.get("checks"), suite.binder)
    suite.gate = read_gate(fields["gate"]) if "gate" in fields else None
    entries = fields["cases"].items("cases") if "cases" in fields else None
    if entries is not None and not entries:
        fields["cases"].problem("the suite has no cases", hint="for example  - ask: hey whats up")
    for entry in entries or ():
        read = (
            _read_from(entry, suite)
            if entry.kind == "mapping" and "from" in entry.value
            else _read_inline(entry, suite)
        )
        if read is not None:
            suite.add(read)
    if "gate" in fields:
        _check_gate_fields(fields["gate"], node)
    return suite


def _read_cohort(node: Node) -> dict[str, str]:
    """Whose requests the cases are."""
    entries = node.entries("cohort") or {}
    for name, value in entries.items():
        if not is_cohort_value(value.plain()):
            value.wanted(f"cohort: {name}", "a text, like 13-15")
    return {str(name): str(value.plain()) for name, value in entries.items()}


def _check_gate_fields(gate: Node, suite: Node) -> None:
    """A field that no `field-accuracy` of the suite counts could never hold: a misspelt one is found before anything
    runs. The fields of entries made by templates are not known yet.
    """
    bounds = gate.value.get("field_accuracy") if gate.kind == "mapping" else None
    entries = [each.value["field-accuracy"] for each in suite.walk() if _is_entry(each, "field-accuracy")]
    named = [each.value.get("field") for each in entries if each.kind == "mapping"]
    counted = [str(each.value) for each in named if each is not None and each.kind == "scalar"]
    if bounds is None or bounds.kind != "mapping" or any(map(is_template, counted)):
        return
    known = [field_name(each) for each in counted]
    for name, bound in bounds.value.items():
        if field_name(str(name)) not in known:
            hint = f"fields it counts: {', '.join(dict.fromkeys(known))}" if known else "add the check field-accuracy"
            nearest = nearest_name(str(name), known)
            bound.key_problem(
                f"no field-accuracy of the suite counts {name!r}", nearest=nearest, hint=None if nearest else hint
            )


def _is_entry(node: Node, name: str) -> bool:
    return node.kind == "mapping" and name in node.value


def _read_checks(node: Node | None, binder: CheckBinder) -> tuple[Any, ...]:
    """Check entries written out; each is bound now, so that its mistakes show at load."""
    items = node.items("checks") if node is not None else None
    raw = []
    for item in items or ():
        entry = item.plain()
        try:
            binder.bind(entry)
        except SpecError as error:
            _place(error, item)
        raw.append(entry)
    return tuple(raw)


def _place(error: SpecError, node: Node) -> None:
    """Note problems that have no place of their own at the node they came from."""
    for problem in error.problems:
        if problem.line is None and problem.file is None:
            problem = msgspec.structs.replace(problem, file=node.file, line=node.line, column=node.column)
        node.problems.add(problem)


def _read_inline(node: Node, suite: Suite) -> Inline | None:
    fields = node.fields("a case", (*FIELDS, "from"), later=_LATER_ANYWHERE)
    if fields is None:
        return None
    before = len(node.problems.found)
    misspelt = len(fields) < len(node.value)
    noted = _read_parts(fields, suite)

    def note(key: str | None, what: str, **more: Any) -> None:
        if key not in noted:
            fields.get(key or "", node).problem(what, **more)

    plain = {key: field.plain() for key, field in fields.items()}
    case = build_case(plain, suite=suite.name, source=node.source, note=note)
    if case is None or len(node.problems.found) > before:
        return None
    if not suite.checks and not case.checks and not any(turn.checks for turn in case.turns) and not misspelt:
        node.problem("the case has no check to judge it", hint=ADD_CHECKS)
    return Inline(case)


def _read_parts(fields: Mapping[str, Node], suite: Suite) -> set[str]:
    """Check what stands inside the fields of a case at its own lines. The fields in which a mistake was noted."""
    readers: dict[str, Callable[[Node], object]] = {
        "checks": lambda node: _read_checks(node, suite.binder),
        "turns": lambda node: _read_turns(node, suite.binder),
        "messages": lambda node: _each_mapping(node, "a message", MESSAGE_FIELDS, required=MESSAGE_FIELDS),
        "repeat": lambda node: node.fields("repeat", REPEAT_FIELDS) if node.kind == "mapping" else None,
    }
    wrong = set()
    for key, read in readers.items():
        if key in fields:
            before = len(fields[key].problems.found)
            read(fields[key])
            if len(fields[key].problems.found) > before:
                wrong.add(key)
    return wrong


def _read_turns(node: Node, binder: CheckBinder) -> None:
    _each_mapping(node, "a turn", TURN_FIELDS, required=("user",))
    for turn in node.value if node.kind == "list" else ():
        if turn.kind == "mapping":
            _read_checks(turn.value.get("checks"), binder)


def _each_mapping(node: Node, what: str, known: Iterable[str], *, required: Iterable[str]) -> None:
    for item in node.value if node.kind == "list" else ():
        item.fields(what, known, required=required)


def _read_from(node: Node, suite: Suite) -> FromData | None:
    before = len(node.problems.found)
    fields = node.fields("a case from data", FROM_KEYS, later=_LATER_ANYWHERE)
    if fields is None:
        return None
    source = read_source(fields["from"], fields.get("types"), suite.folder)
    templates: dict[str, RowTemplate] = {
        key: _compile(fields[key])
        for key in ("vars", "cohort", "checks", "tags", "repeat", "threshold")
        if key in fields
    }
    mapped = fields["map"].fields("map", MAP_KEYS) if "map" in fields else None
    if mapped is not None:
        for key in set(mapped) & set(templates):
            mapped[key].problem(f"{key} stands in map: and beside it", hint="keep one of the two")
        templates |= {key: _compile(value) for key, value in mapped.items()}
    if len(node.problems.found) == before:
        _check_asks(node, templates)
    if "checks" in fields:
        _read_static_checks(fields["checks"], suite.binder)
    elif not suite.checks and "turns" not in templates and len(fields) == len(node.value):
        node.problem("the cases have no check to judge them", hint="add checks: here, or to the suite")
    return FromData(source, templates, suite.name) if source is not None else None


def _check_asks(node: Node, templates: Mapping[str, RowTemplate]) -> None:
    """A column is asked because `map:` says so, never because of its name: a column `answer` may be the reference."""
    if not {*ASKED, "vars"} & set(templates):
        node.problem(
            "nothing says what the rows ask",
            expected="map: with one of ask, turns, messages, or vars",
            hint='for example  map: {ask: "{{ prompt }}"}',
        )


def _read_static_checks(node: Node, binder: CheckBinder) -> None:
    """Check entries without templates are bound at load; the others with their first row."""
    items: Iterable[Node] = node.items("checks") or ()
    for item in items:
        templated = any(
            part.kind == "scalar" and isinstance(part.value, str) and is_template(part.value) for part in item.walk()
        )
        if not templated:
            try:
                binder.bind(item.plain())
            except SpecError as error:
                _place(error, item)


def _compile(node: Node) -> RowTemplate:
    """The templates inside a value, as one function of a row."""
    if node.kind == "list":
        items = [_compile(item) for item in node.value]
        return lambda row: [item(row) for item in items]
    if node.kind == "mapping":
        entries = {key: _compile(value) for key, value in node.value.items()}
        return lambda row: {key: value(row) for key, value in entries.items()}
    value = node.value
    if isinstance(value, str) and is_template(value):
        try:
            return compile_template(value, file=node.file, line=node.line)
        except SpecError as error:
            node.problems.extend(error)
    return lambda row: value
