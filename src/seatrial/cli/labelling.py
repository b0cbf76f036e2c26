"""The desk at which a person labels: one answer on the screen, one key for its label."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from seatrial.cli.terminal import visible
from seatrial.judges.labels import Item, Kind, Label, Labels, Word, label_of
from seatrial.store.disk import LineWriter

WORDS: dict[str, Word] = {"p": "pass", "f": "fail", "u": "unsure"}
KEYS = "p pass   f fail   u unsure   n note   b back   q stop"
LEAVE = ("q", "")
"""Ctrl-C, Ctrl-D and the end of the input, which are no key, stop like q: what was labelled is kept."""


class Desk:
    """Labels go to `path`, a line at once for every key."""

    def __init__(self, path: Path, known: Labels, *, by: str, question: str | None) -> None:
        self._path = path
        self._known = known
        self._by = by
        self._question = question

    def label(self, items: Sequence[Item]) -> int:
        if not items:
            click.echo(f"{self._by} has labelled everything there is.\n\nnext    {self._next()}")
            return 0
        click.echo(f"{len(items)} answers to label, blind. {KEYS}")
        done = self._go_through(items, "label")
        click.echo(f"\n{done} of {len(items)} labelled by {self._by}\nnext    {self._next()}")
        return 0

    def adjudicate(self, items: Sequence[Item]) -> int:
        if not items:
            click.echo("People agree on everything that is labelled.\n\nnext    " + self._next())
            return 0
        click.echo(f"{len(items)} answers to rule on. {KEYS}")
        done = self._go_through(items, "adjudication")
        click.echo(f"\n{done} of {len(items)} ruled on by {self._by}\nnext    {self._next()}")
        return 0

    def _next(self) -> str:
        disputed = len(self._known.disputed())
        if disputed:
            return f"seatrial judge label {self._path} --adjudicate --by NAME   rules on {disputed} disputed answers"
        return f"seatrial judge align {self._path} --check 'llm-rubric: …'"

    def _go_through(self, items: Sequence[Item], kind: Kind) -> int:
        """Ask for every item; how many have got a label."""
        place, note, labelled = 0, "", set[str]()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with LineWriter(self._path, append=True) as out, Keys() as keys:
            while place < len(items):
                item = items[place]
                self._show(item, place, len(items), kind)
                key = keys.read()
                if key in WORDS:
                    line = self._line(item, WORDS[key], kind, note)
                    out.write(line)
                    self._known.add(line)
                    labelled.add(item.id)
                    place, note = place + 1, ""
                    click.echo(line.label)
                elif key == "b":
                    place, note = max(place - 1, 0), ""
                elif key == "n":
                    note = keys.ask("note")
                elif key in LEAVE:
                    break
                else:
                    click.echo(f"? {KEYS}")
        return len(labelled)

    def _line(self, item: Item, word: Word, kind: Kind, note: str) -> Label:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return label_of(item, word, by=self._by, at=at, kind=kind, note=note)

    def _show(self, item: Item, place: int, total: int, kind: Kind) -> None:
        click.echo(click.style(f"\n── {place + 1} of {total} " + "─" * 40, dim=True))
        if self._question:
            click.echo(click.style(visible(self._question), bold=True))
        for message in item.messages:
            click.echo(f"{click.style(message.role, dim=True)}  {visible(message.text)}")
        for text in item.context:
            click.echo(f"{click.style('context', dim=True)}  {visible(text)}")
        click.echo(f"{click.style('answer', fg='cyan')}  {visible(item.text)}")
        if kind == "adjudication":
            for number, said in enumerate(self._known.of(item.id), 1):
                why = f": {visible(said.note)}" if said.note else ""
                click.echo(f"{click.style(f'person {number}', dim=True)}  {said.label}{why}")
        click.echo(click.style("p/f/u > ", dim=True), nl=False)


class Keys:
    """One key at a time from a terminal, whose keys come without Enter for as long as the context lasts; from anything
    else the first letter of the next line.

    The terminal stays in that mode between two keys, so that a key typed ahead is not lost, as it is with
    `click.getchar`.
    """

    def __enter__(self) -> Keys:
        self._terminal = sys.stdin.fileno() if sys.stdin.isatty() else None
        self._before: list[Any] | None = None
        self._set()
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _set(self) -> None:
        if self._terminal is not None:
            self._before = termios.tcgetattr(self._terminal)
            tty.setcbreak(self._terminal, termios.TCSANOW)

    def _restore(self) -> None:
        if self._terminal is not None and self._before is not None:
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._before)

    def read(self) -> str:
        """The next key in lower case; empty where the input has ended, or Ctrl-C or Ctrl-D was typed."""
        if self._terminal is None:
            line = sys.stdin.readline()
            return line.strip()[:1].lower() or ("?" if line else "")
        try:
            key = os.read(self._terminal, 1).decode("ascii", "replace").lower()
        except KeyboardInterrupt:
            return ""
        return "" if key == "\x04" else key

    def ask(self, what: str) -> str:
        """A line of text."""
        self._restore()
        try:
            return str(click.prompt(what, default="", show_default=False)).strip()
        finally:
            self._set()
