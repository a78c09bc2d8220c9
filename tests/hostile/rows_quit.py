"""The end: QUIT (RFC 5321 section 4.1.1.10), and answers that come one command late, all the way.

The message is accepted already: what comes here takes nothing back, but may show that an answer was one too many.
"""

from __future__ import annotations

from hostile.acts import close, flood, reset, silence, take_message, wait
from hostile.row import SHORT_WAIT, each, in_tls, over_lmtp, row

# 0: the message was taken by 250 behind the dot. 70: the answer to QUIT may be that to the message.
EITHER = {0, 70}

_QUIT = [
    *each(
        "QUIT is answered by {}",
        "QUIT",
        ["550 5.7.1 message refused", "354 go on", "250 2.0.0 queued as 4712", "451 4.3.0 later", "999 bye", "bye"],
        EITHER,
    ),
    row("QUIT is answered without an end", {"QUIT": flood(b"221-X\r\n")}, EITHER),
    row("answers to QUIT without an end", {"QUIT": flood(b"221 bye\r\n")}, EITHER),
]

_LATE = [
    row(
        "the real answer to RCPT comes at DATA",
        {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "550 5.1.1 no such user"},
        {57, 70},
    ),
    row("the real answer to RCPT comes at DATA and is 250", {"DATA": "250 2.1.5 ok"}, 70, never="Subject:"),
    row(
        "an answer to RCPT comes again while DATA is awaited",
        {"DATA": ("250 2.1.5 ok", wait(0.1), "354 go on", take_message)},
        70,
        never="Subject:",
    ),
    row(
        "an answer to MAIL comes again while RCPT is awaited",
        {"RCPT": ("250 2.1.0 ok", wait(0.1), "550 5.1.1 no such user")},
        {56, 57, 70},
        quiet=True,
    ),
    row(
        "an answer to EHLO comes again while MAIL is awaited",
        {"MAIL": ("250 mx", wait(0.1), "550 5.7.1 no")},
        {55, 56, 70},
        quiet=True,
    ),
    row(
        "the answer to the dot comes late, behind one of another message",
        {".": ("250 2.0.0 queued", wait(0.1), "554 5.6.0 no")},
        {58, 70, 71},
        quiet=True,
    ),
]

ROWS = [*_QUIT, *_LATE, *in_tls(_LATE[3:]), *over_lmtp(_LATE[-2:])]

GOOD = [
    row("QUIT is answered by 250, then the server closes", {"QUIT": ("250 2.0.0 bye", close)}, 0),
    row("QUIT is never answered", {"QUIT": silence}, 0, *SHORT_WAIT),
    row("the server closes instead of answering QUIT", {"QUIT": close}, 0),
    row("the server resets the connection at QUIT", {"QUIT": reset}, 0),
    row("QUIT is answered by half a line", {"QUIT": (b"221 by", close)}, 0),
    row("QUIT is answered by 421", {"QUIT": ("421 4.3.2 closing", close)}, 0),
    row(
        "everything is slow",
        {
            place: (wait(0.4), act)
            for place, act in {"banner": "220 mx", "EHLO": "250 mx", "MAIL": "250 ok", "RCPT": "250 ok"}.items()
        },
        0,
        "--timeout",
        "3",
    ),
    row("we were to stop behind RCPT", {"RCPT": "250 ok"}, 0, "--stop-after", "rcpt", never="DATA"),
    row("we were to stop behind EHLO", {"EHLO": "250 mx"}, 0, "--stop-after", "ehlo", never="MAIL"),
]
