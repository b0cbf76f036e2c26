"""The pytest plugin and `expect`, as a project that has a feature sees them."""

from __future__ import annotations

import pytest

from seatrial.core.errors import SpecError
from seatrial.feature.feature import load
from seatrial.testing import expect

TEST = """\
from seatrial.testing import expect

def test_it(feature):
    assert feature.name == "{name}"
    expect(feature.ask("hi")).passes("{check}")
"""


@pytest.fixture
def inner(pytester, project):
    """A pytest of its own in the project's folder."""
    import shutil

    shutil.copytree(project.root, pytester.path, dirs_exist_ok=True)
    return pytester


def test_the_feature_is_the_nearest_upwards(inner):
    inner.mkdir("evals")
    (inner.path / "evals" / "test_it.py").write_text(
        TEST.format(name="demo", check="starts-lowercase"), encoding="utf-8"
    )
    inner.runpytest("-q").assert_outcomes(passed=1)


def test_the_ini_file_may_name_another(inner):
    folder = inner.mkdir("other")
    for name in ("prompts", "script.yaml"):
        (inner.path / name).rename(folder / name)
    text = (inner.path / "feature.yaml").read_text(encoding="utf-8")
    (folder / "feature.yaml").write_text(text.replace("demo", "named"), encoding="utf-8")
    (inner.path / "feature.yaml").unlink()
    inner.makeini("[pytest]\nseatrial_feature = other\n")
    inner.makepyfile(test_it=TEST.format(name="named", check="starts-lowercase"))
    inner.runpytest("-q").assert_outcomes(passed=1)


def test_a_check_that_does_not_pass_fails_with_its_reason_and_the_answer(inner):
    inner.makepyfile(test_it=TEST.format(name="demo", check="not-starts-lowercase"))
    result = inner.runpytest("-q")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not-starts-lowercase: fail: ?*", "*the answer: 'fine, thanks'*"])


def test_no_feature_upwards_says_what_to_write(pytester):
    pytester.makepyfile("def test_it(feature): pass")
    result = pytester.runpytest("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no feature.yaml*", "*seatrial_feature = DIR*"])


def test_a_feature_that_does_not_load_shows_its_mistakes_and_no_traceback(inner):
    (inner.path / "feature.yaml").write_text("feature: demo\nmodls: {}\n", encoding="utf-8")
    inner.makepyfile("def test_it(feature): pass")
    result = inner.runpytest("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*feature.yaml:2: unknown key 'modls'*", "*did you mean models?*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*feature.py:*")


def test_the_feature_is_loaded_once_a_session(inner):
    inner.makepyfile(
        "seen = []\ndef test_a(feature): seen.append(feature)\ndef test_b(feature): assert seen == [feature]\n"
    )
    inner.runpytest("-q").assert_outcomes(passed=2)


IMPORTED = """\
import sys

def pytest_unconfigure(config):
    ours = sorted(name for name in sys.modules if name.split(".")[0] == "seatrial")
    print("OURS", *ours)
    print("HEAVY", *sorted({"msgspec", "yaml", "jinja2", "click", "rich", "uvloop"} & set(sys.modules)))
"""


@pytest.mark.slow
def test_nothing_of_ours_is_imported_until_it_is_used(pytester):
    pytester.makeconftest(IMPORTED)
    result = pytester.runpytest_subprocess("--collect-only", "-q", "-s")
    result.stdout.fnmatch_lines(["OURS seatrial seatrial.testing seatrial.testing.plugin", "HEAVY*"])
    result.stdout.no_fnmatch_line("HEAVY ?*")


@pytest.fixture
def exchange(project):
    return load(project.root).ask("hi")


def test_checks_that_pass_can_be_chained(exchange):
    expect(exchange).passes("starts-lowercase", {"max-words": 3}).passes({"contains": "fine"})


def test_every_check_that_does_not_pass_is_named(exchange):
    with pytest.raises(AssertionError) as caught:
        expect(exchange).passes({"contains": "tea"}, "starts-lowercase", {"max-words": 1})
    said = str(caught.value)
    assert "contains: fail: " in said
    assert "max-words: fail: " in said
    assert "starts-lowercase" not in said


def test_a_check_that_breaks_or_cannot_judge_does_not_pass(exchange, tmp_path):
    (tmp_path / "own.py").write_text("def broken(text):\n    raise ValueError('no good')\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"error: .*no good"):
        expect(exchange, folder=tmp_path).passes({"python": "own.py:broken"})


def test_a_name_that_is_no_check_is_a_mistake_not_a_failure(exchange):
    with pytest.raises(SpecError, match="starts-lowercase"):
        expect(exchange).passes("start-lowercase")


def test_no_answer_passes_nothing(project):
    project.write("script.yaml", "rules: []\n")
    feature = load(project.root)
    from seatrial.core.conversation import Message, Request
    from seatrial.feature.bridge import run_sync

    silent = run_sync(feature.respond(Request((Message("user", "hi"),))))
    with pytest.raises(AssertionError, match=r"no answer: .*no rule"):
        expect(silent).passes("starts-lowercase")


def test_it_works_where_an_event_loop_runs(exchange):
    import asyncio

    async def inside():
        expect(exchange).passes("starts-lowercase")

    asyncio.run(inside())
