"""telnet, swaks and curl hold the conversation with ``smtpscope lab``, and what they sent lies in the Maildir."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

LIMIT = 20
SUBJECT, BODY = "来自 Contoso 的测试", "这是一封测试邮件"
# A dot at the start of a line, in the three forms that matter, and text that is not ASCII.
MESSAGE = (
    "From: <chris@contoso.com>\r\nTo: <kate@fabrikam.com>\r\nSubject: =?utf-8?B?5rWL6K+V?=\r\n"
    "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <clients@contoso.com>\r\n"
    f"\r\n{BODY}\r\n.\r\n..\r\n.and more\r\n"
).encode()


@dataclass(frozen=True)
class RunningLab:
    """A lab in a process of its own, as a user starts it."""

    personality: str
    ports: list[int]
    maildir: Path

    @property
    def port(self) -> int:
        return self.ports[0]

    def taken(self) -> tuple[bytes, dict[str, Any]]:
        """The one message that was taken, and its envelope; notifications about it lie beside it."""
        envelopes = [json.loads(path.read_text("utf-8")) for path in (self.maildir / "envelopes").iterdir()]
        [envelope] = [envelope for envelope in envelopes if not envelope["about"]]
        return (self.maildir / "new" / envelope["id"]).read_bytes(), envelope


@contextmanager
def running_lab(maildir: Path, *options: str, personality: str = "exchange") -> Iterator[RunningLab]:
    """``smtpscope lab`` with these options, until the block ends; then it is interrupted, as a user would."""
    command = [sys.executable, "-m", "smtpscope", "lab", "--lang=en", "--port=0", f"--maildir={maildir}"]
    command += [f"--personality={personality}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            said = "".join(iter(process.stdout.readline, f"messages are stored in {maildir}; press Ctrl-C to stop\n"))
            ports = [int(port) for port in re.findall(r"port (\d+)", said)]
            yield RunningLab(personality, ports, maildir)
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait(LIMIT) == 0


@pytest.fixture(params=["exchange", "postfix"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningLab]:
    with running_lab(tmp_path / "maildir", personality=request.param) as lab:
        yield lab


def program(name: str) -> str:
    """Its path. tests/install.sh installs it: that it is missing is a failure."""
    path = shutil.which(name)
    assert path, f"{name} is not installed: run tests/install.sh"
    return path


def run(*command: str, text: bytes = b"") -> str:
    """What a program prints. Raises AssertionError when it fails."""
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said
    return said


# What is typed, and the answer to it: the procedure, word for word (Exchange), and in Postfix's words.
TYPED = (
    "EHLO contoso.com",
    "MAIL FROM:chris@contoso.com",
    "RCPT TO:kate@fabrikam.com NOTIFY=success,failure",
    "DATA",
)
ANSWERS = {
    "exchange": (
        "220 mail1.fabrikam.com Microsoft ESMTP MAIL Service ready at ",
        "250 CHUNKING",
        "250 2.1.0 Sender OK",
        "250 2.1.5 Recipient OK",
        "354 Start mail input; end with <CRLF>.<CRLF>",
        " Queued mail for delivery",
        "221 2.0.0 Service closing transmission channel",
    ),
    "postfix": (
        "220 mail.example.test ESMTP Postfix",
        "250 CHUNKING",
        "250 2.1.0 Ok",
        "250 2.1.5 Ok",
        "354 End data with <CR><LF>.<CR><LF>",
        "250 2.0.0 Ok: queued as ",
        "221 2.0.0 Bye",
    ),
}


def test_telnet(lab: RunningLab) -> None:
    banner, *replies, queued, bye = ANSWERS[lab.personality]
    text = (f"Subject: {SUBJECT}", "", BODY, "..", "..and more")
    # GNU telnet looks at seven bits of each octet typed: 来 holds 9D, which it takes for its escape Ctrl-] (-E: none),
    # and 的 holds 9A, which it takes for Ctrl-Z and sends as a telnet command into the message. ^N is not in our text.
    start = f"stty susp '^N'; exec {program('telnet')} -E 127.0.0.1 {lab.port}"
    child = pexpect.spawn("sh", ["-c", start], timeout=LIMIT, encoding="utf-8", codec_errors="replace")
    try:
        child.expect_exact(banner)
        for line, reply in zip(TYPED, replies, strict=True):
            child.sendline(line)
            child.expect_exact(reply)
        for line in (*text, "."):
            child.sendline(line)
        child.expect_exact(queued)
        child.sendline("QUIT")
        child.expect_exact(bye)
        child.expect_exact("Connection closed by foreign host.")
        child.expect(pexpect.EOF)
        child.wait()
    finally:
        child.close(force=True)
    content, envelope = lab.taken()
    assert content.decode() == f"Subject: {SUBJECT}\r\n\r\n{BODY}\r\n.\r\n.and more\r\n"
    assert (envelope["helo"], envelope["sender"]) == ("contoso.com", "chris@contoso.com")
    assert envelope["recipients"] == [{"address": "kate@fabrikam.com", "parameters": {"NOTIFY": "success,failure"}}]


@pytest.mark.parametrize("pipelining", [(), ("--pipeline",)])
def test_swaks(lab: RunningLab, tmp_path: Path, pipelining: tuple[str, ...]) -> None:
    (tmp_path / "message.eml").write_bytes(MESSAGE)
    said = run(
        program("swaks"),
        *("--server", f"127.0.0.1:{lab.port}", "--helo", "contoso.com", "--from", "chris@contoso.com"),
        *("--to", "kate@fabrikam.com,info@fabrikam.com", "--data", f"@{tmp_path}/message.eml", *pipelining),
    )
    banner, *_, queued, bye = ANSWERS[lab.personality]
    for words in (banner, queued, bye):
        assert words in said
    content, envelope = lab.taken()
    assert content == MESSAGE + b"\r\n"  # swaks sets a line end of its own before the dot
    addresses = [recipient["address"] for recipient in envelope["recipients"]]
    assert (envelope["sender"], addresses) == ("chris@contoso.com", ["kate@fabrikam.com", "info@fabrikam.com"])


def test_curl(lab: RunningLab, tmp_path: Path) -> None:
    (tmp_path / "message.eml").write_bytes(MESSAGE)
    said = run(
        program("curl"),
        *("--silent", "--show-error", "--verbose", f"smtp://127.0.0.1:{lab.port}/contoso.com"),
        *("--mail-from", "chris@contoso.com", "--mail-rcpt", "kate@fabrikam.com"),
        *("--upload-file", str(tmp_path / "message.eml")),
    )
    banner, *_, queued, _bye = ANSWERS[lab.personality]  # it says QUIT without listening
    for words in (banner, queued):
        assert words in said
    content, envelope = lab.taken()
    assert content == MESSAGE
    assert (envelope["helo"], envelope["sender"]) == ("contoso.com", "chris@contoso.com")
    assert envelope["parameters"] == {"SIZE": str(len(MESSAGE))}  # curl announces it


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_curl_with_tls_and_a_login(tmp_path: Path, scheme: str, mechanism: str) -> None:
    (tmp_path / "message.eml").write_bytes(MESSAGE)
    security = ("--tls", "--tls-port=0", "--user=chris:example-password")
    with running_lab(tmp_path / "maildir", *security) as lab:
        port = lab.ports[("smtp", "smtps").index(scheme)]
        run(
            program("curl"),
            *("--silent", "--show-error", "--ssl-reqd", "--cacert", str(lab.maildir / "tls" / "ca.pem")),
            *("--user", "chris:example-password", "--login-options", f"AUTH={mechanism}"),
            *("--mail-from", "chris@contoso.com", "--mail-rcpt", "kate@fabrikam.com"),
            *("--upload-file", str(tmp_path / "message.eml"), f"{scheme}://127.0.0.1:{port}/contoso.com"),
        )
        content, envelope = lab.taken()
    assert content == MESSAGE
    assert envelope["sender"] == "chris@contoso.com"


def swaks(port: int, *options: str) -> str:
    """What swaks prints that hands over a message."""
    place = ("--server", f"127.0.0.1:{port}", "--helo", "contoso.com", "--from", "chris@contoso.com")
    return run(program("swaks"), *place, "--to", "kate@fabrikam.com", *options)


def test_swaks_lmtp(tmp_path: Path) -> None:
    with running_lab(tmp_path / "maildir", "--lmtp-port=0") as lab:
        said = swaks(lab.ports[1], "--protocol", "LMTP", "--to", "kate@fabrikam.com,info@fabrikam.com")
        assert " -> LHLO contoso.com" in said
        assert said.count("Queued mail for delivery") == 2
        _content, envelope = lab.taken()
    assert [item["address"] for item in envelope["recipients"]] == ["kate@fabrikam.com", "info@fabrikam.com"]


def test_swaks_xclient(tmp_path: Path) -> None:
    claim = (
        "--xclient-addr",
        "198.51.100.7",
        "--xclient-name",
        "mail.contoso.com",
        "--xclient-login",
        "kate@fabrikam.com",
    )
    with running_lab(tmp_path / "maildir", "--xclient") as lab:
        said = swaks(lab.port, *claim)
        assert "Hello [198.51.100.7]" in said
        _content, envelope = lab.taken()
    assert (envelope["peer"], envelope["login"]) == ("198.51.100.7", "kate@fabrikam.com")
    assert envelope["claimed"]["NAME"] == "mail.contoso.com"


IPV4, IPV6 = ("198.51.100.7", "192.0.2.1"), ("2001:db8::7", "2001:db8::1")


@pytest.mark.parametrize(
    ("version", "family", "addresses"),
    [("1", "TCP4", IPV4), ("1", "TCP6", IPV6), ("2", "AF_INET", IPV4), ("2", "AF_INET6", IPV6)],
)
def test_swaks_behind_a_proxy(tmp_path: Path, version: str, family: str, addresses: tuple[str, str]) -> None:
    client, server = addresses
    options = ("--proxy-version", version, "--proxy-family", family, "--proxy-source", client, "--proxy-dest", server)
    with running_lab(tmp_path / "maildir", "--proxy-protocol") as lab:
        said = swaks(lab.port, *options, "--proxy-source-port", "40000", "--proxy-dest-port", "25")
        assert f"Hello [{client}]" in said
        _content, envelope = lab.taken()
    assert envelope["peer"] == client
    assert envelope["claimed"] == {"ADDR": client, "PORT": "40000", "DESTADDR": server, "DESTPORT": "25"}


def test_curl_behind_a_proxy(tmp_path: Path) -> None:
    (tmp_path / "message.eml").write_bytes(MESSAGE)
    with running_lab(tmp_path / "maildir", "--proxy-protocol") as lab:
        run(
            program("curl"),
            *("--silent", "--show-error", "--haproxy-protocol", f"smtp://127.0.0.1:{lab.port}/contoso.com"),
            *("--mail-from", "chris@contoso.com", "--mail-rcpt", "kate@fabrikam.com"),
            *("--upload-file", str(tmp_path / "message.eml")),
        )
        content, envelope = lab.taken()
    assert content == MESSAGE
    assert envelope["claimed"]["DESTPORT"] == str(lab.port)
