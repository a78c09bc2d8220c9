"""PROXY (the header of haproxy) and XCLIENT (Postfix): a test as another client, which the server may refuse."""

from __future__ import annotations

from dataclasses import replace

from hostile.acts import NAME, Plays, close, flood, reset, silence, take_proxy_header, wait
from hostile.peer import Talk
from hostile.row import SHORT_WAIT, Row, alike, row

V1 = ("--proxy", "v1", "--proxy-source", "198.51.100.7:1234")
XCLIENT = ("--xclient", "ADDR=198.51.100.7")

# Causes that would blame somebody else for a header that the server does not take
ELSEWHERE = "protocol.unknown-command server.temporary network.reset rate.connections login.required"


def hear_header(talk: Talk) -> None:
    """Wait for the header, and keep it to be answered as a command."""
    talk.line = talk.read_line()


def proxy(name: str, plays: Plays, exits: set[int], *options: str, quiet: bool = False) -> Row:
    """A row of a server that meets the header of version 1."""
    return row(f"PROXY: {name}", plays, exits, *V1, *options, blames=ELSEWHERE, quiet=quiet)


def binary(rows: list[Row]) -> list[Row]:
    """The same behaviours towards version 2, whose first octets read as lines hold the word QUIT."""
    return [
        replace(
            each,
            name=each.name.replace("PROXY", "PROXY v2", 1),
            exits=each.exits | {14},
            options=tuple("v2" if option == "v1" else option for option in each.options),
        )
        for each in rows
    ]


_WORDS = {
    "Postfix": "500 5.5.2 Error: command not recognized",
    "Exim": "500 unrecognized command",
    "Sendmail": '500 5.5.1 Command unrecognized: "PROXY TCP4"',
    "Courier": "502 ESMTP command error",
    "hMailServer": "503 Bad sequence of commands",
}

_PROXY = [
    *alike(
        proxy(f"{server} takes the header for a command", {"banner": (hear_header, f"220 {NAME}\n{words}")}, {59, 70})
        for server, words in _WORDS.items()
    ),
    proxy(
        "the header is answered before the greeting",
        {"banner": (hear_header, f"500 5.5.1 what?\n220 {NAME}")},
        {51, 59, 70},
    ),
    proxy(
        "the greeting comes first, the header is refused later", {"banner": (f"220 {NAME}", wait(0.2))}, {52, 59, 70}
    ),
    proxy(
        "421 PROXY not allowed",
        {"banner": (hear_header, "421 PROXY not allowed from 127.0.0.1", close)},
        {41, 49, 59},
        quiet=True,
    ),
    proxy("421 you talk too soon", {"banner": (hear_header, f"421 {NAME} You talk too soon", close)}, {41, 49, 59}),
    proxy(
        "554 protocol error",
        {"banner": (hear_header, "554 5.5.1 SMTP protocol synchronization error", close)},
        {51, 59},
    ),
    proxy("the server closes without a word", {"banner": (hear_header, close)}, {14, 59}),
    proxy("the server resets the connection", {"banner": (hear_header, reset)}, {14, 59}),
    proxy("the server falls silent", {"banner": silence}, {12, 59}, *SHORT_WAIT),
]

_XCLIENT_CODES = ["354 go on", "221 bye", "100 wait", "ok"]


def xclient(name: str, plays: Plays, exits: int | set[int], *options: str, quiet: bool = False) -> Row:
    """A row of a server that offers XCLIENT."""
    return row(
        f"XCLIENT: {name}", plays, exits, *XCLIENT, *options, offers="XCLIENT NAME ADDR", never="MAIL", quiet=quiet
    )


_XCLIENT = [
    *alike(xclient(f"it is answered by {said.strip()}", {"XCLIENT": said}, {59, 70}) for said in _XCLIENT_CODES),
    xclient("it is refused", {"XCLIENT": "550 5.7.0 insufficient authorization"}, 59),
    xclient("it is unknown", {"XCLIENT": "500 5.5.1 what?"}, 59),
    xclient("its attribute is unknown", {"XCLIENT": "501 5.5.4 bad attribute"}, 59),
    xclient("it is refused for now", {"XCLIENT": "421 4.7.0 no"}, 49),
    xclient("the server closes", {"XCLIENT": close}, 14),
    xclient("the server resets the connection", {"XCLIENT": reset}, 14),
    xclient("it is never answered", {"XCLIENT": silence}, 12, *SHORT_WAIT),
    xclient("its answer has no end", {"XCLIENT": flood(b"220-X\r\n")}, 70),
    xclient("the client that it names is refused", {"XCLIENT": "554 5.7.1 that client is blocked"}, {51, 59}),
    xclient("421 comes behind its answer", {"XCLIENT": (f"220 {NAME}\n421 4.3.2 closing", close)}, {42, 49}),
    xclient("the second EHLO is refused", {"EHLO 2": "550 5.7.1 no", "HELO": "550 5.7.1 no"}, 52),
    xclient("the second EHLO is answered by 354", {"EHLO 2": "354 go on"}, 70),
    xclient("the second EHLO is never answered", {"EHLO 2": silence}, 12, *SHORT_WAIT),
]

ROWS = [
    *_PROXY,
    *binary(_PROXY[:1] + _PROXY[5:]),
    *_XCLIENT,
    row("XCLIENT is not offered, and refused", {"XCLIENT": "503 5.5.1 no"}, 59, *XCLIENT, never="MAIL"),
]

GOOD = [
    proxy("the header is taken", {"connect": take_proxy_header}, {0}),
    row("PROXY v2: the header is taken", {"connect": take_proxy_header}, 0, "--proxy", "v2"),
    row("XCLIENT: it is taken", {}, 0, *XCLIENT, offers="XCLIENT NAME ADDR"),
]
