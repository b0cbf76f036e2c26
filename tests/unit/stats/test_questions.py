"""Better, not worse, the same: held where the data carry it, not where they carry the contrary, else how many more."""

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seatrial.stats.cluster import Clusters, clusters
from seatrial.stats.paired import Pairs, mcnemar
from seatrial.stats.questions import Finding, Question, decide_pairs, decide_scores, decide_sequence
from seatrial.stats.sequence import ConfidenceSequence

counts = st.one_of(st.integers(0, 15), st.integers(0, 400))
some_pairs = st.builds(Pairs, counts, counts, counts, counts).filter(lambda pairs: pairs.n > 0)
questions = st.one_of(
    st.just(Question("better")),
    st.builds(Question, st.sampled_from(["not_worse", "same"]), st.sampled_from([0.01, 0.02, 0.05, 0.2])),
)
scores = st.lists(st.floats(-1.0, 1.0).map(lambda value: round(value, 2)), min_size=3, max_size=30)


def consistent(found: Finding, alpha: float) -> None:
    """What any finding on data must satisfy."""
    assert found.p is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.held is True) == (found.p <= alpha)
    assert (found.further is not None or found.unreachable) == (found.held is None)
    if found.question.kind != "better" and found.held is not None:
        # The bounds that are shown tell the same, but for rounding on the edge.
        margin, edge = found.question.margin, 1e-6
        if found.held:
            assert found.low >= -margin - edge
            assert found.question.kind == "not_worse" or found.high <= margin + edge
        else:
            assert found.high <= -margin + edge or (found.question.kind == "same" and found.low >= margin - edge)


@given(question=questions, pairs=some_pairs, confidence=st.sampled_from([0.9, 0.95, 0.99]))
def test_a_finding_on_pairs_does_not_contradict_itself(question: Question, pairs: Pairs, confidence: float) -> None:
    found = decide_pairs(question, pairs, confidence=confidence)
    consistent(found, 1 - confidence)
    assert found.difference == pairs.difference


@given(pairs=some_pairs)
def test_better_is_exact_mcnemars(pairs: Pairs) -> None:
    found = decide_pairs(Question("better"), pairs)
    assert found.held is (
        True
        if mcnemar(pairs.only_a, pairs.only_b, "greater") <= 0.05
        else False
        if mcnemar(pairs.only_a, pairs.only_b, "less") <= 0.05
        else None
    )
    assert found.test == "exact McNemar"


@given(question=questions, differences=scores, groups=st.lists(st.integers(0, 20), min_size=30))
def test_a_finding_on_scores_does_not_contradict_itself(
    question: Question, differences: list[float], groups: list[int]
) -> None:
    for data in (clusters(differences), clusters(differences, groups[: len(differences)])):
        found = decide_scores(question, data)
        if found.p is None:
            assert found.warning is not None
            assert (found.held, found.further) == (None, None)
        else:
            consistent(found, 0.05)


@given(differences=scores, margin=st.sampled_from([0.05, 0.1, 0.3]))
def test_the_same_is_two_one_sided_t_tests(differences: list[float], margin: float) -> None:
    from statsmodels.stats.weightstats import DescrStatsW

    assume(len(set(differences)) > 1)
    expected, _, _ = DescrStatsW(differences).ttost_mean(-margin, margin)
    found = decide_scores(Question("same", margin), clusters(differences))
    assert found.p == pytest.approx(expected, abs=1e-9)


@given(question=questions, pairs=some_pairs)
def test_as_many_further_cases_of_the_kind_decide(question: Question, pairs: Pairs) -> None:
    found = decide_pairs(question, pairs)
    if found.further is None:
        return
    scale = math.ceil((pairs.n + found.further) / pairs.n)
    more = Pairs(pairs.both * scale, pairs.only_a * scale, pairs.only_b * scale, pairs.neither * scale)
    assert decide_pairs(question, more).held is not None


def test_known_answers_on_pairs() -> None:
    larger = Pairs(both=436, only_a=79, only_b=306, neither=498)
    assert decide_pairs(Question("better"), larger).held is True
    assert decide_pairs(Question("not_worse", 0.02), larger).held is True
    assert decide_pairs(Question("same", 0.02), larger).held is False
    smaller = Pairs(both=436, only_a=306, only_b=79, neither=498)
    assert decide_pairs(Question("better"), smaller).held is False
    assert decide_pairs(Question("not_worse", 0.02), smaller).held is False


def test_equal_versions_are_the_same_once_there_are_cases_enough() -> None:
    # No case differs: the bound is z^2 / (n + z^2) with z = 1.645, so that 133 cases show a margin of 0.02.
    few = decide_pairs(Question("same", 0.02), Pairs(50, 0, 0, 50))
    assert (few.held, few.further) == (None, 33)
    assert decide_pairs(Question("same", 0.02), Pairs(67, 0, 0, 66)).held is True
    never = decide_pairs(Question("better"), Pairs(50, 0, 0, 50))
    assert (never.held, never.further, never.unreachable) == (None, None, True)


def test_groups_weaken_what_is_claimed() -> None:
    pairs = Pairs(40, 4, 16, 40)
    differences = [-1] * 4 + [1] * 16 + [0] * 80
    apart = decide_pairs(Question("better"), pairs)
    # The wins all in three of twenty groups.
    groups = [*range(4), *[4 + i // 6 for i in range(16)], *[7 + i % 13 for i in range(80)]]
    grouped = decide_pairs(Question("better"), pairs, clusters(differences, groups))
    assert (apart.held, grouped.held) == (True, None)
    assert grouped.test == "cluster-robust score"
    assert grouped.further is not None


def test_nothing_to_go_by_is_said_in_words() -> None:
    asked = Question("better")
    none = decide_pairs(asked, Pairs(0, 0, 0, 0))
    assert (none.held, none.p, none.warning, none.unreachable) == (None, None, "no case in common", False)
    assert decide_pairs(asked, Pairs(1, 1, 1, 0), clusters([0, 1, -1], "aaa")).warning == "all cases share one group"
    assert decide_scores(asked, clusters([0.3])).warning == "fewer than two cases in common"
    assert decide_scores(asked, clusters([0.3, 0.3, 0.3])).warning == "the differences do not vary at all"


def test_a_sequence_answers_at_any_time() -> None:
    watched = ConfidenceSequence(-1, 1, confidence=0.9)
    assert decide_sequence(Question("not_worse", 0.5), watched).held is None
    drawn = random.Random(9)
    while decide_sequence(Question("better"), watched).held is None:
        watched.add(drawn.choice([0, 0, 1, 1, 1, -1]))
    found = decide_sequence(Question("better"), watched)
    assert (found.held, found.test) == (True, "confidence sequence")
    assert found.n < 200


@pytest.mark.parametrize(("kind", "margin"), [("better", 0.1), ("not_worse", 0.0), ("same", -0.1), ("same", math.nan)])
def test_a_margin_where_none_belongs_or_none_where_one_does(kind: str, margin: float) -> None:
    with pytest.raises(ValueError, match="margin: expected"):
        Question(kind, margin)  # type: ignore[arg-type]


def test_an_impossible_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match=r"confidence: expected a number from 0\.5 to below 1, got 0\.4"):
        decide_pairs(Question("better"), Pairs(1, 1, 1, 1), confidence=0.4)
    with pytest.raises(ValueError, match="confidence"):
        decide_scores(Question("better"), Clusters((1.0,), (1,), 0.0), confidence=1.0)
