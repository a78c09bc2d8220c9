"""Situations in which a connection failed, as the client and its probes see them, and what is to be concluded."""

from __future__ import annotations

from smtpscope.diagnosis.failure import Failure
from smtpscope.model.event import Probed
from smtpscope.model.trouble import ProbeKind, ProbeOutcome

HOST, ADDRESS = "mail1.fabrikam.com", "203.0.113.10"


def failure(kind: str, **more: object) -> Failure:
    fields: dict[str, object] = {"host": HOST, "address": ADDRESS, "port": 25, "recipient": "kate@fabrikam.com"}
    return Failure(kind, **{**fields, **more})


def port(probe: str, target: str, outcome: str, **details: str) -> Probed:
    number = target.rpartition(":")[2]
    role = {} if probe != "ports" else {"role": "smtp" if number in ("25", "465", "587", "2525") else "common"}
    kept = {"port": number, **role, **details}
    return Probed(0.0, probe, "port", target, outcome, tuple(kept.items()))


def look_up(kind: str, target: str, outcome: str, *found: str) -> Probed:
    probe = "spelling" if kind == "spelling" else "names"
    return Probed(0.0, probe, ProbeKind(kind), target, ProbeOutcome(outcome), found=found)


def spoken(kind: str, outcome: str, **details: str) -> Probed:
    return Probed(0.0, "tls" if kind == "tls" else "words", kind, f"{ADDRESS}:25", outcome, tuple(details.items()))


AGAIN = f"{ADDRESS}:25"
ALIVE = [port("ports", f"{ADDRESS}:22", "greets", said="SSH-2.0-x"), port("ports", f"{ADDRESS}:587", "refused")]
DEAD = [port("ports", f"{ADDRESS}:22", "silent"), port("ports", f"{ADDRESS}:587", "silent")]
SUBMISSION = port("ports", f"{ADDRESS}:587", "greets", said="220 mail1 ESMTP")
OPEN = [
    port("control", "control.example.net:25", "greets", said="220 x"),
    port("control", "control.example.net:443", "accepts"),
]
BLOCKED = [port("control", "control.example.net:25", "silent"), port("control", "control.example.net:443", "accepts")]
NOTHING = [port("control", "control.example.net:25", "silent"), port("control", "control.example.net:443", "silent")]
MX = look_up("mx", "fabrikam.com", "found", "mail1.fabrikam.com", "mx.fabrikam.com")
OTHER_MX = look_up("mx", "fabrikam.com", "found", "mx.fabrikam.com")
GREETING_MX = port("mx", "mx.fabrikam.com:25", "greets", said="220 mx ESMTP")


REFUSED = [port("control", "control.example.net:25", "refused"), port("control", "control.example.net:443", "accepts")]
SSH = port("ports", f"{ADDRESS}:22", "greets", said="SSH-2.0-x")
SUBMISSIONS = port("ports", f"{ADDRESS}:465", "greets", said="220 mail1 ESMTP")
NEAR = look_up("spelling", "mail1.fabrikam.com", "found", "mail1.fabrikam.com", "mx.fabrikam.com")
SMTP_WHEN_SPOKEN_TO = spoken("words", "greets", said="554 SMTP synchronization error")
HTTP = spoken("words", "greets", said="HTTP/1.1 400 Bad Request")

# The same port once more.
GREETS_NOW = port("again", AGAIN, "greets", said="220 mail1 ESMTP")
NO_NEIGHBOUR = port("again", AGAIN, "silent", neighbour="none")
MADE_HERE = Probed(0.0, "again", "inside", AGAIN, "made-here")
ON_THE_WAY = port("again", AGAIN, "unreachable", icmp="4:3/13", by="192.0.2.1")
BY_THE_HOST = port("again", AGAIN, "refused", icmp="4:3/3", by=ADDRESS)
BY_THIS_MACHINE = port("again", AGAIN, "refused", icmp="4:3/3", by="192.0.2.10", own="yes")

