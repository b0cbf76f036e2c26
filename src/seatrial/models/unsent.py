"""A caller who goes away before their call was made: while it waited for its turn, or to be tried again.

The CancelledError itself carries it, as a note, since nothing else reaches every wrapper on its way out. A class of its
own was rejected: up to Python 3.12 `asyncio.timeout` knows only CancelledError itself.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager

_NOTE = "nothing was sent to the model"


@contextmanager
def unsent() -> Iterator[None]:
    """Around a wait in which no call is under way."""
    try:
        yield
    except CancelledError as error:
        note_unsent(error)
        raise


def note_unsent(error: CancelledError) -> None:
    error.add_note(_NOTE)


def was_unsent(error: CancelledError) -> bool:
    return _NOTE in getattr(error, "__notes__", ())
