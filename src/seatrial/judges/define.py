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
DEFAULT_JUDGE = "judge"


def judge_check(
    name: str, *, write: str, version: int = 1, rubric: str | None = None
) -> Callable[[Callable[..., Any]], CheckDefinition]:
    """The decorator of our judges. `write` shows how an entry looks; `rubric` names the packaged file it asks by."""

    def build(function: Callable[..., Any]) -> CheckDefinition:
        definition = define(function, name, version=version, calls_model=True, example=Example(write))
        if rubric is None:
            return definition
        return msgspec.structs.replace(definition, code_version=digest([version, packaged(rubric).version]))

    return build


TABLE = {name: "seatrial.judges.checks:" + name.replace("-", "_") for name in ("llm-rubric",)}
"""The checks that a model judges, by name."""
