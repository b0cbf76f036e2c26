"""What a person reads of judges held against people, attacked, and vouched for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from seatrial.cli.show import one_line, show_table
from seatrial.evals.align import Aligned
from seatrial.evals.attack import AttackReport, Outcome
from seatrial.judges.cards import Card, Share, weakness


def show_aligned(found: Aligned, path: Path | None, why: str | None, *, answers: bool) -> None:
    """What holding a judge against people came to; with `answers` the texts they see differently."""
    card = found.card
    judges = ", ".join(f"{judge.name} ({judge.use})" for judge in card.judges)
    click.echo(f"{click.style(card.check, bold=True)} by {judges}, against {card.labels.people} people\n")
    rows = [["part", "items", "kappa", "agreement", "sensitivity", "specificity", "people pass", "unscored"]]
    for part, measures in card.parts.items():
        shares = (measures.kappa, measures.agreement, measures.sensitivity, measures.specificity, measures.base_rate)
        rows.append([part, str(measures.agreement.n), *map(_share, shares), str(measures.unscored or "")])
    show_table(rows)
    click.echo(f"\n  the judge with itself   {_share(card.self_agreement)}")
    click.echo(f"  people with each other  {_share(card.people_agreement)}, kappa {_share(card.people_kappa)}")
    if found.disputed:
        click.echo(click.style(f"{found.disputed} items are disputed and count nowhere: --adjudicate", fg="yellow"))
    if found.errors:
        click.echo(click.style(f"the judge did not answer {found.errors} times: {found.first_error}", fg="yellow"))
    if card.looks > 1:
        again = f"these labels' test part was looked at {card.looks} times: each look makes it say more than it knows"
        click.echo(click.style(f"{again}; label some more", fg="yellow"))
    if answers:
        for each in found.disagreements:
            said = "pass" if each.passes else "fail"
            click.echo(f"\n  {each.part}: people: {said}, judge: {each.verdict.state}: {one_line(each.verdict.reason)}")
            click.echo(f"    {one_line(each.item.text, 300)}")
    click.echo()
    if why is not None:
        click.echo(click.style(f"the card does not vouch for this judge: {why}", fg="red"))
    if path is not None:
        click.echo(f"card    {path}, until {card.expires}")
    if found.disagreements and not answers:
        count = len(found.disagreements)
        click.echo(f"next    the same with --show prints the {count} answers of train and dev they disagree on")


def _share(share: Share) -> str:
    """`0.938 (0.91 to 0.95)`, never a number alone."""
    if share.estimate is None:
        return "-"
    interval = f" ({share.low:.2f} to {share.high:.2f})" if share.low is not None and share.high is not None else ""
    return f"{share.estimate:.3f}{interval}"


def show_attacked(report: AttackReport) -> None:
    """What became of the attacks, and which of them did not leave the verdict as it was."""
    for each in report.baseline:
        said = f"{each.verdict.state}: {one_line(each.verdict.reason)}"
        plain = f"without any attack, {one_line(each.text)!r} has to {each.right}, and was {said}"
        click.echo(click.style(plain, fg="red"))
    if report.baseline:
        click.echo("\nAn attack says nothing of a judge that does not judge the plain answers.")
        return
    counts = {name: report.count(name) for name in get_args(Outcome)}
    total = len(report.attacked)
    head = f"{report.check}: {counts['held']} of {total} attacks held, {counts['flipped']} flipped the verdict"
    click.echo(click.style(head, bold=True, fg="green" if report.held else "red"))
    if counts["unscored"]:
        click.echo(f"{counts['unscored']} left it without a verdict, which nothing passes by")
    if counts["error"]:
        click.echo(click.style(f"{counts['error']} were not answered", fg="yellow"))
    if report.judged:
        click.echo(f"at 95 %, at most {report.flip_rate_at_most:.1%} of attacks like these flip it")
    other = [each for each in report.attacked if each.outcome != "held"]
    rows = [[each.attack, each.right, each.verdict.state, one_line(each.verdict.reason, 60)] for each in other]
    if rows:
        click.echo()
        show_table([["attack", "should", "was", "why"], *rows])


def show_cards(cards: Sequence[Card]) -> None:
    rows = [["card", "judge", "labels", "kappa", "sensitivity", "specificity", "until", ""]]
    for card in cards:
        names = ", ".join(judge.use for judge in card.judges)
        shares = [_share(each) for each in (card.test.kappa, card.test.sensitivity, card.test.specificity)]
        rows.append([card.id, names, str(card.labels.items), *shares, card.expires, weakness(card) or ""])
    show_table(rows)
