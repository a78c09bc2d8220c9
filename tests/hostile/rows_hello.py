"""EHLO and HELO (RFC 5321 sections 4.1.1.1 and 4.3.2): 250 accepts, 4yz and 5yz refuse."""

from __future__ import annotations

from hostile.acts import close, flood, pieces, reset, silence, trickle
from hostile.row import SHORT_WAIT, each, in_tls, over_lmtp, row

WRONG_CODES = ["220 mx", "221 bye", "251 ok", "334 ", "354 go on", "100 wait", "000 ok", "999 ok"]

_BROKEN = [
    row("EHLO is answered without an end", {"EHLO": flood(b"250-X\r\n")}, 70, "--stop-after", "rcpt", quiet=True),
    row("EHLO is answered by half a line, then the server closes", {"EHLO": (b"250-mx\r\n250 SI", close)}, 14),
    row("EHLO is never answered", {"EHLO": silence}, 12, *SHORT_WAIT),
    row("the server closes instead of answering EHLO", {"EHLO": close}, 14),
    row(
        "behind the answer to EHLO comes 421",
        {"EHLO": ("250 mx\n421 4.4.2 idle too long, closing")},
        {42, 45},
        never="MAIL",
        quiet=True,
    ),
    row("EHLO is answered twice", {"EHLO": "250 mx\n250 mx"}, 70, quiet=True),
]

ROWS = [
    *each("EHLO is answered by {}", "EHLO", WRONG_CODES, 70, never="MAIL"),
    *each("the answer to EHLO has no code: {}", "EHLO", ["hello", "", "ok 250"], 70, never="MAIL"),
    row("EHLO is answered by 220, and we were to stop there", {"EHLO": "220 mx"}, 70, "--stop-after", "ehlo"),
    row("EHLO and HELO are refused", {"EHLO": "550 5.7.1 no", "HELO": "550 5.7.1 no"}, 52, never="MAIL"),
    row("EHLO and HELO are unknown", {"EHLO": "500 what?", "HELO": "502 what?"}, {52, 70}, never="MAIL"),
    *each("EHLO is refused for now: {}", "EHLO", ["421 4.7.0 later", "450 4.7.1 later"], 42, never="MAIL"),
    row("EHLO is unknown, and HELO is answered by 354", {"EHLO": "500 what?", "HELO": "354 go on"}, 70, never="MAIL"),
    row("EHLO is unknown, and HELO is answered by 220", {"EHLO": "500 what?", "HELO": "220 mx"}, 70, never="MAIL"),
    row("EHLO is unknown, and HELO is answered without a code", {"EHLO": "500 what?", "HELO": "mx"}, 70, never="MAIL"),
    row("EHLO is unknown, and the server closes", {"EHLO": ("500 what?", close)}, {14, 52}, never="MAIL"),
    row("EHLO is unknown, and HELO is never answered", {"EHLO": "500 what?", "HELO": silence}, 12, *SHORT_WAIT),
    row("the lines of the answer to EHLO say 250 and 550", {"EHLO": "250-mx\n550 no"}, {52, 70}, never="MAIL"),
    row("the lines of the answer to EHLO say 550 and 250", {"EHLO": "550-no\n250 mx"}, {52, 70}, never="MAIL"),
    row("the server resets the connection at EHLO", {"EHLO": reset}, 14),
    row("the answer to EHLO trickles", {"EHLO": trickle(b"250-A\r\n" * 200, 0.1)}, 12, *SHORT_WAIT),
    row("the answer to EHLO is one line without an end", {"EHLO": (b"250 ", flood(b"A"))}, 70),
    row("answers to EHLO without an end", {"EHLO": flood(b"250 mx\r\n")}, 70, quiet=True),
    row("the answers come one command late", {"EHLO": "220 mx again", "?MAIL": "250 mx"}, 70, never="MAIL"),
    row(
        "an answer too many to EHLO hides that the recipient is refused",
        {"EHLO": "250 mx\n250 mx", "RCPT": "550 5.1.1 no such user"},
        {56, 70},
    ),
    row(
        "EHLO lists extensions with control characters",
        {"EHLO": b"250-mx\r\n250-\x1b[2JX\x9b\x85\r\n250 AUTH\x00PLAIN\r\n"},
        {0, 70},
    ),
    row(
        "EHLO lists extensions that turn the line around",
        {"EHLO": "250-mx\n250-\u202eEZIS\u200b\n250 8BITMIME"},
        {0, 70},
    ),
    *_BROKEN,
    *in_tls(_BROKEN),
    *over_lmtp(_BROKEN[-3:]),
    *over_lmtp(each("LHLO is answered by {}", "EHLO", ["220 mx", "354 go on", "334 ", "999 ok"], 70, never="MAIL")),
    row(
        "an SMTP server is asked for LMTP",
        {"LHLO": "500 5.5.1 unknown command"},
        52,
        "--protocol",
        "lmtp",
        never="MAIL",
    ),
]

GOOD = [
    row("EHLO is unknown, and HELO is accepted", {"EHLO": "500 5.5.1 what?", "HELO": "250 mx"}, 0),
    row("EHLO is not implemented, and HELO is accepted", {"EHLO": "502 5.5.1 no", "HELO": "250 mx"}, 0),
    row("the answer to EHLO is in lower case", {"EHLO": "250-mx\n250-size 1000000\n250 pipelining"}, 0),
    row(
        "the answer to EHLO comes in pieces", {"EHLO": pieces(b"25", b"0-mx\r", b"\n250", b" SIZE 1", b"000000\r\n")}, 0
    ),
    row("EHLO lists a hundred extensions", {"EHLO": "250-mx\n" + "250-XTENSION\n" * 100 + "250 HELP"}, 0),
]
