"""A lab behind a proxy: the header first, or nothing."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smtpscope.lab.announcement import Announcement, AnnouncementId, announce
from smtpscope.lab.options import Limits, Security, Service
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.server import Lab
from smtpscope.lab.store.archive import Archive

BEHIND = Service(proxied=True, xclient=True)
LINE = b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 25\r\n"
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"
MAIL = b"EHLO contoso.com\r\nMAIL FROM:<chris@contoso.com>\r\nRCPT TO:<kate@fabrikam.com>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"


@contextmanager
def talking(lab: Lab) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", lab.port), timeout=20) as client:
        yield client


def hear_all(client: socket.socket) -> bytes:
    heard = b""
    while piece := client.recv(65536):
        heard += piece
    return heard


def say(lab: Lab, octets: bytes) -> bytes:
    """Everything that is answered until the lab closes."""
    with talking(lab) as client:
        client.sendall(octets)
        return hear_all(client)


def test_the_client_is_the_one_in_the_header(tmp_path: Path) -> None:
    with lab_running(maildir=str(tmp_path), service=BEHIND) as lab:
        said = say(lab, LINE + MAIL)
        [mail] = lab.messages
    assert b"Hello [198.51.100.7]" in said
    assert b"XCLIENT" in said  # who really is connected is on this machine
    assert mail.peer == "198.51.100.7"
    envelope = json.loads((tmp_path / "envelopes" / f"{mail.id}.json").read_text())
    expected = {"ADDR": "198.51.100.7", "PORT": "40000", "DESTADDR": "192.0.2.1", "DESTPORT": "25"}
    assert envelope["claimed"] == expected
    [entry] = Archive(str(tmp_path)).entries()
    assert entry.mail
    assert dict(entry.mail.claimed) == expected


def test_rules_for_the_greeting_see_it_too() -> None:
    refusal = Action(554, ("5.7.1 not from {peer}",), end="drop")
    listed = Scenario("own", rules=(Rule(When(("connect",), peer=r"^198\.51\."), refusal),))
    with lab_running(listed, service=BEHIND) as lab:
        assert say(lab, LINE) == b"554 5.7.1 not from 198.51.100.7\r\n"


@pytest.mark.parametrize("header", [LOCAL, b"PROXY UNKNOWN\r\n"])
def test_a_proxy_that_speaks_for_itself_is_the_client(header: bytes) -> None:
    with lab_running(service=BEHIND) as lab:
        assert b"Hello [127.0.0.1]" in say(lab, header + MAIL)
        [mail] = lab.messages
    assert (mail.peer, mail.claimed) == ("127.0.0.1", ())


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (MAIL, "proxy-missing"),
        (b"PROXY TCP4 here there 1 2\r\n" + MAIL, "proxy-line"),
        (b"PROXY " + b"x" * 200000, "proxy-line-long"),
    ],
)
def test_without_a_good_header_the_connection_is_closed(tmp_path: Path, octets: bytes, fault: str) -> None:
    with lab_running(maildir=str(tmp_path), service=BEHIND) as lab:
        told: list[Announcement] = []
        lab.say = told.append
        with talking(lab) as client:
            client.sendall(octets)
            try:
                said = hear_all(client)
            except ConnectionResetError:  # what it said was not all read
                said = b""
        [session] = lab.sessions
    assert said == b""
    [piece] = told
    assert piece.id is AnnouncementId.NO_PROXY_HEADER
    assert dict(piece.details).items() >= {"address": "127.0.0.1", "fault": fault}.items()
    transcript = (tmp_path / "sessions" / f"{session}.jsonl").read_text()
    assert "no-proxy-header" in transcript
    assert len(transcript) < 20000


def test_nothing_in_time(tmp_path: Path) -> None:
    with lab_running(maildir=str(tmp_path), service=BEHIND, limits=Limits(idle=0.2)) as lab:
        told: list[Announcement] = []
        lab.say = told.append
        assert say(lab, b"PRO") == b""
    assert told == [announce(AnnouncementId.NO_PROXY_HEADER, address="127.0.0.1", fault="proxy-late")]


def test_who_only_knocks_is_not_talked_about() -> None:
    with lab_running(service=BEHIND) as lab:
        told: list[Announcement] = []
        lab.say = told.append
        with talking(lab) as client:
            client.shutdown(socket.SHUT_WR)
            assert hear_all(client) == b""
        with talking(lab) as client:
            client.sendall(b"PROXY TCP4 ")
            client.shutdown(socket.SHUT_WR)
            assert hear_all(client) == b""
    assert told == [announce(AnnouncementId.NO_PROXY_HEADER, address="127.0.0.1", fault="proxy-cut")]


def test_tls_begins_behind_the_header() -> None:
    with lab_running(service=BEHIND, security=Security(implicit=True)) as lab:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ssl.create_default_context(cafile=lab.ca_file).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        with talking(lab) as client:
            client.sendall(LINE + outgoing.read())  # in one piece, as a proxy may send it
            while not outgoing.pending:
                incoming.write(client.recv(65536))
                try:
                    tls.do_handshake()
                except ssl.SSLWantReadError:
                    continue
            client.sendall(outgoing.read())
        assert tls.version() == "TLSv1.3"
