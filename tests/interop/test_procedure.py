"""The procedure with each real server, and what arrived, byte for byte."""

from __future__ import annotations

import email
import email.policy
import random
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from interop.probe import Outcome, probe
from interop.servers.server import Server
from smtpscope.protocol.phase import Phase

SUBJECT, BODY = "来自 Contoso 的测试", "这是一封测试邮件"
# What a server may put in front of a message that it delivers (RFC 5321 section 4.4), and nothing else.
TRACE = (
    rb"(?:(?:Return-Path|Received|Delivered-To|X-Original-To|Envelope-To|Delivery-Date):[^\n]*\n(?:[ \t][^\n]*\n)*)+"
)

READY = (
    "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nFrom: <chris@contoso.com>\r\nTo: <kate@fabrikam.com>\r\n"
    "Subject: =?utf-8?B?5rWL6K+V?=\r\nMessage-ID: <ready.{name}@contoso.com>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "这是一封测试邮件\r\n.\r\n..\r\n.a dot and more\r\n\r\n \t trailing space \r\nFrom the start of a line\r\n"
    + "x" * 998
    + "\r\n\r\n\r\n"
)


def run_id(outcome: Outcome) -> bytes:
    """The line that tells this message from all others."""
    found = re.search(rb"^X-Smtpscope-Run: .+?(?=\r)", outcome.message, re.MULTILINE)
    assert found
    return found[0]


def assert_delivered(sent: bytes, delivered: bytes) -> None:
    """``delivered`` is trace lines and then ``sent``; a Maildir has LF where the line had CRLF."""
    content = sent.replace(b"\r\n", b"\n")
    assert delivered.endswith(content)
    assert re.fullmatch(TRACE, delivered.removesuffix(content), re.IGNORECASE)


def parse(message: bytes) -> EmailMessage:
    """The message as another program reads it."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text_of(message: EmailMessage) -> str:
    """Its text."""
    part = message.get_body(("plain",))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content


def test_the_whole_procedure(server: Server) -> None:
    outcome = probe(
        server, "--to=kate@fabrikam.com", f"--subject={SUBJECT}", f"--body={BODY}", "--notify=success,failure"
    )
    assert (outcome.code, outcome.status, outcome.queued) == (0, "ok", True)
    assert outcome.said[0] == "EHLO contoso.com"
    size = len(outcome.message)
    assert outcome.said[1:] == [
        f"MAIL FROM:<chris@contoso.com> SIZE={size} BODY=8BITMIME",
        "RCPT TO:<kate@fabrikam.com> NOTIFY=SUCCESS,FAILURE",
        "DATA",
        "QUIT",
    ]
    asked = (Phase.BANNER, Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA, Phase.QUIT)
    assert [outcome.codes(phase) for phase in asked] == [[220], [250], [250], [250], [354], [250], [221]]
    [delivered] = server.wait_for("kate@fabrikam.com", run_id(outcome))
    assert_delivered(outcome.message, delivered)
    message = parse(delivered)
    assert (message["Subject"], message["From"], message["To"]) == (
        SUBJECT,
        "chris@contoso.com",
        "kate@fabrikam.com",
    )
    assert text_of(message).rstrip() == BODY


def test_a_megabyte_attached_and_a_line_with_a_dot(server: Server, tmp_path: Path) -> None:
    content = random.Random(5321).randbytes(1_048_576)
    (tmp_path / "附件.bin").write_bytes(content)
    body = f"{BODY}\n.\n..\n.end"
    outcome = probe(server, "--to=kate@fabrikam.com", f"--body={body}", f"--attach={tmp_path}/附件.bin")
    assert outcome.code == 0
    [delivered] = server.wait_for("kate@fabrikam.com", run_id(outcome))
    assert_delivered(outcome.message, delivered)
    message = parse(delivered)
    assert text_of(message).rstrip() == body
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "附件.bin"
    assert attached.get_payload(decode=True) == content


def test_a_ready_message_arrives_as_it_was(server: Server, tmp_path: Path) -> None:
    ready = READY.format(name=server.name).encode()
    (tmp_path / "ready.eml").write_bytes(ready)
    outcome = probe(server, "--to=kate@fabrikam.com", f"--data={tmp_path}/ready.eml")
    assert outcome.code == 0
    assert outcome.message == ready
    [delivered] = server.wait_for("kate@fabrikam.com", f"<ready.{server.name}@".encode())
    assert_delivered(ready, delivered)


def test_without_8bitmime_the_text_is_encoded_and_reads_the_same(server: Server) -> None:
    outcome = probe(server, "--to=kate@fabrikam.com", f"--subject={SUBJECT}", f"--body={BODY}", "--8bitmime=forbid")
    assert outcome.code == 0
    assert outcome.message.isascii()
    [delivered] = server.wait_for("kate@fabrikam.com", run_id(outcome))
    assert_delivered(outcome.message, delivered)
    assert (parse(delivered)["Subject"], text_of(parse(delivered)).rstrip()) == (SUBJECT, BODY)


def test_part_of_the_recipients_is_refused(server: Server) -> None:
    outcome = probe(server, "--to=kate@fabrikam.com", "--to=nobody@fabrikam.com", "--to=info@fabrikam.com")
    assert (outcome.code, outcome.status, outcome.queued) == (20, "partial", True)
    results = [(item["recipient"], item["accepted"]) for item in outcome.server["recipients"]]
    assert results == [("kate@fabrikam.com", True), ("nobody@fabrikam.com", False), ("info@fabrikam.com", True)]
    for address in ("kate@fabrikam.com", "info@fabrikam.com"):
        [delivered] = server.wait_for(address, run_id(outcome))
        assert_delivered(outcome.message, delivered)


@pytest.mark.parametrize("stop", ["banner", "ehlo", "mail", "rcpt", "data"])
def test_a_test_that_stops_leaves_no_mail(server: Server, stop: str) -> None:
    before = set(server.messages("info@fabrikam.com"))
    outcome = probe(server, "--to=info@fabrikam.com", f"--subject=stops at {stop}", f"--stop-after={stop}")
    assert (outcome.code, outcome.status, outcome.queued) == (0, "ok", False)
    verbs = ["EHLO", "MAIL", "RCPT", "DATA"][: ["banner", "ehlo", "mail", "rcpt", "data"].index(stop)]
    # Within DATA, QUIT would be a line of the message: the only way out is to hang up.
    assert [line[:4] for line in outcome.said] == verbs + (["QUIT"] if stop != "data" else [])
    marker = probe(server, "--to=info@fabrikam.com")
    [delivered] = server.wait_for("info@fabrikam.com", run_id(marker))
    assert set(server.messages("info@fabrikam.com")) - before == {delivered}
