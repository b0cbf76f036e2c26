"""Reading structured output: how much of a corpus of spoilt answers is read right, and what valid JSON costs.

    python benchmarks/structured.py

Beside ours stand json-repair and pydantic's partial parsing where they are installed, each followed by the schema's
validator, so that what does not fit counts as refused. Times are the best of many short runs that take turns, in one
process, on text and with the schema compiled.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import Any

import msgspec

from seatrial.structured.jsontext import same_json
from seatrial.structured.parse import compile_schema, parse_output
from structured_corpus import ORDER, Spoilt, make_corpus

NO_VALUE = object()
Reader = Callable[[Spoilt], Any]
"""Gives the value of an answer, or NO_VALUE."""

CALLS, ROUNDS = 100, 100


def ours(case: Spoilt) -> Any:
    parsed = parse_output(case.text, case.schema, case.finish)
    return parsed.value if parsed.outcome == "value" else NO_VALUE


def _validated(case: Spoilt, read: Callable[[str], Any]) -> Any:
    try:
        value = read(case.text)
    except (ValueError, RecursionError):
        return NO_VALUE
    return value if compile_schema(case.schema).fits(value) else NO_VALUE


def plain_json(case: Spoilt) -> Any:
    return _validated(case, json.loads)


def json_repair_reader() -> Reader | None:
    try:
        import json_repair
    except ImportError:
        return None
    return lambda case: _validated(case, json_repair.loads)


def pydantic_reader() -> Reader | None:
    try:
        from pydantic_core import from_json
    except ImportError:
        return None
    return lambda case: _validated(case, lambda text: from_json(text, allow_partial=True))


def judge(reader: Reader, corpus: list[Spoilt]) -> Counter[str]:
    """How many are read right, refused though there is a value, and read as a value that they are not."""
    found: Counter[str] = Counter()
    for case in corpus:
        value = reader(case)
        wanted = case.value if case.outcome == "value" else NO_VALUE
        if value is NO_VALUE:
            found["right" if wanted is NO_VALUE else "refused"] += 1
        else:
            found["right" if wanted is not NO_VALUE and same_json(value, wanted) else "wrong"] += 1
    return found


def show_corpus() -> int:
    """Prints the table; gives how many ours reads wrong."""
    corpus = list(make_corpus())
    kinds = Counter(case.outcome for case in corpus)
    print(f"{len(corpus)} spoilt answers: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    print(f"{'':34}{'right':>8}{'refused':>9}{'wrong':>8}")
    readers = {
        "seatrial.parse_output": ours,
        "json-repair, schema validated": json_repair_reader(),
        "pydantic partial, schema validated": pydantic_reader(),
        "json, schema validated": plain_json,
    }
    wrong = 0
    for name, reader in readers.items():
        if reader is None:
            print(f"{name:34}  skipped: not installed")
            continue
        found = judge(reader, corpus)
        print(f"{name:34}{found['right']:8}{found['refused']:9}{found['wrong']:8}")
        wrong += found["wrong"] if reader is ours else 0
    right = sum(parse_output(case.text, case.schema, case.finish).outcome == case.outcome for case in corpus)
    print(f"the kind of outcome is the expected one in {right} of {len(corpus)}")
    return wrong


def _order(lines: int, note: str) -> str:
    made = [{"sku": f"A-{number}", "n": number} for number in range(lines)]
    return json.dumps({"count": lines, "kind": "paid", "open": True, "note": note, "lines": made})


TEXTS = {
    "1 KB, mostly keys": _order(30, "leave at the door"),
    "1 KB, mostly prose": _order(2, "The customer asks for it to be left at the door. " * 18),
    "10 KB": _order(300, "leave at the door"),
}


def best_of_turns(works: list[Callable[[], Any]]) -> list[float]:
    """Microseconds of each work's best short run; they take turns, so that a pause of the machine favours none."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            started = perf_counter()
            for _ in range(CALLS):
                work()
            best[place] = min(best[place], (perf_counter() - started) / CALLS * 1e6)
    return best


def show_times() -> None:
    schema = compile_schema(ORDER)
    decode = msgspec.json.Decoder().decode
    print(f"{'valid JSON, microseconds':26}{'msgspec':>9}{'+ schema':>10}{'ours':>8}{'of msgspec':>12}{'json':>8}")
    for name, text in TEXTS.items():
        assert not parse_output(text, schema).repairs
        alone, validated, whole, standard = best_of_turns(
            [
                lambda text=text: decode(text),
                lambda text=text: schema.fits(decode(text)),
                lambda text=text: parse_output(text, schema),
                lambda text=text: json.loads(text),
            ]
        )
        print(f"{name:26}{alone:9.2f}{validated:10.2f}{whole:8.2f}{whole / alone:11.2f}x{standard:8.2f}")


def main() -> int:
    wrong = show_corpus()
    print()
    show_times()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
