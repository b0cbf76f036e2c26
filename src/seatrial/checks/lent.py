"""Models of feature.yaml, lent to checks that ask one: a check names it, and whoever binds the check lends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.shapes import Model, Moderator
from seatrial.spec.nodes import describe_value


class Lender(Protocol):
    """Gives models by their names. A model is made when it is first asked."""

    def version(self, name: str) -> str:
        """The hash of what answers. Raises SpecError when there is no such model."""

    def model(self, name: str) -> Model: ...

    def moderator(self, name: str) -> Moderator: ...


_lender: ContextVar[Lender | None] = ContextVar("lender", default=None)


@contextmanager
def lending(lender: Lender) -> Iterator[None]:
    """Checks that are bound in this context are lent models by `lender`."""
    token = _lender.set(lender)
    try:
        yield
    finally:
        _lender.reset(token)


class Lent(Converted):
    """A model by its name."""

    def __init__(self, name: str, lender: Lender) -> None:
        self.name = name
        self.version = lender.version(name)
        self._lender = lender

    @classmethod
    def read(cls, raw: Any) -> Lent:
        """From a parameter's raw value. Raises SpecError when nobody here has the model."""
        if not isinstance(raw, str):
            raise SpecError(
                "the model is not right", expected="the name of a model in feature.yaml", got=describe_value(raw)
            )
        lender = _lender.get()
        if lender is None:
            raise SpecError(
                f"the check asks the model {raw!r}, and there is no feature here that has it",
                hint="write it into a feature's guards or suites",
            )
        return cls(raw, lender)


class LentModel(Lent):
    """A model that answers."""

    def ask(self) -> Model:
        """The model. Raises SpecError for a missing key or file."""
        return self._lender.model(self.name)


class LentModerator(Lent):
    """A model that judges texts by its provider's rules."""

    def ask(self) -> Moderator:
        return self._lender.moderator(self.name)
