"""Comparing two runs of 100,000 results: seconds and peak memory of the command, beside reading both files bare.

python benchmarks/compare.py [--results 100000] [--grouped]

The bare reading decodes the same fields with msgspec, joins the runs by a dictionary and counts who passed: the least
that any comparison has to do. `processor` is that of the process and what it started, `clock` is what a person waits.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from seatrial.core.case import Case
from seatrial.core.conversation import Message, Request
from seatrial.core.exchange import Exchange
from seatrial.core.verdict import Verdict
from seatrial.store.records import Result, RunRecord, SuiteRecord, VariantRecord
from seatrial.store.runs import STATE_FOLDER

RUNS = (("20260101T000000Z-aaaaaa", 0.80), ("20260102T000000Z-bbbbbb", 0.82))
CHECKS = 4
TAGS = 5

BARE = """
import sys
import msgspec

class Line(msgspec.Struct):
    suite: str
    case: str
    state: str
    latency_ms: float = 0.0

def read(path):
    decode = msgspec.json.Decoder(Line).decode
    with open(path, "rb") as lines:
        return {(each.suite, each.case): each for each in map(decode, lines)}

a, b = read(sys.argv[1]), read(sys.argv[2])
both = [(a[key].state, b[key].state) for key in b if key in a]
print({pair: both.count(pair) for pair in set(both)})
"""


def write_run(folder: Path, name: str, rate: float, count: int, *, grouped: bool) -> None:
    drawn = random.Random(name)
    path = folder / STATE_FOLDER / "runs" / name
    path.mkdir(parents=True)
    variant = VariantRecord(variant="main", feature_version=name, prompt_version="p", models={}, prompts={})
    suite = SuiteRecord(suite="s", file="evals/s.yaml", hash="h", cases=count, checks={})
    record = RunRecord(id=name, feature="f", started="2026-01-01T00:00:00", variants=(variant,), suites=(suite,))
    (path / "run.json").write_bytes(msgspec.json.encode(record))
    with (path / "cases.jsonl").open("wb") as out:
        for number in range(count):
            group = f"g{number // 4}" if grouped else None
            case = Case(id=f"c{number}", suite="s", ask="what is it " * 5, tags=(f"t{number % TAGS}",), group=group)
            out.write(msgspec.json.encode(case) + b"\n")
    with (path / "results.jsonl").open("wb") as out:
        for number in range(count):
            out.write(msgspec.json.encode(result(number, drawn, rate)) + b"\n")


def result(number: int, drawn: random.Random, rate: float) -> Result:
    passed, score = drawn.random() < rate, drawn.random()
    exchange = Exchange(
        id="x",
        request=Request((Message("user", "what is it " * 5),)),
        message=Message("assistant", "the answer " * 20),
        finish="stop",
    )
    verdicts = tuple(
        Verdict(
            state="pass" if passed or check else "fail",
            check=f"k{check}",
            score=score,
            metric=None if check else "m",
            reason="because it is so",
        )
        for check in range(CHECKS)
    )
    return Result(
        case=f"c{number}",
        suite="s",
        variant="main",
        repeat=1,
        made_by="m",
        state="pass" if passed else "fail",
        output="the answer " * 20,
        exchanges=(exchange,),
        verdicts=verdicts,
        latency_ms=100 + drawn.random() * 50,
        cost_nusd=1000,
    )


def measured(command: list[str]) -> tuple[float, float, float]:
    """Seconds of processor and of the clock, and the largest memory in MB so far of what this process started."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return processor, time.perf_counter() - started, after.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--grouped", action="store_true", help="four cases share a group")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, rate in RUNS:
            write_run(folder, name, rate, asked.results, grouped=asked.grouped)
        files = [str(folder / STATE_FOLDER / "runs" / name / "results.jsonl") for name, _ in RUNS]
        names = [name for name, _ in RUNS]
        rows = {
            "bare reading": [sys.executable, "-c", BARE, *files],
            "seatrial compare": [
                *(sys.executable, "-c", "from seatrial.cli.app import main; main()"),
                *("compare", *names, "--feature", made, "--json"),
            ],
        }
        print(f"{'':18}{'processor':>12}{'clock':>10}{'peak memory':>14}")
        for row, command in rows.items():
            processor, clock, memory = measured(command)
            print(f"{row:18}{processor:10.2f} s{clock:8.2f} s{memory:11.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
