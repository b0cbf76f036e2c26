"""How near the answer is to another text, by the angle between their embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from typing import Annotated

import msgspec

from seatrial.checks.parameters import NamedEmbedder
from seatrial.core.errors import ModelError
from seatrial.core.verdict import ModelCall, Verdict
from seatrial.core.view import View
from seatrial.judges.define import EMBEDDER, judge_check

LEAST = 0.75


@judge_check("similar", write="similar: {reference: The museum opens at ten., threshold: 0.8}")
async def similar(
    view: View,
    *,
    reference: Annotated[str | list[str], msgspec.Meta(description="a text, or several, of which the nearest counts")],
    embedder: Annotated[
        NamedEmbedder, msgspec.Meta(description="the model of feature.yaml that gives embeddings")
    ] = EMBEDDER,
) -> Verdict:
    """The text is near a reference by the cosine of their embeddings, 0.75 by default.

    What is near enough differs from model to model: hold a `threshold` against labelled answers first.
    """
    references = [reference] if isinstance(reference, str) else reference
    try:
        found = await embedder.embedder().embed([view.text, *references])
    except ModelError as error:
        return Verdict(state="error", label=error.info.kind, reason=f"no embeddings came: {error.info.message}")
    ours, *others = found.vectors
    nearest = max(_cosine(ours, other) for other in others)
    score = min(max(nearest, 0.0), 1.0)
    good = score >= LEAST
    return Verdict(
        state="pass" if good else "fail",
        score=score,
        reason=f"the cosine to the {'nearest ' if len(references) > 1 else ''}reference is {nearest:.3f}",
        usage=found.usage,
        calls=(ModelCall((), "", found.attempts),),
    )


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """0 where one of them has no length."""
    lengths = sqrt(fsum(x * x for x in one)) * sqrt(fsum(x * x for x in other))
    return fsum(x * y for x, y in zip(one, other, strict=True)) / lengths if lengths else 0.0
