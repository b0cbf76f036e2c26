"""The checks that judge sentence by sentence.

The sentences are cut by us and numbered, and the judge gives a verdict for every number: so it can neither leave out a
claim that is inconvenient nor invent one, the denominator is the same whoever judges, and a failing sentence can be
pointed at. To have the judge list the claims first was rejected for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.checks.sentences import sentence_spans
from seatrial.core.verdict import Span, Verdict
from seatrial.core.view import View
from seatrial.judges.asking import Heard, ask, judged, unheard
from seatrial.judges.define import JUDGE, Judge, judge_check
from seatrial.judges.rubric import CLAIMS, NUMBER, REASON, VERDICT, Rubric, packaged

AT_ONCE = 40
"""Sentences in one ask: with more, judges begin to skip numbers."""

NO_CLAIM = "no-claim"
SHOWN = 3

Documents = Annotated[
    str | list[str] | None, msgspec.Meta(description="the documents; by default what the answer was given as context")
]


class _Sentence(NamedTuple):
    text: str
    span: tuple[int, int] | None


@judge_check("faithfulness", rubric="faithfulness", write="faithfulness: {context: The museum opens at ten.}")
async def faithfulness(view: View, *, context: Documents = None, judge: Judge = JUDGE) -> Verdict:
    """Every sentence of the answer is borne out by its context; the score is the share that is.

    The spans are the sentences that are not. Sentences that claim nothing (a greeting, a question) do not count, and an
    answer of such alone is unscored. It passes when all are borne out; `threshold` asks for less.
    """
    documents = _documents(view, context)
    if not documents:
        return _nothing("no-context", "there is no context to hold the answer against")
    return await _judge(packaged("faithfulness"), judge, _sentences(view.text), least=1.0, context=documents)


@judge_check("answer-relevance", rubric="answer-relevance", write="answer-relevance: {threshold: 0.8}")
async def answer_relevance(view: View, *, judge: Judge = JUDGE) -> Verdict:
    """The sentences of the answer bear on what was asked; the score is the share that does, half of them by default."""
    asked = view.exchange.request.ask
    if not asked:
        return _nothing("no-input", "nothing was asked in words")
    return await _judge(packaged("answer-relevance"), judge, _sentences(view.text), least=0.5, input=asked)


@judge_check(
    "context-recall", rubric="context-recall", write="context-recall: The museum opens at ten and closes at six."
)
async def context_recall(
    view: View,
    *,
    reference: Annotated[str, msgspec.Meta(description="an answer that is right", min_length=1)],
    context: Documents = None,
    judge: Judge = JUDGE,
) -> Verdict:
    """Every sentence of a right answer stands in the context that was retrieved; the score is the share that does."""
    documents = _documents(view, context)
    if not documents:
        return _nothing("no-context", "there is no context to look in")
    found = [sentence._replace(span=None) for sentence in _sentences(reference)]
    return await _judge(packaged("context-recall"), judge, found, least=1.0, context=documents)


@judge_check("context-relevance", rubric="context-relevance", write="context-relevance: {threshold: 0.3}")
async def context_relevance(view: View, *, context: Documents = None, judge: Judge = JUDGE) -> Verdict:
    """The sentences of the retrieved context help to answer; the score is the share that does, half by default."""
    documents, asked = _documents(view, context), view.exchange.request.ask
    if not documents or not asked:
        missing = "context" if not documents else "input"
        return _nothing(f"no-{missing}", f"there is no {missing} to judge by")
    found = [sentence._replace(span=None) for document in documents for sentence in _sentences(document)]
    return await _judge(packaged("context-relevance"), judge, found, least=0.5, input=asked)


def _documents(view: View, given: str | list[str] | None) -> list[str]:
    chosen = view.exchange.context if given is None else [given] if isinstance(given, str) else given
    return [document for document in chosen if document.strip()]


def _sentences(text: str) -> list[_Sentence]:
    return [_Sentence(" ".join(text[start:end].split()), (start, end)) for start, end in sentence_spans(text)]


def _nothing(label: str, why: str) -> Verdict:
    return Verdict(state="unscored", label=label, reason=why)


async def _judge(
    rubric: Rubric, judge: NamedModel, sentences: Sequence[_Sentence], *, least: float, **values: Any
) -> Verdict:
    """Judge the sentences, as many as fit in one ask at a time; pass when at least this share passes."""
    if not sentences:
        return _nothing("no-claims", "there is no sentence to judge")
    parts = [sentences[start : start + AT_ONCE] for start in range(0, len(sentences), AT_ONCE)]
    asks = [ask(judge, rubric, {**values, "claims": _numbered(part)}) for part in parts]
    heard = list(await asyncio.gather(*asks))
    broken = unheard(heard)
    if broken is not None:
        return broken
    said: list[Mapping[str, Any]] = []
    for part, each in zip(parts, heard, strict=True):
        by_number = _by_number(each, len(part))
        if by_number is None:
            return judged(_nothing("incomplete", "the judge left out sentences"), heard)
        said += by_number
    return judged(_counted(rubric, sentences, said, least), heard)


def _numbered(sentences: Sequence[_Sentence]) -> str:
    return "\n".join(f"{number}. {sentence.text}" for number, sentence in enumerate(sentences, 1))


def _by_number(heard: Heard, count: int) -> list[Mapping[str, Any]] | None:
    """A verdict for each of `count` sentences, the last one for each; None where some have none."""
    assert heard.value is not None
    found = {claim[NUMBER]: claim for claim in heard.value[CLAIMS]}
    return [found[number] for number in range(1, count + 1)] if set(range(1, count + 1)) <= found.keys() else None


def _counted(
    rubric: Rubric, sentences: Sequence[_Sentence], said: Sequence[Mapping[str, Any]], least: float
) -> Verdict:
    claiming = [(s, claim) for s, claim in zip(sentences, said, strict=True) if claim[VERDICT] != NO_CLAIM]
    if not claiming:
        return _nothing("no-claims", "no sentence claims anything")
    bad = [(sentence, claim) for sentence, claim in claiming if claim[VERDICT] not in rubric.passes]
    score = 1 - len(bad) / len(claiming)
    reasons = [f"{sentence.text!r}: {claim[VERDICT]}: {claim[REASON]}" for sentence, claim in bad]
    more = f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
    return Verdict(
        state="pass" if score >= least else "fail",
        score=score,
        reason="; ".join(reasons[:SHOWN]) + more,
        spans=tuple(Span(*sentence.span) for sentence, _ in bad if sentence.span is not None),
    )
