"""The rules that spoil a value: what models do to JSON, each by its name, in tables by what the text is then worth."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any

Rule = Callable[[dict[str, Any]], str]


def one_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _other(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "count": value["count"] + 1}


def with_member(value: dict[str, Any], key: str, raw: str) -> str:
    """The value with a text of one's own in the place of a member."""
    members = [f"{json.dumps(name)}: {raw if name == key else one_line(each)}" for name, each in value.items()]
    return "{" + ", ".join(members) + "}"


def _with_key(value: dict[str, Any], write: Callable[[str], str]) -> str:
    return "{" + ", ".join(f"{write(name)}: {one_line(each)}" for name, each in value.items()) + "}"


def _after_line(value: dict[str, Any], said: str) -> str:
    first, *rest = pretty(value).split("\n")
    return "\n".join([first + said, *rest])


def _comma_at_end(value: dict[str, Any]) -> str:
    return pretty(value).removesuffix("\n}") + ",\n}"


def _smart(value: dict[str, Any]) -> str:
    text = one_line(value)
    return "".join("“" if each == '"' and at % 2 == 0 else "”" if each == '"' else "" for at, each in enumerate(text))


VALUES: dict[str, Rule] = {
    "one line": one_line,
    "pretty": pretty,
    "ASCII": lambda value: json.dumps(value, separators=(",", ":")),
    "fence": lambda value: f"```json\n{pretty(value)}\n```",
    "bare fence": lambda value: f"```\n{one_line(value)}\n```",
    "tilde fence": lambda value: f"~~~json\n{one_line(value)}\n~~~",
    "inline code": lambda value: f"`{one_line(value)}`",
    "fence left open": lambda value: f"```json\n{pretty(value)}\n",
    "prose before": lambda value: f"Here is the JSON you asked for:\n\n{pretty(value)}",
    "prose after": lambda value: f"{one_line(value)}\n\nLet me know if you need anything else!",
    "prose and fence": lambda value: f"Sure! Here you go:\n```json\n{pretty(value)}\n```\nThe note is taken as it is.",
    "prose with marks": lambda value: f"As asked in [the form], for {{customer}}:\n{one_line(value)}",
    "thoughts": lambda value: f"<think>\nIt may be {one_line(_other(value))}.\n</think>\n\n{one_line(value)}",
    "byte-order mark": lambda value: f"\ufeff{pretty(value)}",
    "no-break space in front": lambda value: f"\u00a0{one_line(value)}",
    "zero-width space behind": lambda value: f"{one_line(value)}\u200b",
    "end of turn": lambda value: f"{one_line(value)}<|im_end|>",
    "language in words": lambda value: f"json\n{pretty(value)}",
    "tags": lambda value: f"<answer>\n{pretty(value)}\n</answer>",
    "assignment": lambda value: f"result = {one_line(value)};",
    "call in tags": lambda value: f'<tool_call>{{"name": "save", "arguments": {one_line(value)}}}</tool_call>',
    "thoughts without their tag": lambda value: f"The mail is short.\n</think>\n{one_line(value)}",
    "two thoughts": lambda value: f"<think>hm</think>\n<think>well</think>{one_line(value)}",
    "heading and fence": lambda value: f"## Result\n\n```\n{pretty(value)}\n```\n\n_Checked twice._",
    "closing fence alone": lambda value: f"{pretty(value)}\n```",
    "fence in capitals": lambda value: f"```JSON\n{pretty(value)}\n```",
    "longer fence": lambda value: f"````json\n{pretty(value)}\n````",
    "string around": lambda value: json.dumps(one_line(value)),
    "apostrophes around": lambda value: f"'{one_line(value)}'",
    "three quotes around": lambda value: f'"""\n{pretty(value)}\n"""',
    "escaped": lambda value: json.dumps(one_line(value))[1:-1],
    "entities": lambda value: html.escape(one_line(value)),
    "doubled braces": lambda value: (
        one_line(value).replace("{", "{{").replace("}", "}}").replace("{{really}}", "{really}")
    ),
    "missing comma": lambda value: pretty(value).replace(',\n  "open"', '\n  "open"', 1),
    "missing commas": lambda value: pretty(value).replace(',\n  "', '\n  "'),
    "missing comma on one line": lambda value: one_line(value).replace(', "open"', ' "open"', 1),
    "missing colon": lambda value: one_line(value).replace('"open":', '"open"', 1),
    "doubled comma": lambda value: one_line(value).replace(', "open"', ',, "open"', 1),
    "comma in front": lambda value: one_line(value).replace("{", "{, ", 1),
    "comma behind": lambda value: one_line(value) + ",",
    "missing quote of a key": lambda value: _with_key(
        value, lambda name: f'"{name}' if name == "note" else f'"{name}"'
    ),
    "wrapper in a wrapper": lambda value: one_line({"data": {"result": value}}),
    "wrapper beside a status": lambda value: one_line({"status": "ok", "data": value}),
    "wrapper behind reasons": lambda value: one_line({"reasoning": "as the mail says", "answer": value}),
    "call": lambda value: one_line({"name": "save", "arguments": value}),
    "no-break spaces": lambda value: pretty(value).replace("\n  ", "\n\u00a0\u00a0"),
    "Windows lines": lambda value: pretty(value).replace("\n", "\r\n"),
    "trailing comma": _comma_at_end,
    "line comment": lambda value: _after_line(value, " // the customer's request"),
    "block comment": lambda value: _after_line(value, " /* as read\n from the mail */"),
    "hash comment": lambda value: _after_line(value, "  # taken from the mail"),
    "Python": repr,
    "Python literals": lambda value: with_member(value, "open", str(value["open"])),
    "single-quoted keys": lambda value: _with_key(value, lambda name: f"'{name}'"),
    "smart keys": lambda value: _with_key(value, lambda name: f"“{name}”"),
    "bare keys": lambda value: _with_key(value, str),
    "wrapper": lambda value: one_line({"result": value}),
    "wrapper in a fence": lambda value: f"```json\n{pretty({'answer': value})}\n```",
    "said twice": lambda value: f"{one_line(value)}\n\nSo the answer is:\n\n{pretty(value)}",
    "enum in capitals": lambda value: one_line({**value, "kind": value["kind"].upper()}),
    "enum in a phrase": lambda value: one_line({**value, "kind": f"This is a {value['kind']} request."}),
    "beside another object": lambda value: f'Settings {{"verbose": 1}} give:\n{one_line(value)}',
}
# What stands for the note, and the note it is.
NOTES: dict[str, tuple[str, str]] = {
    "quotes in a string": ('"he said "no way" to it"', 'he said "no way" to it'),
    "quotes at the end of a string": ('"it is called "the works""', 'it is called "the works"'),
    "quotes and a comma": ('"she wrote "too late", then left"', 'she wrote "too late", then left'),
    "three quotes": ('"""two\nlines"""', "two\nlines"),
    "backticks": ("`as it is`", "as it is"),
    "strings joined": ('"one half, " + "the other"', "one half, the other"),
    "lines in a string": ('"Dear all,\n\nthank you.\nBye"', "Dear all,\n\nthank you.\nBye"),
    "tabs in a string": ('"a\tb\tc"', "a\tb\tc"),
    "Windows line in a string": ('"a\r\nb"', "a\r\nb"),
    "pattern in a string": (r'"^\d+\s\w$"', r"^\d+\s\w$"),
    "Windows path": (r'"C:\Docs\My Mail"', r"C:\Docs\My Mail"),
    "apostrophes escaped": (r'"it\'s Ann\'s"', "it's Ann's"),
    "single quotes": ("'plain'", "plain"),
    "single quotes with an apostrophe": ("'it's fine'", "it's fine"),
    "single quotes with double ones": ("""'he said "no"'""", 'he said "no"'),
    "smart quotes": ("“plain”", "plain"),
    "low quotes": ("„plain“", "plain"),
}
AMBIGUOUS: dict[str, Rule] = {
    "two fences": lambda value: f"```json\n{pretty(value)}\n```\nor\n```json\n{pretty(_other(value))}\n```",
    "two lines": lambda value: f"{one_line(value)}\n{one_line(_other(value))}",
    "key twice": lambda value: one_line(value)[:-1] + f', "count": {value["count"] + 1}}}',
    "key twice in Python": lambda value: repr(value)[:-1] + f", 'count': {value['count'] + 1}}}",
    "three fences": lambda value: "\n".join(
        f"```json\n{one_line({**value, 'count': number})}\n```" for number in (1, 2, 3)
    ),
    "fence and prose": lambda value: f"```json\n{pretty(value)}\n```\nor simply {one_line(_other(value))}",
    "one behind the other": lambda value: one_line(value) + one_line(_other(value)),
    "key twice with an escape": lambda value: one_line(value)[:-1] + f', "c\\u006funt": {value["count"] + 1}}}',
    "wrapped twice": lambda value: one_line({"first": value, "second": _other(value)}),
    "example": lambda value: f"The answer would look like this, for example:\n{one_line(value)}",
    "put right in prose": lambda value: f"{one_line(value)}\nActually, the count should be {value['count'] + 1}.",
    "taken back": lambda value: f"{one_line(value)}\nWait, that count is off.\n{one_line(_other(value))}",
}
TRUNCATED: dict[str, Rule] = {
    "cut behind the opening": lambda _: "{",
    "cut in a key": lambda value: one_line(value)[:4],
    "cut behind a key": lambda value: one_line(value).partition(":")[0],
    "cut behind a colon": lambda value: one_line(value).partition(" ")[0],
    "cut in a string": lambda value: with_member(value, "note", '"he said').partition("he said")[0] + "he",
    "cut in a number": lambda value: one_line(value).partition('"count"')[0] + '"count": 4',
    "cut in a sign": lambda value: one_line(value).partition('"count"')[0] + '"count": -',
    "cut in a fraction": lambda value: one_line(value).partition('"count"')[0] + '"count": 4.',
    "cut in a literal": lambda value: one_line(value).partition('"open"')[0] + '"open": tr',
    "cut in a Python literal": lambda value: repr(value).partition("'open'")[0] + "'open': Fal",
    "cut in an escape": lambda value: one_line(value).partition('"note"')[0] + '"note": "a\\u00',
    "cut in a backslash": lambda value: one_line(value).partition('"note"')[0] + '"note": "a\\',
    "last bracket missing": lambda value: pretty(value)[:-1],
    "cut in a fence": lambda value: f"```json\n{pretty(value)[:-3]}",
    "cut in a second value": lambda value: f"{one_line(value)}\n{one_line(_other(value))[:-4]}",
}
INVALID: dict[str, Rule] = {
    "NaN": lambda value: with_member(value, "count", "NaN"),
    "infinity": lambda value: with_member(value, "count", "-Infinity"),
    "percent": lambda value: with_member(value, "count", "50%"),
    "percent in a string": lambda value: with_member(value, "count", '"50%"'),
    "unit": lambda value: with_member(value, "count", "5 kg"),
    "thousands": lambda value: with_member(value, "count", "1,234"),
    "plus": lambda value: with_member(value, "count", "+5"),
    "leading zero": lambda value: with_member(value, "count", "007"),
    "hexadecimal": lambda value: with_member(value, "count", "0x1F"),
    "bare fraction": lambda value: with_member(value, "count", ".5"),
    "sum": lambda value: with_member(value, "count", "2 + 3"),
    "number in a string": lambda value: with_member(value, "count", '"42"'),
    "null": lambda value: with_member(value, "count", "null"),
    "None": lambda value: with_member(value, "count", "None"),
    "undefined": lambda value: with_member(value, "count", "undefined"),
    "yes": lambda value: with_member(value, "open", '"yes"'),
    "literal in a string": lambda value: with_member(value, "open", '"true"'),
    "word": lambda value: with_member(value, "note", "hello"),
    "ellipsis": lambda value: one_line(value)[:-1] + ", ...}",
    "ellipsis in a comment": lambda value: _after_line(value, " // ... more fields"),
    "missing value": lambda value: with_member(value, "open", ""),
    "missing key": lambda value: one_line({name: each for name, each in value.items() if name != "note"}),
    "missing opening": lambda value: one_line(value)[1:],
    "one square bracket too many": lambda value: one_line(value) + "]",
    "currency": lambda value: with_member(value, "count", "$5"),
    "currency in a string": lambda value: with_member(value, "count", '"$1,200.50"'),
    "digits in groups": lambda value: with_member(value, "count", "1_000"),
    "dot at the end": lambda value: with_member(value, "count", "5."),
    "about": lambda value: with_member(value, "count", "~5"),
    "number in words": lambda value: with_member(value, "count", "five"),
    "beyond all numbers": lambda value: with_member(value, "count", "1e999"),
    "bare yes": lambda value: with_member(value, "open", "yes"),
    "number for a literal": lambda value: with_member(value, "open", "1"),
    "ellipsis for a value": lambda value: with_member(value, "open", "..."),
    "ellipsis as a key": lambda value: one_line({**value, "...": "..."} | {"open": "..."}),
    "placeholder": lambda value: with_member(value, "open", "<true or false>"),
    "keys in capitals": lambda value: one_line({name.upper(): each for name, each in value.items()}),
    "semicolons": lambda value: _with_key(value, lambda name: f'"{name}"').replace(', "open"', '; "open"'),
    "equals signs": lambda value: _with_key(value, lambda name: f'"{name}"').replace('"open":', '"open" ='),
    "tuple": lambda value: f"({one_line(value)[1:-1]})",
    "YAML": lambda value: "\n".join(f"{name}: {one_line(each)}" for name, each in value.items() if name in FLAT),
    "table": lambda value: f"| count | open |\n|---|---|\n| {value['count']} | {value['open']} |",
    "list of changes": lambda value: one_line({"draft": value, "final": {"count": value["count"]}}),
    "failed": lambda value: one_line({"status": "error", "data": value}),
    "one backslash": lambda value: with_member(value, "note", r'"50\% off"'),
    "Markdown in a string": lambda value: with_member(value, "note", r'"snake\_case\_name"'),
    "one raw line break": lambda value: with_member(value, "note", '"one\ntwo"'),
    "unknown enum": lambda value: one_line({**value, "kind": "something else"}),
    "denied enum": lambda value: one_line({**value, "kind": f"not {value['kind']}"}),
    "two enums": lambda value: one_line({**value, "kind": "refund and transfer, new and paid"}),
    "apostrophe at a space": lambda value: with_member(value, "note", "'the boys' room'"),
    "stray quote": lambda value: with_member(value, "note", '"a" "b"'),
    "empty object": lambda _: "{}",
    "empty array": lambda _: "[]",
    "list of one": lambda value: one_line([value]),
}
FLAT = ("count", "kind", "note", "open")
RULES = {"value": VALUES, "ambiguous": AMBIGUOUS, "truncated": TRUNCATED, "invalid": INVALID}
