"""A score on a scale, weighted by how sure the judge was of each number.

Source: Y. Liu et al., G-Eval, EMNLP 2023 (arXiv:2303.16634), section 2: the sum of the scores times the probabilities
of their tokens, and where a model gives no probabilities, the mean of repeated samples. Its first step, in which the
model writes its own steps of evaluation, is left to the user: steps that change from run to run measure something else
each time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from math import exp
from typing import Annotated

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.exchange import TokenLogprob
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.judges.asking import Heard, ask, judged, unheard
from seatrial.judges.define import JUDGE, Judge, judge_check
from seatrial.judges.rubric import REASON, SCORE, packaged
from seatrial.judges.seen import asked

TOP = 20
"""How many of the likeliest tokens are asked for: as many as providers give."""

_SCORE = re.compile(rf'"{SCORE}"\s*:\s*(\d+)')


@judge_check("g-eval", rubric="g-eval", write="g-eval: {criterion: Easy to follow for a newcomer., threshold: 0.7}")
async def g_eval(
    view: View,
    *,
    criterion: Annotated[str, msgspec.Meta(description="what is scored, in words", min_length=1)],
    steps: Annotated[list[str] | None, msgspec.Meta(description="how to go about it, step by step")] = None,
    scale: Annotated[int, msgspec.Meta(description="the best score; the worst is 1", ge=2, le=9)] = 5,
    samples: Annotated[
        int, msgspec.Meta(description="how often a judge without log-probabilities is asked", ge=1, le=50)
    ] = 5,
    judge: Judge = JUDGE,
) -> Verdict:
    """A model scores the text on a scale, weighted by the probability of each score; it passes from the middle on.

    Where the judge gives no log-probabilities it is asked `samples` times, and the mean counts: give it a temperature
    above 0, or all samples are the same. The score is put to 0..1, the worst being 0.
    """
    values = {"criterion": criterion, "steps": steps, "input": asked(view), "text": view.text}
    weighted = _gives_logprobs(judge)
    first = await _sample(judge, values, scale, 1, weighted=weighted)
    mean = expected_score(first.logprobs, first.call.reply, scale) if first.value is not None else None
    heard = [first]
    if mean is None:
        rest = [_sample(judge, values, scale, number, weighted=weighted) for number in range(2, samples + 1)]
        heard += await asyncio.gather(*rest)
        broken = unheard(heard)
        if broken is not None:
            return broken
        mean = sum(_said(each) for each in heard) / len(heard)
    score = (mean - 1) / (scale - 1)
    how = "by log-probabilities" if len(heard) == 1 and samples > 1 else f"mean of {len(heard)}"
    reason = f"{mean:.2f} of {scale} ({how}): {(first.value or {})[REASON]}"
    return judged(Verdict(state="pass" if score >= 0.5 else "fail", score=score, reason=reason), heard)


def _gives_logprobs(judge: NamedModel) -> bool:
    return judge.logprobs is True or judge.params.get("logprobs") is True


async def _sample(judge: NamedModel, values: Mapping[str, object], scale: int, number: int, *, weighted: bool) -> Heard:
    params = {"logprobs": True, "top_logprobs": TOP} if weighted else {}
    return await ask(judge, packaged("g-eval"), values, scale=scale, repeat=number, params={**params, **judge.params})


def _said(heard: Heard) -> int:
    assert heard.value is not None
    return int(heard.value[SCORE])


def expected_score(logprobs: Sequence[TokenLogprob], reply: str, scale: int) -> float | None:
    """The mean of the scores 1..`scale` by the probability of their tokens where the reply's last score stands; None
    where no token is that number, or numbers of the scale hold less than half of the probability.
    """
    found = list(_SCORE.finditer(reply))
    if not found or "".join(each.token for each in logprobs) != reply:
        return None
    place, at = found[-1].start(1), 0
    for each in logprobs:
        if at <= place < at + len(each.token):
            return _mean(each, scale)
        at += len(each.token)
    return None


def _mean(token: TokenLogprob, scale: int) -> float | None:
    weights = dict.fromkeys(range(1, scale + 1), 0.0)
    for text, logprob in {**token.top, token.token: token.logprob}.items():
        number = text.strip()
        if number.isascii() and number.isdigit() and int(number) in weights:
            weights[int(number)] += exp(logprob)
    total = sum(weights.values())
    return sum(number * weight for number, weight in weights.items()) / total if total >= 0.5 else None
