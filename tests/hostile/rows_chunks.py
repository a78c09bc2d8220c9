"""BDAT (RFC 3030 section 2): each chunk is answered by 250, and the answer to the LAST one takes the message."""

from __future__ import annotations

from hostile.acts import Plays, close, flood, reset, silence, skip_chunk, wait
from hostile.row import LONG, SHORT_WAIT, Row, alike, in_tls, row

CHUNKS = ("--chunking", "force", "--chunk-size", "100")


def chunked(name: str, plays: Plays, exits: int | set[int], *options: str, quiet: bool = False) -> Row:
    """A row whose message goes in chunks of 100 octets."""
    return row(name, plays, exits, *CHUNKS, *options, offers="CHUNKING", quiet=quiet)


_SEVERAL = [
    *alike(
        chunked(f"the first chunk is answered by {said}", {"BDAT 1": said}, 70)
        for said in ("354 go on", "221 bye", "999 ok", "chunk taken")
    ),
    chunked("the first chunk is refused", {"BDAT 1": "554 5.6.0 no"}, 58),
    chunked("the second chunk is refused for now", {"BDAT 2": "452 4.3.1 disk full"}, 48),
    chunked("the second chunk is answered by 421", {"BDAT 2": ("421 4.3.2 closing", close)}, 48),
    chunked("the server closes at the second chunk", {"BDAT 2": close}, 14),
    chunked("the server resets the connection at the second chunk", {"BDAT 2": reset}, 14),
    chunked("the second chunk is never answered", {"BDAT 2": silence}, 12, *SHORT_WAIT),
    chunked("the first chunk is answered without an end", {"BDAT 1": flood(b"250-X\r\n")}, 70),
    chunked("all chunks are taken, and the last is refused", {"LAST": "554 5.6.0 no"}, 58),
    chunked(
        "the first chunk is answered twice, and the server closes at the last",
        {"BDAT 1": "250 ok\n250 ok", "?LAST": close},
        {14, 70},
        quiet=True,
    ),
    chunked("the first chunk is answered twice", {"BDAT 1": "250 ok\n250 ok"}, 70, quiet=True),
    chunked(
        "the answers to the chunks come one chunk late, and the last is refused",
        {"BDAT 2": ("250 ok", wait(0.3), "250 2.0.0 queued"), "?LAST": "554 5.6.0 no"},
        {58, 70, 71},
        quiet=True,
    ),
    chunked(
        "the whole message is called queued at its first chunk",
        {"BDAT 1": "250 2.0.0 queued", "LAST": close},
        14,
        quiet=True,
    ),
    chunked("421 comes behind the answer to the first chunk", {"BDAT 1": ("250 ok\n421 4.3.2 closing", close)}, 48),
]

ROWS = [
    *_SEVERAL,
    *in_tls(_SEVERAL[-5:]),
    row(
        "the server does not know BDAT and reads the message as commands",
        {"chunk": skip_chunk, "?LAST": "500 5.5.1 what?"},
        {58, 70},
        "--chunking",
        "force",
    ),
    row(
        "the server does not know BDAT and says 250 to every line",
        {"chunk": skip_chunk, "?LAST": "500 5.5.1 what?", "?unknown": "250 ok"},
        {58, 70},
        "--chunking",
        "force",
        quiet=True,
    ),
    row(
        "a long message in chunks is refused at its third",
        {"BDAT 3": "552 5.3.4 too long"},
        58,
        *LONG,
        "--chunking",
        "force",
        "--chunk-size",
        "300000",
        offers="CHUNKING",
    ),
]

GOOD = [
    chunked("every chunk is accepted", {}, 0),
    row(
        "a long message in chunks is accepted",
        {},
        0,
        *LONG,
        "--chunking",
        "force",
        "--chunk-size",
        "300000",
        offers="CHUNKING",
    ),
]
