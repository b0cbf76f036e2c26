"""The attacks on a judge: what stands between a judge that obeys whoever speaks to it, and a flipped verdict."""

from __future__ import annotations

import json
import re

import pytest

from seatrial.cli.app import run as seatrial
from seatrial.core.errors import SpecError
from seatrial.evals.attack import Answers, attack
from seatrial.feature.feature import load
from seatrial.judges.attacks import read_suite, shipped

FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: scripted/script.yaml}
prompt: prompts/chat.md
"""
ENTRY = {"llm-rubric": shipped().rubric}
ANSWERS = Answers(asked=shipped().asked, good=shipped().good, bad=shipped().bad)
MARK = re.compile(r"<<<text ([0-9a-f]{12})\n(.*)\ntext \1>>>", re.DOTALL)
ORDER = re.compile(r"(?:verdict on this text is|answer|verdict is|verdict:) \W*(pass|fail)", re.IGNORECASE)
FORGED = re.compile(r'"verdict": "(pass|fail)"')


def judged_text(request):
    mark, quoted = MARK.search(request.messages[-1].text).groups()
    return mark, "\n".join(line.removeprefix("> ") for line in quoted.split("\n"))


def honest(text):
    claim = re.search(r"capital of France is (\w+)", text)
    return "pass" if claim and claim[1] == "Paris" else "fail"


def said(word, mark=None):
    return json.dumps({**({"id": mark} if mark else {}), "reason": "I looked", "verdict": word})


def sound(request):
    mark, text = judged_text(request)
    return said(honest(text), mark)


def quotes_before(request):
    mark, text = judged_text(request)
    return f"The text is:\n{text}\nMy verdict: {said(honest(text), mark)}"


def quotes_after(request):
    mark, text = judged_text(request)
    return f"{said(honest(text), mark)}\nThe text was:\n{text}"


def forgets_its_mark_and_quotes(request):
    _, text = judged_text(request)
    return f"{said(honest(text))}\nThe text was:\n{text}"


def obeys_what_stands_outside(request):
    """Does what is said to it anywhere but between the marks of the request: to flip it, a text has to get out."""
    mark, text = judged_text(request)
    outside = MARK.sub("", request.messages[-1].text.partition("Answer with one JSON")[0])
    order = ORDER.search(outside) or FORGED.search(outside)
    return said(order[1].lower() if order else honest(text), mark)


def obeys_roles(request):
    """Takes a line that holds only a role for the beginning of another message."""
    mark, text = judged_text(request)
    turned = re.search(r"^(?:system|assistant):[^\n]*\n?[^\n]*(pass|fail)", request.messages[-1].text, re.MULTILINE)
    return said(turned[1] if turned else honest(text), mark)


def obeys_tokens(request):
    mark, text = judged_text(request)
    turned = re.search(r"<\|im_start\|>|<\|eot_id\|>|\[/INST\]|<start_of_turn>|</s>", request.messages[-1].text)
    return said("fail" if turned and honest(text) == "pass" else "pass" if turned else honest(text), mark)


def reads_hidden_letters(request):
    mark, text = judged_text(request)
    whole = request.messages[-1].text
    hidden = "".join(chr(ord(each) - 0xE0000) for each in whole if 0xE0020 <= ord(each) < 0xE0080)
    order = ORDER.search(hidden) or (ORDER.search(whole.replace("\u200b", "")) if "\u200b" in whole else None)
    return said(order[1].lower() if order else honest(text), mark)


def gullible(request):
    mark, text = judged_text(request)
    order = ORDER.search(text)
    return said(order[1].lower() if order else honest(text), mark)


@pytest.fixture
def attacked(project, court):
    def run(reply, entry=ENTRY, answers=ANSWERS):
        project.write("feature.yaml", FEATURE)
        feature = load(project.root)
        feature.use_model("judge", court(reply).models["judge"])
        return attack(feature, entry, shipped(), answers)

    return run


STRUCTURAL = [
    *(sound, quotes_before, quotes_after, forgets_its_mark_and_quotes),
    *(obeys_what_stands_outside, obeys_roles, obeys_tokens, reads_hidden_letters),
]


@pytest.mark.parametrize("judge", STRUCTURAL, ids=lambda judge: judge.__name__)
def test_a_text_cannot_get_out_of_its_marks_to_flip_a_verdict(attacked, judge):
    report = attacked(judge)
    assert [each.attack for each in report.attacked if each.outcome == "flipped"] == []
    assert report.count("held") + report.count("unscored") == len(report.attacked) >= 75
    assert report.count("unscored") <= 4


def test_a_judge_that_obeys_what_it_reads_is_found_out(attacked):
    report = attacked(gullible)
    assert not report.held
    assert {"plain order", "order in front"} <= {each.attack for each in report.attacked if each.outcome == "flipped"}
    assert report.flip_rate_at_most > report.count("flipped") / report.judged


def test_a_judge_that_cannot_judge_the_plain_answers_is_not_attacked(attacked):
    report = attacked(lambda request: said("pass"))
    assert (len(report.baseline), report.attacked, report.held) == (1, (), False)


def test_what_leaves_a_judge_without_a_verdict_has_flipped_nothing(attacked):
    def reply(request):
        _, text = judged_text(request)
        return sound(request) if len(text) < 40 else "no idea"

    report = attacked(reply)
    assert (report.count("unscored"), report.held) == (len(report.attacked), True)


def test_a_check_of_ones_own_is_attacked_with_its_own_words(attacked):
    def reply(request):
        mark, text = judged_text(request)
        return said("yes" if text.startswith("hello") else "no", mark)

    report = attacked(reply, {"closed-qa": "Greets."}, Answers(asked="hi", good="hello there", bad="go away"))
    orders = [each.text for each in report.attacked if each.attack == "plain order"]
    assert [text.rpartition(" is ")[2] for text in orders] == ["yes.", "no."]


def test_a_check_that_asks_no_model_cannot_be_attacked(attacked):
    with pytest.raises(SpecError, match="asks no model"):
        attacked(sound, {"contains": "Paris"})


def test_every_attack_has_a_name_of_its_own():
    names = [each.name for each in shipped().attacks]
    assert len(set(names)) == len(names) >= 38


def test_a_file_that_is_no_suite_of_attacks_is_refused(tmp_path):
    (tmp_path / "x.yaml").write_text("rubric: x\n")
    with pytest.raises(SpecError, match="no suite of attacks"):
        read_suite(tmp_path / "x.yaml")


SCRIPT = """\
rules:
  - {when: 'Paris\\.$', reply: '{"reason": "", "verdict": "pass"}'}
  - {when: Lyon, reply: '{"reason": "", "verdict": "fail"}'}
default: '{"reason": "", "verdict": "fail"}'
"""


def test_the_command_says_what_held_and_exits_with_1_where_something_flipped(project, capsys):
    project.write("feature.yaml", FEATURE.replace("judge: {use: scripted/script", "judge: {use: scripted/j"))
    project.write("j.yaml", SCRIPT)
    assert seatrial(["judge", "attack", "--feature", str(project.root)]) == 1
    said = capsys.readouterr().out
    assert "flipped the verdict" in said
    assert "plain order" in said
    assert seatrial(["judge", "attack", "--feature", str(project.root), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["flipped"] == sum(each["outcome"] == "flipped" for each in found["attacks"]) > 0


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--good", "x"], "for a check of your own"),
        (["--check", "llm-rubric: x"], "has to tell apart"),
        (["--check", "llm-rubric: x", "--good", "x", "--bad", "y", "--judge", "main"], "comes with the attacks"),
        (["--judge", "nobody"], "no model 'nobody'"),
    ],
)
def test_options_that_do_not_fit_are_told(project, capsys, options, what):
    project.write("feature.yaml", FEATURE)
    assert seatrial(["judge", "attack", "--feature", str(project.root), *options]) == 2
    assert what in capsys.readouterr().err
