"""A judge held against people: what its card says, and when the card vouches for it."""

from __future__ import annotations

import json
from datetime import date

import msgspec
import pytest

from seatrial.cli.app import run as seatrial
from seatrial.core.conversation import Message
from seatrial.core.errors import SpecError
from seatrial.evals.align import AlignOptions, align
from seatrial.evals.run import evaluate
from seatrial.feature.feature import load
from seatrial.judges.cards import Cards, rubric_hash, write_card
from seatrial.judges.labels import Item, label_of

FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: scripted/judge.yaml}
  other: {use: scripted/other.yaml}
prompt: prompts/chat.md
"""
JUDGE = """\
rules:
  - {when: 'kind [0-9]+$', reply: '{"reason": "", "verdict": "pass"}'}
default: '{"reason": "", "verdict": "fail"}'
"""
ENTRY = {"llm-rubric": "Is kind."}
GATE = 'gate: {pass_rate: ">= 0.1"}'
TODAY = date(2026, 3, 1)


def labels(items, people=("ana", "ben")):
    written = []
    for asked, text, passes in items:
        item = Item(messages=(Message("user", asked),), text=text, row={"number": asked})
        word = "pass" if passes else "fail"
        written += [label_of(item, word, by=by, at="2026-01-01T00:00:00+00:00") for by in people]
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in written)


ITEMS = [(f"q{n}", f"{'kind' if n % 2 else 'rude'} {n}", bool(n % 2)) for n in range(60)]


@pytest.fixture
def demo(project):
    """Kind and rude answers, and a judge that tells them apart."""
    project.write("feature.yaml", FEATURE)
    project.write("judge.yaml", JUDGE)
    project.write("other.yaml", JUDGE + "\n")
    project.write("labels.jsonl", labels(ITEMS))
    project.suite(f"suite: demo\nchecks: [{{llm-rubric: Is kind.}}]\n{GATE}\ncases: [{{ask: one}}]\n")
    project.write("script.yaml", "rules: []\ndefault: kind 11\n")
    return project


@pytest.fixture
def aligned(demo):
    def run(entry=ENTRY, **options):
        feature = load(demo.root)
        return align(feature, entry, demo.root / "labels.jsonl", AlignOptions(**options), today=TODAY)

    return run


def test_the_card_counts_every_item_in_one_of_three_parts(aligned):
    card = aligned().card
    assert sum(part.agreement.n for part in card.parts.values()) == 60
    assert list(card.parts) == ["train", "dev", "test"]
    assert card.parts["train"].agreement.n < card.parts["test"].agreement.n
    assert (card.labels.items, card.labels.people, card.labels.file) == (60, 2, "labels.jsonl")


def test_the_measures_are_those_of_the_judge_against_people(aligned):
    test = aligned().card.test
    assert (test.fn, test.fp, test.unscored) == (0, 0, 0)
    assert (test.kappa.estimate, test.sensitivity.estimate, test.specificity.estimate) == (1, 1, 1)
    assert test.base_rate.estimate == test.tp / (test.tp + test.tn)
    assert test.sensitivity.low < 1


def test_the_judge_is_compared_with_itself_and_people_with_each_other(aligned):
    card = aligned().card
    assert (card.self_agreement.estimate, card.self_agreement.n) == (1.0, 60)
    assert (card.people_agreement.estimate, card.people_kappa.estimate) == (1.0, 1.0)


def test_in_one_round_nothing_is_said_of_the_judge_and_itself(aligned):
    assert aligned(rounds=1).card.self_agreement.estimate is None


def test_a_second_round_asks_for_the_next_repeat(demo, court):
    judges = court(lambda request: json.dumps({"reason": "", "verdict": "pass"}))
    feature = load(demo.root)
    feature.use_model("judge", judges.models["judge"])
    align(feature, ENTRY, demo.root / "labels.jsonl", AlignOptions(rounds=3))
    assert sorted({request.repeat for request in judges.requests}) == [1, 2, 3]
    assert len(judges.requests) == 180


def test_disagreements_of_test_are_never_shown(demo, court):
    feature = load(demo.root)
    feature.use_model("judge", court(lambda request: json.dumps({"reason": "", "verdict": "pass"})).models["judge"])
    found = align(feature, ENTRY, demo.root / "labels.jsonl", AlignOptions())
    assert {each.part for each in found.disagreements} == {"train", "dev"}
    assert len(found.disagreements) + found.card.test.fp == 30


def card_of(aligned, demo, entry=ENTRY, **options):
    return write_card(demo.root, aligned(entry, **options).card)


def standing(demo, entry=ENTRY, today=TODAY, judge="judge"):
    feature = load(demo.root)
    ((name, rubric),) = entry.items()
    from seatrial.checks.bind import bind_entry

    bound = bind_entry({name: {"rubric": rubric, "judge": judge}}, demo.root, feature.lend)
    return Cards(demo.root, today).standing(bound)


def test_a_card_vouches_for_its_own_judge(aligned, demo):
    card_of(aligned, demo)
    found = standing(demo)
    assert (found.why, found.card.check) == (None, "llm-rubric")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"entry": {"llm-rubric": "Is rude."}}, "of another rubric"),
        ({"judge": "other"}, "of another judge model"),
        ({"today": date(2026, 9, 1)}, "expired on 2026-05-30"),
    ],
)
def test_a_card_of_anything_else_does_not(aligned, demo, changes, why):
    card_of(aligned, demo)
    assert why in standing(demo, **changes).why


def test_a_card_whose_labels_changed_does_not(aligned, demo):
    card_of(aligned, demo)
    demo.write("labels.jsonl", labels(ITEMS[:30]))
    assert "the labels of its card" in standing(demo).why


def test_another_parameter_of_the_judges_model_is_another_judge(aligned, demo):
    card_of(aligned, demo)
    demo.write("feature.yaml", FEATURE.replace("scripted/judge.yaml", "scripted/judge.yaml, params: {temperature: 1}"))
    assert "of another judge model" in standing(demo).why


def test_the_path_to_a_critic_is_no_part_of_its_rubric(demo):
    from seatrial.checks.bind import bind_entry

    demo.write("prompts/c.md", "---\ninputs:\n  answer: string\n---\nuser:\nKind? {{ answer }}\n")
    lend = load(demo.root).lend
    one = bind_entry({"critic": "prompts/c.md"}, demo.root, lend)
    other = bind_entry({"critic": "../prompts/c.md"}, demo.root / "evals", lend)
    assert rubric_hash(one) == rubric_hash(other)


def test_data_of_a_case_is_no_part_of_a_rubric(aligned):
    reply = '{"factuality": {"reference": "{{ number }}", "passes": ["same"]}}'
    found = aligned(json.loads(reply))
    assert found.card.check == "factuality"


def test_a_rubric_that_differs_from_item_to_item_has_no_card(aligned):
    with pytest.raises(SpecError, match="something else of every item"):
        aligned({"llm-rubric": "Is {{ number }}."})


def test_a_check_that_asks_nobody_has_no_card(aligned):
    with pytest.raises(SpecError, match="asks no model"):
        aligned({"contains": "kind"})


def test_a_gate_is_held_by_a_judge_with_a_card_and_its_rate_is_corrected(demo):
    card = align(load(demo.root), ENTRY, demo.root / "labels.jsonl", AlignOptions()).card
    write_card(demo.root, card)
    demo.suite(
        f"suite: demo\nchecks: [{{llm-rubric: Is kind.}}]\n{GATE}\ncases:\n"
        + "".join(f"  - ask: q{n}\n" for n in range(9))
    )
    run = evaluate(demo.root)
    [suite] = run.suites
    assert (suite.gate.held, suite.uncalibrated) == (True, {})
    corrected = suite.checks["llm-rubric"].corrected
    assert (corrected.card, corrected.estimate) == (card.id, 1.0)
    assert corrected.low < 1
    assert {verdict.card for result in run.results() for verdict in result.verdicts} == {card.id}


def test_a_judge_no_better_than_chance_is_not_vouched_for(demo, capsys):
    demo.write("judge.yaml", 'rules: []\ndefault: \'{"reason": "", "verdict": "pass"}\'\n')
    options = ["--check", "llm-rubric: Is kind.", "--feature", str(demo.root)]
    assert seatrial(["judge", "align", str(demo.root / "labels.jsonl"), *options]) == 1
    assert "may be no better than chance" in capsys.readouterr().out
    assert "may be no better than chance" in standing(demo).why
    run = evaluate(demo.root)
    assert run.suites[0].gate.held is False


def test_labels_of_one_kind_cannot_vouch(demo, aligned):
    demo.write("labels.jsonl", labels([each for each in ITEMS if each[2]]))
    card_of(aligned, demo)
    assert "no answer that people say should fail" in standing(demo).why


def test_another_look_at_the_same_test_part_is_counted(aligned, demo):
    assert aligned().card.looks == 1
    card_of(aligned, demo)
    assert aligned({"llm-rubric": "Is very kind."}).card.looks == 2


def test_the_command_writes_a_card_and_says_what_it_found(demo, capsys):
    path, feature = str(demo.root / "labels.jsonl"), ["--feature", str(demo.root)]
    assert seatrial(["judge", "align", path, "--check", "llm-rubric: Is kind.", *feature]) == 0
    said = capsys.readouterr().out
    assert "sensitivity" in said
    assert "calibration/llm-rubric-" in said
    assert seatrial(["judge", "align", path, "--check", "llm-rubric: Is kind.", "--json", "--no-card", *feature]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["path"], found["vouches"], found["card"]["labels"]["items"]) == (None, True, 60)
    assert seatrial(["judge", "cards", *feature]) == 0
    assert "llm-rubric-" in capsys.readouterr().out


def test_without_labels_or_with_a_broken_card_it_is_told(demo, aligned, capsys):
    demo.write("labels.jsonl", "")
    with pytest.raises(SpecError, match="nothing here is labelled"):
        aligned()
    demo.write("calibration/x.json", "{}")
    with pytest.raises(SpecError, match="no calibration card"):
        evaluate(demo.root)


def test_a_judge_that_cannot_answer_is_told_and_counts_as_unscored(demo, aligned):
    demo.write("judge.yaml", "rules: []\n")
    found = aligned(rounds=1)
    assert (found.errors, found.card.test.agreement.n) == (60, 0)
    assert "judge.yaml" in found.first_error
