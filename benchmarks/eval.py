"""How fast and how lean `seatrial eval` is, beside a bare loop with the same steps measured in the same run.

    python benchmarks/eval.py [--cases 10000] [--many 100000]

Each measurement is a process of its own against a fresh stub server on 127.0.0.1; the best of three counts, since other
work on the machine only ever slows one down. A machine that is paused now and then (a shared virtual one) shows in the
distance between the rate of the whole run and that of its fastest 500 cases in a row.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CONCURRENCY = 64
ROUNDS = 3

PROMPT = "---\ninputs:\n  question: string\n---\nsystem:\nYou are a friend. Be short.\nuser:\n{{ question }}\n"
SUITE = """\
suite: load
checks: [starts-lowercase, {max-words: 60}, {not-contains: As an AI}]
cases:
  - from: ../rows.jsonl
    map: {ask: "{{ prompt }}"}
"""
FEATURE = """\
feature: load
models:
  main: {use: openai-compatible/stub, base_url: "http://127.0.0.1:%d/v1", params: {temperature: 0}}
prompt: prompts/chat.md
"""
EVALUATE = """
import json, resource, sys, time
from seatrial import evaluate
class Clock:
    def __init__(self):
        self.stamps = []
    def begin(self, plan):
        pass
    def result(self, result):
        self.stamps.append(time.perf_counter())
clock = Clock()
options = json.loads(sys.argv[2])
run = evaluate(sys.argv[1], progress=clock, **options)
stamps = clock.stamps[::500]
used = resource.getrusage(resource.RUSAGE_SELF)
suite = run.suites[0]
print(json.dumps({
    "passed": suite.passed,
    "cases_per_second": suite.cases / run.summary.seconds,
    "fastest": 500 / min((b - a for a, b in zip(stamps, stamps[1:])), default=float("inf")),
    "processor_seconds": used.ru_utime + used.ru_stime,
    "memory_mb": used.ru_maxrss / 1024,
    "output_mb": sum(f.stat().st_size for f in run.path.iterdir()) / 1e6,
}))
"""


@contextmanager
def stub_server() -> Iterator[int]:
    """The port of a running stub; it ends when its standard input closes."""
    server = subprocess.Popen(
        [sys.executable, str(HERE / "stub_server.py"), "--port", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.stdin.close()
        server.wait(timeout=10)
        server.stdout.close()


def make_feature(folder: Path, port: int, cases: int) -> None:
    for name in ("evals", "prompts"):
        (folder / name).mkdir(parents=True)
    (folder / "feature.yaml").write_text(FEATURE % port)
    (folder / "prompts" / "chat.md").write_text(PROMPT)
    (folder / "evals" / "load.yaml").write_text(SUITE)
    with (folder / "rows.jsonl").open("w") as rows:
        for number in range(cases):
            question = f"question number {number} about the weather in town {number * 7}"
            rows.write(json.dumps({"prompt": question}) + "\n")


def best(measure: Callable[[], dict[str, Any]], rounds: int = ROUNDS) -> dict[str, Any]:
    return max((measure() for _ in range(rounds)), key=lambda found: found["cases_per_second"])


def evaluate(folder: Path, **options: Any) -> dict[str, Any]:
    command = [sys.executable, "-c", EVALUATE, str(folder), json.dumps(options)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def bare(port: int, cases: int) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "bare_loop.py"), str(port), str(cases), str(CONCURRENCY)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def line(name: str, found: dict[str, Any], limit: dict[str, Any] | None = None) -> None:
    ratio = f"  {found['cases_per_second'] / limit['cases_per_second']:5.2f} of the bare loop" if limit else ""
    fastest = f" ({found['fastest']:,.0f} in its fastest 500)" if found.get("fastest") else ""
    print(
        f"  {name:24} {found['cases_per_second']:9,.0f} cases/s{fastest}  {found['memory_mb']:6.0f} MB"
        f"  {found['processor_seconds']:6.2f} s of processor{ratio}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000)
    given = parser.parse_args()
    print(f"eval against a stub at 0 ms, three checks a case, concurrency {CONCURRENCY}")
    with tempfile.TemporaryDirectory() as folder, stub_server() as port:
        few, many = Path(folder, "few"), Path(folder, "many")
        make_feature(few, port, given.cases)
        make_feature(many, port, given.many)
        limit = best(lambda: bare(port, given.cases))
        line(f"bare loop, {given.cases:,}", limit)
        line(f"seatrial, {given.cases:,}", best(lambda: evaluate(few, concurrency=CONCURRENCY)), limit)
        line(f"seatrial, {given.many:,}", evaluate(many, concurrency=CONCURRENCY), limit)
        line(f"judged again, {given.cases:,}", best(lambda: evaluate(few, rejudge="latest")))


if __name__ == "__main__":
    main()
