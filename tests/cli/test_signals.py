"""The first signal stops in good order, one more or the time ends at once."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cli.signals import Signals

ROOT = Path(__file__).resolve().parents[2]

HANGING = """
import sys, threading
from cli.signals import Signals
with Signals(limit={limit}) as signals:
    with signals.told_to(lambda: print("told", flush=True)):
        print("ready", flush=True)
        threading.Event().wait(60)
"""


def hanging(limit: float) -> subprocess.Popen[str]:
    """A program that hears the first signal and does nothing about it."""
    return subprocess.Popen(
        [sys.executable, "-c", HANGING.format(limit=limit)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_hangs_after_a_signal_is_ended_when_its_time_is_up():
    with hanging(0.2) as program:
        assert program.stdout and program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=30)
    assert (program.returncode, out) == (1, "told\n")
    assert err == "Stopped by force: something did not end in time.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_is_not_waited_with_but_the_echo_of_the_first_is_none(number: int):
    pause = threading.Event()
    with hanging(60) as program:
        assert program.stdout and program.stdout.readline() == "ready\n"
        program.send_signal(number)
        assert program.stdout.readline() == "told\n"
        program.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.1)
        for _ in range(300):
            if program.poll() is not None:
                break
            program.send_signal(number)
            pause.wait(0.1)
        _, err = program.communicate(timeout=30)
    assert (program.returncode, err) == (128 + number, "Stopped at once.\n")


def wait_for_a_signal() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(30)


def test_the_first_signal_interrupts_who_does_not_listen_and_handlers_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), Signals():
        wait_for_a_signal()
    assert signal.getsignal(signal.SIGTERM) is before
    for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
        timer.join(5)
        assert not timer.is_alive(), "what is over in time is not ended later"
