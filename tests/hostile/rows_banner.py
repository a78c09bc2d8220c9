"""The greeting (RFC 5321 sections 3.1 and 4.3.2): 220 opens the session, 554 and 421 refuse it."""

from __future__ import annotations

from hostile.acts import close, flood, pieces, reset, silence, trickle
from hostile.row import SHORT_WAIT, each, row

ROWS = [
    *each(
        "the greeting is {}",
        "banner",
        ["250 mx.fabrikam.com", "221 bye", "235 logged in", "354 go on", "334 "],
        70,
        never="MAIL",
    ),
    *each(
        "the greeting has a code that SMTP does not know: {}",
        "banner",
        ["000 hello", "100 wait", "600 hello", "999 what", "2200 hello", "220hello"],
        70,
        never="MAIL",
    ),
    *each("the greeting has no code: {}", "banner", ["hello there", "", "mx.fabrikam.com ESMTP"], 70, never="EHLO"),
    *each(
        "another protocol answers on the port: {}",
        "banner",
        ["SSH-2.0-OpenSSH_9.2", "HTTP/1.1 400 Bad Request\n", "+OK POP3 ready", "* OK IMAP4rev1 ready"],
        70,
        causes="network.not-smtp connection.wrong-port",
        never="EHLO",
    ),
    row(
        "a TLS alert is the greeting", {"banner": (b"\x15\x03\x01\x00\x02\x02\x28", close)}, {70, 14, 30}, never="MAIL"
    ),
    row("four NUL octets are the greeting", {"banner": b"\0\0\0\0\r\n"}, 70, never="EHLO"),
    *each("the server refuses to serve: {}", "banner", ["554 5.3.2 no service", "550 5.7.1 blocked"], 51, never="MAIL"),
    *each("the server refuses for now: {}", "banner", ["421 4.3.2 busy", "450 4.7.1 later"], 41, never="MAIL"),
    row("the greeting is 250, and we were to stop there", {"banner": "250 mx"}, 70, "--stop-after", "banner"),
    row("the greeting is 421, and we were to stop there", {"banner": "421 4.3.2 busy"}, 41, "--stop-after", "banner"),
    # Several replies, or one that contradicts itself
    row("there are two greetings", {"banner": "220 mx.fabrikam.com\n220 mx.fabrikam.com"}, 70, quiet=True),
    row(
        "the server complains before we have said anything",
        {"banner": "220 mx.fabrikam.com\n500 5.5.1 Invalid command.\n500 5.5.1 Invalid command."},
        70,
        blames="protocol.unknown-command recipient.syntax",
        quiet=True,
    ),
    row(
        "behind the greeting comes 421",
        {"banner": "220 mx.fabrikam.com\n421 4.3.2 shutting down"},
        {41, 42},
        never="MAIL",
    ),
    row("the answer to EHLO comes with the greeting", {"banner": "220 mx.fabrikam.com\n250 mx.fabrikam.com"}, 70),
    row("the lines of the greeting say 220 and 554", {"banner": "220-hello\n554 no"}, {51, 70}, never="MAIL"),
    row("the lines of the greeting say 554 and 220", {"banner": "554-no\n220 hello"}, {51, 70}, never="MAIL"),
    row("the lines of the greeting say 250 and 220", {"banner": "250-hello\n220 hello"}, 70, never="MAIL"),
    # Not a whole reply
    row("the connection is closed at once", {"connect": close}, 14),
    row("the connection is reset at once", {"connect": reset}, 14),
    row("the server never greets", {"banner": silence}, 12, *SHORT_WAIT),
    row("the server closes in the middle of the greeting", {"banner": (b"220 mx.fabri", close)}, 14),
    row(
        "the server falls silent in the middle of the greeting", {"banner": (b"220 mx.fabri", silence)}, 12, *SHORT_WAIT
    ),
    row("the greeting never comes to its last line", {"banner": (b"220-one\r\n220-two\r\n", close)}, 14),
    row("the greeting waits for its last line", {"banner": (b"220-one\r\n220-two\r\n", silence)}, 12, *SHORT_WAIT),
    row(
        "the greeting trickles, an octet now and then", {"banner": trickle(b"220 " + b"." * 600, 0.1)}, 12, *SHORT_WAIT
    ),
    # Floods
    row("the greeting has no end", {"banner": flood(b"220-again\r\n")}, 70, quiet=True),
    row("the greeting is one line without an end", {"banner": (b"220 ", flood(b"A"))}, 70),
    row("the greeting is a flood of NUL octets", {"banner": flood(b"\0")}, 70),
    row("the greeting is a flood of empty lines", {"banner": flood(b"\r\n")}, 70),
    row("greetings without an end", {"banner": flood(b"220 hello\r\n")}, 70, quiet=True),
    # What the text may not do to a terminal; what the code says is clear all the same
    *each(
        "the greeting holds {}",
        "banner",
        {
            "escape sequences": b"220 mx\x1b]0;owned\x07\x1b[2J\x1b[31m\r\n",
            "NUL, DEL and backspaces": b"220 mx\0\x01\x02\x7f\b\b\b\r\n",
            "C1 control characters": "220 mx \u009b31m\u0085\u0090".encode() + b"\r\n",
            "bidi and zero-width characters": "220 mx \u202e\u2066\u200b\ufeff\u2028".encode() + b"\r\n",
            "octets that are no UTF-8": b"220 mx \xff\xfe\x80 ready\r\n",
            "a bare CR": b"220 mx\rEHLO\r\n",
        },
        {0, 70},
    ),
    row("the greeting ends in a bare LF", {"banner": b"220 mx.fabrikam.com\n"}, {0, 70}),
    row("the greeting is longer than a reply line may be", {"banner": "220 " + "a" * 600}, {0, 70}),
]

GOOD = [
    row("the greeting has several lines", {"banner": "220-mx.fabrikam.com ESMTP\n220-no spam\n220 please"}, 0),
    row("the greeting comes in pieces", {"banner": pieces(b"2", b"20", b" mx.fabri", b"kam.com\r", b"\n")}, 0),
    row(
        "the server is silent, and we were to stop behind the connection",
        {"?banner": silence},
        0,
        "--stop-after",
        "connect",
    ),
    row("the greeting is a bare 220", {"banner": b"220\r\n"}, 0),
]
