"""A domain with several mail exchangers (RFC 5321 section 5.1), and name servers that misbehave.

A message that one server has taken is taken; that another server failed is told apart, by exit code 22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dns.rcode
import pytest

from hostile.acts import Plays, after, close, reset, silence
from hostile.names import Answer, fails, garbage, name_server, other_id, silent, truncated, zone
from hostile.peer import Peer
from hostile.row import LONG, SHORT_WAIT, row
from hostile.run import Run, arguments_of, complaints, run_views

DOMAIN = "fabrikam.test"
NO_USER = "550 5.1.1 no such user"

# Plays of a server that nobody listens for.
DOWN = None


@dataclass(frozen=True)
class Domain:
    """A domain whose servers are ``mx1``, ``mx2`` ... in this order of preference.

    servers  the plays of each; DOWN: nothing listens there
    given    the servers that must get the message
    maybe    those that may: whether the server before took it is not known. All others must not get it
    most     servers that may be tried in all (RFC 5321 section 5.1 lets a client set a limit)
    causes   as in a row
    """

    name: str
    servers: tuple[Plays | None, ...]
    exits: set[int]
    options: tuple[str, ...] = ()
    given: tuple[int, ...] = ()
    maybe: tuple[int, ...] = ()
    most: int = 5
    records: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)
    causes: str = ""


def mx(*servers: str) -> dict[tuple[str, str], list[str]]:
    """The MX records of the domain: ``10 mx1`` is mx1 in the domain, ``0 .`` the null MX (RFC 7505)."""
    return {(f"{DOMAIN}.", "MX"): [name if name.endswith(".") else f"{name}.{DOMAIN}." for name in servers]}


def at(name: str, address: str) -> dict[tuple[str, str], list[str]]:
    """The address record of a name."""
    return {(f"{name}.", "A"): [address]}


def many(count: int, address: str) -> dict[tuple[str, str], list[str]]:
    """``count`` servers at ``address``, in which ``{}`` is the number of the server."""
    records = mx(*(f"{n} mx{n}" for n in range(1, count + 1)))
    for n in range(1, count + 1):
        records |= at(f"mx{n}.{DOMAIN}", address.format(n))
    return records


# ESC [ 2 J, a bidi override, and the name: what a label may hold (RFC 2181 section 11).
STEERING = r"\027[2J\226\128\174mx"

DOMAINS = [
    Domain("every server is good", ({}, {}), {0}, given=(1,)),
    Domain("the second server is down", ({}, DOWN), {22}, given=(1,)),
    Domain("the first server is down", (DOWN, {}), {22}, given=(2,)),
    Domain("the first server refuses to serve", ({"banner": "554 5.3.2 no"}, {}), {22}, given=(2,)),
    Domain("the first server never greets", ({"banner": silence}, {}), {22}, SHORT_WAIT, given=(2,)),
    Domain("the first server closes at once", ({"connect": close}, {}), {22}, given=(2,)),
    Domain("the first server refuses the recipient", ({"RCPT": NO_USER}, {}), {22}, given=(2,)),
    Domain("the first server refuses the recipient for now", ({"RCPT": "450 4.2.0 greylisted"}, {}), {22}, given=(2,)),
    Domain("the second server refuses the recipient", ({}, {"RCPT": NO_USER}), {22}, given=(1,)),
    Domain("the second server is busy", ({}, {"banner": ("421 4.3.2 busy", close)}), {22}, given=(1,)),
    Domain("the second server never greets", ({}, {"banner": silence}), {22}, SHORT_WAIT, given=(1,)),
    Domain("the second server speaks no SMTP", ({}, {"banner": "SSH-2.0-OpenSSH_9.2"}), {22}, given=(1,)),
    Domain("the first server refuses the message", ({".": "554 5.6.0 no"}, {}), {22}, given=(1, 2)),
    Domain(
        "the first server answers DATA by 334",
        ({"DATA": "334 go", "?unknown": "250 ok"}, {}),
        {22, 70},
        given=(1,),
        maybe=(2,),
    ),
    Domain("the first server answers the message by 221", ({".": "221 bye"}, {}), {22, 70}, given=(1,), maybe=(2,)),
    Domain(
        "the first server says 250 while the message comes in, and breaks off",
        ({"message": (after(20_000), "250 2.0.0 queued", reset)}, {}),
        {14, 22, 70},
        LONG,
        given=(1,),
        maybe=(2,),
    ),
    Domain("one of three is down", ({}, DOWN, {}), {22}, given=(1,)),
    Domain("every server is down", (DOWN, DOWN), {11}),
    Domain("one server is down, the other refuses to serve", (DOWN, {"banner": "554 5.3.2 no"}), {11, 51}),
    Domain("every server refuses the recipient", ({"RCPT": NO_USER}, {"RCPT": NO_USER}), {56}),
    Domain("every server says 250 to DATA", ({"DATA": "250 ok"}, {"DATA": "250 ok"}), {70}, given=(1, 2)),
    Domain("every server is good up to RCPT", ({}, {}), {0}, ("--stop-after", "rcpt")),
    Domain("the first is down, the second good up to RCPT", (DOWN, {}), {11, 22}, ("--stop-after", "rcpt")),
    Domain("three names have one address", ({},), {0}, given=(1,), most=1, records=many(3, "127.0.0.1")),
    Domain("forty names have one address", ({"RCPT": NO_USER},), {56}, most=1, records=many(40, "127.0.0.1")),
    Domain(
        "forty names have forty addresses, and nothing listens there", (DOWN,), {11}, records=many(40, "127.0.1.{}")
    ),
    Domain("a null MX stands beside a server", ({},), {0, 22}, given=(1,), records=mx("0 .", "10 mx1")),
    Domain("a name without an address stands before a server", ({},), {22}, given=(1,), records=mx("5 gone", "10 mx1")),
    Domain("the domain has an address and no MX", ({},), {0}, given=(1,), records={**mx(), **at(DOMAIN, "127.0.0.1")}),
    Domain(
        "the name of a server steers the terminal",
        ({},),
        {0, 10, 22},
        maybe=(1,),
        records={**mx(f"5 {STEERING}", "10 mx1"), **at(f"{STEERING}.{DOMAIN}", "127.0.0.1")},
    ),
    Domain("the domain takes no mail: null MX", (), {10}, records=mx("0 ."), causes="route.null-mx"),
    Domain("the only server has no address", (), {10}, records=mx("5 gone")),
    Domain("the domain has neither MX nor address", (), {10}, records={(f"{DOMAIN}.", "TXT"): ["x"]}),
    Domain("there is no such domain", (), {10}),
]


def records_of(domain: Domain) -> dict[tuple[str, str], list[str]]:
    """The zone: as the row says, else an MX and an address for each server."""
    count = len(domain.servers)
    made = {(f"mx{n}.{DOMAIN}.", "A"): [f"127.0.0.{n}"] for n in range(1, count + 1)}
    if count:
        made[f"{DOMAIN}.", "MX"] = [f"{10 * n} mx{n}.{DOMAIN}." for n in range(1, count + 1)]
    return {place: values for place, values in (made | dict(domain.records)).items() if values}


def listening(servers: tuple[Plays | None, ...]) -> tuple[list[Peer | None], int]:
    """The peers, on 127.0.0.1, 127.0.0.2 ... and one port."""
    peers = [None if plays is None else Peer(plays, host=f"127.0.0.{n}") for n, plays in enumerate(servers, 1)]
    port = free_port()
    for made in peers:
        if made:
            made.listen(port)
    return peers, port


def free_port() -> int:
    """A port on which nothing listens."""
    probe = Peer({})
    probe.listen()
    probe.end()
    return probe.port


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_domain(domain: Domain, files: dict[str, str], tmp_path: Path) -> None:
    peers, port = listening(domain.servers)
    there = [each for each in peers if each]
    told = row(domain.name, {}, domain.exits, *domain.options, causes=domain.causes)
    try:
        with name_server(zone(records_of(domain))) as resolver:
            target = ["--resolver", resolver, "-p", str(port)]
            arguments = arguments_of(told, target, files, f"kate@{DOMAIN}")
            views = run_views(told, arguments, tmp_path)
    finally:
        for each in there:
            each.end()
    wrong = [*complaints(told, views, there), *faults_of_delivery(domain, peers, views.json)]
    if wrong:
        pytest.fail("\n".join([*wrong, "", views.runs["text"].stdout[:4000]]), pytrace=False)


def faults_of_delivery(domain: Domain, peers: Sequence[Peer | None], run: Run) -> list[str]:
    """Who got the message and should not have, or the other way round; and how many servers were tried."""
    tried = [record for record in run.records if record["event"] == "connecting"]
    found = [f"{len(tried)} servers were tried, not {domain.most} at most"] if len(tried) > domain.most else []
    for n, each in enumerate(peers, 1):
        got = any(line.upper() == b"DATA" for line in each.heard) if each else False
        if n not in domain.maybe and got != (n in domain.given):
            found.append(f"mx{n} {'got' if got else 'did not get'} the message")
    return found


NAME_SERVERS: dict[str, Answer] = {
    "fails: SERVFAIL": fails(dns.rcode.SERVFAIL),
    "refuses: REFUSED": fails(dns.rcode.REFUSED),
    "is silent": silent,
    "sends garbage": garbage,
    "answers another question": other_id,
    "says that it has more to tell over TCP": truncated,
}


@pytest.mark.parametrize("behaviour", NAME_SERVERS)
def test_name_server(behaviour: str, files: dict[str, str], tmp_path: Path) -> None:
    told = row(f"the name server {behaviour}", {}, {10, 12}, *SHORT_WAIT)
    with name_server(NAME_SERVERS[behaviour]) as resolver:
        arguments = arguments_of(told, ["--resolver", resolver, "-p", "1"], files)
        views = run_views(told, arguments, tmp_path)
    wrong = complaints(told, views, [])
    if wrong:
        pytest.fail("\n".join([*wrong, "", views.runs["text"].stdout[:4000]]), pytrace=False)


def test_nothing_listens_on_the_port(files: dict[str, str], tmp_path: Path) -> None:
    told = row("nothing listens on the port", {}, 11, quiet=True)
    views = run_views(told, arguments_of(told, [f"127.0.0.1:{free_port()}"], files), tmp_path)
    assert complaints(told, views, []) == []
