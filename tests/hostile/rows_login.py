"""AUTH (RFC 4954): 334 asks for more, 235 alone is success. SCRAM (RFC 5802): the server proves itself."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from hostile.acts import PASSWORD, Plays, challenge, close, flood, log_in_and_say, reset, silence
from hostile.row import LOGIN, SHORT_WAIT, Row, alike, in_tls, row

# The login was not finished, or we gave it up; where the server broke the protocol, that may be said instead.
NOT_FINISHED = {54, 70}

ENCODED = b64encode(PASSWORD.encode()).decode()


def login(mechanism: str, name: str, plays: Plays, exits: int | set[int], *options: str, **more: Any) -> Row:
    """A row of a login; nothing of a mail may follow a login that failed."""
    return row(
        f"{mechanism}: {name}",
        plays,
        exits,
        *LOGIN,
        *options,
        **{"offers": f"AUTH {mechanism}", "never": "MAIL", **more},
    )


_WRONG = ["220 ok", "221 bye", "250 ok", "354 go on", "100 wait", "999 ok", "logged in"]

_PLAIN = [
    *alike(login("PLAIN", f"the login is answered by {said}", {"AUTH": said}, NOT_FINISHED) for said in _WRONG),
    login(
        "PLAIN",
        "the login is never done: 334 for ever",
        {"AUTH": "334 QUFB", "response": "334 QUFB", "?*": "334 QUFB"},
        NOT_FINISHED,
    ),
    login(
        "PLAIN",
        "334 behind our response, then 235 to our *",
        {"AUTH": "334 QUFB", "*": "235 2.7.0 ok"},
        NOT_FINISHED,
    ),
    login(
        "PLAIN",
        "334 behind our response, then 221 to our *",
        {"AUTH": "334 QUFB", "*": ("221 bye", close)},
        NOT_FINISHED,
    ),
    login(
        "PLAIN",
        "334 behind our response, then 501 to our *",
        {"AUTH": "334 QUFB"},
        NOT_FINISHED,
        blames="login.syntax login.failed",
    ),
    login(
        "PLAIN",
        "334 behind our response, then nothing to our *",
        {"AUTH": "334 QUFB", "*": silence},
        {12, *NOT_FINISHED},
        *SHORT_WAIT,
    ),
    login(
        "PLAIN", "334 behind our response, and the server closes", {"AUTH": "334 QUFB", "*": close}, {14, *NOT_FINISHED}
    ),
    login("PLAIN", "a challenge that is no base64", {"AUTH": "334 ???"}, NOT_FINISHED, blames="login.syntax"),
    login("PLAIN", "the password is wrong", {"AUTH": "535 5.7.8 wrong"}, 54, causes="login.failed"),
    login("PLAIN", "the login is refused for now", {"AUTH": "454 4.7.0 later"}, 44, causes="login.temporary"),
    login("PLAIN", "the login is answered by 421", {"AUTH": ("421 4.7.0 closing", close)}, 44),
    login("PLAIN", "421 behind 235", {"AUTH": ("235 ok\n421 4.3.2 closing", close)}, {44, 45}),
    login("PLAIN", "235 twice", {"AUTH": "235 ok\n235 ok"}, 70, never="", quiet=True),
    login("PLAIN", "250, and we were to stop there", {"AUTH": "250 ok"}, NOT_FINISHED, "--stop-after", "auth"),
    login("PLAIN", "535 behind 235", {"AUTH": "235 ok\n535 5.7.8 no"}, NOT_FINISHED, never=""),
    login(
        "PLAIN",
        "235 comes with the answer to EHLO",
        {"EHLO": "250-mx\n250 AUTH PLAIN\n235 2.7.0 ok", "?AUTH": "535 5.7.8 no"},
        NOT_FINISHED,
    ),
    login("PLAIN", "the server closes", {"AUTH": close}, 14),
    login("PLAIN", "the server resets the connection", {"AUTH": reset}, 14),
    login("PLAIN", "the server falls silent", {"AUTH": silence}, 12, *SHORT_WAIT),
    login("PLAIN", "half a line", {"AUTH": (b"23", close)}, 14),
    login("PLAIN", "an answer without an end", {"AUTH": flood(b"235-X\r\n")}, 70, quiet=True),
    login("PLAIN", "the lines of the answer say 235 and 535", {"AUTH": "235-ok\n535 no"}, NOT_FINISHED),
    login("PLAIN", "the lines of the answer say 535 and 235", {"AUTH": "535-no\n235 ok"}, NOT_FINISHED),
    login(
        "PLAIN", "the password comes back in the refusal", {"AUTH": f"535 5.7.8 {PASSWORD} is wrong, {ENCODED} too"}, 54
    ),
    login("PLAIN", "the password comes back in a challenge", {"AUTH": f"334 {ENCODED}"}, NOT_FINISHED),
    login("PLAIN", "the password comes back in half a line", {"AUTH": (f"535 {PASSWORD} is wro".encode(), close)}, 14),
]

_LOGIN = [
    login("LOGIN", "235 before the name was said", {"AUTH": "235 2.7.0 ok"}, NOT_FINISHED),
    login(
        "LOGIN",
        "235 before the password was said",
        {"AUTH": "334 VXNlcm5hbWU6", "response 1": "235 2.7.0 ok"},
        NOT_FINISHED,
    ),
    login("LOGIN", "a third question", {"AUTH": "334 VXNlcm5hbWU6", "response": "334 UGFzc3dvcmQ6"}, NOT_FINISHED),
    login(
        "LOGIN",
        "questions for ever",
        {"AUTH": "334 QUFB", "response": "334 QUFB", "?*": "334 QUFB"},
        NOT_FINISHED,
    ),
    *alike(
        login(
            "LOGIN",
            f"the password is answered by {said}",
            {"AUTH": "334 QUFB", "response 1": "334 QUFB", "response 2": said},
            NOT_FINISHED,
        )
        for said in ("250 ok", "354 go on", "999 ok")
    ),
    login("LOGIN", "the name is refused", {"AUTH": "334 QUFB", "response 1": "535 5.7.8 no"}, 54),
    login("LOGIN", "the server closes behind the name", {"AUTH": "334 QUFB", "response 1": close}, 14),
    login(
        "LOGIN",
        "the password is never answered",
        {"AUTH": "334 QUFB", "response 1": "334 QUFB", "response 2": silence},
        12,
        *SHORT_WAIT,
    ),
]

_CRAM = [
    login("CRAM-MD5", "235 without a challenge", {"AUTH": "235 2.7.0 ok"}, NOT_FINISHED),
    login(
        "CRAM-MD5", "a challenge that is no base64", {"AUTH": "334 <not base64>"}, NOT_FINISHED, blames="login.syntax"
    ),
    login("CRAM-MD5", "a second challenge", {"AUTH": challenge("<1@mx>"), "response": "334 QUFB"}, NOT_FINISHED),
    login(
        "CRAM-MD5",
        "the digest is answered by 250",
        {"AUTH": challenge("<1@mx>"), "response": "250 ok"},
        NOT_FINISHED,
    ),
    login(
        "CRAM-MD5",
        "the digest is refused",
        {"AUTH": challenge("<1@mx>"), "response": "535 5.7.8 no"},
        54,
        causes="login.failed",
    ),
    login("CRAM-MD5", "a challenge without an end", {"AUTH": (b"334 ", flood(b"QUFB"))}, 70),
]

_FIRST = "r={nonce}srv,s=c2FsdHNhbHQ=,i=4096"

# What the server sends as its first message, and why we must give up (RFC 5802 section 5.1, RFC 7677 section 4)
_WRONG_FIRST = {
    "a nonce that is not ours": "r=rMx9tJ2cE,s=c2FsdHNhbHQ=,i=4096",
    "our nonce without its own part": "r={nonce},s=c2FsdHNhbHQ=,i=4096",
    "no salt": "r={nonce}srv,i=4096",
    "a single round": "r={nonce}srv,s=c2FsdHNhbHQ=,i=1",
    "two thousand million rounds": "r={nonce}srv,s=c2FsdHNhbHQ=,i=2000000000",
    "an extension nobody knows": "m=x,r={nonce}srv,s=c2FsdHNhbHQ=,i=4096",
    "no message at all": "hello",
}

_SCRAM = [
    *alike(
        login(
            "SCRAM-SHA-256",
            f"the server sends {what}, then 501 to our *",
            {"AUTH": challenge(first)},
            NOT_FINISHED,
            blames="login.syntax login.failed",
        )
        for what, first in _WRONG_FIRST.items()
    ),
    *alike(
        login(
            "SCRAM-SHA-256",
            f"the server sends {what}, then 235 to our *",
            {"AUTH": challenge(first), "*": "235 ok anyway"},
            NOT_FINISHED,
        )
        for what, first in list(_WRONG_FIRST.items())[:3]
    ),
    login("SCRAM-SHA-256", "235 straight away", {"AUTH": "235 2.7.0 ok"}, NOT_FINISHED),
    login(
        "SCRAM-SHA-256",
        "235 without the server's signature",
        {"AUTH": challenge(_FIRST), "response 1": "235 2.7.0 ok"},
        NOT_FINISHED,
    ),
    login(
        "SCRAM-SHA-256",
        "a wrong signature, then 235 to our *",
        {"AUTH": challenge(_FIRST), "response 1": challenge("v=AAAA"), "*": "235 2.7.0 ok"},
        NOT_FINISHED,
    ),
    login(
        "SCRAM-SHA-256",
        "a wrong signature, then 501 to our *",
        {"AUTH": challenge(_FIRST), "response 1": challenge("v=AAAA")},
        NOT_FINISHED,
        blames="login.syntax login.failed",
    ),
    login(
        "SCRAM-SHA-256",
        "the server gives an error instead of its signature",
        {"AUTH": challenge(_FIRST), "response 1": challenge("e=invalid-proof"), "*": "535 5.7.8 no"},
        54,
    ),
    login(
        "SCRAM-SHA-256",
        "the server proves itself and then says 250",
        {"AUTH": log_in_and_say("250 ok")},
        NOT_FINISHED,
    ),
    login("SCRAM-SHA-256", "the server proves itself and then refuses", {"AUTH": log_in_and_say("535 5.7.8 no")}, 54),
    login(
        "SCRAM-SHA-256",
        "the server proves itself and then asks again",
        {"AUTH": (log_in_and_say("334 QUFB"),), "?*": "235 2.7.0 ok"},
        NOT_FINISHED,
    ),
    login(
        "SCRAM-SHA-256",
        "the server proves itself and then closes",
        {"AUTH": (log_in_and_say("334"), close)},
        {14, *NOT_FINISHED},
    ),
]

TOKEN = ("--auth", "XOAUTH2")
_TOKEN = [
    login(
        "XOAUTH2",
        "the token is refused behind its JSON",
        {"AUTH": challenge('{"status":"401"}'), "response": "535 5.7.8 no"},
        54,
        *TOKEN,
    ),
    login(
        "XOAUTH2",
        "JSON without an end",
        {"AUTH": challenge('{"status":"401"}'), "response": "334 e30=", "?*": "334 e30="},
        NOT_FINISHED,
        *TOKEN,
        quiet=True,
    ),
    login("XOAUTH2", "the token is answered by 250", {"AUTH": "250 ok"}, NOT_FINISHED, *TOKEN, quiet=True),
    login(
        "XOAUTH2",
        "the JSON steers the terminal",
        {"AUTH": challenge('{"a":"\x1b[2J\u009b\u202e"}'), "response": "535 5.7.8 no"},
        54,
        *TOKEN,
    ),
]

# What is tried inside TLS too
_IN_TLS = (
    "PLAIN: the login is answered by 250 ok",
    "PLAIN: the login is answered by 354 go on",
    "PLAIN: the login is never done: 334 for ever",
    "PLAIN: 334 behind our response, then 235 to our *",
    "LOGIN: 235 before the name was said",
    "SCRAM-SHA-256: 235 straight away",
    "SCRAM-SHA-256: 235 without the server's signature",
    "SCRAM-SHA-256: a wrong signature, then 235 to our *",
)

ROWS = [
    *_PLAIN,
    *_LOGIN,
    *_CRAM,
    *_SCRAM,
    *_TOKEN,
    *in_tls([each for each in (*_PLAIN, *_LOGIN, *_SCRAM) if each.name in _IN_TLS]),
    login("GSSAPI", "no mechanism that we can use is offered", {}, 54, never="AUTH | MAIL"),
    row("a login is asked for, and AUTH is not offered", {}, 54, *LOGIN, never="AUTH | MAIL", quiet=True),
    row(
        "a login is asked for, and only the connection in clear is there",
        {},
        {30, 54},
        "--user",
        "kate",
        "--password-file",
        "{password}",
        offers="AUTH PLAIN",
        never="AUTH | MAIL",
    ),
    row(
        "the answer to AUTH is that to a command before it",
        {"EHLO": "250-mx\n250 AUTH PLAIN\n250 ok", "AUTH": "535 5.7.8 no"},
        NOT_FINISHED,
        *LOGIN,
        never="MAIL",
    ),
]

GOOD = [
    login(mechanism, "the login is good", {}, 0, never="", *options)  # noqa: B026
    for mechanism, options in [
        ("PLAIN", ()),
        ("LOGIN", ()),
        ("CRAM-MD5", ()),
        ("SCRAM-SHA-256", ()),
        ("SCRAM-SHA-1", ()),
        ("XOAUTH2", TOKEN),
    ]
] + [
    login("PLAIN", "the challenge is empty, as it may be", {"AUTH": "235 2.7.0 logged\tin"}, 0, never=""),
    login(
        "LOGIN",
        "the questions are in other words",
        {"AUTH": "334 bmFtZT8=", "response 1": "334 ", "response 2": "235 ok"},
        0,
        never="",
    ),
]
