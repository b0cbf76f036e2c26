"""What the other forms read from a field, read from prose."""

import re

from seatrial import Verdict, check


@check("names-intent")
def names_intent(text, *, intent: str):
    """The answer ends with a line that names the intent."""
    named = re.search(r"intent:\W*(\w+)\W*\Z", text, re.IGNORECASE)
    got = named[1] if named else "(none)"
    return Verdict(state="pass" if got == intent else "fail", label=f"{intent} -> {got}", reason=f"names {got}")
