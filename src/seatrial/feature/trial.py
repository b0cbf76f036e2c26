"""Puts a text before the guards of a feature, outside of any ask."""

from __future__ import annotations

from pathlib import Path

from seatrial.checks.parameters import prepare_models
from seatrial.core.conversation import Message, Request
from seatrial.core.decision import Stage
from seatrial.core.exchange import Exchange
from seatrial.feature.feature import load
from seatrial.feature.folder import find_feature
from seatrial.guard.keys import installed_key
from seatrial.guard.policy import Policy
from seatrial.guard.texts import Setting
from seatrial.guard.trial import Trial, try_text, usual_guards


async def try_guards(folder: Path | None, text: str, stage: Stage, cohort: dict[str, str]) -> tuple[Trial, bool]:
    """The trial, and whether it was of the usual detectors because no guards stand there. Raises SpecError."""
    policy = _policy(folder)
    guards = policy.of(stage, cohort)
    prepare_models(model for guard in guards for model in guard.asks())
    said = text if stage == "input" else ""
    request = Request((Message("user", said),), cohort=cohort)
    exchange = Exchange(id="", request=request, message=Message("assistant", ""), finish="stop")
    setting = Setting(exchange, installed_key(), policy.budgets)
    usual = not guards and not policy.stages.get(stage)
    return await try_text(usual_guards(stage) if usual else guards, text, stage, setting), usual


def _policy(folder: Path | None) -> Policy:
    """Of the feature in `folder`, or of the one we are in if it is a feature."""
    root = find_feature(folder)
    return load(root).spec.guards if root is not None else Policy()
