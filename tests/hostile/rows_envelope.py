"""MAIL and RCPT (RFC 5321 sections 4.1.1.2, 4.1.1.3 and 4.3.2), alone and in a pipelined group (RFC 2920)."""

from __future__ import annotations

from hostile.acts import close, flood, reset, silence
from hostile.row import SHORT_WAIT, each, in_tls, over_lmtp, pipelined, row

WRONG_CODES = ["220 mx", "221 bye", "235 ok", "354 go on", "100 wait", "000 ok", "999 ok"]
TWO = ("--to", "kim@fabrikam.com")
THREE = (*TWO, "--to", "lee@fabrikam.com")

_MAIL = [
    *each("MAIL is answered by {}", "MAIL", WRONG_CODES, 70, never="DATA"),
    row("MAIL is answered by a line without a code", {"MAIL": "sender ok"}, 70, never="DATA"),
    row("MAIL is answered by 251, and we were to stop there", {"MAIL": "251 ok"}, 70, "--stop-after", "mail"),
    row("MAIL is refused", {"MAIL": "550 5.7.1 sender not welcome"}, 55, never="DATA"),
    row("MAIL is refused for now", {"MAIL": "451 4.3.0 later"}, 45, never="DATA"),
    row("MAIL is answered by 421, and the server closes", {"MAIL": ("421 4.3.2 closing", close)}, 45, never="DATA"),
    row("the server closes instead of answering MAIL", {"MAIL": close}, 14),
    row("the server resets the connection at MAIL", {"MAIL": reset}, 14),
    row("MAIL is never answered", {"MAIL": silence}, 12, *SHORT_WAIT),
    row("MAIL is answered without an end", {"MAIL": flood(b"250-X\r\n")}, 70),
    row("MAIL is answered by half a line", {"MAIL": (b"25", close)}, 14),
    row("the lines of the answer to MAIL say 250 and 550", {"MAIL": "250-ok\n550 no"}, {55, 70}, never="DATA"),
    row("MAIL is answered twice", {"MAIL": "250 2.1.0 ok\n250 2.1.0 ok"}, 70, quiet=True),
    row("behind the answer to MAIL comes 421", {"MAIL": ("250 ok\n421 4.4.2 closing", close)}, {45, 46}, never="DATA"),
]

_RCPT = [
    *each("RCPT is answered by {}", "RCPT", WRONG_CODES, 70, never="DATA"),
    row("RCPT is answered by a line without a code", {"RCPT": "recipient ok"}, 70, never="DATA"),
    row(
        "the only recipient is refused",
        {"RCPT": "550 5.1.1 no such user"},
        56,
        never="DATA",
        causes="recipient.unknown",
    ),
    row("RCPT is answered by 354, and we were to stop there", {"RCPT": "354 go on"}, 70, "--stop-after", "rcpt"),
    row("the only recipient is refused for now", {"RCPT": "450 4.2.0 greylisted"}, 46, never="DATA"),
    row("RCPT is answered by 421, and the server closes", {"RCPT": ("421 4.3.2 closing", close)}, 46, never="DATA"),
    row("the server closes instead of answering RCPT", {"RCPT": close}, 14),
    row("RCPT is never answered", {"RCPT": silence}, 12, *SHORT_WAIT),
    row("RCPT is answered without an end", {"RCPT": flood(b"250-XY\r\n")}, 70, "--stop-after", "rcpt", quiet=True),
    row("behind 250 to RCPT comes 550", {"RCPT": "250 2.1.5 ok\n550 5.1.1 no such user"}, {56, 70}, quiet=True),
    row(
        "behind the answer to RCPT comes 421",
        {"RCPT": ("250 ok\n421 4.4.2 closing", close)},
        {46, 47},
        never="Subject:",
    ),
]

_SEVERAL = [
    row("one of two recipients is refused", {"RCPT 2": "550 5.1.1 no such user"}, 20, *TWO, causes="recipient.unknown"),
    row("the first of two recipients is refused", {"RCPT 1": "550 5.1.1 no such user"}, 20, *TWO),
    row("one of two recipients is refused for now", {"RCPT 2": "452 4.5.3 too many recipients"}, 20, *TWO),
    row("both recipients are refused", {"RCPT": "550 5.1.1 no such user"}, 56, *TWO, never="DATA"),
    row("one of two recipients is answered by 354", {"RCPT 2": "354 go on"}, 70, *TWO, quiet=True),
    row("one of two recipients is answered without a code", {"RCPT 1": "ok"}, 70, *TWO),
    row("the second recipient is answered by 421", {"RCPT 2": ("421 4.3.2 closing", close)}, 46, *TWO, never="DATA"),
    row(
        "421 comes behind the answer to the first recipient",
        {"RCPT 1": ("250 ok\n421 4.4.2 closing", close)},
        46,
        *TWO,
        never="DATA",
    ),
    row("the server closes at the second recipient", {"RCPT 2": close}, 14, *TWO, never="DATA"),
    row("the second recipient is never answered", {"RCPT 2": silence}, 12, *TWO, *SHORT_WAIT, never="DATA"),
    row(
        "two recipients get three answers",
        {"RCPT 2": "250 2.1.5 ok\n550 5.1.1 no such user"},
        {20, 70},
        *TWO,
        quiet=True,
    ),
    row(
        "one of three is refused, then the message too",
        {"RCPT 2": "550 5.1.1 unknown", ".": "554 5.6.0 no"},
        58,
        *THREE,
    ),
    row(
        "one of three is refused, and the server closes at the dot",
        {"RCPT 2": "550 5.1.1 unknown", ".": close},
        14,
        *THREE,
    ),
]

ROWS = [
    *_MAIL,
    *_RCPT,
    *_SEVERAL,
    *in_tls(_MAIL[-4:] + _RCPT[-3:]),
    *pipelined([_MAIL[0], *_MAIL[-3:], *_RCPT[:2], *_RCPT[-4:], *_SEVERAL[:2], *_SEVERAL[4:10]]),
    *over_lmtp([_MAIL[4], _RCPT[0], _RCPT[3], *_RCPT[-2:]]),
    *pipelined(
        [
            row(
                "every command of the group is refused",
                {"MAIL": "550 5.7.1 no", "RCPT": "503 5.5.1 MAIL first"},
                55,
                *TWO,
                never="DATA",
            ),
            row("the group gets fewer answers than commands", {"RCPT 2": ()}, 12, *TWO, *SHORT_WAIT, never="DATA"),
            row(
                "the answers to the group come before it is sent",
                {"EHLO": "250-mx\n250 PIPELINING\n250 ok\n250 ok"},
                70,
                quiet=True,
            ),
        ]
    ),
]

GOOD = [
    row("the recipient is forwarded: 251", {"RCPT": "251 2.1.5 will forward"}, 0),
    row("the recipient cannot be verified: 252", {"RCPT": "252 2.5.2 will try"}, 0),
    row("no reply has an enhanced code", {"MAIL": "250 ok", "RCPT": "250 ok", ".": "250 ok"}, 0),
    *pipelined([row("two recipients are accepted", {"RCPT": "250 ok"}, 0, *TWO)]),
]
