"""DATA, the message, and the dot (RFC 5321 sections 4.1.1.4 and 4.3.2): 354 lets the message begin, 250 after the dot
takes it. What comes before the dot answers nothing, except a refusal."""

from __future__ import annotations

from hostile.acts import after, close, flood, reset, silence, stop_reading, take_message, take_message_to_bare_dot
from hostile.row import LONG, SHORT_WAIT, alike, each, in_chunks, in_tls, over_lmtp, pipelined, row

# Lines of the message that a server must not get as commands.
CONTENT = "Subject: | From: | Message-ID:"

QUEUED = "250 2.0.0 queued"

_DATA_CODES = ["250 ok", "221 bye", "235 ok", "334 go", "300 go", "355 go", "399 go", "100 wait", "000 go", "999 go"]

_DATA = [
    *alike(
        row(
            f"DATA is answered by {said}, and every line by 250",
            {"DATA": said, "?unknown": "250 ok"},
            70,
            never=CONTENT,
        )
        for said in _DATA_CODES
    ),
    row("DATA is answered by a line without a code", {"DATA": "go on", "?unknown": "250 ok"}, 70, never=CONTENT),
    row("DATA is answered by 334, and we were to stop there", {"DATA": "334 go on"}, 70, "--stop-after", "data"),
    row("DATA is refused", {"DATA": "554 5.5.1 no valid recipients"}, 57, never=CONTENT),
    row("DATA is refused for now", {"DATA": "451 4.3.0 later"}, 47, never=CONTENT),
    row("DATA is answered by 421, and the server closes", {"DATA": ("421 4.3.2 closing", close)}, 47, never=CONTENT),
    row("the server closes instead of answering DATA", {"DATA": close}, 14),
    row("the server resets the connection at DATA", {"DATA": reset}, 14),
    row("DATA is never answered", {"DATA": silence}, 12, *SHORT_WAIT),
    row("DATA is answered by half a line", {"DATA": (b"35", close)}, 14),
    row("DATA is answered without an end", {"DATA": flood(b"354-X\r\n")}, 70, quiet=True),
    row("the lines of the answer to DATA say 354 and 554", {"DATA": "354-go on\n554 no"}, {57, 70}, never=CONTENT),
    row("the lines of the answer to DATA say 554 and 354", {"DATA": "554-no\n354 go on"}, {57, 70}, never=CONTENT),
]

# The answer to the dot comes with 354, before the message was begun
_WITH_354 = [
    row(
        "250 comes with 354, and the server closes at the dot",
        {"DATA": (f"354 go\n{QUEUED}", take_message), "?.": close},
        {14, 70},
        quiet=True,
    ),
    row(
        "250 comes with 354, and the dot is never answered",
        {"DATA": (f"354 go\n{QUEUED}", take_message), "?.": silence},
        {12, 70},
        *SHORT_WAIT,
    ),
    row(
        "250 comes with 354, and the dot is refused",
        {"DATA": (f"354 go\n{QUEUED}", take_message), "?.": "550 5.7.1 no"},
        {58, 70},
        quiet=True,
    ),
    row("250 comes with 354, and again behind the dot", {"DATA": (f"354 go\n{QUEUED}", take_message)}, 70, quiet=True),
    row("354 comes twice", {"DATA": ("354 go\n354 go", take_message)}, 70, quiet=True),
    row("221 comes with 354", {"DATA": ("354 go\n221 bye", take_message)}, 70, quiet=True),
    row("554 comes with 354, and the server closes", {"DATA": ("354 go\n554 5.7.1 no", close)}, {57, 58}),
    row("554 comes with 354, and 250 behind the dot", {"DATA": ("354 go\n554 5.7.1 no", take_message)}, {57, 58, 70}),
    row("421 comes with 354, and the server closes", {"DATA": ("354 go\n421 4.3.2 closing", close)}, {47, 48}),
]

# The message is long, and the server speaks while it comes in
_EARLY_SAID = [
    *alike(
        row(
            f"while the message comes in, the server says {said} and resets the connection",
            {"message": (after(20_000), said, reset)},
            exits,
            *LONG,
        )
        for said, exits in [
            (QUEUED, {14, 70}),
            ("354 go on", {14, 70}),
            ("221 bye", {14, 70}),
            ("235 ok", {14, 70}),
            ("hello", {14, 70}),
            ("421 4.3.2 closing", {48}),
            ("451 4.3.0 disk full", {48}),
            ("552 5.3.4 too long", {58}),
        ]
    ),
]

_EARLY_AND_THEN = [
    row(
        "250 comes while the message comes in, and the server closes",
        {"message": (after(20_000), QUEUED, close)},
        {14, 70},
        *LONG,
        quiet=True,
    ),
    row(
        "250 comes while the message comes in, and the dot is refused",
        {"message": (after(20_000), QUEUED), "?.": "550 5.7.1 no"},
        {58, 70},
        *LONG,
        quiet=True,
    ),
    row(
        "250 comes while the message comes in, and the server stops reading",
        {"message": (after(20_000), QUEUED, stop_reading)},
        {12, 70},
        *LONG,
        *SHORT_WAIT,
    ),
    row(
        "250 comes while the message comes in, and the dot is never answered",
        {"message": (after(20_000), QUEUED), "?.": silence},
        {12, 70},
        *LONG,
        *SHORT_WAIT,
    ),
    row(
        "552 comes while the message comes in, and the server stops reading",
        {"message": (after(20_000), "552 5.3.4 too long", stop_reading)},
        58,
        *LONG,
        *SHORT_WAIT,
    ),
    row(
        "552 comes while the message comes in, and the server goes on reading",
        {"message": (after(20_000), "552 5.3.4 too long"), "?.": ()},
        58,
        *LONG,
    ),
    row("the server closes while the message comes in", {"message": (after(20_000), close)}, 14, *LONG),
    row("the server resets the connection while the message comes in", {"message": (after(20_000), reset)}, 14, *LONG),
    row(
        "the server stops reading while the message comes in",
        {"message": (after(20_000), stop_reading)},
        12,
        *LONG,
        *SHORT_WAIT,
    ),
    row("a flood comes while the message comes in", {"message": (after(20_000), flood(b"250-X\r\n"))}, {14, 70}, *LONG),
]

