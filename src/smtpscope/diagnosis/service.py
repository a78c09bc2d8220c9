"""Identifies the protocol of a service by its first bytes."""

from __future__ import annotations

# The first bytes of services that send a banner, or reply to an unknown line. The first match is used.
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"ssh-", "SSH"),  # RFC 4253 section 4.2
    (b"http/", "HTTP"),
    (b"<!doctype html", "HTTP"),
    (b"<html", "HTTP"),
    (b"+ok", "POP3"),  # RFC 1939 section 3
    (b"-err", "POP3"),
    (b"* ok", "IMAP"),  # RFC 9051 section 7.1
    (b"* preauth", "IMAP"),
    (b"* bye", "IMAP"),
    (b"rfb ", "VNC"),
    (b"\xff\xfb", "Telnet"),
    (b"\xff\xfd", "Telnet"),
    (b"200 ", "NNTP"),  # RFC 3977 section 5.1.1
    (b"201 ", "NNTP"),
)

# The first TLS records of a server: alert, handshake (RFC 8446 section 5.1).
_TLS = (b"\x15\x03", b"\x16\x03")


def identify_service(octets: bytes) -> str:
    """The protocol: SMTP, SSH, HTTP, POP3, IMAP, FTP, TLS, NNTP, VNC, or Telnet; empty if it is not known."""
    start = octets.lstrip()[:200].lower()
    if octets[:2] in _TLS:
        return "TLS"
    if start[:3].isdigit() and start[3:4] in (b" ", b"-", b"\r", b"\n") and start[:1] in b"45":
        return "SMTP"
    if start.startswith(b"220"):
        return "FTP" if b"ftp" in start and b"smtp" not in start else "SMTP"
    return next((name for sign, name in _SIGNS if start.startswith(sign)), "")


def first_line(octets: bytes, limit: int = 120) -> str:
    """The first line of ``octets`` as text, at most ``limit`` bytes of it."""
    line = octets.strip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")
    return line[:limit].decode("utf-8", "backslashreplace")
