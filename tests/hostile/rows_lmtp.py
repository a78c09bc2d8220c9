"""LMTP (RFC 2033 section 4.2): behind the message comes one answer for each recipient that was accepted at RCPT."""

from __future__ import annotations

from hostile.acts import Plays, close, flood, reset, silence
from hostile.row import SHORT_WAIT, Row, in_chunks, in_tls, pipelined, row

TWO = ("--to", "kim@fabrikam.com")
THREE = (*TWO, "--to", "lee@fabrikam.com")
TAKEN, NO_USER, LATER = "250 2.0.0 delivered", "550 5.1.1 no such user", "452 4.2.2 mailbox full"


def lmtp(name: str, plays: Plays, exits: int | set[int], *options: str, quiet: bool = False) -> Row:
    """A row of an LMTP server."""
    return row(f"LMTP: {name}", plays, exits, "--protocol", "lmtp", *options, quiet=quiet)


_ANSWERS = [
    lmtp(
        "one answer comes for three recipients, and the server closes",
        {".": (TAKEN, close)},
        {14, 20},
        *THREE,
        quiet=True,
    ),
    lmtp(
        "two answers come for three recipients, and the server closes", {".": (TAKEN, TAKEN, close)}, {14, 20}, *THREE
    ),
    lmtp("one answer comes for two recipients, then silence", {".": (TAKEN, silence)}, {12, 20}, *TWO, *SHORT_WAIT),
    lmtp("one answer comes for two recipients, and the connection is reset", {".": (TAKEN, reset)}, {14, 20}, *TWO),
    lmtp("no answer comes for two recipients, and the server closes", {".": close}, 14, *TWO),
    lmtp("no answer comes for two recipients, then silence", {".": silence}, 12, *TWO, *SHORT_WAIT),
    lmtp("the second answer has no end", {".": (TAKEN, flood(b"250-X\r\n"))}, {20, 70}, *TWO),
    lmtp("the second answer is half a line", {".": (TAKEN, b"250 2.0", close)}, {14, 20}, *TWO),
    lmtp("one refusal comes for two recipients, and the server closes", {".": (NO_USER, close)}, {14, 20}, *TWO),
    lmtp("two recipients get three answers", {".": f"{TAKEN}\n{TAKEN}\n{TAKEN}"}, 70, *TWO, quiet=True),
    lmtp(
        "two recipients get three answers, and the third refuses", {".": f"{TAKEN}\n{TAKEN}\n{NO_USER}"}, {20, 70}, *TWO
    ),
    lmtp("one recipient gets two answers, the second refuses", {".": f"{TAKEN}\n{NO_USER}"}, {20, 58, 70}),
    lmtp("the second recipient is refused behind the message", {".": (TAKEN, NO_USER)}, 20, *TWO),
    lmtp("the first recipient is refused behind the message", {".": (NO_USER, TAKEN)}, 20, *TWO),
    lmtp("the second recipient is refused for now behind the message", {".": (TAKEN, LATER)}, 20, *TWO),
    lmtp("both recipients are refused behind the message", {".": (NO_USER, NO_USER)}, 58, *TWO),
    lmtp("both recipients are refused for now behind the message", {".": (LATER, LATER)}, 48, *TWO),
    lmtp("one recipient is refused for now, one for good", {".": (LATER, NO_USER)}, {48, 58}, *TWO),
    lmtp("the second answer is 354", {".": (TAKEN, "354 go on")}, {20, 70}, *TWO),
    lmtp("the second answer is 221", {".": (TAKEN, "221 bye")}, {20, 70}, *TWO),
    lmtp("the second answer has no code", {".": (TAKEN, "delivered")}, {20, 70}, *TWO),
    lmtp(
        "the second answer is 421, and the third never comes",
        {".": (TAKEN, "421 4.3.2 closing", close)},
        {20, 48},
        *THREE,
    ),
    lmtp("the only recipient gets no answer", {".": close}, 14),
]

_MIXED = [
    lmtp(
        "of three recipients one is refused at RCPT, one behind the message",
        {"RCPT 1": NO_USER, ".": (TAKEN, NO_USER)},
        20,
        *THREE,
    ),
    lmtp(
        "one is refused at RCPT, and one answer of two is missing",
        {"RCPT 1": NO_USER, ".": (TAKEN, close)},
        {14, 20},
        *THREE,
    ),
    lmtp(
        "a recipient that was refused at RCPT gets an answer too",
        {"RCPT 2": NO_USER, ".": f"{TAKEN}\n{TAKEN}"},
        {20, 70},
        *TWO,
    ),
    lmtp("all are refused at RCPT", {"RCPT": NO_USER}, 56, *TWO),
]

ROWS = [*_ANSWERS, *_MIXED, *in_chunks(_ANSWERS[:12:2]), *in_tls(_ANSWERS[:3]), *pipelined(_ANSWERS[:3] + _MIXED)]

GOOD = [
    lmtp("every recipient gets its answer", {}, 0, *THREE),
    *in_chunks([lmtp("every recipient gets its answer", {}, 0, *THREE)]),
    *pipelined([lmtp("every recipient gets its answer", {}, 0, *THREE)]),
]
