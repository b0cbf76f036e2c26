"""Functions in the user's own Python files: `file.py:function` and `module:function`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.registry import nearest_name
from seatrial.spec.files import read_text


def load_function(name: str, folder: Path) -> tuple[Callable[..., Any], str]:
    """The function that `file.py:function` (relative to `folder`) or `module:function` names, and the hash of the file
    it stands in. Raises SpecError when there is none, or when the file breaks as it is imported.
    """
    module_name, _, attribute = name.partition(":")
    module = load_file(folder / module_name) if module_name.endswith(".py") else _import(module_name, folder)
    function = getattr(module, attribute, None)
    if not callable(function):
        public = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise SpecError(
            f"{module_name} has no function {attribute!r}",
            nearest=nearest_name(attribute, public),
            expected="file.py:function" if not attribute else None,
        )
    file = getattr(module, "__file__", None)
    return function, digest(read_text(Path(file))) if file else digest(name)


def load_file(path: Path) -> ModuleType:
    """Import a Python file under a name of its own, once for each content of the file.

    Compiled from the text that was hashed, never from a `.pyc`: Python's cache knows a file by its size and the second
    it was written, so an edit within that second would run as the old code.
    """
    path = path.resolve()
    source = read_text(path)
    name = f"seatrial_user_{path.stem}_{digest([str(path), source])}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        with importable_from(path.parent):
            exec(compile(source, str(path), "exec"), vars(module))  # noqa: S102 - the user's own file is what we run
    except SpecError:
        del sys.modules[name]
        raise
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _broken(str(path), error) from error
    return module


def _import(name: str, folder: Path) -> ModuleType:
    """A file of the folder by its own name, never by `sys.modules`: two features may each have a rows.py."""
    if name.isidentifier() and (folder / f"{name}.py").is_file():
        return load_file(folder / f"{name}.py")
    if not all(part.isidentifier() for part in name.split(".")):
        raise SpecError(f"{name!r} is not the name of a Python module", expected="module:function or file.py:function")
    try:
        with importable_from(folder):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and not f"{name}.".startswith(f"{error.name}."):
            raise _broken(name, error) from error
        raise SpecError(
            f"there is no Python module {name!r}", hint=f"looked in {folder} and in what is installed"
        ) from error
    except (Exception, SystemExit) as error:
        raise _broken(name, error) from error


def _broken(name: str, error: Exception | SystemExit) -> SpecError:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    return SpecError(f"the file breaks when it is imported: {type(error).__name__}: {error}", file=name, line=line)


@contextmanager
def importable_from(folder: Path) -> Iterator[None]:
    """Let the user's files import their neighbours, and leave sys.path as it was."""
    entry = str(folder.resolve())
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
