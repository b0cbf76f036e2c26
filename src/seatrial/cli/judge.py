"""`seatrial judge`: label answers, hold a judge against people, and try to talk it out of its verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

from seatrial.cli.options import feature_option, json_option
from seatrial.core.errors import SpecError

if TYPE_CHECKING:
    from seatrial.evals.attack import Answers
    from seatrial.judges.attacks import AttackSuite
    from seatrial.judges.labels import Item


_in_feature = feature_option("the feature whose models judge (default: here)")


@click.group(short_help="Label answers, hold a judge against people, attack it.")
def command() -> None:
    """Label answers, hold a judge against what people said, and try to talk it out of its verdicts."""


@command.command()
@click.argument("labels", type=click.Path(path_type=Path), metavar="LABELS.jsonl")
@click.option("--run", metavar="RUN", help="label the answers of this run (its id, or latest)")
@click.option("--suite", metavar="NAME", help="with --run: only answers of this suite")
@click.option("--from", "data", type=click.Path(path_type=Path), metavar="DATA", help="label the rows of this file")
@click.option("--text", default="answer", show_default=True, metavar="FIELD", help="with --from: the answer's column")
@click.option("--asked", metavar="FIELD", help="with --from: the column of what was asked")
@click.option("--context", metavar="FIELD", help="with --from: the column of what the answer was given to rest on")
@click.option("--by", required=True, metavar="NAME", help="who labels")
@click.option("--question", metavar="TEXT", help="what is to be decided, shown above every answer")
@click.option("--sample", type=click.IntRange(min=1), help="only this many, the same for everybody")
@click.option("--seed", type=int, default=0, show_default=True, help="the seed of the sample and of the orders")
@click.option("--adjudicate", is_flag=True, help="rule on what people do not agree on")
@_in_feature
def label(
    labels: Path,
    by: str,
    question: str | None,
    sample: int | None,
    seed: int,
    adjudicate: bool,
    folder: Path,
    **source: Any,
) -> int:
    """Label answers one by one: p passes, f fails, u unsure, n writes a note, b goes back, q stops.

    It is blind: you see what was asked and answered, not who answered, not what a judge or anybody else said. Each
    person has an order of their own. LABELS.jsonl gets a line for every key, at once; the same command goes on where
    you stopped. Several people label into one file, or into files that are put together. --adjudicate then shows what
    they do not agree on, with what they said and without their names, and the ruling counts.
    """
    from seatrial.cli.labelling import Desk
    from seatrial.evals.labelling import to_label
    from seatrial.judges.labels import read_labels

    known = read_labels(labels)
    desk = Desk(labels, known, by=by, question=question)
    if adjudicate:
        return desk.adjudicate(known.disputed())
    items = _Source(**source).items(folder)
    return desk.label(to_label(items, known, by=by, sample=sample, seed=seed))


class _Source(NamedTuple):
    """What is to be labelled: the answers of a run, of one suite or of all, or the rows of a file, by their columns."""

    run: str | None
    suite: str | None
    data: Path | None
    text: str
    asked: str | None
    context: str | None

    def items(self, folder: Path) -> Iterable[Item]:
        """`folder` is the feature's, whose runs they are. Raises SpecError unless one of both is named."""
        from seatrial.evals.labelling import items_of_rows, items_of_run
        from seatrial.store.runs import find_run

        if (self.run is None) == (self.data is None):
            raise SpecError(
                "nothing says what is to be labelled", expected="one of --run and --from", hint="--run latest"
            )
        if self.data is not None:
            return items_of_rows(self.data, text=self.text, asked=self.asked, context=self.context)
        return items_of_run(find_run(folder, self.run), self.suite)


