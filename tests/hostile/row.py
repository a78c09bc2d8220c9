"""A row of the tables: one behaviour of a peer, and what smtpscope may say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hostile.acts import Act, Plays

# What the runs of a row are given. Words in braces are files that the harness makes (run.py).
LOGIN = ("--user", "kate", "--password-file", "{password}", "--auth-in-clear")
SECURE = ("--tls", "require", "--no-verify")
LONG = ("--data", "{long}")  # 1 MB: more than the windows of both sides hold
SHORT_WAIT = ("--timeout", "1")


@dataclass(frozen=True)
class Row:
    """One behaviour.

    name      a sentence: what the server does
    plays     where it differs from a good server (peer.py). A key that begins with ``?`` is a trap that a client which
              stops in time never reaches; every other play must be reached
    exits     the exit codes that are right; 0 only where it stands here
    options   further options of ``smtpscope test``
    offers    further lines of the answer to EHLO
    causes    the causes that may come first in the result; none named: any
    blames    causes that would blame the wrong thing
    never     beginnings of lines that the peer must not have heard
    says      words that the text and the quiet view must hold
    quiet     whether ``-q`` is run too
    variant   whether a row like it is run in every view: one run, with every record at once, is enough
    """

    name: str
    plays: Plays
    exits: frozenset[int]
    options: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    causes: frozenset[str] = frozenset()
    blames: frozenset[str] = frozenset()
    never: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    quiet: bool = False
    variant: bool = False


def row(
    name: str,
    plays: Plays,
    exits: int | Iterable[int],
    *options: str,
    offers: str = "",
    causes: str = "",
    blames: str = "",
    never: str = "",
    says: str = "",
    quiet: bool = False,
) -> Row:
    """A row, written short: ``offers``, ``never`` and ``says`` are separated by bars, causes by blanks."""
    return Row(
        name,
        plays,
        frozenset([exits] if isinstance(exits, int) else exits),
        options,
        _parts(offers),
        frozenset(causes.split()),
        frozenset(blames.split()),
        _parts(never),
        _parts(says),
        quiet,
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|")) if text else ()


def each(
    name: str,
    place: str,
    acts: Iterable[str] | Mapping[str, Act],
    exits: int | Iterable[int],
    *options: str,
    **more: Any,
) -> list[Row]:
    """A row for each act at one place; ``{}`` in the name is what the server says there, or the key of the act."""
    codes = (exits,) if isinstance(exits, int) else tuple(exits)
    named = acts if isinstance(acts, Mapping) else {act: act for act in acts}
    return alike(
        [
            row(name.format(shown.strip() or "nothing"), {place: act}, codes, *options, **more)
            for shown, act in named.items()
        ]
    )


def alike(rows: Iterable[Row]) -> list[Row]:
    """Behaviours of one kind: the first is run in every view, the others once."""
    return [replace(each_row, variant=number > 0) for number, each_row in enumerate(rows)]


def in_tls(rows: Iterable[Row]) -> list[Row]:
    """The same behaviours inside TLS."""
    return [
        replace(
            each_row,
            name=f"{each_row.name}, inside TLS",
            plays={_second_hello(key): act for key, act in each_row.plays.items()},
            options=(*each_row.options, *SECURE),
            offers=("STARTTLS", *each_row.offers),
            variant=True,
        )
        for each_row in rows
    ]


def _second_hello(place: str) -> str:
    return place.replace("EHLO", "EHLO 2")


def pipelined(rows: Iterable[Row]) -> list[Row]:
    """The same behaviours of a server that offers PIPELINING."""
    return [
        replace(each_row, name=f"{each_row.name}, pipelined", offers=("PIPELINING", *each_row.offers), variant=True)
        for each_row in rows
    ]


def in_chunks(rows: Iterable[Row]) -> list[Row]:
    """The same behaviours where the message is sent with BDAT: its end is the LAST chunk."""
    places = {".": "LAST", "message": "chunk", "?.": "?LAST"}
    return [
        replace(
            each_row,
            name=f"{each_row.name}, with BDAT",
            plays={places.get(key, key): act for key, act in each_row.plays.items()},
            options=(*each_row.options, "--chunking", "force"),
            offers=("CHUNKING", *each_row.offers),
            variant=True,
        )
        for each_row in rows
    ]


def over_lmtp(rows: Iterable[Row]) -> list[Row]:
    """The same behaviours of an LMTP server."""
    return [
        replace(
            each_row,
            name=f"{each_row.name}, with LMTP",
            plays={key.replace("EHLO", "LHLO"): act for key, act in each_row.plays.items()},
            options=(*each_row.options, "--protocol", "lmtp"),
            variant=True,
        )
        for each_row in rows
    ]
