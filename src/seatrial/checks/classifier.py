"""`classifier`: the text classifier of a user's own trust-and-safety team, in this process or over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatrial.checks.classes import KINDS, Classes, Unavailable
from seatrial.checks.define import Example, define, errored, failed, passed
from seatrial.core.verdict import Verdict


def _classifier(
    text: str,
    *,
    use: Annotated[Classes, msgspec.Meta(description=KINDS)],
    fails: Annotated[list[str], msgspec.Meta(description="the classes that fail a text", min_length=1)],
    least: Annotated[float, msgspec.Meta(description="the probability from which a class fails it", ge=0, le=1)] = 0.5,
) -> Verdict:
    """The classifier puts the text into none of the classes that fail it.

    An error where it cannot be asked, or has no class of a name in `fails`. A model file of scikit-learn is code that
    runs when it is loaded, as your own Python is. Over HTTP the text is posted as JSON, with the key in
    SEATRIAL_CLASSIFIER_KEY where there is one.
    """
    if not text.strip():
        return passed("there is no text to judge")
    try:
        said = use.scores(text)
    except Unavailable as error:
        return errored(str(error))
    unknown = [name for name in fails if name not in said.shares]
    if said.complete and unknown:
        return errored(f"the classifier has no class {unknown[0]!r}, only {', '.join(sorted(said.shares))}")
    shares = {name: said.shares.get(name, 0.0) for name in fails}
    found = sorted((name for name in fails if shares[name] >= least), key=lambda name: -shares[name])
    score = 1.0 - max(shares.values())
    if not found:
        return passed(score=score)
    return failed(f"classified as {', '.join(found)}", score=score, label=found[0])


classifier = define(
    _classifier,
    "classifier",
    kind="detector",
    version=1,
    calls_model=True,
    example=Example("classifier: {use: scikit-learn/models/toxic.joblib, fails: [toxic]}"),
)
