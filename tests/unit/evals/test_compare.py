"""Whether B is better than A, from two stored runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import Told, stored_run

from seatrial.core.errors import SpecError
from seatrial.core.verdict import Verdict
from seatrial.evals.compare import Side, compare, find_side
from seatrial.stats.multiple import benjamini_hochberg
from seatrial.stats.paired import mcnemar
from seatrial.store.comparisons import Comparison


def compared(root: Path, before: Mapping[str, Told], after: Mapping[str, Told]) -> Comparison:
    return compare(Side(stored_run(root / "a", before), "main"), Side(stored_run(root / "b", after), "main"))


def cases(text: str, **fields: object) -> dict[str, Told]:
    """`PF?` is a case that passed, one that failed and one unscored."""
    states = {"P": "pass", "F": "fail", "?": "unscored", "!": "error"}
    return {f"c{number}": Told(states[letter], **fields) for number, letter in enumerate(text)}


@given(st.lists(st.sampled_from(["PP", "PF", "FP", "FF", "P?", "!F", "??"]), min_size=1))
def test_the_answer_is_that_of_the_pairs_judged_on_both_sides(pairs: list[str]) -> None:
    judged = [pair for pair in pairs if set(pair) <= set("PF")]
    with TemporaryDirectory() as root:
        before, after = (cases("".join(pair[side] for pair in pairs)) for side in (0, 1))
        if not judged:
            with pytest.raises(SpecError, match="no case was judged on both sides"):
                compared(Path(root), before, after)
            return
        found = compared(Path(root), before, after)
    rate = found.metrics["pass_rate"]
    assert found.pairs == rate.n == len(judged)
    assert found.left_out.total == len(pairs) - len(judged)
    assert rate.difference == pytest.approx((judged.count("FP") - judged.count("PF")) / len(judged))
    assert rate.p == mcnemar(judged.count("PF"), judged.count("FP"))
    assert rate.test == "exact McNemar"
    assert rate.low <= rate.difference <= rate.high
    assert [case.case for case in found.newly_failing] == [
        f"c{number}" for number, pair in enumerate(pairs) if pair in ("PF", "P?")
    ]
    assert [case.case for case in found.newly_passing] == [
        f"c{number}" for number, pair in enumerate(pairs) if pair == "FP"
    ]


def test_a_clear_gain_is_better_and_turned_around_it_is_worse(tmp_path: Path) -> None:
    weak, strong = cases("F" * 20 + "P" * 20), cases("P" * 40)
    assert compared(tmp_path / "1", weak, strong).metrics["pass_rate"].verdict == "better"
    assert compared(tmp_path / "2", strong, weak).metrics["pass_rate"].verdict == "worse"


def test_a_small_gain_is_undecided_and_says_how_many_cases_would_show_it(tmp_path: Path) -> None:
    rate = compared(tmp_path, cases("FFF" + "P" * 37), cases("P" * 40)).metrics["pass_rate"]
    assert rate.verdict == "undecided"
    assert rate.needed is not None
    scale = (40 + rate.needed) / 40
    assert mcnemar(0, 3 * scale, "greater") <= 0.025 < mcnemar(0, 3 * (scale - 1 / 40), "greater")


def test_without_any_difference_no_number_of_cases_would_decide(tmp_path: Path) -> None:
    rate = compared(tmp_path, cases("PF"), cases("PF")).metrics["pass_rate"]
    assert (rate.difference, rate.verdict, rate.needed) == (0.0, "undecided", None)


def test_cases_that_share_a_group_are_not_separate_evidence(tmp_path: Path) -> None:
    before = {f"c{n}": Told("fail", group=f"g{n // 20}") for n in range(40)}
    after = {f"c{n}": Told("pass", group=f"g{n // 20}") for n in range(40)}
    rate = compared(tmp_path, before, after).metrics["pass_rate"]
    assert (rate.n, rate.groups, rate.test) == (40, 2, "cluster-robust score")
    assert rate.verdict == "undecided"
    assert "groups only" in rate.warning


def test_repeats_are_averaged_inside_a_case(tmp_path: Path) -> None:
    before = {f"c{n}": Told("pass", "fail", "fail", "fail") for n in range(8)}
    after = {f"c{n}": Told("pass", "pass", "pass", "fail") for n in range(8)}
    rate = compared(tmp_path, before, after).metrics["pass_rate"]
    assert (rate.n, rate.a, rate.b, rate.difference) == (8, 0.25, 0.75, 0.5)
    assert rate.test == "sign flips, exact"
    assert rate.p == pytest.approx(2 / 2**8)


def test_of_latency_and_cost_less_is_better(tmp_path: Path) -> None:
    before = {f"c{n}": Told("pass", latency_ms=200.0 + n, cost_nusd=3_000_000) for n in range(12)}
    after = {f"c{n}": Told("pass", latency_ms=100.0 + 2 * n, cost_nusd=4_000_000 + n) for n in range(12)}
    found = compared(tmp_path, before, after).metrics
    assert found["latency_ms"].difference == pytest.approx(-94.5)
    assert found["latency_ms"].verdict == "better"
    assert found["cost_usd"].difference == pytest.approx(0.001, rel=0.01)
    assert found["cost_usd"].verdict == "worse"


def test_looking_through_many_measures_is_paid_for(tmp_path: Path) -> None:
    def told(state: str, number: int) -> Told:
        tags = [f"t{each}" for each in range(20) if number % (each + 2) == 0]
        return Told(state, tags=tags, suite="s1" if number % 2 else "s2")

    before = {f"c{n}": told("fail" if n < 8 else "pass", n) for n in range(60)}
    after = {f"c{n}": told("pass", n) for n in range(60)}
    found = compared(tmp_path, before, after)
    explored = {name: each for name, each in found.metrics.items() if name != "pass_rate"}
    assert found.family == len(explored) > 20
    adjusted = benjamini_hochberg([each.p for each in explored.values()])
    assert [each.p_adjusted for each in explored.values()] == adjusted
    assert found.metrics["pass_rate"].p_adjusted == found.metrics["pass_rate"].p


def test_checks_and_metrics_are_compared_by_name(tmp_path: Path) -> None:
    def told(polite: str, score: float) -> Told:
        verdicts = (
            Verdict(state=polite, check="polite", turn=0),
            Verdict(state="pass", check="polite", turn=1),
            Verdict(state="pass", check="tone", score=score, metric="warmth", weight=0),
        )
        return Told("pass", verdicts=verdicts)

    before = {f"c{n}": told("fail", 0.2) for n in range(9)}
    after = {f"c{n}": told("pass", 0.3 + n / 100) for n in range(9)}
    found = compared(tmp_path, before, after).metrics
    assert (found["check:polite"].a, found["check:polite"].b) == (0.0, 1.0)
    assert found["metric:warmth"].difference == pytest.approx(0.14)
    assert found["metric:warmth"].verdict == "better"


def test_a_case_that_flips_at_one_version_is_marked(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for number, state in enumerate(("pass", "fail", "pass")):
        stored_run(runs / f"2026010{number}", {"c1": Told(state), "c2": Told("pass")})
    a, b = (find_side(tmp_path, str(runs / name)) for name in ("20260100", "20260101"))
    (changed,) = compare(a, b).newly_failing
    assert changed.flips == "passed 2 of 3 times at one version"


def test_a_change_of_version_is_no_flip(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    a = stored_run(runs / "20260101", {"c1": Told("pass")}, version="f1")
    b = stored_run(runs / "20260102", {"c1": Told("fail")}, version="f2")
    (changed,) = compare(Side(a, "main"), Side(b, "main")).newly_failing
    assert changed.flips is None


def test_runs_of_different_suites_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="different suites"):
        compared(tmp_path, {"c1": Told("pass", suite="a")}, {"c1": Told("pass", suite="b")})


def test_runs_without_a_common_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no case in common"):
        compared(tmp_path, {"c1": Told("pass")}, {"c2": Told("pass")})


def test_two_variants_of_one_run_are_compared(tmp_path: Path) -> None:
    run = stored_run(tmp_path / "r", {"c1": Told("pass")}, variants=("main", "local"))
    with pytest.raises(SpecError, match="2 variants"):
        find_side(tmp_path, str(run.path))
    sides = [find_side(tmp_path, f"{run.path}:{name}") for name in ("main", "local")]
    assert compare(*sides).metrics["pass_rate"].difference == 0
    with pytest.raises(SpecError, match="has no variant 'lokal'"):
        find_side(tmp_path, f"{run.path}:lokal")


def test_of_equal_keys_the_last_line_wins(tmp_path: Path) -> None:
    before = stored_run(tmp_path / "a", {"c1": Told("pass")})
    after = stored_run(tmp_path / "b", {"c1": Told("pass", "fail")})
    lines = (after.path / "results.jsonl").read_text().replace('"repeat":2', '"repeat":1')
    (after.path / "results.jsonl").write_text(lines)
    (after.path / "cases.jsonl").write_text((before.path / "cases.jsonl").read_text())
    assert compare(Side(before, "main"), Side(after, "main")).metrics["pass_rate"].b == 0.0
