"""`similar`: the angle between embeddings, from a model of feature.yaml over the simulated provider."""

from __future__ import annotations

import pytest

from seatrial.core.errors import SpecError
from seatrial.evals.run import evaluate
from seatrial.testing import ProviderServer

FEATURE = """\
feature: demo
models:
  main: {{use: scripted/script.yaml}}
  embedder: {{use: openai-compatible/vectors, base_url: "{url}", price: {{input: 1, output: 0}}}}
prompt: prompts/chat.md
"""


@pytest.fixture
def verdict(project):
    def run(entry, faults=()):
        with ProviderServer(faults=list(faults)) as server:
            project.write("feature.yaml", FEATURE.format(url=server.openai_url))
            project.suite(f"suite: demo\ncases: [{{ask: hi, checks: [{entry}]}}]\n")
            [result] = evaluate(project.root).results()
        return result.verdicts[0]

    return run


def test_the_same_text_is_as_near_as_can_be(verdict):
    found = verdict("{similar: 'fine, thanks'}")
    assert (found.state, found.score) == ("pass", pytest.approx(1.0))
    assert found.usage.input_total > 0
    assert found.cost_nusd > 0


def test_another_text_is_further_away_and_a_threshold_says_how_far_is_too_far(verdict):
    found = verdict("{similar: {reference: 'a boat made of glass', threshold: 0.999}}")
    assert found.state == "fail"
    assert "cosine to the reference is" in found.reason


def test_of_several_references_the_nearest_counts(verdict):
    assert verdict("{similar: [a boat, 'fine, thanks']}").score == pytest.approx(1.0)


def test_not_similar_turns_it(verdict):
    assert verdict("{not-similar: 'fine, thanks'}").state == "fail"


def test_embeddings_that_do_not_come_are_an_error(verdict):
    found = verdict("{similar: x}", faults=["401"])
    assert (found.state, found.label) == ("error", "auth")


def test_a_model_without_embeddings_is_refused_before_anything_runs(project):
    project.suite("suite: demo\ncases: [{ask: hi, checks: [{similar: {reference: x, embedder: main}}]}]\n")
    with pytest.raises(SpecError, match="embeddings"):
        evaluate(project.root)
