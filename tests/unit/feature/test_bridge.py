"""The bridge from synchronous callers."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from seatrial.core.errors import BugError
from seatrial.feature.bridge import run_sync


async def give(value: int) -> int:
    await asyncio.sleep(0)
    return value


def test_a_result_and_an_error_come_back() -> None:
    async def fails() -> None:
        raise KeyError("x")

    assert run_sync(give(3)) == 3
    with pytest.raises(KeyError):
        run_sync(fails())


def test_all_calls_share_one_loop_from_every_thread() -> None:
    async def loop() -> int:
        return id(asyncio.get_running_loop())

    found = [run_sync(loop())]
    threads = [threading.Thread(target=lambda: found.append(run_sync(loop()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_it_works_inside_another_running_loop() -> None:
    async def outer() -> int:
        return run_sync(give(5))

    assert asyncio.run(outer()) == 5


def test_a_synchronous_call_from_inside_its_own_loop_is_refused_and_hangs_nothing() -> None:
    async def inside() -> None:
        run_sync(give(1))

    with pytest.raises(BugError, match="await the asynchronous one"):
        run_sync(inside())


def test_a_task_that_exits_does_not_take_the_loop_with_it() -> None:
    async def quits() -> None:
        sys.exit(3)

    with pytest.raises(SystemExit):
        run_sync(quits())
    assert run_sync(give(7)) == 7


INTERRUPTED = """
import asyncio, os, signal, threading
from seatrial.feature.bridge import run_sync

async def slow():
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        print("cleaned up", flush=True)

try:
    run_sync(slow())
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(run_sync(asyncio.sleep(0, "goes on")))
"""


def test_an_interrupt_cancels_lets_clean_up_and_is_raised_again() -> None:
    found = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.split("\n")[:3] == ["cleaned up", "interrupted", "goes on"]
    assert found.stderr == ""


FORKED = """
import asyncio, os
from seatrial.feature.bridge import run_sync

run_sync(asyncio.sleep(0))
child = os.fork()
if child == 0:
    os._exit(run_sync(asyncio.sleep(0, 5)))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_has_a_loop_of_its_own() -> None:
    found = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == "5\n"
