"""Named things: built-ins from a literal table, the project's own through a decorator, installed packages through
entry points that are loaded only when their name is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from seatrial.core.errors import BugError, SpecError

if TYPE_CHECKING:
    from importlib import metadata

T = TypeVar("T")


class Registry(Generic[T]):
    """A table of `kind` by name. `builtin` maps a name to `"module:attribute"`; nothing is imported until asked for."""

    def __init__(self, kind: str, builtin: Mapping[str, str], *, group: str | None = None) -> None:
        self.kind = kind
        self._builtin = dict(builtin)
        self._group = group
        self._loaded: dict[str, T] = {}

    def register(self, name: str, thing: T) -> None:
        """Add one of the project's own. A built-in name cannot be taken over; the same name again replaces."""
        if name in self._builtin:
            raise SpecError(f"{self.kind} {name!r} is already built in", hint="choose a name of your own for yours")
        self._loaded[name] = thing

    def join(self, table: Mapping[str, str]) -> None:
        """Add the built-ins of another package, in the form of `builtin`. The same table again changes nothing."""
        for name, path in table.items():
            if self._builtin.setdefault(name, path) != path:
                raise BugError(f"two built-in {self.kind}s are named {name!r}")

    def get(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> T:
        if name in self._builtin:
            return cast("T", load_attribute(self._builtin[name]))
        for entry in self._installed:
            if entry.name == name:
                return cast("T", entry.load())
        nearest = self.nearest(name)
        raise SpecError(
            f"no {self.kind} is named {name!r}",
            nearest=nearest,
            hint=None if nearest else f"known: {', '.join(sorted(self))}",
        )

    def at_hand(self, name: str) -> bool:
        """Whether `name` is built in or registered; unlike `in`, asks no installed package."""
        return name in self._builtin or name in self._loaded

    @cached_property
    def _installed(self) -> tuple[metadata.EntryPoint, ...]:
        """Reading every installed package's entry points takes tens of milliseconds: once, and only when needed."""
        from importlib import metadata

        return tuple(metadata.entry_points(group=self._group)) if self._group else ()

    def nearest(self, name: str) -> str | None:
        return nearest_name(name, self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self.at_hand(name) or any(e.name == name for e in self._installed))

    def __iter__(self) -> Iterator[str]:
        yield from self._builtin
        yield from (name for name in self._loaded if name not in self._builtin)
        yield from (entry.name for entry in self._installed if not self.at_hand(entry.name))


def nearest_name(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most like `name`, or None when none is close: `cutoff` is the least similarity, 0 to 1."""
    from difflib import get_close_matches  # 4 ms of import, wanted only on the way to an error

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def load_attribute(path: str) -> Any:
    """What `"module:attribute"` names."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)
