"""What an embedder gives: vectors of texts, and the calls it took."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from seatrial.core.exchange import Attempt, Usage, cost_of, usage_of


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector for each text, in the order of the texts, all of one length. A vector is an array of 32-bit floats,
    which is how providers keep them: a quarter of what a tuple takes, and numpy reads it without a copy. `attempts` are
    the calls that were made, failed ones included.
    """

    vectors: tuple[array[float], ...]
    attempts: tuple[Attempt, ...] = ()

    @property
    def dimensions(self) -> int:
        """The length of the vectors; 0 when there are none."""
        return len(self.vectors[0]) if self.vectors else 0

    @property
    def usage(self) -> Usage | None:
        return usage_of(self.attempts)

    @property
    def cost_nusd(self) -> int | None:
        return cost_of(self.attempts)
