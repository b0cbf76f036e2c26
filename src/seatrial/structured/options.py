"""Which value of an enum a model's words can only mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_LONGEST_PHRASE = 400


def meant_option(said: str, options: Sequence[Any]) -> tuple[str, str] | None:
    """The one option that a text can mean, and the name of the repair; None where it is none or more than one."""
    texts = list(dict.fromkeys(option for option in options if isinstance(option, str)))
    same = [option for option in texts if _plain(option) == _plain(said)]
    if same:
        return (same[0], "enum-case") if len(same) == 1 else None
    if len(said) > _LONGEST_PHRASE or _DOUBT.search(said):
        return None
    named = [option for option in texts if _plain(option) and _names(said, option)]
    return (named[0], "enum-prose") if len(named) == 1 else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.strip(" \t\r\n.!\"'`*")).casefold()


def _names(said: str, option: str) -> bool:
    words = r"[\s_-]+".join(re.escape(word) for word in _plain(option).split(" "))
    return re.search(rf"(?<![\w'-]){words}(?![\w'’%-])", said.casefold()) is not None


# A phrase with one of these can name an option and mean another one, or none.
_DOUBT = re.compile(
    r"""\b(?:not|no|non|never|neither|nor|none|cannot|without|except|excluding|but|than|rather|instead|unless|if|or
    |maybe|perhaps|possibly|might|could|may|would|should|almost|nearly|barely|hardly|unlikely|unsure|uncertain|unclear
    |unknown|between|either|less|more|least|most|lack|lacks|far|false|wrong|isn|aren|wasn|don|doesn|didn|can|was|were
    |previously|formerly|versus|vs|and|to|was|anything|opposite|other)\b|n['’]t\b|[?/|]""",
    re.VERBOSE | re.IGNORECASE,
)
