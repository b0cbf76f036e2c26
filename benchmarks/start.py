"""How long a whole process takes from cold: `import`, `--help`, one case; with compiled bytecode, beside bare Python.

python benchmarks/start.py
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 15
HARBOR = Path(__file__).parent.parent / "examples" / "harbor"
COMMAND = str(Path(sys.executable).with_name("seatrial"))


def seconds(command: Sequence[str], **options: str) -> float:
    """The best of some runs; the first, which may compile bytecode, does not count."""
    found = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, **options)
        found.append(time.perf_counter() - started)
    return min(found[1:])


def one_case_feature(folder: Path) -> Path:
    made = folder / "harbor"
    shutil.copytree(HARBOR, made, ignore=shutil.ignore_patterns(".seatrial"))
    for suite in (made / "evals").glob("*.yaml"):
        suite.unlink()
    (made / "evals" / "one.yaml").write_text(
        "suite: one\nchecks: [starts-lowercase, {max-words: 60}, {not-contains: As an AI}]\n"
        "cases: [{ask: hey whats up}]\n"
    )
    return made


def main() -> None:
    print(f"whole processes, best of {ROUNDS}")
    bare = seconds([sys.executable, "-c", "pass"])
    with tempfile.TemporaryDirectory() as folder:
        feature = one_case_feature(Path(folder))
        rows = [
            ("python -c pass", bare),
            ("import seatrial", seconds([sys.executable, "-c", "import seatrial"])),
            ("seatrial --help", seconds([COMMAND, "--help"])),
            ("seatrial eval, one case", seconds([COMMAND, "eval", str(feature), "--json"])),
        ]
    for name, found in rows:
        print(f"  {name:34} {found * 1000:7.0f} ms  {found / bare:5.1f} of bare Python")


if __name__ == "__main__":
    main()
