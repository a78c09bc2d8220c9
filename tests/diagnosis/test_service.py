"""What a service speaks, from its first octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.diagnosis.service import first_line, identify_service


@pytest.mark.parametrize(
    ("octets", "protocol"),
    [
        (b"220 mail1.fabrikam.com ESMTP\r\n", "SMTP"),
        (b"220-two lines\r\n220 ready\r\n", "SMTP"),
        (b"220\r\n", "SMTP"),
        (b"554 go away\r\n", "SMTP"),
        (b"421 4.3.2 too busy\r\n", "SMTP"),
        (b"220 (vsFTPd 3.0.3)\r\n", "FTP"),
        (b"220 ProFTPD Server ready.\r\n", "FTP"),
        (b"220 ftp.fabrikam.com ESMTP Postfix\r\n", "SMTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"<!DOCTYPE HTML><html>", "HTTP"),
        (b"<html>400</html>", "HTTP"),
        (b"+OK ready\r\n", "POP3"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
        (b"\x15\x03\x01\x00\x02\x02\x0a", "TLS"),
        (b"\x16\x03\x03\x00\x31", "TLS"),
        (b"\xff\xfd\x18", "Telnet"),
        (b"RFB 003.008\n", "VNC"),
        (b"200 news.fabrikam.com ready\r\n", "NNTP"),
        (b"", ""),
        (b"hello\r\n", ""),
    ],
)
def test_protocols(octets: bytes, protocol: str) -> None:
    assert identify_service(octets) == protocol


@given(st.binary(max_size=300))
def test_anything_at_all_is_recognised_or_not(octets: bytes) -> None:
    assert isinstance(identify_service(octets), str)
    assert len(first_line(octets)) <= 120 * 4


def test_the_first_line_alone() -> None:
    assert first_line(b"\r\n220-one\r\n220 two\r\n") == "220-one"
    assert first_line(b"caf\xe9\r\n") == "caf\\xe9"
