"""Whatever a server does, the client calls nothing a success that the wire does not prove (tests/rfc.py).

The server here knows its part, and departs from it where it is told to: another code, a reply too many or too few or
too early, the end of the connection. Everything of the client but the network is the real one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from held import RESET, TIMEOUT, Brought, Driver, Held, hold_with
from rfc import Checker, Item, Mark, Says, Sends
from sessions import CONNECTED, HOST, KATE, KIM, LEE
from smtpscope.diagnosis.claims import plan_claims
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import FORBID, FORCE, NEVER, Envelope, Login, Plan, Target, Tls
from smtpscope.model.event import Done, Event, GaveUp, Interrupted, LoggedIn, Planned
from smtpscope.model.report import Report, Status
from smtpscope.net.clock import StoppedClock
from smtpscope.protocol.body import WHOLE
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.sasl import Credentials

HEADER = b"PROXY UNKNOWN\r\n"
SMALL = b"Subject: x\r\n\r\n.hello\r\n"
LARGE = SMALL + b"x" * 76 * (WHOLE // 70)


def plan(
    lmtp: bool, count: int, chunk: int, stop: str, login: str, large: bool, proxy: bool = False, xclient: bool = False
) -> Plan:
    """A plan: ``chunk`` octets of BDAT (-1: DATA), ``login`` a mechanism or empty."""
    names = (KATE, KIM, LEE)[:count]
    who = Login(Credentials("kate", "wonder land", nonce="abc"), login, in_clear=True) if login else None
    return Plan(
        Target("192.0.2.1"),
        Envelope("contoso.com", "chris@contoso.com", names),
        message=LARGE if large else SMALL,
        stop_after=stop,
        use={"CHUNKING": FORBID if chunk < 0 else FORCE},
        chunk=max(chunk, 0) * (400 if large else 1),
        tls=Tls(NEVER),
        login=who,
        protocol="lmtp" if lmtp else "smtp",
        proxy=HEADER if proxy else b"",
        xclient="ADDR=192.0.2.9" if xclient else "",
    )


PLANS = st.builds(
    plan,
    st.booleans(),
    st.integers(1, 3),
    st.sampled_from([-1, -1, 0, 10]),
    st.sampled_from(["", "", "", "", "connect", "banner", "ehlo", "auth", "mail", "rcpt", "data"]),
    st.sampled_from(["", "", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
).filter(lambda made: made.login is not None or made.stop_after != "auth")

# What the server does in the place of its n-th reply, and a code for it.
DEPARTURES = st.dictionaries(
    st.integers(0, 16),
    st.tuples(
        st.sampled_from(["code", "code", "drop", "twice", "before", "behind", "close", "reset", "ctrl-c", "early"]),
        st.sampled_from([0, 211, 220, 221, 235, 250, 251, 334, 354, 421, 450, 500, 503, 535, 550, 552]),
    ),
    max_size=3,
)


class Server(Driver):
    """A server that keeps to its part, but for ``departures``. ``silent``: at the end it says nothing, else it closes.

    ``pipelining``: it advertises it. ``fails``: the number of the write that fails, and every one behind it.
    """

    def __init__(
        self,
        clock: StoppedClock,
        departures: Mapping[int, tuple[str, int]],
        pipelining: bool = True,
        silent: bool = False,
        fails: int = 9999,
    ) -> None:
        super().__init__([], clock)
        self.departures, self.pipelining, self.silent, self.fails = departures, pipelining, silent, fails
        self.wire: list[Item] = []
        self.out: list[Brought] = []
        self.early: list[bytes] = []
        self.count, self.left, self.octets = 0, 0, b""
        self.lmtp = self.content = self.last = False
        self.accepted = self.steps = 0
        self.say(220, "mx.fabrikam.com")

    # ----------------------------------------------------------------------------------------------------- the network

    def write(self, data: bytes) -> Brought | None:
        super().write(data)
        if self.writes > self.fails:  # a command may have gone out all the same; of a message it is not the end
            line = b"" if self.content or self.left else data.partition(b"\r\n")[0] + b"\r\n"
            self.wire.append(Sends(line if data.startswith(b"BDAT") else line and data))
            return RESET
        if data == HEADER:
            self.wire.append(Mark("header"))
            return None
        self.wire.append(Sends(data))
        self.octets += data
        while self.octets and self.take():
            pass
        return None

    def poll(self) -> Brought | None:
        return self.brought(self.early.pop(0)) if self.early else None

    def read(self) -> Brought:
        if self.out:
            return self.brought(self.out.pop(0))
        return TIMEOUT if self.silent else b""

    def brought(self, what: Brought) -> Brought:
        if isinstance(what, bytes):
            self.wire += [Says(code) for code in codes(what)]
        return what

    # -------------------------------------------------------------------------------------------------------- its part

    def take(self) -> bool:
        """Take a command or content; whether there was a whole one."""
        if self.left:
            size = min(self.left, len(self.octets))
            self.octets, self.left = self.octets[size:], self.left - size
            return not self.left and self.end(self.last)
        if self.content:
            _message, end, rest = self.octets.partition(b"\r\n.\r\n")
            self.octets, self.content = rest if end else self.octets, not end
            return bool(end) and self.end(True)
        line, end, rest = self.octets.partition(b"\r\n")
        if not end:
            return False
        self.octets = rest
        self.command(line.decode())
        return True

    def command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if self.steps:
            self.login()
        elif verb in ("EHLO", "LHLO"):
            self.lmtp, self.accepted = verb == "LHLO", 0
            offers = ["PIPELINING"] * self.pipelining + ["CHUNKING", "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", "SIZE"]
            self.say(250, "mx", *offers)
        elif verb == "BDAT":
            self.left, self.last = int(rest.split()[0]), rest.endswith("LAST")
            if not self.left:
                self.end(self.last)
        elif verb == "AUTH":
            self.steps = {"PLAIN": 0, "LOGIN": 2, "CRAM-MD5": 1, "SCRAM-SHA-256": 2}[rest.split()[0]]
            self.say(334 if self.steps else 235, "PDFAeD4=")
        elif verb == "DATA":
            self.content = self.say(354, "go") == 354
        else:
            code = self.say({"XCLIENT": 220, "QUIT": 221}.get(verb, 250), "ok")
            self.accepted += verb == "RCPT" and code // 100 == 2

    def login(self) -> None:
        self.steps -= 1
        self.say(334 if self.steps else 235, "PDFAeD4=")

    def end(self, last: bool) -> bool:
        """A chunk or the message is complete."""
        for _number in range(max(self.accepted, 1) if last and self.lmtp else 1):
            self.say(250, "queued")
        return True

    def say(self, code: int, *lines: str) -> int:
        """The next reply, or what takes its place. Returns the code that was said."""
        how, other = self.departures.get(self.count, ("", 0))
        self.count += 1
        said, instead = reply(code, *lines), reply(other, "instead")
        match how:
            case "code":
                self.out.append(instead)
                return other
            case "drop":
                pass
            case "twice":
                self.out += [said, said]
            case "before":
                self.out += [instead, said]
            case "behind":
                self.out += [said, instead]
            case "close":
                self.out += [said, b""]
            case "reset":
                self.out += [said, RESET]
            case "ctrl-c":
                self.out += [KeyboardInterrupt(), said]
            case "early":
                self.out.append(said)
                self.early.append(instead)
            case _:
                self.out.append(said)
        return code


def reply(code: int, *lines: str) -> bytes:
    if not code:
        return b"what?\r\n"
    *first, last = lines
    return "".join([*(f"{code}-{line}\r\n" for line in first), f"{code} {last}\r\n"]).encode()


def codes(octets: bytes) -> Iterator[int]:
    """The code of each reply in ``octets``, which holds whole replies; 0 for a line that has none."""
    for line in octets.split(b"\r\n")[:-1]:
        if line[3:4] != b"-":
            yield int(line[:3]) if line[:3].isdigit() else 0


# ----------------------------------------------------------------------------------------------------------- the tests


def held(what: Plan, server: Server) -> Held:
    return hold_with(conversation(what), server, server.clock)


def report(what: Plan, events: Iterable[Event]) -> Report:
    return judge([Planned(0.0, HOST, plan_claims(what)), CONNECTED, *events, Done(2000.0, HOST)])


def marks(events: Iterable[Event]) -> Iterator[Mark]:
    """What the wire does not show: decisions of the client, and a signal."""
    for event in events:
        match event:
            case LoggedIn():
                yield Mark("logged-in")
            case GaveUp(phase=Phase.AUTH):
                yield Mark("gave-up")
            case Interrupted():
                yield Mark("interrupted")


def is_proven(what: Plan, server: Server, events: Iterable[Event]) -> bool:
    checker = Checker().read([Mark("connected"), *server.wire, *marks(events)])
    return checker.is_success((claim.goal.value, claim.subject) for claim in plan_claims(what))


@pytest.mark.untraced
@given(PLANS, DEPARTURES, st.booleans(), st.booleans(), st.sampled_from([9999, 9999, 9999, 3, 5, 7, 9]))
@settings(max_examples=2000)
def test_whatever_a_server_does_ok_is_proven(
    what: Plan, departures: dict[int, tuple[str, int]], pipelining: bool, silent: bool, fails: int
) -> None:
    server = Server(StoppedClock(1000.0), departures, pipelining, silent, fails)
    events = held(what, server).events
    if report(what, events).status is Status.OK:
        assert is_proven(what, server, events)


@pytest.mark.parametrize("lmtp", [False, True])
@pytest.mark.parametrize("chunk", [-1, 0, 10])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize(
    ("stop", "login", "proxy", "xclient"),
    [
        ("", "", False, False),
        ("", "PLAIN", False, False),
        ("", "LOGIN", False, True),
        ("", "CRAM-MD5", True, False),
        ("auth", "LOGIN", True, True),
        ("rcpt", "", False, False),
        ("mail", "", True, False),
        ("ehlo", "", True, False),
        ("banner", "", True, False),
        ("connect", "", False, False),
    ],
)
def test_a_server_that_keeps_to_its_part_is_a_success(
    lmtp: bool, chunk: int, large: bool, pipelining: bool, stop: str, login: str, proxy: bool, xclient: bool
) -> None:
    """Else the test above would hold of a judge that never says OK."""
    what = plan(lmtp, 2, chunk, stop, login, large, proxy, xclient)
    server = Server(StoppedClock(1000.0), {}, pipelining)
    events = held(what, server).events
    assert report(what, events).status is Status.OK
    assert is_proven(what, server, events)
