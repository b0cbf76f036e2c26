"""`eval --record`: every answer of the run's models goes to `recordings/MODEL.jsonl`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from seatrial.core.errors import Problem, SpecError
from seatrial.feature.feature import Feature
from seatrial.models.recording import Recorder
from seatrial.store.disk import LineWriter, disk_errors


@contextmanager
def recorded(feature: Feature, variants: Mapping[str, Feature], beside: Iterable[str]) -> Iterator[None]:
    """Put a recorder around every model of every variant, and around the feature's models `beside` them, which checks
    and guards ask, for as long as the context lasts. Raises SpecError when a recording is already there: answers
    recorded before are never overwritten or mixed with new ones.
    """
    owners = [(each, name) for each in variants.values() for name in each.spec.route]
    owners += [(feature, name) for name in dict.fromkeys(beside) if (feature, name) not in owners]
    names = dict.fromkeys(name for _, name in owners)
    files = {name: feature.folder / "recordings" / f"{name}.jsonl" for name in names}
    _refuse_taken(files.values())
    with disk_errors(
        feature.folder / "recordings", hint="the answers are recorded there: make it one that may be written"
    ):
        (feature.folder / "recordings").mkdir(exist_ok=True)
    with ExitStack() as open_files:
        writers = {name: open_files.enter_context(LineWriter(file, append=False)) for name, file in files.items()}
        models = [(each, name, each.model(name)) for each, name in owners]
        try:
            for each, name, model in models:
                each.use_model(name, Recorder(model, writers[name].write))
            yield
        finally:
            for each, name, model in models:
                each.use_model(name, model)


def _refuse_taken(files: Iterable[Path]) -> None:
    problems = [
        Problem(what="the recording is already there", file=str(file), hint="move it away, or delete it, first")
        for file in files
        if file.exists()
    ]
    if problems:
        raise SpecError(problems)
