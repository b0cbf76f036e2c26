"""Reads `guards:` of feature.yaml, every mistake at its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.checks.signature import GUARD_KEYS
from seatrial.core.decision import Action, Stage
from seatrial.core.errors import SpecError
from seatrial.guard.policy import CHANGING, ENDING, WHOLE, CohortRule, Guard, Policy, Window
from seatrial.spec.nodes import Node, describe

Bind = Callable[[Any], BoundCheck]
"""From a check entry as written to the check; raises SpecError."""

STAGES: tuple[Stage, ...] = get_args(Stage)

MOST_RETRIES = 3
WIDEST_WINDOW = 100_000
LONGEST_TIMEOUT = 600.0
_EXAMPLE = "for example  - blocklist: {words: [...], action: refuse, with: a reply}"
_TEXT_TO_GIVE = {"refuse": "the reply", "replace": "the reply", "retry": "the reply when no answer passes"}


def read_policy(node: Node | None, bind: Bind) -> Policy:
    """The policy; mistakes are noted, and what is wrong is left out."""
    if node is None:
        return Policy()
    fields = node.fields("guards", (*STAGES, "budget")) or {}
    stages: dict[Stage, tuple[Guard, ...]] = {}
    for stage in STAGES:
        if stage in fields:
            items = fields[stage].items(f"guards: {stage}")
            if items is not None and not items:
                fields[stage].problem(f"guards: {stage} is empty", hint="take it out, or write a guard")
            read = [_read_guard(item, stage, bind) for item in items or ()]
            stages[stage] = tuple(guard for guard in read if guard is not None)
    if not stages and node.kind == "mapping" and not node.value.keys() - {*STAGES, "budget"}:
        node.problem(
            "guards has no guard", expected=f"one of {', '.join(STAGES)}", hint="take it out, or write a guard"
        )
    return Policy(stages=stages, budgets=_read_budgets(fields.get("budget")))


def check_for_values(policy: Policy, node: Node | None) -> None:
    """Note guards that cannot stand behind an answer that is a value: what they would change is a place in its JSON."""
    for guard in policy.stages.get("output", ()) if node is not None else ():
        if guard.changes and guard.window is not None:
            assert node is not None
            node.problem(
                f"{guard.check.id} judges whole answers, and cannot {guard.action} in a structured one",
                expected="a check that finds places, or an action that stops the answer",
            )


def _read_budgets(node: Node | None) -> dict[Stage, float]:
    """One duration for every stage, or one for each."""
    if node is None:
        return {}
    if node.kind != "mapping":
        seconds = node.duration("guards: budget", most=LONGEST_TIMEOUT)
        return {} if seconds is None else dict.fromkeys(STAGES, seconds)
    read: dict[Stage, float] = {}
    fields = node.fields("guards: budget", STAGES) or {}
    for stage in STAGES:
        seconds = fields[stage].duration(f"budget: {stage}", most=LONGEST_TIMEOUT) if stage in fields else None
        if seconds is not None:
            read[stage] = seconds
    return read


def _read_guard(node: Node, stage: Stage, bind: Bind, *, inner: bool = False) -> Guard | None:
    if node.kind != "mapping" or len(node.value) != 1:
        node.problem("a guard is not right", expected="one check with its action", got=describe(node), hint=_EXAMPLE)
        return None
    ((name, given),) = node.value.items()
    keys = {key: given.value[key] for key in GUARD_KEYS if key in given.value} if given.kind == "mapping" else {}
    check = _bind(node, str(name), given, stage, bind)
    if "action" not in keys:
        node.problem(f"the guard {name} has no action", expected=f"action: one of {', '.join(get_args(Action))}")
        return None
    action: Any = keys["action"].choice("action", get_args(Action))
    if action is None:
        return None
    before = len(node.problems.found)
    read = _Keys(keys, action, stage, check, inner).read(bind)
    if check is None or len(node.problems.found) > before:
        return None
    return Guard(check=check, stage=stage, action=action, **read)


def _bind(node: Node, name: str, given: Node, stage: Stage, bind: Bind) -> BoundCheck | None:
    """The check of the entry, without the keys of the guard."""
    entry: Any = {name: given.plain()}
    if given.kind == "mapping":
        own = {key: value.plain() for key, value in given.value.items() if key not in GUARD_KEYS}
        entry = {name: own} if own else name
    try:
        check = bind(entry)
    except SpecError as error:
        for problem in error.problems:
            if problem.line is None and problem.file is None:
                problem = msgspec.structs.replace(problem, file=node.file, line=node.line, column=node.column)
            node.problems.add(problem)
        return None
    if check.needs_case:
        node.problem(f"{check.id} needs a case, and a guard has none", hint="leave it to the suites")
    elif not check.definition.judges_text:
        node.problem(f"{check.id} judges no text, and a guard acts on one", hint="leave it to the suites")
    elif stage != "output" and _is_for_answers(check):
        node.problem(
            f"{check.id} compares an answer with what the model was given", hint="make it a guard of the output"
        )
    else:
        useless = [key for key in _OF_SUITES if given.kind == "mapping" and key in given.value]
        for key in useless:
            given.value[key].problem(f"{key}: means nothing for a guard", hint=_OF_SUITES[key])
        return None if useless else check
    return None


def _is_for_answers(check: BoundCheck) -> bool:
    return check.definition.answers_only or any(map(_is_for_answers, check.inner))


_OF_SUITES = {
    "on": "the stage says which text it judges",
    "weight": "a guard decides alone; take it out",
    "metric": "decisions are counted by the name of the check; take it out",
}
"""Keys of every check that a guard has no use for."""


class _Keys:
    """The keys of one guard, and how they fit its action, stage and check."""

    def __init__(
        self, keys: dict[str, Node], action: Action, stage: Stage, check: BoundCheck | None, inner: bool
    ) -> None:
        self._keys = keys
        self._action = action
        self._stage = stage
        self._check = check
        self._inner = inner

    def read(self, bind: Bind) -> dict[str, Any]:
        at = self._keys["action"]
        if self._action == "retry" and self._stage != "output":
            at.problem("retry asks the model again", expected="a guard of the output", got=f"one of the {self._stage}")
        if self._inner and self._action in ("retry", "escalate"):
            at.problem(f"what is escalated to cannot {self._action}", hint="flag, redact, mask, replace or refuse")
        if self._inner and self._stage == "output" and self._action in CHANGING:
            at.problem(
                f"what an answer is escalated to cannot {self._action}",
                hint="the text before the hit has left by then: refuse, replace or flag",
            )
        reply, retries, then = self._with(bind)
        return {
            "reply": reply,
            "retries": retries,
            "then": then,
            "shadow": self._choice("mode", ("enforce", "shadow")) == "shadow",
            "open": self._choice("on_error", ("closed", "open")) == "open",
            "cohort": _read_cohort(self._keys["when"]) if "when" in self._keys else (),
            "timeout": self._keys["timeout"].duration("timeout", most=LONGEST_TIMEOUT)
            if "timeout" in self._keys
            else None,
            "window": self._window(),
            "speculative": self._speculative(),
        }

    def _choice(self, key: str, options: tuple[str, ...]) -> str | None:
        return self._keys[key].choice(key, options) if key in self._keys else None

    def _with(self, bind: Bind) -> tuple[str, int, Guard | None]:
        """What `with:` is to the action: a reply, the costlier guard, or nothing."""
        given = self._keys.get("with")
        if self._action == "escalate":
            return "", 0, self._escalated(given, bind)
        if self._action not in ENDING:
            if given is not None:
                given.problem(f"with: means nothing for {self._action}", hint="take it out")
            return "", 0, None
        if given is None:
            what = _TEXT_TO_GIVE[self._action]
            self._keys["action"].problem(f"{self._action} needs with:", expected=f"{what}, in with: …")
            return "", 0, None
        if self._action == "retry" and given.kind == "mapping":
            fields = given.fields("with", ("reply", "times"), required=("reply",)) or {}
            times = fields["times"].integer("times", least=1, most=MOST_RETRIES) if "times" in fields else 1
            return (fields["reply"].text("reply") or "" if "reply" in fields else ""), times or 1, None
        return given.text("with") or "", int(self._action == "retry"), None

    def _escalated(self, given: Node | None, bind: Bind) -> Guard | None:
        if given is None:
            example = "{safety-judge: {action: refuse, with: a reply}}"
            self._keys["action"].problem("escalate needs with:", expected=f"the costlier guard, like {example}")
            return None
        return _read_guard(given, self._stage, bind, inner=True)

    def _window(self) -> Window | None:
        """What a guard of the output judges at a time; without it, places by the check's hold-back."""
        given, check = self._keys.get("window"), self._check
        if self._stage != "output" or self._inner:
            if given is not None:
                given.problem("window: is for guards of the output", hint="other texts are judged whole: take it out")
            return None
        if given is None:
            if check is not None and check.holdback is None:
                self._keys["action"].problem(
                    f"{check.id} judges whole answers, and an answer comes as a stream",
                    expected="window: all, or window: N characters",
                    hint="all holds the answer back to its end; N lets text go after each N that passed",
                )
            return None
        if given.value == WHOLE:
            return WHOLE
        size = given.integer("window", least=1, most=WIDEST_WINDOW)
        if size is not None and (self._action in CHANGING or self._action == "escalate"):
            given.problem(f"{self._action} needs the whole answer", expected="window: all")
        return size

    def _speculative(self) -> bool:
        given = self._keys.get("speculative")
        if given is None or not given.boolean("speculative"):
            return False
        if self._stage != "input" or self._inner:
            given.problem("speculative: is for guards of the input", hint="it runs them beside the model's call")
        elif self._action in CHANGING or self._action == "escalate":
            given.problem(
                f"speculative: the model cannot be asked before {self._action} is done", hint="take speculative out"
            )
        return True


def _read_cohort(node: Node) -> tuple[CohortRule, ...]:
    fields = node.fields("when", ("cohort",), required=("cohort",)) or {}
    items = fields["cohort"].items("cohort") if "cohort" in fields else ()
    if items is not None and "cohort" in fields and not items:
        fields["cohort"].wanted("cohort", "at least one value")
    rules: list[CohortRule] = []
    for item in items or ():
        if item.kind == "mapping" and not item.value:
            item.wanted("a value of cohort", "a word, or values by name like {age: 13-15}")
        elif item.kind == "mapping":
            values = {str(name): value.text(f"cohort: {name}") for name, value in item.value.items()}
            rules.append({name: value for name, value in values.items() if value is not None})
        else:
            rules.append(item.text("a value of cohort") or "")
    return tuple(rules)
