"""`eval --record`: every answer of the run's models goes to `recordings/MODEL.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.errors import Problem, SpecError
from seatrial.feature.feature import Feature
from seatrial.models.recording import Recorder
from seatrial.store.runs import LineWriter, disk_errors


def record_answers(feature: Feature, variants: Mapping[str, Feature]) -> None:
    """Put a recorder around every model of every variant. Raises SpecError when a recording is already there: answers
    recorded before are never overwritten or mixed with new ones.
    """
    folder = feature.folder / "recordings"
    names = dict.fromkeys(name for each in variants.values() for name in each.spec.route)
    taken = [folder / f"{name}.jsonl" for name in names if (folder / f"{name}.jsonl").exists()]
    if taken:
        raise SpecError(
            [
                Problem(what="the recording is already there", file=str(path), hint="move it away, or delete it, first")
                for path in taken
            ]
        )
    with disk_errors(folder):
        folder.mkdir(exist_ok=True)
    writers = {name: LineWriter(folder / f"{name}.jsonl", append=False) for name in names}
    for each in variants.values():
        for name in each.spec.route:
            each.use_model(name, Recorder(each.model(name), writers[name].write))