_END_CODES = [
    *each(
        "the message is answered by {}",
        ".",
        [
            "220 ok",
            "221 bye",
            "235 ok",
            "251 ok",
            "354 go on",
            "334 ",
            "100 wait",
            "000 ok",
            "999 ok",
        ],
        70,
    ),
    row("the message is answered by a line without a code", {".": "queued"}, 70),
    row("the message is refused", {".": "554 5.6.0 no"}, 58),
    row("the message is refused for now", {".": "451 4.3.0 later"}, 48),
    row("the message is answered by 421, and the server closes", {".": ("421 4.3.2 closing", close)}, 48),
]

_END_CUT = [
    row("the server closes instead of answering the message", {".": close}, 14),
    row("the server resets the connection at the end of the message", {".": reset}, 14),
    row("the message is never answered", {".": silence}, 12, *SHORT_WAIT),
    row("the message is answered by half a line", {".": (b"25", close)}, 14),
    row("the message is answered by half a line, then silence", {".": (b"250 2.0.0 que", silence)}, 12, *SHORT_WAIT),
    row("the answer to the message never comes to its last line", {".": (b"250-2.0.0 queued\r\n", close)}, 14),
    row("the message is answered without an end", {".": flood(b"250-X\r\n")}, 70, quiet=True),
    row("the message is answered by one line without an end", {".": (b"250 ", flood(b"A"))}, 70),
]

_END_TWICE = [
    row("the lines of the answer to the message say 250 and 554", {".": "250-queued\n554 no"}, {58, 70}),
    row("the lines of the answer to the message say 554 and 250", {".": "554-no\n250 queued"}, {58, 70}),
    row("behind 250 to the message comes 550", {".": f"{QUEUED}\n550 5.7.1 no"}, {58, 70}, quiet=True),
    row("the message is answered twice by 250", {".": f"{QUEUED}\n{QUEUED}"}, 70, quiet=True),
    row("the message is answered by 354, then by 250", {".": f"354 go on\n{QUEUED}"}, 70),
]

_ODD_TEXT = [
    row(
        "the answer to the message holds control characters",
        {".": b"250 2.0.0 queued\x00\x1b[2J\x9b31m as \x7f\r\n"},
        {0, 70},
    ),
    row("the answer to the message ends in a bare LF", {".": b"250 2.0.0 queued\n"}, {0, 70}),
    row("the answer to the message turns its line around", {".": "250 2.0.0 \u202edeueuq\u2066\u200b"}, {0, 70}),
]

ROWS = [
    row(
        "the message has bare line feeds, and the server ends it at its first lone dot",
        {"DATA": ("354 go", take_message_to_bare_dot)},
        {58, 70, 71},
        "--data",
        "{bare}",
    ),
    *_DATA,
    *_WITH_354,
    *_EARLY_SAID,
    *_EARLY_AND_THEN,
    *_END_CODES,
    *_END_CUT,
    *_END_TWICE,
    *_ODD_TEXT,
    *in_tls([_DATA[3], _WITH_354[0], _WITH_354[2], _EARLY_SAID[0], *_EARLY_AND_THEN[:2], _END_CODES[1], _END_TWICE[2]]),
    *in_chunks([_EARLY_SAID[0], _EARLY_SAID[-1], *_EARLY_AND_THEN[:8], *_END_CODES[:5], *_END_CUT[:3], *_END_TWICE]),
    *over_lmtp([_DATA[3], *_WITH_354[:2], *_EARLY_AND_THEN[:2], *_END_CODES[1:5:3], *_END_CUT[-2:], *_END_TWICE[2:]]),
    *pipelined([_DATA[3], *_WITH_354[:2], *_END_TWICE[2:4]]),
    *in_tls(in_chunks([_EARLY_SAID[0], *_EARLY_AND_THEN[:2], _END_CODES[4]])),
]

GOOD = [
    row("the answer to DATA has several lines", {"DATA": ("354-go on\n354 end with a dot", take_message)}, 0),
    row("the answer to the message has several lines", {".": "250-2.0.0 85 bytes\n250 2.0.0 queued as 4711"}, 0),
    row("the server closes behind 250 to the message", {".": (QUEUED, close)}, 0),
    row("the server resets the connection behind 250 to the message", {".": (QUEUED, reset)}, 0),
    row("421 comes behind 250 to the message", {".": (f"{QUEUED}\n421 4.4.2 closing", close)}, 0),
    row("a long message is accepted", {}, 0, *LONG),
    *in_tls([row("a long message is accepted", {}, 0, *LONG)]),
    *in_chunks([row("a long message is accepted", {}, 0, *LONG)]),
]
