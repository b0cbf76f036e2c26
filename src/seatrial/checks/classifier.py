"""`classifier`: the text classifier of a user's own trust-and-safety team, in this process or over HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, define, failed, passed
from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.verdict import Verdict

HTTP_TIMEOUT = 30.0
"""Seconds. A guard's own `timeout` is mostly shorter."""

MOST_BYTES = 1_000_000
"""Of an answer over HTTP."""

Scores = Mapping[str, float]
"""The probability of each class, 0 to 1."""

_KINDS = "scikit-learn/FILE, transformers/FOLDER-OR-NAME, or http://… or https://…"
_NEEDS = {"scikit-learn": ("sklearn", "classifier"), "transformers": ("transformers", "transformers")}


class Classes(Converted):
    """A classifier by what it is written as; it is loaded when it is first asked."""

    def __init__(self, use: str, folder: Path) -> None:
        self.use = use
        kind, _, name = use.partition("/")
        if use.startswith(("http://", "https://")):
            self.version = digest(use)
            self._make: Callable[[], Callable[[str], Scores]] = lambda: _over_http(use)
            return
        if kind not in _NEEDS or not name:
            raise SpecError("the classifier is not right", expected=_KINDS, got=repr(use))
        package, extra = _NEEDS[kind]
        if find_spec(package) is None:
            raise SpecError(
                f"the classifier {use!r} needs {kind}", hint=f"install it:  pip install 'seatrial[{extra}]'"
            )
        path = folder / name
        if kind == "scikit-learn" and not path.is_file():
            raise SpecError(f"there is no file {name!r}", hint=f"looked in {folder}; save it with joblib.dump")
        self.version = digest([use, digest(path.read_bytes()) if path.is_file() else None])
        self._make = (lambda: _scikit_learn(path)) if kind == "scikit-learn" else (lambda: _transformers(path, name))

    @classmethod
    def load(cls, folder: Path, raw: str) -> Classes:
        """From a parameter's value. Raises SpecError when it names no classifier, or its package is missing."""
        return cls(raw, folder)

    @cached_property
    def scores(self) -> Callable[[str], Scores]:
        return self._make()


def _scikit_learn(path: Path) -> Callable[[str], Scores]:
    """A pipeline saved with joblib, which takes texts. Loading one runs code in the file: it is part of the project."""
    import joblib

    pipeline = joblib.load(path)

    def scores(text: str) -> Scores:
        if hasattr(pipeline, "predict_proba"):
            (row,) = pipeline.predict_proba([text])
            return {str(name): float(share) for name, share in zip(pipeline.classes_, row, strict=True)}
        (name,) = pipeline.predict([text])
        return {str(name): 1.0}

    return scores


def _transformers(path: Path, name: str) -> Callable[[str], Scores]:
    from transformers import pipeline

    run = pipeline("text-classification", model=str(path) if path.exists() else name, top_k=None, truncation=True)

    def scores(text: str) -> Scores:
        found = run(text)
        rows = found[0] if isinstance(found[0], list) else found
        return {row["label"]: float(row["score"]) for row in rows}

    return scores


def _over_http(url: str) -> Callable[[str], Scores]:
    """POST {"text": …}. Read are {"scores": {class: p}}, {"label": class, "score": p}, a list of such, and what the
    Hugging Face servers give for one text: a list of a list of them.
    """
    from urllib.request import Request, urlopen

    def scores(text: str) -> Scores:
        headers = {"Content-Type": "application/json"}
        key = os.environ.get("SEATRIAL_CLASSIFIER_KEY", "").strip()
        if key:
            headers["Authorization"] = f"Bearer {key}"
        body = msgspec.json.encode({"text": text, "inputs": text})
        request = Request(url, body, headers)  # noqa: S310 - http and https only, by `Classes`
        with urlopen(request, timeout=HTTP_TIMEOUT) as answer:  # noqa: S310
            return read_scores(answer.read(MOST_BYTES))

    return scores


class _Row(msgspec.Struct):
    label: str
    score: float = 1.0


class _Answer(msgspec.Struct):
    scores: dict[str, float] | None = None
    label: str | None = None
    score: float = 1.0


def read_scores(body: bytes) -> Scores:
    """The scores in an answer. Raises msgspec.DecodeError for any other."""
    given = msgspec.json.decode(body)
    if isinstance(given, list):
        rows = msgspec.convert(given[0] if given and isinstance(given[0], list) else given, list[_Row])
        return {row.label: row.score for row in rows}
    answer = msgspec.convert(given, _Answer)
    if answer.scores is not None:
        return answer.scores
    if answer.label is None:
        raise msgspec.ValidationError("Object has neither `scores` nor `label`")
    return {answer.label: answer.score}


def _classifier(
    text: str,
    *,
    use: Annotated[Classes, msgspec.Meta(description=_KINDS)],
    fails: Annotated[list[str], msgspec.Meta(description="the classes that fail a text", min_length=1)],
    least: Annotated[float, msgspec.Meta(description="the probability from which a class fails it", ge=0, le=1)] = 0.5,
) -> Verdict:
    """The classifier puts the text into none of the classes that fail it.

    A model file of scikit-learn is code that runs when it is loaded, as your own Python is. Over HTTP the text is
    posted as JSON, with the key in SEATRIAL_CLASSIFIER_KEY where there is one.
    """
    if not text.strip():
        return passed("there is no text to judge")
    scores = use.scores(text)
    found = sorted((name for name in fails if scores.get(name, 0.0) >= least), key=lambda name: -scores[name])
    score = 1.0 - min(1.0, max((scores.get(name, 0.0) for name in fails), default=0.0))
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
