"""No session is called a success that is none: the status OK implies that each claim is proven on the wire.

The judge of this is tests/rfc.py, which knows the RFCs and nothing of smtpscope. Two kinds of sessions go through both:
what a wire can hold (whole sessions, then mutated), and what the client makes of a server that replies anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfc import Checker, Item, Mark, Says, Sends
from sessions import CONNECTED, HOST, KATE, KIM, LEE, SECURED, claims
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import (
    Disconnected,
    Done,
    Event,
    GaveUp,
    Interrupted,
    LoggedIn,
    Notified,
    Planned,
    Sent,
    TimedOut,
    Unnotified,
)
from smtpscope.model.recorder import Recorder
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import DsnAction, Party, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, parse_reply

# ------------------------------------------------------------------------------------------------ what a wire can hold


def says(*codes: int) -> list[Item]:
    return [Says(code) for code in codes]


def lines(*texts: str) -> list[Item]:
    return [Sends(text.encode() + b"\r\n") for text in texts]


def turns(*pairs: tuple[str, int]) -> list[Item]:
    """Each command with the code of its reply."""
    return [item for text, code in pairs for item in (*lines(text), Says(code))]


RECIPIENTS = (KATE, KIM, LEE)
MAIL = turns(("MAIL FROM:<chris@contoso.com>", 250))
DATA = [*turns(("DATA", 354)), Sends(b"hello\r\n.\r\n")]
PARTS = [*turns(("DATA", 354)), Sends(b"hel"), Sends(b"lo\r\n"), Sends(b".\r\n")]
CHUNK = [Sends(b"BDAT 5 LAST\r\nhello")]
CHUNKS = [Sends(b"BDAT 3\r\nhel"), Says(250), Sends(b"BDAT 2 LAST\r\nl"), Sends(b"o")]
EMPTY = [Sends(b"BDAT 5\r\nhello"), Says(250), Sends(b"BDAT 0 LAST\r\n")]
LOGIN = [*turns(("AUTH LOGIN", 334), ("a2F0ZQ==", 334), ("c2VjcmV0", 235)), Mark("logged-in")]
SIMPLE = (Goal.CONNECTED, Goal.GREETED, Goal.HELLO, Goal.SENDER, Goal.RECIPIENT, Goal.MESSAGE)


def whole(hello: str, body: Sequence[Item], count: int, *before: Item, group: bool = False) -> list[Item]:
    """A session in which all goes well, with ``count`` recipients."""
    names = RECIPIENTS[:count]
    each = turns(*((f"RCPT TO:<{name}>", 250) for name in names))
    envelope = [*MAIL, *each]
    if group:
        envelope = [item for kind in (Sends, Says) for item in envelope if isinstance(item, kind)]
    replies = says(*[250] * (count if hello == "LHLO" else 1))
    return [Says(220), *turns((f"{hello} a", 250)), *before, *envelope, *body, *replies, *turns(("QUIT", 221))]


BASES: list[tuple[list[Item], tuple[Goal, ...], int, bool]] = [
    *((whole(hello, body, count, group=group), SIMPLE, count, hello == "LHLO") for hello in ("EHLO", "LHLO")
      for body in (DATA, PARTS, CHUNK, CHUNKS, EMPTY) for count, group in ((1, False), (2, False), (3, True))),
    (whole("EHLO", DATA, 2, *LOGIN), (*SIMPLE, Goal.LOGGED_IN), 2, False),
    (whole("LHLO", CHUNKS, 2, *LOGIN), (*SIMPLE, Goal.LOGGED_IN), 2, True),
    (whole("EHLO", DATA, 1, *turns(("XCLIENT A=b", 220), ("EHLO a", 250))), (*SIMPLE, Goal.XCLIENT), 1, False),
    (
        whole("EHLO", DATA, 1, *turns(("STARTTLS", 220)), Mark("secured"), *turns(("EHLO a", 250))),
        *((*SIMPLE, Goal.ENCRYPTED), 1, False),
    ),
    ([Mark("header"), *whole("EHLO", DATA, 1)], (*SIMPLE, Goal.PROXY), 1, False),
    (
        [*whole("EHLO", DATA, 2), Mark("dsn-delivered", KATE), Mark("dsn-none", KIM)],
        *((*SIMPLE, Goal.NOT_FAILED), 2, False),
    ),
    ([*whole("EHLO", DATA, 1), Mark("dsn-delivered", KATE)], (*SIMPLE, Goal.DELIVERED), 1, False),
    ([*whole("EHLO", DATA, 1)[:-2], *MAIL, *turns((f"RCPT TO:<{KIM}>", 250)), *CHUNK, Says(250)], (*SIMPLE,), 1, False),
]  # fmt: skip

CODES = (0, 150, 211, 220, 221, 235, 250, 251, 252, 334, 354, 421, 450, 452, 500, 503, 535, 550, 552, 999)
COMMANDS = (
    "EHLO a",
    "MAIL FROM:<>",
    f"RCPT TO:<{KATE}>",
    f"RCPT TO:<{LEE}>",
    "DATA",
    "RSET",
    "NOOP",
    "QUIT",
    ".",
)
ITEMS: st.SearchStrategy[Item] = st.one_of(
    st.builds(Says, st.sampled_from(CODES), st.booleans()),
    st.sampled_from(COMMANDS).map(lambda text: Sends(text.encode() + b"\r\n")),
    st.sampled_from(
        [b"hello\r\n", b".\r\n", b"BDAT 2\r\nxx", b"BDAT 0 LAST\r\n", b"BDAT 9 LAST\r\nx", b"AUTH X\r\n"]
    ).map(Sends),
    st.sampled_from(["gave-up", "logged-in", "interrupted", "secured", "lost", "silent", "header"]).map(Mark),
    st.builds(
        Mark, st.sampled_from(["dsn-failed", "dsn-delayed", "dsn-none", "dsn-delivered"]), st.sampled_from(RECIPIENTS)
    ),
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["drop", "twice", "swap", "code", "unsound", "name", "insert", "cut"]), st.floats(0, 1), ITEMS
    ),
    min_size=1,
    max_size=5,
)


def changed(wire: Sequence[Item], changes: Sequence[tuple[str, float, Item]]) -> list[Item]:
    """``wire`` with each change made at its place."""
    found = list(wire)
    for how, where, item in changes:
        place = min(int(where * len(found)), len(found) - 1)
        if place < 0:
            return found
        old = found[place]
        match how:
            case "drop":
                del found[place]
            case "twice":
                found.insert(place, old)
            case "swap" if place:
                found[place - 1 : place + 1] = [old, found[place - 1]]
            case "cut":
                del found[place:]
            case "code" if isinstance(old, Says) and isinstance(item, Says):
                found[place] = Says(item.code)
            case "unsound" if isinstance(old, Says):
                found[place] = Says(old.code, sound=False)
            case "name" if isinstance(old, Sends):
                found[place] = Sends(old.octets.replace(b"kate", b"lee").replace(b"kim", b"kate"))
            case _:
                found.insert(place, item)
    return found


def events_of(wire: Sequence[Item]) -> Iterator[Event]:
    """What the recorder makes of a wire."""
    recorder = Recorder()
    for number, item in enumerate(wire):
        at = 1.0 + number
        match item:
            case Sends(octets=octets):
                yield from recorder.octets(at, octets)
            case Says(code=code, sound=sound):
                reply = parse_reply(f"{code:03d} text\r\n".encode() if code else b"what?\r\n")
                yield recorder.reply(at, reply if sound else reply.replace(defects=(Defect.MIXED_CODES,)), 0.1)
            case Mark(name=name, about=about):
                if name == "secured":
                    recorder.tracker.secured()
                yield mark_event(at, name, about, recorder.tracker.phase)


def mark_event(at: float, name: str, about: str, phase: Phase) -> Event:
    """The event that a mark stands for."""
    match name:
        case "header":
            return Sent(at, Phase.PROXY, b"PROXY UNKNOWN", verb="PROXY")
        case "secured":
            return SECURED
        case "logged-in":
            return LoggedIn(at, Phase.AUTH, "LOGIN", "kate")
        case "gave-up":
            return GaveUp(at, Phase.AUTH, Reason.AUTH_ABORTED)
        case "interrupted":
            return Interrupted(at, phase)
        case "lost":
            return Disconnected(at, phase, Party.PEER)
        case "silent":
            return TimedOut(at, phase, 5.0, b"")
        case "dsn-none":
            return Unnotified(at, about, 5.0)
    action = DsnAction(name.removeprefix("dsn-"))
    return Notified(at, about, action, action.value, "2.0.0", "", "mx", "", 1.0)


def status_of(wire: Sequence[Item], wanted: Sequence[Claim]) -> Status:
    return judge([Planned(0.0, HOST, tuple(wanted)), CONNECTED, *events_of(wire), Done(99.0, HOST)]).status


def is_proven(wire: Sequence[Item], wanted: Sequence[Claim]) -> bool:
    checker = Checker().read([Mark("connected"), *wire])
    return checker.is_success((claim.goal.value, claim.subject) for claim in wanted)


def wanted_of(goals: Sequence[Goal], count: int, lmtp: bool) -> tuple[Claim, ...]:
    return claims(*goals, to=RECIPIENTS[:count], lmtp=lmtp)


@pytest.mark.parametrize("number", range(len(BASES)))
def test_a_session_in_which_all_goes_well_is_a_success_for_both(number: int) -> None:
    wire, goals, count, lmtp = BASES[number]
    wanted = wanted_of(goals, count, lmtp)
    assert is_proven(wire, wanted)
    assert status_of(wire, wanted) is Status.OK


@pytest.mark.untraced
@given(st.sampled_from(BASES), CHANGES)
@settings(max_examples=2000)
def test_no_mutant_without_a_proof_is_a_success(
    base: tuple[list[Item], tuple[Goal, ...], int, bool], changes: list[tuple[str, float, Item]]
) -> None:
    wire, goals, count, lmtp = base
    mutant, wanted = changed(wire, changes), wanted_of(goals, count, lmtp)
    assert status_of(mutant, wanted) is not Status.OK or is_proven(mutant, wanted)


@pytest.mark.untraced
@pytest.mark.parametrize("number", range(len(BASES)))
def test_no_single_change_without_a_proof_is_a_success(number: int) -> None:
    """Every reply dropped, doubled, and with every code; every pair swapped; every end cut off."""
    wire, goals, count, lmtp = BASES[number]
    wanted, seen = wanted_of(goals, count, lmtp), Counter[bool]()
    for place in range(len(wire)):
        at = (place + 0.5) / len(wire)
        single = [("drop", at, wire[0]), ("twice", at, wire[0]), ("swap", at, wire[0]), ("cut", at, wire[0])]
        single += [("unsound", at, wire[0]), ("name", at, wire[0]), ("insert", at, Mark("interrupted"))]
        single += [(how, at, Says(code)) for code in CODES for how in ("code", "insert")]
        for change in single:
            mutant = changed(wire, [change])
            success = status_of(mutant, wanted) is Status.OK
            seen[success] += 1
            assert not success or is_proven(mutant, wanted), (change, mutant)
    assert seen[True] > 5  # else the test would hold of a judge that never says OK
    assert seen[False] > 100
