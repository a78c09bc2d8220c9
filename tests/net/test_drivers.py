"""One table of situations, and both drivers in each: the same server gives the same events in the same order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from nameserver import nameserver
from scripted import BYE, GO, GREETING, HELLO, OK, Act, drain, replies, scripted
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import Envelope, Plan, Target, Tls
from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.smtp.personality import PERSONALITIES
from smtpscope.model.event import Event
from smtpscope.net import asynchronous, blocking
from smtpscope.net.clock import Clock
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect, Reply
from smtpscope.values import Value

PLAN = Plan(
    Target(),
    Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)),
    message=b"Subject: test\r\n\r\nhello\r\n",
)


class Situation(Value):
    """Where to connect, and how. ``limit``: seconds for everything; ``limits``: for some phases other ones."""

    port: int = 25
    host: str = "127.0.0.1"
    target: Target = Target()
    plan: Plan = PLAN
    limit: float = 10.0
    limits: dict[Phase, float] = {}
    patience: float = 0.0
    known: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What both drivers are called with."""
        limits = {**dict.fromkeys(TIMEOUTS, self.limit), **self.limits}
        dialogue = conversation(self.plan)
        return self.target, self.host, self.port, dialogue, limits, Clock(), self.patience, self.known


Place = Callable[[], AbstractContextManager[Situation]]


def with_blocking(situation: Situation) -> list[Event]:
    return list(blocking.converse(*situation.arguments))


def with_asyncio(situation: Situation) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in asynchronous.converse(*situation.arguments)]

    return asyncio.run(collect())


DRIVERS = {"blocking": with_blocking, "asyncio": with_asyncio}


# Times, the local port, and what is random in a ServerHello.
VARIES = ("at", "elapsed", "local", "heard")


def essence(event: Event) -> tuple[str, dict[str, object]]:
    """An event without what differs from one connection to the next, such as how long a flood was."""
    fields = {name: getattr(event, name) for name in event._fields if name not in VARIES}
    reply = fields.get("reply")
    if isinstance(reply, Reply) and Defect.TOO_LONG in reply.defects:
        fields["reply"] = Defect.TOO_LONG
    if "count" in dict(fields.get("details") or ()):
        fields["details"] = "count"
    if "lifetime" in str(fields.get("reason")):
        fields["reason"] = "time limit"  # dnspython says how long it took
    return type(event).__name__, fields


# --------------------------------------------------------------------------------------------------------- the table


def says(*acts: Act, **changes: Any) -> Place:
    """A server that says ``acts``; ``changes`` to the situation."""

    @contextlib.contextmanager
    def place() -> Iterator[Situation]:
        with scripted(*acts) as server:
            yield Situation(server.port, **changes)

    return place


def plays(security: Security, **changes: Any) -> Place:
    """The lab with TLS, and a client that trusts it."""

    @contextlib.contextmanager
    def place() -> Iterator[Situation]:
        with lab_running(personality=PERSONALITIES["postfix"], security=security) as lab:
            tls = Tls(ca=lab.ca_file, name="localhost").replace(**changes)
            yield Situation(lab.port, plan=PLAN.replace(tls=tls, stop_after="rcpt"))

    return place


@contextlib.contextmanager
def refused() -> Iterator[Situation]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield Situation(port)


@contextlib.contextmanager
def unreachable() -> Iterator[Situation]:
    """The broadcast address: TCP has no route to it."""
    yield Situation(host="255.255.255.255")


@contextlib.contextmanager
def silent_to_syn() -> Iterator[Situation]:
    """A listener whose queue is full drops the SYN of every further client."""
    with socket.socket() as listener, contextlib.ExitStack() as clients:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield Situation(listener.getsockname()[1], limit=0.3)


def named(zone: dict[tuple[str, str], list[str]] | None, **changes: Any) -> Place:
    """A server whose name is in ``zone``; None: the DNS server never responds."""

    @contextlib.contextmanager
    def place() -> Iterator[Situation]:
        with nameserver(zone) as resolver, scripted(*replies(b"554 no\r\n", BYE)) as server:
            target = Target(resolver=resolver).replace(**changes)
            known = ("127.0.0.1",) if changes == {"most": 4} else ()
            yield Situation(server.port, "mx.example.net", target, limit=1.0, known=known)

    return place


@contextlib.contextmanager
def no_such_name() -> Iterator[Situation]:
    yield Situation(host="no-such-name.invalid", limit=20.0)


@contextlib.contextmanager
def by_the_system() -> Iterator[Situation]:
    with scripted(*replies(b"554 no\r\n", BYE)) as server:
        yield Situation(server.port, "localhost", Target(port=server.port, family=4))


ONE = {("mx.example.net.", "A"): ["127.0.0.1"]}
TWO = {("mx.example.net.", "AAAA"): ["::1"], **ONE}