@command.command()
@click.argument("labels", type=click.Path(exists=True, path_type=Path), metavar="LABELS.jsonl")
@click.option("--check", "entry", required=True, metavar="ENTRY", help="the judge, an entry as in a suite")
@click.option(
    "--param", "params", multiple=True, metavar="K=V", help='a parameter of it, or "{{ EXPR }}" over the item\'s row'
)
@click.option(
    "--rounds", type=click.IntRange(1, 20), default=2, show_default=True, help="how often it is asked of each item"
)
@click.option("--expires", "days", type=click.IntRange(1, 3650), default=90, show_default=True, help="days it counts")
@click.option("--seed", type=int, default=0, show_default=True, help="the seed of the split")
@click.option("--no-card", is_flag=True, help="measure only; write nothing")
@click.option("--show", is_flag=True, help="print the answers of train and dev that people and judge see differently")
@_in_feature
@json_option()
def align(
    labels: Path,
    entry: str,
    params: tuple[str, ...],
    rounds: int,
    days: int,
    seed: int,
    no_card: bool,
    show: bool,
    folder: Path,
    as_json: bool,
) -> int:
    """Hold a judge against the labels of people, and write a calibration card into the feature.

    The labels are split by what was asked: a fifth to train, two fifths each to dev and test. Look at train and dev
    while you write the rubric (--show); what the card says comes from test alone. Exits with 1 when the card does not
    vouch for the judge, because it may be no better than chance.

    \b
    seatrial judge align labels.jsonl --check 'llm-rubric: Sounds like a friend.'

    \b
    --json: {"card": what calibration/CARD.json holds, "path" or null, "vouches", "disputed", "errors", "disagreements"}
    """
    from seatrial.checks.written import read_written
    from seatrial.evals.align import AlignOptions, as_data
    from seatrial.evals.align import align as hold
    from seatrial.feature.feature import load
    from seatrial.judges.cards import weakness, write_card

    feature = load(folder)
    options = AlignOptions(rounds=rounds, days=days, seed=seed)
    found = hold(feature, read_written(entry, params), labels, options)
    path = None if no_card else write_card(folder, found.card)
    why = weakness(found.card)
    if as_json:
        shown = {**as_data(found), "path": str(path) if path else None, "vouches": why is None}
        click.echo(msgspec.json.encode(shown))
    else:
        from seatrial.cli.show_judge import show_aligned

        show_aligned(found, path, why, answers=show)
    return 0 if why is None else 1


@command.command()
@click.option("--check", "entry", metavar="ENTRY", help="the judge, as in a suite (default: a simple llm-rubric)")
@click.option("--judge", "model", metavar="NAME", help="without --check: the model that judges (default: judge)")
@click.option("--asked", metavar="TEXT", help="with --check: what was asked")
@click.option("--good", metavar="TEXT", help="with --check: an answer that has to pass")
@click.option("--bad", metavar="TEXT", help="with --check: an answer that has to fail")
@_in_feature
@json_option()
def attack(
    entry: str | None,
    model: str | None,
    asked: str | None,
    good: str | None,
    bad: str | None,
    folder: Path,
    as_json: bool,
) -> int:
    """Try to talk a judge out of its verdict, with the attacks that come with Seatrial.

    The judge first sees a good and a bad answer as they are, which it has to tell apart; then each of them with every
    attack tacked on. Exits with 1 when a verdict was flipped, or there was nothing to hold.

    \b
    seatrial judge attack --check 'llm-rubric: Is polite.' --asked 'hi' --good 'hello there' --bad 'go away'

    \b
    --json: {"check", "held", "baseline_wrong", "counts": {"held", "flipped", "unscored", "error"}, "flip_rate_at_most",
    "attacks": [{"attack", "right", "outcome", "state"}]}
    """
    from seatrial.evals.attack import attack as try_all
    from seatrial.feature.feature import load
    from seatrial.judges.attacks import shipped

    suite = shipped()
    checked, answers = _judge_of(entry, suite, model=model, asked=asked, good=good, bad=bad)
    report = try_all(load(folder), checked, suite, answers)
    if as_json:
        click.echo(msgspec.json.encode(report.as_data()))
    else:
        from seatrial.cli.show_judge import show_attacked

        show_attacked(report)
    return 0 if report.held else 1


def _judge_of(
    entry: str | None,
    suite: AttackSuite,
    *,
    model: str | None,
    asked: str | None,
    good: str | None,
    bad: str | None,
) -> tuple[Any, Answers]:
    """The judge, as an entry, and what it has to tell apart: the user's own, or else what comes with the attacks."""
    from seatrial.checks.written import read_written
    from seatrial.evals.attack import Answers

    if entry is None:
        if asked or good or bad:
            raise SpecError("--asked, --good and --bad are for a check of your own", expected="--check ENTRY with them")
        usual = {"llm-rubric": {"rubric": suite.rubric, **({"judge": model} if model else {})}}
        return usual, Answers(asked=suite.asked, good=suite.good, bad=suite.bad)
    if not good or not bad:
        raise SpecError("nothing says what the judge has to tell apart", expected="--good TEXT and --bad TEXT")
    if model:
        raise SpecError("--judge is for the judge that comes with the attacks", hint="say judge: NAME in the entry")
    return read_written(entry), Answers(asked=asked or "", good=good, bad=bad)


@command.command()
@_in_feature
@json_option()
def cards(folder: Path, as_json: bool) -> int:
    """List the calibration cards of a feature.

    \b
    --json: {"cards": [what each calibration/CARD.json holds]}
    """
    from seatrial.cli.show_judge import show_cards
    from seatrial.judges.cards import load_cards

    found = list(load_cards(folder))
    if as_json:
        click.echo(msgspec.json.encode({"cards": found}))
        return 0
    if not found:
        click.echo("There is no card yet.\n\nnext    seatrial judge label LABELS.jsonl --run latest --by NAME")
        return 0
    show_cards(found)
    return 0
