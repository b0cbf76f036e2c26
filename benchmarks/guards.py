"""What guards cost: a message of 1 KB before the usual guards of the input, an answer of 1 KB through guards of the
output in pieces of four characters, and how far behind the model the reader is.

    python benchmarks/guards.py
"""

import asyncio
import gc
from statistics import mean, median
from time import perf_counter

from seatrial.checks.bind import bind_entry
from seatrial.core.conversation import Message, Request
from seatrial.core.exchange import Exchange
from seatrial.guard.keys import Keyed
from seatrial.guard.policy import Guard
from seatrial.guard.stream import AnswerGuards
from seatrial.guard.texts import Setting, TextRun
from seatrial.guard.trial import USUAL

RUNS = 300
PIECE = 4

MESSAGE = (
    "hey all, quick update on the event: we meet on friday at the usual place and go on from there. the boat needs two "
    "more hands for the sails, so tell me if you can come. i wrote the list into the pinned post, with what to bring "
    "and who drives. last time we had 14 people and 3 cars, which was a bit tight, and order 20231104-77 is still on "
    "its way. if you have questions ask here, i am around until nine or so. version 2.4.1 of the bot is out too, it "
    "fixes the thing where it answered twice. see you there! "
)
PERSONAL = "my mail is ada.lovelace@example.org and my number is +44 20 7946 0958, card 4111 1111 1111 1111. "

OUTPUTS: dict[str, list[tuple[str | dict[str, object], str]]] = {
    "one word, refuse": [({"not-contains": "forbidden"}, "refuse")],
    "personal-data, redact": [("personal-data", "redact")],
    "secrets, redact": [("secrets", "redact")],
    "both, one after the other": [("personal-data", "redact"), ("secrets", "redact")],
}


def setting() -> Setting:
    exchange = Exchange(
        id="x", request=Request((Message("user", "hi"),)), message=Message("assistant", ""), finish="stop"
    )
    return Setting(exchange, Keyed(b"benchmark"), {})


def guard(entry: str | dict[str, object], stage: str, action: str) -> Guard:
    return Guard(check=bind_entry(entry), stage=stage, action=action, reply="no")


def _answer(guards: list[Guard]) -> AnswerGuards:
    given = setting()
    return AnswerGuards(guards, given, given.clock("output"))


async def input_times(guards: list[Guard], text: str) -> list[float]:
    times = []
    for number in range(RUNS):
        given, message = setting(), f"{number} {text}"  # another text each time: some checks remember the last
        since = perf_counter()
        await TextRun(guards, message, given, given.clock("input")).run()
        times.append((perf_counter() - since) * 1e6)
    return times


async def stream(guards: list[Guard], text: str) -> tuple[float, list[int]]:
    """Microseconds for the whole answer, and after each piece how many characters are held back."""
    answer, held, gone = _answer(guards), [], 0
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    since = perf_counter()
    for piece in pieces:
        await answer.feed(piece)
    await answer.close()
    taken = (perf_counter() - since) * 1e6
    answer = _answer(guards)
    for number, piece in enumerate(pieces):
        gone += len(await answer.feed(piece))
        held.append((number + 1) * PIECE - gone)
    return taken, held


async def main() -> None:
    gc.disable()
    clean = (MESSAGE * 3)[:1024]
    hits = (PERSONAL + MESSAGE * 3)[:1024]
    for name, text in (("clean", clean), ("with personal data", hits)):
        print(f"input, 1 KB {name}: microseconds at p50")
        for each in USUAL:
            print(f"  {each:<28}{median(await input_times([guard(each, 'input', 'flag')], text)):>8,.0f}")
        redacting = ("personal-data", "secrets")
        together = [guard(each, "input", "redact" if each in redacting else "flag") for each in USUAL]
        print(f"  {'all of them':<28}{median(await input_times(together, text)):>8,.0f}")
    print("output, 1 KB in pieces of 4 characters")
    print(f"  {'':<28}{'us a piece':>12}{'held, mean':>12}{'most':>8}{'bound':>8}")
    for name, entries in OUTPUTS.items():
        guards = [guard(entry, "output", action) for entry, action in entries]
        runs = [await stream(guards, clean) for _ in range(7)]
        held = runs[0][1]
        taken = min(run[0] for run in runs) / (len(clean) / PIECE)
        bound = _answer(guards).bound
        print(f"  {name:<28}{taken:>12,.1f}{mean(held):>12,.1f}{max(held):>8}{bound or 0:>8}")


if __name__ == "__main__":
    asyncio.run(main())
