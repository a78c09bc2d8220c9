"""Parses messages and their parts. Length and depth are limited, and any bytes can be parsed without an exception."""

from __future__ import annotations

import re

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

# Lines that are read. The limit keeps messages with very many parts short: in a delivery status (RFC 3464 section
# 2.1), the email package makes a message of every group between empty lines.
LINE_LIMIT = 100_000

# Largest number of parts that are read, and their largest depth.
_PARTS, _DEPTH = 1000, 30


def parse_message(data: bytes) -> Message:
    """The message in ``data``; an empty message if it cannot be parsed. Never raises."""
    from email import message_from_bytes
    from email.message import Message
    from email.policy import compat32

    try:
        return message_from_bytes(first_lines(data), policy=compat32)
    except (RecursionError, ValueError, LookupError):  # parts nested too deeply; faults of the email package
        return Message()


def first_lines(data: bytes) -> bytes:
    """The first LINE_LIMIT lines of ``data``."""
    if data.count(b"\n") + data.count(b"\r") <= LINE_LIMIT:
        return data
    for number, end in enumerate(re.finditer(rb"\r\n|\r|\n", data), 1):
        if number == LINE_LIMIT:
            return data[: end.end()]
    return data


def parts_of(message: Message) -> list[Message]:
    """The message and its parts, each part before its own parts. Parts beyond the limits are left out."""
    found: list[Message] = []
    waiting = [(message, 0)]
    while waiting and len(found) < _PARTS:
        part, depth = waiting.pop()
        found.append(part)
        inside = part.get_payload() if part.is_multipart() and depth < _DEPTH else []
        waiting += [(item, depth + 1) for item in reversed(inside)]  # type: ignore[arg-type]
    return found
