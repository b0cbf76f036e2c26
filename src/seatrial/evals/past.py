"""Results of an earlier run that need not be asked for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatrial.core.identity import digest
from seatrial.evals.plan import Item
from seatrial.store.records import Result, ResultKey, RunRecord


class Past:
    """Finds stored results by what they were made by. `versions` are the feature versions of the stored run's variants;
    `with_errors` says whether an answer that never came is a result too.
    """

    def __init__(
        self,
        index: Mapping[ResultKey, tuple[int, str]],
        read: Callable[[int], Result],
        record: RunRecord,
        *,
        with_errors: bool,
    ) -> None:
        self._index = index
        self._read = read
        self._versions = {variant.variant: variant.feature_version for variant in record.variants}
        self._with_errors = with_errors

    def find(self, item: Item) -> Result | None:
        """The stored result of the item, if it was made by the same input on the same feature."""
        found = self._index.get((item.case.suite, item.case.id, item.variant, item.repeat))
        if found is None or found[1] != made_by(item, self._versions[item.variant]):
            return None
        result = self._read(found[0])
        return result if self._with_errors or result.error is None else None


def made_by(item: Item, feature_version: str) -> str:
    """The hash of everything that shapes an answer."""
    return digest([item.case.input_digest(), item.case.answer, feature_version, item.variant, item.repeat])
