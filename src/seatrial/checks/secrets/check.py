"""The check `secrets`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin
from seatrial.checks.labelled import verdict_on
from seatrial.checks.secrets.kinds import EVERYTHING, WORST_FIRST, Kinds, secrets
from seatrial.checks.secrets.stream import holdback
from seatrial.core.verdict import Verdict


@builtin(
    "secrets",
    kind="detector",
    holdback=holdback,
    example=Example(
        "secrets",
        passes=[
            "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is out",
            "the password is wrong",
            "password: <your password>",
        ],
        fails=["the password is Tr0ub4dor&3", "postgres://joe:s3cr3t-Pw@db.example.com/main"],
    ),
)
def secrets_check(
    text: str,
    *,
    kinds: Annotated[Kinds, msgspec.Meta(description="what to look for; everything unless told")] = EVERYTHING,
) -> Verdict:
    """The answer has no secrets in it: keys, tokens, passwords."""
    return verdict_on(secrets(kinds.labels).find(text), "secrets", WORST_FIRST)
