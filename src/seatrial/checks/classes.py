"""A user's own text classifier: a file of scikit-learn, a folder of Hugging Face, or a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest

HTTP_TIMEOUT = 30.0
"""Seconds. A guard's own `timeout` is mostly shorter."""

MOST_BYTES = 1_000_000
"""Of an answer over HTTP."""

MOST_TOKENS = 1_000_000
"""More than any model reads: what a tokenizer says that knows no limit."""

SPARE_TOKENS = 8
"""A piece cut out of a text may have a few tokens more than it had in it."""

OVERLAP = 8
"""Pieces share an eighth, so that a sentence stands whole in one of them."""

KINDS = "scikit-learn/FILE, transformers/FOLDER-OR-NAME, or http://… or https://…"
_NEEDS = {"scikit-learn": ("sklearn", "classifier"), "transformers": ("transformers", "transformers")}

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Scores(msgspec.Struct, frozen=True):
    """The probability of each class, 0 to 1. `complete` says that the classifier has no other class."""

    shares: Mapping[str, float]
    complete: bool = True


class Unavailable(Exception):
    """The classifier gave no scores. What the message says is ours, and repeats nothing of the text."""


class Classes(Converted):
    """A classifier by what it is written as; it is loaded when it is first asked, and then raises Unavailable where it
    gives no scores.
    """

    def __init__(self, use: str, folder: Path) -> None:
        self.use = use
        kind, _, name = use.partition("/")
        if use.startswith(("http://", "https://")):
            self.version = digest(use)
            self._make: Callable[[], Callable[[str], Scores]] = lambda: _over_http(use)
            return
        if kind not in _NEEDS or not name:
            raise SpecError("the classifier is not right", expected=KINDS, got=repr(use))
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
            return Scores({str(name): float(share) for name, share in zip(pipeline.classes_, row, strict=True)})
        (name,) = pipeline.predict([text])
        none = {str(each): 0.0 for each in getattr(pipeline, "classes_", ())}
        return Scores(none | {str(name): 1.0}, complete=bool(none))

    return scores


def _transformers(path: Path, name: str) -> Callable[[str], Scores]:
    from transformers import pipeline

    run = pipeline("text-classification", model=str(path) if path.exists() else name, top_k=None)

    def scores(text: str) -> Scores:
        shares: dict[str, float] = {}
        for rows in run(windows(run.tokenizer, text)):
            for row in rows:
                shares[row["label"]] = max(shares.get(row["label"], 0.0), float(row["score"]))
        return Scores(shares)

    return scores


def windows(tokenizer: Any, text: str) -> list[str]:
    """The text in pieces that overlap, each as long as the model reads at once: what stands behind that is judged too,
    and the likeliest piece decides. A tokenizer that knows no places, or no limit, gets the text as it is, and its
    model breaks where that is too long.
    """
    if not tokenizer.is_fast or tokenizer.model_max_length > MOST_TOKENS:
        return [text]
    most = max(1, tokenizer.model_max_length - SPARE_TOKENS)
    tokens = tokenizer(
        text,
        truncation=True,
        max_length=most,
        stride=most // OVERLAP,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    pieces = []
    for places in tokens["offset_mapping"]:
        held = [(start, end) for start, end in places if end > start]  # special tokens stand nowhere
        if held:
            pieces.append(text[held[0][0] : held[-1][1]])
    return pieces or [text]


def _over_http(url: str) -> Callable[[str], Scores]:
    """POST {"text": …}. Read are {"scores": {class: p}}, {"label": class, "score": p}, a list of such, and what the
    Hugging Face servers give for one text: a list of a list of them.
    """
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class NoRedirect(HTTPRedirectHandler):
        """The text and the key are for this address alone."""

        def redirect_request(self, *_: Any) -> None:
            return None

    ask = build_opener(NoRedirect).open
    where = urlsplit(url).netloc.rpartition("@")[2]

    def scores(text: str) -> Scores:
        headers = {"Content-Type": "application/json"}
        key = os.environ.get("SEATRIAL_CLASSIFIER_KEY", "").strip()
        if key:
            headers["Authorization"] = f"Bearer {key}"
        body = msgspec.json.encode({"text": text, "inputs": text})
        request = Request(url, body, headers)  # noqa: S310 - http and https only, by `Classes`
        try:
            with ask(request, timeout=HTTP_TIMEOUT) as answer:
                given = answer.read(MOST_BYTES + 1)
            if len(given) > MOST_BYTES:
                raise Unavailable(f"the answer of the classifier at {where} has more than {MOST_BYTES:,} bytes")
            return read_scores(given)
        except HTTPError as error:
            with error:
                raise Unavailable(f"the classifier at {where} answered with HTTP {error.code}") from error
        except OSError as error:
            raise Unavailable(f"the classifier at {where} cannot be reached: {type(error).__name__}") from error
        except msgspec.DecodeError as error:
            raise Unavailable(f"the answer of the classifier at {where} is not right: {error}") from error

    return scores


class _Row(msgspec.Struct):
    label: str
    score: Share = 1.0


class _Answer(msgspec.Struct):
    scores: dict[str, Share] | None = None
    label: str | None = None
    score: Share = 1.0


def read_scores(body: bytes) -> Scores:
    """The scores in an answer: complete where they are `scores`. Raises msgspec.DecodeError for any other."""
    given = msgspec.json.decode(body)
    if isinstance(given, list):
        rows = msgspec.convert(given[0] if given and isinstance(given[0], list) else given, list[_Row])
        return Scores({row.label: row.score for row in rows}, complete=False)
    answer = msgspec.convert(given, _Answer)
    if answer.scores is not None:
        return Scores(answer.scores)
    if answer.label is None:
        raise msgspec.ValidationError("Object has neither `scores` nor `label`")
    return Scores({answer.label: answer.score}, complete=False)
