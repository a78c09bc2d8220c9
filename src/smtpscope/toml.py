"""Reads a TOML file, and says of a mistake in it where it is: file, line, key, and what is allowed there.

tomllib keeps no lines of what it has read, so they are looked for in the text, once there is a mistake to show.
"""

from __future__ import annotations

from smtpscope.errors import Sentence, sentence
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    # Where a value is: the keys that lead to it, and the number of each table of an array, from 0.
    Path: TypeAlias = Sequence[str | int]

# Octets of a file that are read.
SIZE_LIMIT = 1 << 20


class TomlError(ValueError):
    """A file that cannot be used; ``sentence`` says why. Each caller makes its own error of it."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.sentence = why


class Document(Value):
    """A file that was read: its name as it is shown, its text, its content."""

    file: str
    text: str
    content: dict[str, Any]

    def mistake(self, path: Path, why: Sentence) -> TomlError:
        """The error for what is wrong with the value at ``path``; its last key is the one that is named."""
        key = ".".join(_quoted(key) for key in path if isinstance(key, str))
        line = find_line(self.text, path)
        text = "{file}, line {line}: {key}: {message}"
        return TomlError(sentence(text, file=self.file, line=line, key=key, message=why))


def read_document(path: str, shown: str = "") -> Document:
    """The file ``path``, called ``shown`` in errors. Raises TomlError."""
    from smtpscope.files import read_at_most

    reason: object
    try:
        with open(path, "rb") as file:
            octets = read_at_most(file, SIZE_LIMIT)
        if len(octets) <= SIZE_LIMIT:
            return parse_document(octets.decode("utf-8"), shown or path)
        reason = sentence("it is larger than {limit} MB", limit=SIZE_LIMIT >> 20)
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError:
        reason = sentence("it is not UTF-8")
    raise TomlError(sentence("cannot read {path!r}: {reason}", path=shown or path, reason=reason))


def parse_document(text: str, file: str) -> Document:
    """``text``, which came from ``file``. Raises TomlError."""
    import re
    import tomllib

    try:
        return Document(file, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        reason, _blank, place = str(error).partition(" (at ")
        match = re.match(r"line (\d+)", place)
        line = int(match[1]) if match else max(1, len(text.splitlines()))
        raise TomlError(sentence("{file}, line {line}: {reason}", file=file, line=line, reason=reason)) from error
    except RecursionError:
        raise TomlError(sentence("cannot read {path!r}: {reason}", path=file, reason="RecursionError")) from None


# ------------------------------------------------------------------------------ what a value must be, and is made into


def text(value: Any) -> str:
    """A text. Raises ValueError with a Sentence, as do all of these."""
    if not isinstance(value, str):
        raise ValueError(sentence("must be a text in quotes"))
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(sentence("must be a list of texts, such as ['DSN']"))
    return tuple(value)


def table(value: Any) -> dict[str, Any]:
    """A table."""
    if not isinstance(value, dict):
        raise ValueError(sentence("must be a table"))
    return value


def flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise ValueError(sentence("must be true or false"))
    return value


def number(value: Any) -> int:
    """A whole number, 0 or greater."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(sentence("must be a whole number, 0 or greater"))
    return value


def one_of(choices: Iterable[str]) -> Callable[[Any], str]:
    """One of ``choices``."""
    known = tuple(choices)

    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(
                sentence("{value!r} is not valid; choose from {choices}", value=value, choices=", ".join(known))
            )
        return str(value)

    return read


def known_key(key: str, keys: Iterable[str]) -> str:
    """A key that the table may have."""
    if key not in keys:
        raise ValueError(sentence("unknown key; choose from {choices}", choices=", ".join(keys)))
    return key


# ------------------------------------------------------------------------------------------------------------- its line


def find_line(text: str, path: Path) -> int:
    """The line, from 1, of the value at ``path``; of the table that lacks it where it is not there."""
    lines = text.splitlines()
    start, depth = 0, 0
    for number, head in _heads(lines):
        if len(head) >= len(path) and head[: len(path)] == tuple(path):
            return number + 1
        if len(head) > depth and head == tuple(path[: len(head)]):
            start, depth = number, len(head)
    for nested, key in enumerate(key for key in path[depth:] if isinstance(key, str)):
        start = _key_line(lines, start, key, nested > 0)
    return start + 1


def _heads(lines: Sequence[str]) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    """The number, from 0, of each line with the head of a table, and its path."""
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines):
        keys, in_array = _head(line)
        if in_array:
            counts[keys] = counts.get(keys, -1) + 1
        path: list[str | int] = []
        for place, key in enumerate(keys, 1):
            path += [key, counts[keys[:place]]] if keys[:place] in counts else [key]
        if path:
            yield number, tuple(path)


def _head(line: str) -> tuple[tuple[str, ...], bool]:
    """The keys of ``[a.b]`` or ``[[a.b]]``, and whether it is the latter; no keys for a line that is none."""
    import tomllib

    try:
        found: Any = tomllib.loads(line) if line.lstrip().startswith("[") else {}
    except tomllib.TOMLDecodeError:
        found = {}
    keys = []
    while isinstance(found, dict) and found:
        [(key, found)] = found.items()
        keys.append(key)
    return tuple(keys), isinstance(found, list)


def _key_line(lines: Sequence[str], start: int, key: str, nested: bool) -> int:
    """The number of the line from ``start`` on that has ``key``, in its table; ``start`` itself where none has it."""
    import re

    name = rf"""["']?{re.escape(key)}["']?\s*[=.]"""
    for number in range(start, len(lines)):
        if number > start and _head(lines[number])[0]:
            break
        if re.match(rf"\s*{name}", lines[number]) or (nested and re.search(rf"(?<![\w-]){name}", lines[number])):
            return number
    return start


def _quoted(key: str) -> str:
    """A key as it is written: bare, or in quotes (TOML 1.0, Keys)."""
    bare = key and key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else f'"{key}"'
