"""How a judge becomes a check: a function like any other, whose version is that of its rubric too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from seatrial.checks.define import CheckDefinition, Example, define
from seatrial.checks.parameters import NamedModel
from seatrial.core.identity import digest
from seatrial.judges.rubric import packaged

Judge = Annotated[NamedModel, msgspec.Meta(description="the model of feature.yaml that judges")]


JUDGE: Any = "judge"
EMBEDDER: Any = "embedder"
"""Defaults of parameters that are models: the name of one, in whose place binding puts the model."""


def judge_check(
    name: str, *, write: str, version: int = 1, rubric: str | None = None, last_turn: bool = False
) -> Callable[[Callable[..., Any]], CheckDefinition]:
    """The decorator of our judges. `write` shows how an entry looks; `rubric` names the packaged file it asks by."""

    def build(function: Callable[..., Any]) -> CheckDefinition:
        definition = define(function, name, version=version, calls_model=True, example=Example(write))
        sent = packaged(rubric).version if rubric is not None else ""
        return msgspec.structs.replace(definition, code_version=digest([version, sent]), last_turn=last_turn)

    return build


TABLE = {
    **{
        name: "seatrial.judges.checks:" + name.replace("-", "_")
        for name in ("llm-rubric", "critic", "closed-qa", "factuality", "conversation")
    },
    **{
        name: "seatrial.judges.claims:" + name.replace("-", "_")
        for name in ("answer-relevance", "faithfulness", "context-recall", "context-relevance")
    },
    "pairwise": "seatrial.judges.pairwise:pairwise",
    "g-eval": "seatrial.judges.scale:g_eval",
    "jury": "seatrial.judges.jury:jury",
    "similar": "seatrial.judges.similar:similar",
}
"""The checks that a model judges, by name."""