# Whether the first two causes are too close to be told apart.
UNDECIDED, DECIDED = True, False

# The situation, what failed, what the probes brought, the causes (likeliest first), and whether that is open.
SITUATIONS: list[tuple[str, Failure, list[Probed], list[str], bool]] = [
    ("refused, nothing else", failure("refused"), [], ["service-down", "wrong-port", "target-filter"], UNDECIDED),
    ("refused, the host is there", failure("refused"), ALIVE, ["service-down", "target-filter"], DECIDED),
    ("refused, 587 greets",
     failure("refused"), [SUBMISSION], ["wrong-port", "service-down", "target-filter"], DECIDED),
    ("refused everywhere on 25", failure("refused"), [
        port("control", "control.example.net:25", "refused"), port("control", "control.example.net:443", "accepts")
    ], ["source-filter", "wrong-port"], DECIDED),
    ("refused, port unreachable from the host", failure("refused"),
     [port("again", AGAIN, "refused", icmp="4:3/3", by=ADDRESS)], ["target-filter"], DECIDED),
    ("refused, port unreachable from us", failure("refused"),
     [port("again", AGAIN, "refused", icmp="4:3/3", by="192.0.2.10", own="yes")], ["source-filter"], DECIDED),
    ("refused by a host that is no MX", failure("refused", host="www.fabrikam.com"), [OTHER_MX, GREETING_MX, *ALIVE],
     ["wrong-name", "service-down", "target-filter"], DECIDED),
    ("refused by this machine itself", failure("refused"),
     [Probed(0.0, "again", "inside", AGAIN, "made-here"), *ALIVE], ["source-filter"], DECIDED),
    ("an address that an MX has", failure("refused", host=ADDRESS),
     [OTHER_MX, GREETING_MX, port("mx", "mail1.fabrikam.com:25", "refused", address=ADDRESS), *ALIVE],
     ["service-down", "target-filter"], DECIDED),
    # silent
    ("silent, nothing else",
     failure("silent"), [], ["target-filter", "source-filter", "host-unreachable"], UNDECIDED),
    ("silent, others open", failure("silent"), [*ALIVE, *OPEN], ["target-filter"], DECIDED),
    ("silent everywhere on 25", failure("silent"), [*ALIVE, *BLOCKED], ["source-filter", "target-filter"], DECIDED),
    ("silent, control unknown", failure("silent"), ALIVE, ["target-filter", "source-filter"], UNDECIDED),
    ("silent, dropped here", failure("silent"), [*ALIVE, *OPEN, port("again", AGAIN, "silent", here="yes")],
     ["source-filter", "target-filter"], DECIDED),
    ("silent on every port", failure("silent"), [*DEAD, *OPEN], ["host-unreachable", "target-filter"], UNDECIDED),
    ("silent, no neighbour", failure("silent"), [*DEAD, *OPEN, port("again", AGAIN, "silent", neighbour="none")],
     ["host-unreachable", "target-filter"], DECIDED),
    ("silent, nothing answers anywhere", failure("silent"), [*DEAD, *NOTHING],
     ["host-unreachable", "source-filter", "target-filter"], UNDECIDED),
    # prohibited
    ("prohibited by the host",
     failure("unreachable"), [port("again", AGAIN, "unreachable", icmp="4:3/13", by=ADDRESS)],
     ["target-filter"], DECIDED),
    ("prohibited on the way, others open", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/13", by="192.0.2.1"), *ALIVE, *OPEN], ["target-filter"], DECIDED),
    ("prohibited on the way, for every host", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/13", by="192.0.2.1"), *ALIVE, *BLOCKED],
     ["source-filter", "target-filter"], DECIDED),
    ("prohibited by IPv6's own code", failure("unreachable", address="2001:db8::10"),
     [port("again", "[2001:db8::10]:25", "unreachable", icmp="6:1/1", by="2001:db8::10")],
     ["target-filter"], DECIDED),
    ("prohibited by IPv6's own code, which the system calls a denial", failure("denied", address="2001:db8::10"),
     [port("again", "[2001:db8::10]:25", "denied", icmp="6:1/1", by="2001:db8::10")], ["target-filter"], DECIDED),
    # this machine
    ("denied", failure("denied"), [], ["source-filter"], DECIDED),
    ("unreachable", failure("unreachable"), [], ["host-unreachable"], DECIDED),
    ("no neighbour behind the router", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/1", by="192.0.2.1"), *DEAD, *OPEN],
     ["host-unreachable"], DECIDED),
    # names
    ("no such name",
     failure("name", address="", port=25), [look_up("address", HOST, "no-such-name")], ["wrong-name"], DECIDED),
    ("a name without address",
     failure("name", address=""), [look_up("address", HOST, "no-record")], ["wrong-name"], DECIDED),
    ("DNS does not answer", failure("name", address=""), [look_up("address", HOST, "no-answer")], [], DECIDED),
    # a connection that stands
    ("closed", failure("closed"), [], ["restricted", "service-down"], DECIDED),
    ("cut", failure("cut"), [], ["restricted", "service-down"], DECIDED),
    ("turned away", failure("turned-away", reason="554 no"), [], ["restricted"], DECIDED),
    ("another service", failure("foreign", reason="SSH-2.0-OpenSSH"), [], ["wrong-port"], DECIDED),
    ("an unknown service", failure("foreign", reason="hello"), [], ["wrong-port"], DECIDED),
    ("mute", failure("mute", waited=5.0), [], ["slow-greeting", "wrong-port", "service-down"], UNDECIDED),
    ("mute for five minutes", failure("mute", waited=300.0), [], ["wrong-port", "service-down"], UNDECIDED),
    ("mute, nothing moves it", failure("mute", waited=5.0), [spoken("tls", "no-tls"), spoken("words", "accepts")],
     ["slow-greeting", "wrong-port", "service-down"], UNDECIDED),
    ("mute, TLS with a greeting", failure("mute", waited=5.0),
     [spoken("tls", "secured", version="TLSv1.3", said="220 mail1 ESMTP")], ["implicit-tls"], DECIDED),
    ("mute, TLS", failure("mute", waited=5.0), [spoken("tls", "secured", version="TLSv1.3")],
     ["implicit-tls", "wrong-port"], DECIDED),
    ("mute, HTTPS", failure("mute", waited=5.0), [spoken("tls", "secured", version="TLSv1.3", alpn="http/1.1")],
     ["wrong-port", "implicit-tls"], DECIDED),
    ("mute, HTTP", failure("mute", waited=5.0), [spoken("words", "greets", said="HTTP/1.1 400 Bad Request")],
     ["wrong-port"], DECIDED),
    ("mute, but SMTP when spoken to", failure("mute", waited=5.0),
     [spoken("words", "greets", said="554 SMTP synchronization error")], ["slow-greeting"], DECIDED),
    ("late", failure("mute", waited=5.0, late="220 here"), [], ["slow-greeting"], DECIDED),
    ("slow", failure("slow", waited=40.0), [], ["slow-greeting"], DECIDED),
    # further ones, chosen so that all rows together hold every weight (test_weights.py)
    ("refused, rejected on the way", failure("refused"), [ON_THE_WAY],
     ["target-filter", "source-filter"], UNDECIDED),
    ("refused, rejected on the way, 587 greets", failure("refused"), [ON_THE_WAY, SSH, SUBMISSION],
     ["target-filter", "source-filter", "wrong-port"], UNDECIDED),
    ("refused, rejected on the way, 25 refused everywhere, 587 greets", failure("refused"),
     [ON_THE_WAY, SSH, SUBMISSION, *REFUSED],
     ["source-filter", "wrong-port", "target-filter"], DECIDED),
    ("refused, 25 does not get out, the name is like an MX", failure("refused"), [NEAR, *BLOCKED],
     ["source-filter", "wrong-name", "wrong-port"], DECIDED),
    ("refused, no other port takes mail, the name is like an MX", failure("refused"), [*ALIVE, NEAR],
     ["service-down", "wrong-name", "target-filter"], DECIDED),
    ("refused by this machine itself, 587 greets, others open",
     failure("refused"), [MADE_HERE, SSH, SUBMISSION, *OPEN],
     ["source-filter", "wrong-port"], DECIDED),
    ("refused by the host's filter", failure("refused"), [BY_THE_HOST, *ALIVE],
     ["target-filter"], DECIDED),
    ("refused by the host's filter, 587 greets", failure("refused"), [BY_THE_HOST, SSH, SUBMISSION],
     ["target-filter"], DECIDED),
    ("refused by a filter of this machine, 587 greets, others open", failure("refused"),
     [BY_THIS_MACHINE, SSH, SUBMISSION, *OPEN],
     ["source-filter", "wrong-port"], DECIDED),
    ("reset, then greeted, and the host is no MX",
     failure("reset", host="www.fabrikam.com"), [GREETS_NOW, *ALIVE, OTHER_MX],
     ["restricted", "service-down", "target-filter", "slow-greeting", "wrong-name", "source-filter"], UNDECIDED),
    ("reset, 587 greets", failure("reset"), [SSH, SUBMISSION],
     ["wrong-port", "target-filter", "restricted", "source-filter"], UNDECIDED),
    ("silent, no neighbour, nothing else", failure("silent"), [NO_NEIGHBOUR],
     ["host-unreachable"], DECIDED),
    ("silent, no neighbour, 25 refused everywhere", failure("silent"), [NO_NEIGHBOUR, *REFUSED],
     ["host-unreachable", "source-filter"], DECIDED),
    ("silent, then greeted, all else silent", failure("silent"), [GREETS_NOW, *DEAD],
     ["slow-greeting", "restricted", "source-filter", "target-filter"], UNDECIDED),
    ("unreachable, then greeted, all else silent", failure("unreachable"), [GREETS_NOW, *DEAD],
     ["service-down", "slow-greeting", "restricted"], UNDECIDED),
    ("silent, dropped here, others open, host not asked", failure("silent"),
     [port("again", AGAIN, "silent", here="yes"), *OPEN],
     ["source-filter", "host-unreachable"], DECIDED),
    ("silent, then unreachable, 587 greets", failure("silent"),
     [port("again", AGAIN, "unreachable"), SSH, SUBMISSION],
     ["target-filter", "wrong-port", "source-filter"], UNDECIDED),
    ("silent, then denied", failure("silent"), [port("again", AGAIN, "denied"), *DEAD],
     ["source-filter", "host-unreachable", "target-filter"], DECIDED),
    ("silent, rejected by this machine, the name is like an MX",
     failure("silent"), [BY_THIS_MACHINE, *DEAD, *OPEN, NEAR],
     ["source-filter", "wrong-name"], DECIDED),
    ("silent, no route, nothing answers anywhere", failure("silent"),
     [Probed(0.0, "local", "route", ADDRESS, "unreachable"), *NOTHING],
     ["host-unreachable", "source-filter", "target-filter"], UNDECIDED),
    ("unreachable, an MX and 587 greet", failure("unreachable", host="www.fabrikam.com"),
     [SSH, SUBMISSION, OTHER_MX, GREETING_MX],
     ["wrong-port", "target-filter", "wrong-name"], UNDECIDED),
    ("unreachable, prohibited by the host, 25 refused everywhere", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/13", by=ADDRESS), *DEAD, *REFUSED],
     ["target-filter", "host-unreachable"], DECIDED),
    ("unreachable, prohibited on the way, 25 does not get out, the name is like an MX", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/13", by="192.0.2.1"), *BLOCKED, NEAR],
     ["source-filter", "wrong-name", "target-filter", "host-unreachable"], DECIDED),
    ("closed by a host that is no MX", failure("closed", host="www.fabrikam.com"), [OTHER_MX],
     ["restricted", "service-down", "wrong-name"], DECIDED),
    ("cut by a host that is no MX", failure("cut", host="www.fabrikam.com"), [OTHER_MX],
     ["restricted", "service-down", "wrong-name"], DECIDED),
    ("closed again by a host whose name is like an MX", failure("closed", host="www.fabrikam.com"),
     [port("again", AGAIN, "closes"), NEAR, OTHER_MX],
     ["restricted", "wrong-name", "service-down"], DECIDED),
    ("closed, TLS with a greeting",
     failure("closed"), [spoken("tls", "secured", version="TLSv1.3", said="220 mail1 ESMTP")],
     ["implicit-tls", "restricted"], DECIDED),
    ("closed, TLS, and the host is no MX", failure("closed", host="www.fabrikam.com"),
     [spoken("tls", "secured", version="TLSv1.3"), OTHER_MX],
     ["implicit-tls", "restricted", "wrong-port", "wrong-name"], DECIDED),
    ("mute, 587 greets, and the host is no MX", failure("mute", host="www.fabrikam.com", waited=5.0),
     [SUBMISSION, OTHER_MX],
     ["slow-greeting", "wrong-port", "service-down", "wrong-name"], DECIDED),
    ("mute, HTTPS that answers text, the name is like an MX", failure("mute", waited=5.0),
     [spoken("tls", "secured", version="TLSv1.3", alpn="http/1.1"), HTTP, NEAR],
     ["wrong-port", "wrong-name", "implicit-tls"], DECIDED),
    ("mute, TLS that answers text with HTTP", failure("mute", waited=5.0),
     [spoken("tls", "secured", version="TLSv1.3"), HTTP],
     ["wrong-port", "implicit-tls"], DECIDED),
    ("mute for five minutes, SMTP when spoken to, two other ports greet", failure("mute", port=2525, waited=300.0),
     [spoken("tls", "no-tls"), SMTP_WHEN_SPOKEN_TO, SUBMISSION, SUBMISSIONS],
     ["wrong-port", "slow-greeting"], UNDECIDED),
    ("late, 587 greets", failure("mute", port=2525, waited=300.0, late="220 here"), [SUBMISSION],
     ["slow-greeting", "wrong-port"], DECIDED),
    ("slow, 587 greets", failure("slow", waited=40.0), [SUBMISSION],
     ["slow-greeting", "wrong-port"], DECIDED),
    ("another service, an MX greets", failure("foreign", host="www.fabrikam.com", reason="SSH-2.0-OpenSSH"),
     [OTHER_MX, GREETING_MX],
     ["wrong-port", "wrong-name"], DECIDED),
    ("an unknown service, and the host is no MX",
     failure("foreign", host="www.fabrikam.com", reason="hello"), [OTHER_MX],
     ["wrong-port", "wrong-name"], DECIDED),
    ("turned away by a host that is no MX",
     failure("turned-away", host="www.fabrikam.com", reason="554 no"), [OTHER_MX],
     ["restricted", "wrong-name"], DECIDED),
    ("an MX without an address", failure("name", address=""), [look_up("address", HOST, "no-record"), MX],
     [], DECIDED),
    ("an MX that does not exist", failure("name", address=""), [look_up("address", HOST, "no-such-name"), MX],
     ["wrong-name"], DECIDED),
    ("an MX without an address, the name is like another", failure("name", address=""),
     [look_up("address", HOST, "no-record"), NEAR, MX, GREETING_MX],
     ["wrong-name"], DECIDED),
]  # fmt: skip
