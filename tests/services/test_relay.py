"""A message handed over from within an event loop: what the lab does with its notifications."""

from __future__ import annotations

import asyncio
import smtplib
import sys
import threading
import time

import pytest

from scripted import BYE, GREETING, HELLO, OK, drain, replies, scripted
from smtpscope.cli.main import main
from smtpscope.lab.announcement import Announcement
from smtpscope.lab.runner import lab_running
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.services.relay import hand_over, make_smart_host

MESSAGE = b"Subject: test\r\n\r\nhello\r\n"


def give(port: int) -> str:
    return asyncio.run(hand_over("127.0.0.1", port, "mail1.fabrikam.com", "chris@contoso.com", MESSAGE))


def test_the_message_goes_from_the_null_sender_to_its_recipient() -> None:
    with lab_running() as lab:
        said = give(lab.port)
        (mail,) = lab.messages
    assert (mail.sender, mail.recipients[0].address, mail.content) == ("", "chris@contoso.com", MESSAGE)
    assert said.startswith("accepted for delivery: 250 ")


def test_a_rejection_and_a_server_that_is_not_there_are_said() -> None:
    with scripted(*replies(GREETING, HELLO, OK, b"550 5.1.1 no such user\r\n", BYE)) as server:
        assert "no such user" in give(server.port)
    assert "refused" in give(server.port)


def send(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, "contoso.com") as client:
        client.sendmail("chris@contoso.com", ["kate@fabrikam.com"], MESSAGE)


def wait(reached: threading.Event) -> None:
    assert reached.wait(20)


def test_the_lab_relays_without_a_thread() -> None:
    relayed, threads = threading.Event(), set[str]()

    def note(_told: Announcement) -> None:
        threads.update(thread.name for thread in threading.enumerate())
        relayed.set()

    with lab_running() as target:
        host = make_smart_host(Endpoint("127.0.0.1", target.port), "mail1.fabrikam.com")
        with lab_running("bounce", smart_host=host) as lab:
            before = {thread.name for thread in threading.enumerate()}
            lab.say = note
            send(lab.port)
            wait(relayed)
        assert [mail.sender for mail in target.messages] == [""]
    assert threads <= before


@pytest.mark.parametrize(("acts", "heard"), [((drain,), b""), ((*replies(GREETING, HELLO), "line", drain), b"EHLO")])
def test_a_smart_host_that_is_silent_does_not_hold_up_the_end_of_the_lab(
    acts: tuple[object, ...], heard: bytes
) -> None:
    reached = threading.Event()
    with scripted(lambda _connection: reached.set(), *acts) as server:  # type: ignore[arg-type]
        host = make_smart_host(Endpoint("127.0.0.1", server.port), "mail1.fabrikam.com")
        with lab_running("bounce", smart_host=host) as lab:
            send(lab.port)
            wait(reached)
            time.sleep(0.3)
            begun = time.monotonic()
        assert time.monotonic() - begun < 8
    assert server.heard.startswith(heard)


def test_the_option_relays_notifications(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "import os, smtplib, time; c = smtplib.SMTP(os.environ['SMTP_HOST'], int(os.environ['SMTP_PORT'])); "
        "c.sendmail('chris@contoso.com', ['kate@fabrikam.com'], b'Subject: x\\r\\n\\r\\ntext'); c.quit(); "
        "time.sleep(1.5)"
    )
    with lab_running() as target:
        place = f"127.0.0.1:{target.port}"
        command = f'{sys.executable} -c "{program}"'
        assert main(["lab", "--scenario", "bounce", "--smart-host", place, "--run", command]) == 0
        assert [mail.sender for mail in target.messages] == [""]
    assert "chris@contoso.com" in capsys.readouterr().err