TABLE: dict[str, tuple[Place, str]] = {
    "refused": (refused, "Connecting Failed Done"),
    "unreachable": (unreachable, "Connecting Failed Done"),
    "no response to SYN": (silent_to_syn, "Connecting Failed Done"),
    "first address dead": (
        named(TWO),
        "Resolved Connecting Failed Connecting Connected Received Sent Received Disconnected Done",
    ),
    "most addresses": (
        named(TWO, most=1),
        "Resolved Noted Connecting Failed Done",
    ),
    "known address": (named(ONE, most=4), "Resolved Skipped Done"),
    "IPv6 only": (named(ONE, family=6), "Failed Done"),
    "no such name": (named({}), "Failed Done"),
    "no such name, system": (no_such_name, "Failed Done"),
    "DNS server silent": (named(None), "Failed Done"),
    "name of the system": (by_the_system, "Resolved Connecting Connected Received Sent Received Disconnected Done"),
    "source of this machine": (
        says(*replies(b"554 no\r\n", BYE), target=Target(source="127.0.0.9")),
        "Connecting Connected Received Sent Received Disconnected Done",
    ),
    "whole session": (
        says(*replies(GREETING, HELLO, OK, OK, GO, OK, BYE)),
        "Connecting Connected Received Sent Received Noted Noted Noted Sent Sent Received Received Sent Received "
        "Sent Received Sent Received Disconnected Done",
    ),
    "banner half": (says(b"220-half"), "Connecting Connected Disconnected Done"),
    "closed at once": (says(b""), "Connecting Connected Disconnected Done"),
    # Not at once: whether the reset comes before the connection is reported is for the system to say.
    "reset at the banner": (says(0.2, "reset"), "Connecting Connected Failed Disconnected Done"),
    "reset later": (says(*replies(GREETING, "reset")), "Connecting Connected Received Sent Failed Disconnected Done"),
    "silent": (
        says(*replies(GREETING, drain), limit=0.3),
        "Connecting Connected Received Sent TimedOut Disconnected Done",
    ),
    "flood in one reply": (
        says(*replies(GREETING, b"x" * 10_000_000)),
        "Connecting Connected Received Sent Received GaveUp Disconnected Done",
    ),
    "late banner": (
        says(0.6, GREETING, drain, limits={Phase.BANNER: 0.2}, patience=5.0),
        "Connecting Connected TimedOut Unsolicited Disconnected Done",
    ),
    "unsolicited": (
        says(GREETING + b"220 again\r\n", "line", b"554 no\r\n", "line", BYE),
        "Connecting Connected Received Unsolicited Sent Received Noted Sent Received Sent Disconnected Done",
    ),
    "STARTTLS": (
        plays(Security(starttls=True)),
        "Connecting Connected Received Sent Received Sent Received Secured Sent Received Noted Noted Noted Noted "
        "Sent Sent Received Received Stopped Sent Received Disconnected Done",
    ),
    "implicit TLS": (
        plays(Security(implicit=True), mode="implicit"),
        "Connecting Connected Secured Received Sent Received Noted Noted Noted Noted "
        "Sent Sent Received Received Stopped Sent Received Disconnected Done",
    ),
    "certificate of another name": (
        plays(Security(starttls=True), name="other.example", mode="require"),
        "Connecting Connected Received Sent Received Sent Received Unsecured Disconnected Done",
    ),
    "TLS where there is none": (
        says(GREETING, drain, plan=PLAN.replace(tls=Tls(mode="implicit"))),
        "Connecting Connected Unsecured Disconnected Done",
    ),
    "half a line ahead of TLS": (
        says(*replies(GREETING, b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250-half"), drain, limit=1.0),
        "Connecting Connected Received Sent Received Sent Received Injected Unsecured Disconnected Done",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_both_drivers_report_the_same(name: str) -> None:
    place, expected = TABLE[name]
    with place() as situation:
        found = {driver: [essence(event) for event in hold(situation)] for driver, hold in DRIVERS.items()}
    assert found["asyncio"] == found["blocking"]
    kinds = [kind for kind, _fields in found["blocking"]]
    assert kinds == expected.split()
    gc.collect()  # what was left open would be reported here


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_source_that_is_not_of_this_machine_names_its_field(driver: str) -> None:
    with pytest.raises(LocalError, match=r"Target\.source"):
        DRIVERS[driver](Situation(target=Target(source="192.0.2.7")))
    gc.collect()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_dns_server_that_is_no_address_names_its_field(driver: str) -> None:
    with pytest.raises(UsageError, match=r"Target\.resolver"):
        DRIVERS[driver](Situation(host="mx.example.net", target=Target(resolver="dns.example")))
