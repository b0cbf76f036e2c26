"""Runs every benchmark, one after the other: `make bench`."""

import subprocess
import sys
from pathlib import Path

ALL = (
    "start.py",
    "eval.py",
    "compare.py",
    "guards.py",
    "hostile.py",
    "obfuscation.py",
    "personal_data.py",
    "http_client.py",
    "model_client.py",
    "stats.py",
    "structured.py",
    "install.py",
)


def main() -> int:
    for name in ALL:
        done = subprocess.run([sys.executable, str(Path(__file__).parent / name)], check=False)
        if done.returncode:
            return done.returncode
        print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
