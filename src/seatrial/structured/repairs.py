"""The names of all repairs, and what each says was mended."""

from __future__ import annotations

REPAIRS: dict[str, str] = {
    # Around the value
    "fence": "a code fence, or part of one, stood around the value",
    "prose": "text stood around the value",
    "reasoning": "reasoning in tags stood before the answer",
    "repeated": "the same value stood there several times",
    "byte-order-mark": "the answer began with a byte-order mark",
    "white-space": "white space that JSON does not know stood around the value or in it",
    "quoted": "the whole value stood in quotes",
    "escaped": "every quote of the value was escaped",
    "html-entities": "the value was written with the entities of HTML",
    "doubled-braces": "braces stood doubled, as in a template",
    "stray-bracket": "one more closing brace stood behind the value",
    # Its form
    "wrapper": "a key stood around the value, as of an envelope or a call",
    "enum-case": "a value of an enum stood in other case or with other marks between its words",
    "enum-prose": "a value of an enum stood in a phrase",
    # The structure
    "trailing-comma": "a comma stood behind the last part",
    "stray-comma": "a comma stood before a key",
    "missing-comma": "a comma was missing between two parts",
    "missing-colon": "the colon behind a key was missing",
    "missing-quote": "the closing quote of a key or text was missing",
    "comment": "a comment stood between the parts",
    # Keys, texts and literals
    "unquoted-key": "a key stood without quotes",
    "single-quotes": "a text stood in single quotes",
    "smart-quotes": "a text stood in typographic quotes",
    "backticks": "a text stood in backticks",
    "triple-quotes": "a text stood in three quotes",
    "inner-quotes": "quotes inside a text were not escaped",
    "concatenation": "a text stood in pieces joined by a plus sign",
    "control-character": "line breaks or tabs stood raw in a text",
    "escape": "a backslash escaped nothing",
    "python-literal": "a literal stood in Python's spelling",
}
