"""The public package: what it offers, and what importing it costs."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import seatrial

PUBLIC = {
    *("Case", "Exchange", "Feature", "Message", "Parsed", "Request", "Screened", "SeatrialError", "Verdict"),
    *("check", "evaluate", "load", "parse_output", "screen"),
}
MAY_IMPORT = {"seatrial"}
"""What `import seatrial` may bring in beside the standard library."""


def test_the_public_names_are_these() -> None:
    assert set(seatrial.__all__) == PUBLIC
    assert set(dir(seatrial)) == PUBLIC | {"__version__"}
    for name in PUBLIC:
        assert getattr(seatrial, name).__name__ == name


def test_the_version_is_the_installed_one() -> None:
    assert seatrial.__version__[0].isdigit()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        _ = seatrial.laod  # type: ignore[attr-defined]


@pytest.mark.parametrize("package", ["seatrial", "seatrial.testing"])
def test_no_public_name_is_the_name_of_a_module(package: str) -> None:
    module = import_module(package)
    assert not set(module.__all__) & {found.name for found in pkgutil.iter_modules(module.__path__)}


WATCH = """
import sys
made = []
sys.addaudithook(lambda event, args: made.append((event, args)))
before = set(sys.modules)
import seatrial
tops = {name for name in set(sys.modules) - before if name.split(".")[0] not in sys.stdlib_module_names}
wrote = [args for event, args in made if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")]
reached = [event for event, _ in made if event.startswith(("socket.", "subprocess.", "os.system"))]
print(sorted(tops), wrote, reached)
"""


def test_importing_the_package_imports_writes_and_reaches_for_nothing(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-B", "-c", WATCH], capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path
    )
    assert found.stdout == f"{sorted(MAY_IMPORT)} [] []\n"
    assert list(tmp_path.iterdir()) == []
