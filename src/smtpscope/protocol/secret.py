"""What may be shown of a command that carries a secret, and of a reply that repeats one."""

from __future__ import annotations

from smtpscope.protocol.reply import Reply, parse_reply

HIDDEN = b"***"
"""Stands in the place of a secret, wherever a line is shown or kept."""


def mask(line: bytes, challenged: bool = False) -> bytes:
    """``line`` (a command without its line end) with its secret hidden; the line itself where it carries none.

    ``challenged``: the server has answered 334, so that the whole line is a response (RFC 4954 section 4).
    """
    if challenged:
        return line if line.strip() == b"*" else HIDDEN  # a lone * gives up the exchange
    words = line.split(None, 2)
    if len(words) == 3 and words[0].upper() == b"AUTH":
        return line[: line.index(words[1], 4) + len(words[1])] + b" " + HIDDEN
    return line


def hide(octets: bytes, secrets: tuple[bytes, ...]) -> bytes:
    """``octets`` with each of ``secrets`` in it hidden."""
    for secret in sorted(secrets, key=len, reverse=True):  # the whole before its parts
        octets = octets.replace(secret, HIDDEN)
    return octets


def hide_in_reply(reply: Reply, secrets: tuple[bytes, ...]) -> Reply:
    """``reply`` with each of ``secrets`` in it hidden: some servers repeat what they do not understand."""
    raw = hide(reply.raw, secrets)
    return reply if raw == reply.raw else reply.replace(raw=raw, lines=parse_reply(raw).lines)
