"""STARTTLS (RFC 3207) and what happens in the handshake; TLS from the first octet (RFC 8314)."""

from __future__ import annotations

from hostile.acts import NAME, Act, below_tls, close, flood, reset, silence, start_tls
from hostile.certificate import server_context
from hostile.peer import Talk
from hostile.row import SECURE, SHORT_WAIT, alike, each, row

REQUIRE = ("--tls", "require")
VERIFY = (*REQUIRE, "--tls-ca", "{authority}", "--tls-name", NAME)
IMPLICIT = ("--tls", "implicit", "--no-verify")
GO = "220 2.0.0 go ahead"


def _tls_with(name: str, days: float, trusted: bool) -> Act:
    def act(talk: Talk) -> None:
        talk.socket = server_context(name, days, trusted).wrap_socket(talk.socket, server_side=True)
        talk.encrypted = True

    return act


_WRONG = ["221 bye", "250 ok", "334 ", "354 go on", "100 wait", "999 ok"]

_HANDSHAKES: dict[str, Act] = {
    "closes": close,
    "resets the connection": reset,
    "sends no TLS": (b"this is no TLS at all\r\n" * 4, close),
    "sends a fatal alert": (b"\x15\x03\x03\x00\x02\x02\x28", close),
    "goes on in clear": "500 5.5.1 what?",
    "sends random octets without an end": flood(bytes(range(256))),
    "sends half of a handshake": (b"\x16\x03\x03\x40\x00\x02\x00\x00", close),
}

