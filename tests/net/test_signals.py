"""Signals: kept until a wait while a session runs, raised at once otherwise, and by the second one in any case."""

from __future__ import annotations

import signal
import threading

import pytest

from smtpscope.net.signals import BEAT, NAMES, SAME, SOON, Interruptible, Stop, signal_name


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def waits(hands: Hands) -> Interruptible:
    made = Interruptible(hands)
    made.begin()
    return made


@pytest.mark.parametrize(("number", "name"), list(NAMES.items()))
def test_in_a_wait_it_is_raised(waits: Interruptible, number: int, name: str) -> None:
    with pytest.raises(Stop) as caught, waits:
        waits.take(number, None)
    assert (caught.value.name, signal_name(caught.value)) == (name, name)


def test_outside_of_a_wait_it_is_kept_until_the_next(waits: Interruptible) -> None:
    waits.take(signal.SIGTERM, None)
    with pytest.raises(Stop) as caught, waits:
        pytest.fail("the wait was begun")
    assert caught.value.name == "TERM"
    with waits:
        pass


def test_the_second_is_raised_wherever_the_program_stands(waits: Interruptible, hands: Hands) -> None:
    waits.take(signal.SIGINT, None)
    hands.now += 1
    with pytest.raises(Stop) as caught:
        waits.take(signal.SIGTERM, None)
    assert caught.value.name == "TERM"


def test_also_after_the_first_was_raised(waits: Interruptible, hands: Hands) -> None:
    with pytest.raises(Stop), waits:
        waits.take(signal.SIGHUP, None)
    hands.now += 1
    with pytest.raises(Stop):
        waits.take(signal.SIGHUP, None)


def test_signals_at_the_same_time_are_one(waits: Interruptible, hands: Hands) -> None:
    """The kernel and the shell both send SIGHUP when a terminal is closed: QUIT is said all the same."""
    with pytest.raises(Stop), waits:
        waits.take(signal.SIGHUP, None)
    hands.now += SAME / 2
    waits.take(signal.SIGHUP, None)
    with waits:
        waits.take(signal.SIGHUP, None)


def test_before_a_session_it_is_raised_at_once(hands: Hands) -> None:
    with pytest.raises(Stop):
        Interruptible(hands).take(signal.SIGTERM, None)


def test_a_write_is_not_cut_in_two(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written would be written once more. The timer raises the signal soon after."""
    timers: list[tuple[float, ...]] = []
    monkeypatch.setattr("smtpscope.net.signals.signal.setitimer", lambda *values: timers.append(values))
    waits = Interruptible(hands)
    waits.hold()
    waits.take(signal.SIGTERM, None)
    waits.look(signal.SIGALRM, None)
    waits.release()
    assert timers == [(signal.ITIMER_REAL, SOON, BEAT)]
    with pytest.raises(Stop) as caught:
        waits.look(signal.SIGALRM, None)
    assert (caught.value.name, caught.value.again) == ("TERM", False)
    waits.look(signal.SIGALRM, None)


def test_holds_may_stand_in_one_another(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the program proper nobody takes what is raised, though messages may be written there."""
    monkeypatch.setattr("smtpscope.net.signals.signal.setitimer", lambda *_: None)
    waits = Interruptible(hands)
    waits.hold()
    waits.hold()
    waits.release()
    waits.take(signal.SIGTERM, None)
    waits.look(signal.SIGALRM, None)
    waits.release()
    waits.release()
    with pytest.raises(Stop):
        waits.look(signal.SIGALRM, None)


def test_a_write_that_hangs_is_ended_by_the_second(waits: Interruptible, hands: Hands) -> None:
    waits.hold()
    waits.take(signal.SIGTERM, None)
    hands.now += 1
    with pytest.raises(Stop) as caught:
        waits.take(signal.SIGTERM, None)
    assert caught.value.again


def test_what_came_before_the_session_is_raised_in_its_first_wait(hands: Hands) -> None:
    waits = Interruptible(hands)
    waits.hold()
    waits.take(signal.SIGTERM, None)
    waits.begin()
    waits.release()
    with pytest.raises(Stop):
        waits.__enter__()


def test_the_timer_has_no_say_while_a_session_runs(waits: Interruptible) -> None:
    waits.take(signal.SIGTERM, None)
    waits.look(signal.SIGALRM, None)
    with pytest.raises(Stop):
        waits.__enter__()


def test_the_waits_of_a_probe_do_not_count(hands: Hands) -> None:
    """A probe's thread enters and leaves a wait of its own while the main thread waits, or is to be stopped."""
    raised: list[BaseException] = []
    waits = Interruptible(hands)

    def probe() -> None:
        try:
            with waits:
                pass
        except BaseException as error:
            raised.append(error)

    def run() -> None:
        thread = threading.Thread(target=probe)
        thread.start()
        thread.join()

    with waits:
        run()
        with pytest.raises(Stop):
            waits.take(signal.SIGINT, None)
    waits = Interruptible(hands)
    waits.begin()
    waits.take(signal.SIGINT, None)
    run()
    assert raised == []
    with pytest.raises(Stop):
        waits.__enter__()


def test_a_keyboard_interrupt_of_python_is_ctrl_c() -> None:
    assert signal_name(KeyboardInterrupt()) == "INT"
