"""Clients that say anything, in any order, and go away when they like: no scenario lets them break the lab."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import struct
from pathlib import Path

import pytest

from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.builtin import find_scenario, names
from smtpscope.lab.server import Lab

SAID = (
    b"EHLO contoso.com\r\n",
    b"HELO contoso.com\r\n",
    b"EHLO \xe5\x87\xaf.test\r\n",
    b"MAIL FROM:<chris@contoso.com> SIZE=3\r\n",
    b"MAIL FROM:<drop-data@contoso.com>\r\n",
    b"RCPT TO:<kate@fabrikam.com>\r\n",
    b"RCPT TO:<failed@fabrikam.com> NOTIFY=SUCCESS,FAILURE\r\n",
    b"RCPT TO:<\xff\xfe@fabrikam.com>\r\n",
    b"DATA\r\n",
    b"text\r\n.\r\n",
    b"BDAT 3\r\nabc",
    b"BDAT 2 LAST\r\nxy",
    b"BDAT 99999999\r\n",
    b"RSET\r\n",
    b"STARTTLS\r\n",
    b"\x16\x03\x01\x00\x05hello",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN AAAA\r\n",
    b"*\r\n",
    b"VRFY \x1b[31m\r\n",
    b"\0\xff\r\n",
    b"x" * 9000,
    b"\r\n",
    b"\n",
    b"\r",
    b"QUIT\r\n",
)


@pytest.mark.parametrize("name", names())
def test_nothing_that_a_client_does_is_an_error_of_ours(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scenario = find_scenario(name)
    assert scenario
    chance = random.Random(name)
    with caplog.at_level(logging.WARNING, "asyncio"), lab_running(scenario, maildir=str(tmp_path)) as lab:
        for _ in range(8 if scenario.listening else 0):
            talk(lab, chance)
    assert caplog.messages == []


def talk(lab: Lab, chance: random.Random) -> None:
    """One client: some of what can be said, heard now and then, ended in one way or another."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", lab.port), timeout=0.02) as client:
        for _ in range(chance.randint(1, 10)):
            client.sendall(b"".join(chance.choices(SAID, k=chance.choice((1, 1, 4)))))
            if chance.random() < 0.3:
                with contextlib.suppress(TimeoutError):
                    client.recv(65536)
        if chance.random() < 0.5:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
