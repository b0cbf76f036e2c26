"""The C++ `llama-server` of llama.cpp, built once from the sources inside the `llama-cpp-python` package on PyPI.

Five to fifteen minutes, by the machine; kept in the user's cache folder, outside the repository, so that no later run
builds it again. `python tests/integration/llama_server.py` builds it ahead of the tests and says how it goes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

VERSION = "0.3.36"
"""Of llama-cpp-python; each release carries the llama.cpp of its day."""

# A server and nothing else: no web page (it would be fetched), no TLS, no tests; nothing that ties the binary to the
# processor it was built on, since the cache may be carried to another machine.
OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
)
LONGEST_STEP = 3600
"""Seconds; a machine with one slow core takes its time."""


class Unavailable(Exception):
    """The server cannot be had here; the message says why, in one line."""


def llama_server(say: Callable[[str], None] = lambda _: None) -> Path:
    """The path of the program, built now if need be. Raises Unavailable."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seatrial-tests"
    program = cache / f"llama-server-{VERSION}"
    with _only_one(cache):  # test processes side by side want it at the same time
        if not program.exists():
            say(f"building llama-server {VERSION} into {cache}: some minutes, once")
            _build(program)
    return program


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise Unavailable(f"no cache folder: {error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(program: Path) -> None:
    cmake = _tool("cmake")
    ninja = ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={_tool('ninja')}")
    with TemporaryDirectory(prefix="llama-server-") as temporary:
        folder = Path(temporary)
        source = _fetched(folder) / "vendor" / "llama.cpp"
        build = folder / "build"
        _run((cmake, "-S", str(source), "-B", str(build), *ninja, *OPTIONS), "cmake cannot configure llama.cpp")
        _run((cmake, "--build", str(build), "--target", "llama-server", "-j2"), "llama.cpp does not build")
        unfinished = program.with_suffix(".new")
        shutil.copy2(build / "bin" / "llama-server", unfinished)
        unfinished.replace(program)  # whole or not at all


def _fetched(folder: Path) -> Path:
    """The unpacked sources."""
    wanted = ("--no-deps", "--no-binary", "llama-cpp-python", f"llama-cpp-python=={VERSION}")
    _run((sys.executable, "-m", "pip", "download", "--quiet", *wanted, "-d", str(folder)), "PyPI gives no sources")
    with tarfile.open(next(folder.glob("llama_cpp_python-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.glob("llama_cpp_python-*") if path.is_dir())


def _tool(name: str) -> str:
    """A program of this machine, or of the PyPI package of the same name."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise Unavailable(f"{name} is missing: pip install {name}")
    return found


def _run(command: Sequence[str], what: str) -> None:
    """Politely: whoever sits at the machine comes first."""
    try:
        done = subprocess.run(
            ("nice", "-n", "19", *command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LONGEST_STEP,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{what}: {error}") from error
    if done.returncode:
        raise Unavailable(f"{what}: {_reason(done.stdout)}")


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no word why")[:300]


if __name__ == "__main__":
    try:
        print(f"llama-server: {llama_server(print)}")
    except Unavailable as error:
        print(f"llama-server cannot be had, its tests will be skipped: {error}")
