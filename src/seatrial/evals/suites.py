"""The suites of a feature: which files they are, and all of them read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seatrial.checks.parameters import Lend
from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.evals.suite import Suite
from seatrial.evals.suite_file import load_suite
from seatrial.spec.files import read_text
from seatrial.spec.yaml import parse_yaml


def load_suites(root: Path, names: Iterable[str] | None = None, lend: Lend | None = None) -> list[Suite]:
    """`lend` gives the models that checks ask. Raises SpecError with the mistakes of every suite file at once."""
    problems: list[Problem] = []
    suites: dict[str, Suite] = {}
    for path in find_suites(root, names):
        try:
            suite = load_suite(path, root=root, lend=lend)
        except SpecError as error:
            problems.extend(error.problems)
            continue
        first = suites.setdefault(suite.name, suite)
        if first is not suite:
            what = f"the suite {suite.name!r} stands twice"
            problems.append(Problem(what=what, file=suite.file, line=suite.lines["suite"], got=f"{first.file} has it"))
    if problems:
        raise SpecError(problems)
    return list(suites.values())


def find_suites(root: Path, names: Iterable[str] | None = None) -> list[Path]:
    """The suite files of a feature: all `evals/*.yaml`, or those with these names, file names or paths."""
    found = sorted({*(root / "evals").glob("*.yaml"), *(root / "evals").glob("*.yml")})
    if names is None:
        if not found:
            raise SpecError(
                "the feature has no suites",
                file=str(root / "evals"),
                hint="write evals/NAME.yaml; see docs/tutorial.md",
            )
        return found
    titles = {title: path for path in found if (title := _title(path)) is not None}
    by_name = titles | {path.stem: path for path in found} | {path.name: path for path in found}
    chosen = []
    problems = []
    for name in names:
        path = by_name.get(name) or next((path for path in (root / name, Path(name).resolve()) if path.is_file()), None)
        if path is not None:
            chosen.append(path)
        else:
            hint = f"suites: {', '.join(path.stem for path in found) or 'none'}"
            problems.append(Problem(what=f"there is no suite {name!r}", nearest=nearest_name(name, by_name), hint=hint))
    if problems or not chosen:
        raise SpecError(problems or Problem(what="no suite is named"))
    return list(dict.fromkeys(chosen))


def _title(path: Path) -> str | None:
    """What a suite calls itself, where its file can be read."""
    try:
        node = parse_yaml(read_text(path), file=path.name)
    except SpecError:
        return None
    title = node.value.get("suite") if node.kind == "mapping" else None
    return title.value if title is not None and isinstance(title.value, str) else None