ROWS = [
    # STARTTLS itself
    *each(
        "STARTTLS is answered by {}, and TLS is required",
        "STARTTLS",
        _WRONG,
        {30, 70},
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    *each(
        "STARTTLS is answered by {}, and TLS is wanted",
        "STARTTLS",
        _WRONG[1:4],
        {30, 70},
        offers="STARTTLS",
        never="MAIL",
    ),
    row("STARTTLS is answered without a code", {"STARTTLS": "go ahead"}, 70, *SECURE, offers="STARTTLS", never="MAIL"),
    row(
        "STARTTLS is refused for now, and TLS is required",
        {"STARTTLS": "454 4.7.0 not now"},
        43,
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    row(
        "STARTTLS is refused, and TLS is required",
        {"STARTTLS": "502 5.5.1 no"},
        53,
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    row("STARTTLS is answered by 421", {"STARTTLS": ("421 4.3.2 closing", close)}, 43, offers="STARTTLS", never="MAIL"),
    row("the server closes instead of answering STARTTLS", {"STARTTLS": close}, 14, offers="STARTTLS"),
    row("STARTTLS is never answered", {"STARTTLS": silence}, 12, *SHORT_WAIT, offers="STARTTLS"),
    row("STARTTLS is answered without an end", {"STARTTLS": flood(b"220-X\r\n")}, 70, offers="STARTTLS", never="MAIL"),
    row(
        "STARTTLS is answered by 250, and we were to stop there",
        {"STARTTLS": "250 ok"},
        {30, 70},
        "--stop-after",
        "starttls",
        offers="STARTTLS",
    ),
    row("TLS is required and not announced", {}, 30, *SECURE, never="STARTTLS | MAIL"),
    row("STARTTLS was overwritten on the way, and TLS is required", {}, 30, *SECURE, offers="XXXXXXXA", never="MAIL"),
    row(
        "a login is asked for, and STARTTLS was overwritten on the way",
        {},
        {30, 54},
        "--user",
        "kate",
        "--password-file",
        "{password}",
        offers="XXXXXXXA | AUTH PLAIN",
        never="AUTH",
    ),
    # The handshake
    *alike(
        row(
            f"in the handshake the server {name}",
            {"STARTTLS": (GO, act)},
            {30, 14},
            *SECURE,
            offers="STARTTLS",
            never="MAIL",
        )
        for name, act in _HANDSHAKES.items()
    ),
    *alike(
        row(
            f"in the handshake the server {name}, and TLS is wanted only",
            {"STARTTLS": (GO, _HANDSHAKES[name])},
            {30, 14},
            offers="STARTTLS",
            never="MAIL",
        )
        for name in ("closes", "goes on in clear", "sends a fatal alert")
    ),
    row(
        "in the handshake the server falls silent",
        {"STARTTLS": (GO, silence)},
        {30, 12},
        *SECURE,
        *SHORT_WAIT,
        offers="STARTTLS",
        never="MAIL",
    ),
    row(
        "the certificate signs itself",
        {"STARTTLS": (GO, _tls_with(NAME, 30, False))},
        30,
        *VERIFY,
        offers="STARTTLS",
        causes="tls.certificate",
        never="MAIL",
    ),
    row(
        "the certificate is for another name",
        {"STARTTLS": (GO, _tls_with("other.example", 30, True))},
        30,
        *VERIFY,
        offers="STARTTLS",
        causes="tls.certificate",
        never="MAIL",
    ),
    row(
        "the certificate has expired",
        {"STARTTLS": (GO, _tls_with(NAME, -1, True))},
        30,
        *VERIFY,
        offers="STARTTLS",
        causes="tls.certificate",
        never="MAIL",
    ),
    # Clear text around it (RFC 3207 section 5)
    row(
        "a reply in clear is slipped in ahead of the handshake",
        {"STARTTLS": (f"{GO}\n250 2.0.0 injected", start_tls)},
        {30, 70},
        *SECURE,
        offers="STARTTLS",
        quiet=True,
    ),
    row(
        "half a line in clear is slipped in ahead of the handshake",
        {"STARTTLS": (f"{GO}\r\n250-2.0.0 inj".encode(), start_tls)},
        {30, 70},
        *SECURE,
        offers="STARTTLS",
        quiet=True,
    ),
    row(
        "every answer that we hope for is slipped in ahead of the handshake",
        {"STARTTLS": (f"{GO}\n250 a\n250 b\n250 c\n354 d\n250 e", start_tls), "RCPT": "550 5.1.1 no"},
        {30, 56, 70},
        *SECURE,
        offers="STARTTLS",
    ),
    row(
        "clear text is written into the encrypted connection",
        {"EHLO 2": below_tls(b"250 mx.fabrikam.com\r\n")},
        {14, 30, 70},
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    row(
        "clear text is written into the encrypted connection at the dot",
        {".": below_tls(b"250 2.0.0 queued\r\n")},
        {14, 30, 70},
        *SECURE,
        offers="STARTTLS",
        quiet=True,
    ),
    row(
        "behind the handshake comes a second greeting",
        {"STARTTLS": (GO, start_tls, "220 mx.fabrikam.com ESMTP")},
        70,
        *SECURE,
        offers="STARTTLS",
    ),
    # EHLO anew
    *each(
        "the second EHLO is answered by {}",
        "EHLO 2",
        ["220 mx", "354 go on", "334 ", "999 ok", "hello"],
        70,
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    row(
        "the second EHLO is refused",
        {"EHLO 2": "550 5.7.1 no", "HELO": "550 5.7.1 no"},
        52,
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    row(
        "the second EHLO is answered by 421",
        {"EHLO 2": ("421 4.7.0 no", close)},
        42,
        *SECURE,
        offers="STARTTLS",
        never="MAIL",
    ),
    # From the first octet
    row("TLS from the first octet meets a greeting in clear", {}, 30, *IMPLICIT, never="MAIL", quiet=True),
    row("TLS from the first octet meets a refusal in clear", {"banner": "554 5.7.1 no"}, {30, 51}, *IMPLICIT),
    row("TLS from the first octet meets silence", {"connect": silence}, {12, 30}, *IMPLICIT, *SHORT_WAIT),
    row("TLS from the first octet is closed", {"connect": close}, {14, 30}, *IMPLICIT),
    row(
        "inside TLS from the first octet the server refuses to serve",
        {"connect": start_tls, "banner": "554 5.3.2 no"},
        51,
        *IMPLICIT,
    ),
    row(
        "inside TLS from the first octet the server never greets",
        {"connect": start_tls, "banner": silence},
        12,
        *IMPLICIT,
        *SHORT_WAIT,
    ),
    row("inside TLS from the first octet the server closes", {"connect": start_tls, "banner": close}, 14, *IMPLICIT),
]

GOOD = [
    row("STARTTLS is not announced, and TLS is wanted only", {}, 0),
    row("STARTTLS is refused for now, and TLS is wanted only", {"STARTTLS": "454 4.7.0 not now"}, 0, offers="STARTTLS"),
    row(
        "STARTTLS was overwritten on the way, and TLS is wanted only",
        {},
        0,
        offers="XXXXXXXA",
        says="STARTTLS",
        quiet=True,
    ),
    row("the certificate is good", {}, 0, *VERIFY, offers="STARTTLS"),
    row(
        "the certificate signs itself, and nobody asked for more",
        {"STARTTLS": (GO, _tls_with(NAME, 30, False))},
        0,
        offers="STARTTLS",
    ),
    row("STARTTLS is announced again inside TLS", {"EHLO 2": "250-mx\n250 STARTTLS"}, 0, *SECURE, offers="STARTTLS"),
    row("TLS is there from the first octet", {"connect": start_tls}, 0, *IMPLICIT),
]
