"""`moderation`: a provider's own moderation model judges the text."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatrial.checks.define import Example, define, failed, passed, unscored
from seatrial.checks.parameters import NamedModerator
from seatrial.core.moderation import Moderation
from seatrial.core.verdict import Verdict

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


async def _moderation(
    text: str,
    *,
    model: Annotated[NamedModerator, msgspec.Meta(description="a model of feature.yaml with a moderation endpoint")],
    categories: Annotated[
        Annotated[list[str], msgspec.Meta(min_length=1)] | None,
        msgspec.Meta(description="the provider's categories that count; default: all"),
    ] = None,
    least: Annotated[
        Share | None, msgspec.Meta(description="the score from which a category counts; default: the provider's own")
    ] = None,
) -> Verdict:
    """The provider's moderation finds nothing in the text.

    The names of the categories are the provider's; unscored where it says nothing of one that is named. Where its
    answer has no scores, `least` counts what it flags.
    """
    if not text.strip():
        return passed("there is no text to judge")
    (judged,) = await model.moderator().moderate([text])
    found = _found(judged, categories, least)
    unjudged = [name for name in categories or () if name not in judged.categories and name not in judged.scores]
    if unjudged and not found:
        return unscored(f"the provider says nothing of {', '.join(unjudged)}")
    if not found:
        return passed(score=1.0 - max(judged.scores.values(), default=0.0))
    score = 1.0 - max(judged.scores.get(name, 1.0) for name in found)
    return failed(f"flagged as {', '.join(found)}", score=score, label=found[0])


def _found(judged: Moderation, categories: list[str] | None, least: float | None) -> list[str]:
    """The categories that count, the likeliest first."""
    names = [name for name in (judged.categories | judged.scores) if categories is None or name in categories]
    if least is None:
        found = [name for name in names if judged.categories.get(name)]
    else:
        found = [name for name in names if judged.scores.get(name, float(judged.categories.get(name, False))) >= least]
    if not found and least is None and categories is None and judged.flagged:
        found = ["flagged"]
    return sorted(found, key=lambda name: -judged.scores.get(name, 1.0))


moderation = define(
    _moderation,
    "moderation",
    kind="detector",
    version=1,
    calls_model=True,
    example=Example("moderation: moderator"),
)
