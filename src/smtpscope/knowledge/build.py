"""Writes what the package ships from the TOML files, when it is built: ``python -m smtpscope.knowledge.build``.

TOML takes ten times as long to read as JSON. Each entry is one line, so that a change shows as one line, and so that
a reader who wants one entry can find it without reading the others.
"""

from __future__ import annotations

import json
import os

from smtpscope.knowledge.catalogue import COMPILED, DATA
from smtpscope.knowledge.entry import LANGUAGES
from smtpscope.knowledge.source import Source, read_folder
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def pages() -> dict[str, str]:
    """The content of every file to ship, by name."""
    source = read_folder(DATA)
    made = {
        "rules.json": _list(map(_short, source.rules)),
        "vendors.json": _list(map(_short, source.vendors)),
        "causes.json": _object({cause.id: _short(cause) for cause in source.causes}),
    }
    return made | {name: page for language in LANGUAGES for name, page in _language_pages(source, language).items()}


def _language_pages(source: Source, language: str) -> dict[str, str]:
    words = {name: _short(words) for name, words in source.words[language].items()}
    extensions = {extension.keyword: _short(extension) for extension in source.extensions[language]}
    return {f"words.{language}.json": _object(words), f"extensions.{language}.json": _object(extensions)}


def _short(value: Value) -> dict[str, Any]:
    """The fields that are not as usual."""
    usual = type(value)._defaults
    return {field: getattr(value, field) for field in type(value).fields() if getattr(value, field) != usual.get(field)}


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list(values: Iterable[object]) -> str:
    return "[\n" + ",\n".join(map(_line, values)) + "\n]\n"


def _object(values: dict[str, dict[str, Any]]) -> str:
    lines = (f"{_line(name)}:{_line(value)}" for name, value in values.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write every file."""
    os.makedirs(COMPILED, exist_ok=True)
    for name, page in pages().items():
        with open(os.path.join(COMPILED, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(page)


if __name__ == "__main__":
    main()
