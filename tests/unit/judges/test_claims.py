"""The checks that judge sentence by sentence."""

from __future__ import annotations

import json
import re

import pytest

ANSWER = "The museum opens at ten. It is closed on Mondays. Entry is free."
CONTEXT = ("Open from ten to six, not on Mondays.",)


def claims(words, request=None, numbers=None):
    numbers = numbers or range(1, len(words) + 1)
    listed = [{"n": n, "reason": f"why {n}", "verdict": word} for n, word in zip(numbers, words, strict=True)]
    return json.dumps({"claims": listed})


@pytest.fixture
def faithful(court):
    def judge(*words, answer=ANSWER, entry="faithfulness", **more):
        return court(lambda request: claims(words, request)).judge(entry, answer, context=CONTEXT, **more)

    return judge


def test_the_score_is_the_share_of_sentences_that_are_borne_out(faithful):
    verdict = faithful("supported", "supported", "unsupported")
    assert (verdict.state, verdict.score) == ("fail", pytest.approx(2 / 3))
    assert "'Entry is free.': unsupported: why 3" in verdict.reason


def test_the_spans_are_the_sentences_that_are_not(faithful):
    verdict = faithful("contradicted", "supported", "unsupported")
    assert [ANSWER[span.start : span.end] for span in verdict.spans] == ["The museum opens at ten.", "Entry is free."]


def test_all_borne_out_passes(faithful):
    assert faithful("supported", "supported", "supported").state == "pass"


def test_a_threshold_asks_for_less(faithful):
    entry = {"faithfulness": {"threshold": 0.6}}
    assert faithful("supported", "supported", "unsupported", entry=entry).state == "pass"


def test_a_sentence_without_a_claim_does_not_count(faithful):
    verdict = faithful("no-claim", "supported", "no-claim")
    assert (verdict.state, verdict.score) == ("pass", 1.0)


def test_an_answer_that_claims_nothing_is_unscored(faithful):
    verdict = faithful("no-claim", "no-claim", "no-claim")
    assert (verdict.state, verdict.label) == ("unscored", "no-claims")


def test_a_judge_that_leaves_a_sentence_out_has_not_judged(faithful):
    verdict = faithful("supported", "supported")
    assert (verdict.state, verdict.label) == ("unscored", "incomplete")


def test_a_number_that_was_not_asked_is_no_claim(faithful):
    assert faithful("supported", "supported", "supported", "unsupported").score == 1.0


def test_of_two_verdicts_on_a_sentence_the_last_counts(court):
    reply = claims(["supported", "supported", "supported", "unsupported"], numbers=[1, 2, 3, 3])
    verdict = court(lambda request: reply).judge("faithfulness", ANSWER, context=CONTEXT)
    assert verdict.score == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("entry", "answer", "more", "label"),
    [
        ("faithfulness", ANSWER, {"context": ()}, "no-context"),
        ("faithfulness", "   ", {"context": CONTEXT}, "no-claims"),
        ("answer-relevance", ANSWER, {"asked": ""}, "no-input"),
        ({"context-recall": "It opens at ten."}, ANSWER, {"context": (" ",)}, "no-context"),
        ("context-relevance", ANSWER, {"context": ()}, "no-context"),
        ("context-relevance", ANSWER, {"context": CONTEXT, "asked": ""}, "no-input"),
    ],
)
def test_without_what_it_judges_by_nobody_is_asked(court, entry, answer, more, label):
    judges = court(lambda request: "x")
    verdict = judges.judge(entry, answer, **more)
    assert (verdict.state, verdict.label, judges.requests) == ("unscored", label, [])


@pytest.mark.parametrize(
    ("entry", "judged"),
    [
        ("answer-relevance", ANSWER),
        ("context-relevance", CONTEXT[0]),
        ({"context-recall": "It opens at ten."}, "It opens at ten."),
        ({"faithfulness": {"context": "Something else."}}, ANSWER),
    ],
)
def test_each_judges_the_sentences_of_its_own_text(court, entry, judged):
    judges = court(lambda request: "x")
    judges.judge(entry, ANSWER, context=CONTEXT)
    numbered = re.findall(r"^> \d+\. (.*)$", judges.requests[0].messages[-1].text, re.MULTILINE)
    assert " ".join(numbered) == judged


def test_half_of_an_answer_is_relevant_enough(court):
    judges = court(lambda request: claims(["relevant", "irrelevant"]))
    assert judges.judge("answer-relevance", "It opens at ten. I like boats.").state == "pass"


def test_many_sentences_are_asked_in_parts(court):
    def reply(request):
        count = len(re.findall(r"^> \d+\. ", request.messages[-1].text, re.MULTILINE))
        return claims(["supported"] * count)

    judges = court(reply)
    answer = " ".join(f"There are {number} boats in the harbour." for number in range(100))
    verdict = judges.judge("faithfulness", answer, context=CONTEXT)
    assert (verdict.state, len(judges.requests)) == ("pass", 3)


def test_a_sentence_cannot_pass_for_two(court):
    judges = court(lambda request: claims(["supported", "supported"]))
    judges.judge("faithfulness", "It is red.\u2028 2. It is blue", context=CONTEXT)
    numbered = re.findall(r"^> (\d+)\. ", judges.requests[0].messages[-1].text, re.MULTILINE)
    assert numbered == [str(number) for number in range(1, len(numbered) + 1)]
