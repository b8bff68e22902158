"""Signals that come before there is a workspace."""

import os
import signal
import subprocess
import sys

import pytest
from aftgen.rehearsal.interruption import Interrupted, interruptible

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def not_below_nohup() -> None:
    for number in NUMBERS:
        if signal.getsignal(number) == signal.SIG_IGN:
            pytest.skip(f"{number.name} is set aside here")


@pytest.mark.parametrize("number", NUMBERS)
def test_each_signal_interrupts_and_the_handlers_are_put_back(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in NUMBERS]
    with pytest.raises(Interrupted) as raised, interruptible():
        os.kill(os.getpid(), number)
    assert raised.value.signal == number
    assert [signal.getsignal(each) for each in NUMBERS] == before


def test_a_signal_that_somebody_swallowed_counts_in_the_end() -> None:
    came: list[str] = []

    def careless() -> None:
        with interruptible():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except BaseException:  # noqa: BLE001 - as an import may do
                came.append("swallowed")

    with pytest.raises(Interrupted):
        careless()
    assert came == ["swallowed"]


def test_a_second_signal_does_not_cut_short_what_clears_up_after_the_first() -> None:
    came: list[str] = []

    def clears_up() -> None:
        with interruptible():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                came.append("cleared up")

    with pytest.raises(Interrupted) as raised:
        clears_up()
    assert (came, raised.value.signal) == (["cleared up"], signal.SIGTERM)


def test_it_needs_nothing_that_takes_long_to_import() -> None:
    code = (
        "import sys, aftgen.rehearsal.interruption; print(sorted({'boto3', 'moto', 'yaml'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
