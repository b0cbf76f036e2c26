"""Evals of features whose output is a schema: what checks see, what does not fit, and how much was mended."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from seatrial.core.conversation import Message, Request
from seatrial.core.errors import SpecError
from seatrial.core.exchange import Attempt, Exchange, Rejected
from seatrial.core.parsed import Repair
from seatrial.evals.fit import RepairTally
from seatrial.evals.gate import Bound, Gate
from seatrial.evals.recount import recount
from seatrial.evals.run import Run, evaluate
from seatrial.feature.feature import load
from seatrial.store.records import GateOutcome, Result

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}, "required": ["n"]}
CHECKS = """from seatrial import check


@check("is-plain")
def is_plain(parsed):
    return type(parsed) is dict
"""
FILES = {
    "feature.yaml": "feature: f\nmodels: {main: {use: scripted/main.yaml}}\nprompt: p.md\noutput: out.json\n",
    "p.md": "---\ninputs: {question: string}\n---\nuser:\n{{ question }}\n",
    "out.json": json.dumps(SCHEMA),
    "main.yaml": """rules:
- {when: does not fit, reply: '{"n": 5}'}
- {when: "^four$", reply: '{"n": 4}'}
- {when: "^never$", reply: '{"n": 9}'}
- {when: "^no$", reply: I cannot help with that., finish_reason: refused}
default: '{"n": 6}'
""",
    "checks.py": CHECKS,
}


def run(tmp_path: Path, suite: str, *, wanted: Any = None, **options: Any) -> Run:
    for name, text in {**FILES, "evals/s.yaml": suite}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    feature = load(tmp_path)
    return evaluate(feature if wanted is None else feature.with_output(wanted), **options)


SUITE = """suite: s
checks: [is-plain, {json-path: {path: $.n, check: {number-equals: 4}}}]
cases: [ask: four]
"""


class Number(msgspec.Struct):
    n: int


@pytest.mark.parametrize("wanted", [None, Number])
def test_checks_see_the_value_as_plain_data(tmp_path: Path, wanted: Any) -> None:
    done = run(tmp_path, SUITE, wanted=wanted)
    assert done.passed
    (result,) = done.results()
    assert [(verdict.check, verdict.state) for verdict in result.verdicts] == [
        ("output", "pass"),
        ("is-plain", "pass"),
        ("json-path", "pass"),
    ]
    assert result.exchanges[0].parsed == {"n": 4}


def test_an_answer_that_never_fits_fails_its_case_and_is_no_fault_of_the_network(tmp_path: Path) -> None:
    suite_file = "suite: s\nchecks: [{not-contains: z}]\ncases: [{ask: four}, {ask: never}]\n"
    done = run(tmp_path, suite_file)
    (suite,) = done.suites
    assert (suite.passed, suite.failed + suite.errors) == (2, 0)  # asked again, `never` gets an answer that fits
    assert suite.repairs is not None
    assert suite.repairs.asked_again.estimate == 0.5
    (tmp_path / "feature.yaml").write_text(FILES["feature.yaml"].replace("out.json", "{schema: out.json, retries: 0}"))
    again = evaluate(load(tmp_path))
    assert (again.suites[0].passed, again.suites[0].failed, again.suites[0].errors) == (1, 1, 0)
    assert again.exit_code == 1
    (failed,) = again.worst
    assert (failed.verdicts[0].check, failed.verdicts[0].state) == ("output", "fail")
    rejudged = evaluate(load(tmp_path), rejudge=again.folder.id)
    assert (rejudged.suites[0].passed, rejudged.suites[0].failed) == (1, 1)


def test_a_refusal_is_for_the_checks_of_the_suite(tmp_path: Path) -> None:
    done = run(tmp_path, "suite: s\nchecks: [refusal]\ncases: [{ask: 'no'}]\n")
    (result,) = done.results()
    assert [verdict.check for verdict in result.verdicts] == ["refusal"]
    assert (result.exchanges[0].finish, result.exchanges[0].outcome) == ("refused", "refusal")


def test_counting_again_counts_repairs_too(tmp_path: Path) -> None:
    gate = "gate: {pass_rate: '>= 0.1', repair_rate: '<= 0.9'}"
    done = run(tmp_path, f"suite: s\n{gate}\nchecks: [{{not-contains: z}}]\ncases: [{{ask: four}}, {{ask: five}}]\n")
    assert recount(done.folder).suites == done.suites
    (suite,) = done.suites
    assert suite.repairs is not None
    assert (suite.repairs.repair_rate.estimate, suite.repairs.asked_again.n) == (0.0, 2)
    assert suite.gate is not None
    assert "repair rate at most" in suite.gate.reason


def exchange(*repairs: Repair, outcome: Any = "value", rejected: tuple[Rejected, ...] = ()) -> Exchange:
    said = Message("assistant", "x")
    given: dict[str, Any] = {"outcome": outcome, "repairs": repairs, "rejected": rejected}
    return Exchange(id="e", request=Request(), message=said, finish="stop", **given)


def result(*exchanges: Exchange) -> Result:
    return Result(case="c", suite="s", variant="v", repeat=1, made_by="m", state="pass", exchanges=exchanges)


def test_repairs_are_counted_by_case_and_by_field() -> None:
    tally = RepairTally()
    comma, quotes = Repair("trailing-comma", "$"), Repair("smart-quotes", "$.items[3].name")
    tally.add([result(exchange(comma, quotes), exchange(comma))])
    tally.add([result(exchange(Repair("smart-quotes", "$.items[0].name")))])
    tally.add([result(exchange()), result(exchange(rejected=(Rejected(text="", outcome="empty"),)))])
    tally.add([result(exchange(outcome=None))])
    summary = tally.summary()
    assert summary is not None
    assert (summary.repair_rate.n, summary.repair_rate.estimate) == (3, pytest.approx(2 / 3))
    assert {path: round(rate.estimate or 0, 2) for path, rate in summary.fields.items()} == {
        "$": 0.33,
        "$.items[*].name": 0.67,
    }
    assert summary.names == {"smart-quotes": 2, "trailing-comma": 2}
    assert summary.asked_again.estimate == pytest.approx(1 / 3)
    assert RepairTally().summary() is None


def test_repairs_are_counted_by_model_and_prompt_version_too() -> None:
    def by(model: str, *repairs: Repair, outcome: Any = "value") -> Exchange:
        attempt = Attempt(model=model, use="x/m", finish="stop")
        given = {"attempts": (attempt,), "prompt_version": "p1"}
        return msgspec.structs.replace(exchange(*repairs, outcome=outcome), **given)

    tally = RepairTally()
    tally.add([result(by("main", Repair("fence")))])
    tally.add([result(by("main")), result(by("backup"))])
    tally.add([result(by("main", Repair("fence"), outcome="invalid"))])
    summary = tally.summary()
    assert summary is not None
    assert (summary.repair_rate.estimate, summary.repair_rate.n) == (pytest.approx(1 / 3), 3)
    rates = {(each.model, each.prompt_version): each.repair_rate for each in summary.models}
    assert {key: (rate.estimate, rate.n) for key, rate in rates.items()} == {
        ("backup", "p1"): (0.0, 1),
        ("main", "p1"): (pytest.approx(1 / 3), 3),
    }


@pytest.mark.parametrize(
    ("passes", "mended", "read", "held"),
    [
        (True, 0, 100, True),
        (True, 0, 5, None),
        (True, 50, 100, False),
        (None, 0, 100, None),
        (False, 0, 100, False),
        (None, 50, 100, False),
    ],
)
def test_a_gate_holds_the_repair_rate_too(passes: bool | None, mended: int, read: int, held: bool | None) -> None:
    gate = Gate(">=", 0.9, repairs={"*": Bound("<=", 0.05)})
    assert gate.text == "pass_rate >= 0.9, repair rate <= 0.05"
    assert gate.with_repairs(GateOutcome(passes, 0.9, "x"), lambda field: (mended, read)).held is held


@pytest.mark.parametrize(("field", "held"), [("$", False), ("$.n", True), ("'*'", False)])
def test_a_gate_may_hold_the_repair_rate_of_a_field(tmp_path: Path, field: str, held: bool) -> None:
    gate = f"gate: {{repair_rate: {{{field}: '<= 0.6'}}}}"
    rows = "".join(f"- {{ask: q{number}, answer: '{{\"n\": 1 /* so */}}'}}\n" for number in range(20))
    done = run(tmp_path, f"suite: s\n{gate}\nchecks: [{{json-path: $.n}}]\ncases:\n{rows}")
    (suite,) = done.suites
    assert suite.gate is not None
    assert suite.gate.held is held, suite.gate.reason
    assert recount(done.folder).suites == done.suites


def test_a_recorded_answer_is_read_by_the_schema_too(tmp_path: Path) -> None:
    cases = """cases:
- {ask: fits, answer: '{"n": 4}'}
- {ask: mended, answer: "```json\\n{\\"n\\": 4,}\\n```"}
- {ask: breaks, answer: '{"n": 9}'}
- {ask: declines, answer: I cannot help with that.}
"""
    done = run(tmp_path, "suite: s\nchecks: [is-plain]\n" + cases)
    assert {each.input[-1].text: (each.state, each.exchanges[0].outcome) for each in done.results()} == {
        "fits": ("pass", "value"),
        "mended": ("pass", "value"),
        "breaks": ("fail", "invalid"),
        "declines": ("fail", "refusal"),
    }
    assert done.suites[0].repairs is not None
    assert done.suites[0].repairs.names == {"fence": 1, "trailing-comma": 1}


def test_a_repair_rate_is_an_upper_bound(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="repair_rate"):
        run(tmp_path, "suite: s\ngate: {pass_rate: '>= 0.1', repair_rate: '>= 0.9'}\ncases: [{ask: four}]\n")
