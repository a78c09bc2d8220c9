"""``smtpscope console`` from a pipe: the same limits as ``test``, and an exit code that never says too much."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hostile.acts import Plays, close, flood, reset, silence, take_message, trickle
from hostile.peer import peer
from hostile.run import Process, faults

HELLO = "EHLO contoso.com\n"
ENVELOPE = f"{HELLO}MAIL FROM:<chris@contoso.com>\nRCPT TO:<kate@fabrikam.com>\n"
MAIL = f"{ENVELOPE}DATA\nFrom: chris@contoso.com\nSubject: hello\n\nA text.\n.\n"
END = "QUIT\n"

# Octets of output at the most: a flood is not for reading.
MOST_OUTPUT = 2_000_000


@dataclass(frozen=True)
class Piped:
    """A row: what is typed, and what the exit code may be."""

    name: str
    plays: Plays
    typed: str
    exits: set[int]
    never: str = ""


ROWS = [
    # Floods
    Piped("the greeting has no end", {"banner": flood(b"220-again\r\n")}, HELLO + END, {70}),
    Piped("the greeting is one line without an end", {"banner": (b"220 ", flood(b"A"))}, HELLO + END, {70}),
    Piped("greetings without an end", {"banner": flood(b"220 hello\r\n")}, HELLO + END, {70}),
    Piped("a flood of empty lines", {"banner": flood(b"\r\n")}, HELLO + END, {70}),
    Piped("a flood of NUL octets", {"banner": flood(b"\0")}, HELLO + END, {70}),
    Piped("the answer to EHLO has no end", {"EHLO": flood(b"250-XYZ\r\n")}, HELLO + END, {70}),
    Piped("answers to EHLO without an end", {"EHLO": flood(b"250 ok\r\n")}, HELLO + END, {70}),
    Piped("the answer to the message has no end", {".": flood(b"250-X\r\n")}, MAIL + END, {70}),
    Piped("the answer to QUIT has no end", {"QUIT": flood(b"221-X\r\n")}, MAIL + END, {0, 70}),
    Piped("the greeting trickles", {"banner": trickle(b"220 " + b"." * 600, 0.1)}, HELLO + END, {12}),
    # Wrong replies
    Piped("the greeting is 250", {"banner": "250 mx"}, MAIL + END, {70}),
    Piped("the greeting is 554", {"banner": "554 5.3.2 no"}, MAIL + END, {51}),
    Piped("EHLO is answered by 354", {"EHLO": "354 go on"}, MAIL + END, {70}),
    Piped("MAIL is answered by 221", {"MAIL": "221 bye"}, MAIL + END, {70}),
    Piped("the recipient is refused", {"RCPT": "550 5.1.1 no such user"}, ENVELOPE + END, {56}),
    Piped(
        "DATA is answered by 334, every line by 250",
        {"DATA": "334 go", "?unknown": "250 ok"},
        MAIL + END,
        {70},
        never="Subject:",
    ),
    Piped(
        "DATA is answered by 250, every line by 250",
        {"DATA": "250 ok", "?unknown": "250 ok"},
        MAIL + END,
        {70},
        never="Subject:",
    ),
    Piped("the message is answered by 221", {".": "221 bye"}, MAIL + END, {70}),
    Piped("the message is answered by 354", {".": "354 go on"}, MAIL + END, {70}),
    Piped("the message is answered without a code", {".": "queued"}, MAIL + END, {70}),
    Piped("the message is refused", {".": "554 5.6.0 no"}, MAIL + END, {58}),
    Piped("550 comes behind 250 to the message", {".": "250 queued\n550 5.7.1 no"}, MAIL + END, {58, 70}),
    Piped(
        "250 comes with 354, and the server closes at the dot",
        {"DATA": ("354 go\n250 queued", take_message), "?.": close},
        MAIL + END,
        {14, 70},
    ),
    Piped("there are two greetings", {"banner": "220 mx\n220 mx"}, MAIL + END, {70}),
    # 421, and the end of the connection
    Piped(
        "421 comes behind the answer to EHLO",
        {"EHLO": ("250 mx\n421 4.4.2 idle too long", close)},
        MAIL + END,
        {42, 45},
        never="DATA",
    ),
    Piped(
        "421 comes behind the answer to RCPT",
        {"RCPT": ("250 ok\n421 4.4.2 closing", close)},
        MAIL + END,
        {46, 47},
        never="Subject:",
    ),
    Piped("421 comes with 354", {"DATA": ("354 go\n421 4.3.2 closing", close)}, MAIL + END, {47, 48}),
    Piped("the server closes at MAIL", {"MAIL": close}, MAIL + END, {14}),
    Piped("the server closes at the dot", {".": close}, MAIL + END, {14}),
    Piped("the connection is reset at the dot", {".": reset}, MAIL + END, {14}),
    Piped("the message is never answered", {".": silence}, MAIL + END, {12}),
    Piped("half a reply at the dot", {".": (b"25", close)}, MAIL + END, {14}),
    # Good
    Piped("everything is good", {}, MAIL + END, {0}),
    Piped("the server closes behind 250 to the message", {".": ("250 queued", close)}, MAIL + END, {0}),
    Piped("no mail is sent", {}, HELLO + END, {0}),
    Piped(
        "the replies steer the terminal", {"banner": b"220 \x1b[2J\x9b31m \xe2\x80\xae\x7f\r\n"}, MAIL + END, {0, 70}
    ),
]


@pytest.mark.parametrize("piped", ROWS, ids=lambda piped: piped.name)
def test_piped(piped: Piped, tmp_path: Path) -> None:
    with peer(piped.plays) as server:
        arguments = ["console", "127.0.0.1", str(server.port), "--timeout", "2"]
        run = Process(tmp_path / "run", arguments, stdin=piped.typed.encode()).finish(bound=15)
        heard = [line for line in server.heard if piped.never and line.startswith(piped.never.encode())]
    wrong = [*faults(run, piped.exits), *(f"the peer heard {line!r}" for line in heard)]
    if len(run.files["stdout"]) > MOST_OUTPUT:
        wrong.append(f"{len(run.files['stdout'])} octets of output")
    if wrong:
        pytest.fail("\n".join([*wrong, "", run.stdout[:3000]]), pytrace=False)
