"""The check whose judge is a function in the user's own file."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from seatrial.checks.define import Example, builtin
from seatrial.checks.parameters import PythonFunction
from seatrial.core.errors import BugError

Function = Annotated[
    PythonFunction,
    msgspec.Meta(description="`file.py:function`, relative to the file that names it, or a registered check"),
]


@builtin("python", example=Example("python: my_checks.py:polite"))
def python(
    *,
    function: Function,
    params: Annotated[dict[str, Any], msgspec.Meta(description="the function's keyword-only parameters")] = {},  # noqa: B006
) -> bool:
    """A function of yours judges; its positional parameters say what it sees."""
    raise BugError("binding puts the user's function in the place of this one")
