"""Which cases run: filters, what failed last time, samples; and the variants they run under."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.case import Case
from seatrial.evals.selection import by_pattern, sample_of

CASES = [
    Case(id="a1", suite="tone", name="says hi", tags=("greeting",)),
    Case(id="a2", suite="tone", name="says bye [late]", tags=("greeting", "late")),
    Case(id="b1", suite="safety", tags=("Privacy",)),
]


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        (["says hi"], ["a1"]),
        (["hi"], ["a1"]),
        (["SAYS"], ["a1", "a2"]),
        (["says*"], ["a1", "a2"]),
        (["says bye [late]"], ["a2"]),
        (["tag:greeting"], ["a1", "a2"]),
        (["tag:priv*"], ["b1"]),
        (["greeting"], ["a1", "a2"]),
        (["late"], ["a2"]),
        (["tone"], ["a1", "a2"]),
        (["tone/says hi"], ["a1"]),
        (["safety/*"], ["b1"]),
        (["b1"], ["b1"]),
        (["a?"], ["a1", "a2"]),
        (["says hi", "tag:privacy"], ["a1", "b1"]),
        (["tag:hi"], []),
        (["nothing"], []),
    ],
)
def test_a_filter_is_over_names_ids_suites_and_tags(patterns, ids):
    keep = by_pattern(patterns)
    assert [case.id for case in CASES if keep(case)] == ids


def test_a_filtered_run_says_what_it_left_out(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: a, tags: [x]}, {ask: b}]\n")
    model = bench.model(lambda request: "fine")
    run = bench.run(model, filter=["tag:x"])
    assert model.asked == ["a"]
    assert run.summary.left_out == "only cases that fit tag:x"
    assert run.summary.suites[0].cases == 1


@given(total=st.integers(0, 300), size=st.integers(1, 320), seed=st.integers())
@settings(deadline=None)
def test_a_sample_is_that_many_different_places_and_the_same_for_a_seed(total, size, seed):
    chosen = sample_of(total, size, seed)
    assert len(chosen) == min(size, total)
    assert chosen <= set(range(total))
    assert chosen == sample_of(total, size, seed)


def names(run):
    return sorted(result.name for result in run.results())


def test_a_sample_follows_its_seed(project, bench):
    cases = "".join(f"  - {{ask: q{number}, name: q{number}}}\n" for number in range(30))
    project.suite(f"suite: demo\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    first, again, other = (bench.run(sample=6, seed=seed) for seed in (1, 1, 2))
    assert len(names(first)) == 6
    assert names(first) == names(again) != names(other)
    assert first.summary.left_out == "a sample of 6 of 30 cases, seed 1"


def test_failed_runs_only_what_did_not_pass_last_time(project, bench):
    project.suite(
        "suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: a, name: a}, {ask: b, name: b}, {ask: c, name: c}]\n"
    )

    def reply(bad):
        def answer(request):
            if request.conversation[-1].content == "c" and "c" in bad:
                raise bench.failure("timeout")
            return "bad" if request.conversation[-1].content in bad else "fine"

        return answer

    bench.run(reply("bc"))
    second = bench.run(reply("c"), failed=True)
    third = bench.run(reply(""), failed=True)
    fourth = bench.run(reply("abc"), failed=True)
    assert [names(run) for run in (second, third, fourth)] == [["b", "c"], ["c"], []]
    assert (third.exit_code, fourth.exit_code) == (0, 0)
    assert fourth.summary.left_out == "nothing had failed last time"


def test_a_case_that_passed_with_as_many_repeats_as_it_needs_has_not_failed(project, bench):
    project.suite(
        "suite: demo\nchecks: [{contains: fine}]\n"
        "cases: [{ask: a, name: a, repeat: {times: 3, need: 2}}, {ask: b, name: b, repeat: {times: 3, need: 3}}]\n"
    )
    bench.run(lambda request: "bad" if request.repeat == 2 else "fine")
    assert set(names(bench.run(failed=True))) == {"b"}


def test_runs_are_in_the_order_they_began_also_within_a_second(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: a}]\n")
    ids = [bench.run().folder.id for _ in range(4)]
    assert ids == sorted(ids)


TWO_MODELS = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  other: {use: scripted/other.yaml}
prompt: prompts/chat.md
"""


@pytest.fixture
def two(project):
    project.write("feature.yaml", TWO_MODELS)
    project.write("other.yaml", "rules: []\ndefault: bad\n")
    project.write("prompts/short.md", "---\ninputs:\n  question: string\n---\nuser:\n{{ question }}\n")
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: a}, {ask: b}]\n")
    return project


@pytest.mark.parametrize(
    ("options", "variants"),
    [
        ({}, ["main"]),
        ({"model": ["other"]}, ["other"]),
        ({"model": ["main", "other", "main"]}, ["main", "other"]),
        ({"prompt": ["prompts/short.md"]}, ["main/prompts/short.md"]),
        (
            {"model": ["other", "main"], "prompt": ["prompts/chat.md", "prompts/short.md"]},
            ["other/prompts/chat.md", "other/prompts/short.md", "main/prompts/chat.md", "main/prompts/short.md"],
        ),
    ],
)
def test_variants_are_models_and_prompts_by_name(two, options, variants):
    from seatrial.evals.run import evaluate

    run = evaluate(two.root, **options)
    assert [suite.variant for suite in run.suites] == variants
    assert all(suite.cases == 2 for suite in run.suites)
    passed = {suite.variant: suite.passed for suite in run.suites}
    assert all(count == (2 if variant.startswith("main") else 0) for variant, count in passed.items())


def test_a_case_must_fit_the_prompt_of_every_variant(two, bench):
    two.suite("suite: demo\nchecks: [{contains: fine}]\ncases:\n  - {ask: a, vars: {place: x}}\n")
    (problem,) = bench.problems(prompt=["prompts/chat.md", "prompts/short.md"])
    assert problem.where == "evals/demo.yaml:4"
    assert "place" in problem.what


def test_every_unknown_variant_is_named(two, bench):
    problems = bench.problems(model=["mian", "othr"])
    assert [problem.nearest for problem in problems] == ["main", "other"]


@pytest.mark.parametrize(
    ("named", "nearest", "hint"),
    [
        ("prompts/chta.md", "prompts/chat.md", None),
        ("shrt.md", "prompts/short.md", None),
        ("chat", "prompts/chat.md", None),
        ("UNKNOWN.txt", None, "prompts: prompts/chat.md, prompts/short.md"),
    ],
)
def test_an_unknown_prompt_is_told_the_nearest_wherever_the_command_runs(two, bench, named, nearest, hint):
    (problem,) = bench.problems(prompt=[named])
    assert problem.what == f"there is no prompt file {named!r}"
    assert (problem.nearest, problem.hint) == (nearest, hint)
