"""Reads the catalogue's TOML files and says what is wrong with them.

The shipped ones are read when the package is built (build.py), a user's own at run time.
"""

from __future__ import annotations

import os

from smtpscope import toml
from smtpscope.errors import LocalError, Sentence, sentence
from smtpscope.knowledge.entry import LANGUAGES, Cause, Extension, Rule, Vendor, Words
from smtpscope.knowledge.normal import normalise
from smtpscope.protocol.phase import Phase
from smtpscope.toml import Document, TomlError
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    T = TypeVar("T")

ACTORS = ("you", "your-admin", "their-admin", "recipient", "network", "nobody")
RETRIES = ("now", "later", "after-fix", "never", "none")

_LISTS = (
    "also",
    "token",
    "codes",
    "enhanced",
    "stages",
    "any",
    "beside",
    "all",
    "none",
    "announced",
    "absent",
    "references",
)
_WORDS = ("token", "any", "beside", "all", "none")
_KEYS = {
    "cause": {"actor", "retry", "deferred", "references", "meaning", "causes", "steps"},
    "vendor": {"name", "marks", "hosts"},
    "code": {"cause", "also", "actor", "retry", "meaning", "steps", "references", "at"},
    "enhanced": {"cause", "also", "actor", "retry", "meaning", "steps", "references", "codes"},
    "extension": {"meaning", "references"},
    "rule": {*_LISTS, "cause", "vendor", "actor", "retry", "strength", "meaning", "steps", "example", "counterexample"},
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "cause": ("actor", "retry", "meaning", "causes", "steps"),
    "vendor": ("name",),
    "code": ("meaning",),
    "enhanced": ("meaning", "references"),
    "extension": ("meaning", "references"),
    "rule": ("cause", "example", "counterexample"),
}


class Example(Value):
    """A reply that selects a rule, or one that looks like it and does not."""

    rule: str
    text: str
    selects: bool
    stage: str = ""
    server: str = ""
    announced: tuple[str, ...] | None = None


class Source(Value):
    """All that the files of a folder say. ``words`` is by language, then by the id of a cause, code or rule."""

    causes: tuple[Cause, ...]
    vendors: tuple[Vendor, ...]
    rules: tuple[Rule, ...]
    words: dict[str, dict[str, Words]]
    extensions: dict[str, tuple[Extension, ...]]
    examples: tuple[Example, ...]


def read_folder(folder: str, causes: Iterable[str] = (), own: bool = False) -> Source:
    """The entries of every ``.toml`` file in ``folder`` and the folders in it.

    ``causes`` are ids that may be named beside those that the folder defines; ``own`` marks the rules as the user's.
    Raises LocalError, naming file, entry and key, for what cannot be used.
    """
    return read_files(sorted(_toml_files(folder)), folder, causes, own)


def _toml_files(folder: str) -> Iterator[str]:
    if not os.path.isdir(folder):
        raise LocalError("directory not found: {folder!r}", "folders", folder=folder)
    for place, _folders, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names if name.endswith(".toml"))


def read_files(paths: Iterable[str], folder: str = "", causes: Iterable[str] = (), own: bool = False) -> Source:
    """As ``read_folder``, for the files named."""
    entries = [entry for path in paths for entry in _entries(path, folder)]
    _refuse_twins(entries)
    known = {*causes, *(entry.id for entry in entries if entry.kind == "cause")}
    for entry in entries:
        _check(entry, known)
    return _source(entries, own)


class Raw(Value):
    """One table of a file, before it is understood. ``path``: the keys that lead to it."""

    kind: str
    id: str
    table: dict[str, Any]
    document: Document
    path: tuple[str, ...]
    vendor: str = ""

    def wrong(self, key: str, why: Sentence) -> LocalError:
        """The error for what is wrong about ``key``; of the entry itself where it is empty."""
        return _local_error(self.document.mistake((*self.path, key) if key else self.path, why))

    def part(self, key: str, read: Callable[[Any], T]) -> T:
        """What ``read`` makes of the value of ``key``. Raises LocalError."""
        try:
            return read(self.table[key])
        except ValueError as error:
            raise self.wrong(key, error.args[0]) from error


def _local_error(error: TomlError) -> LocalError:
    return LocalError(error.sentence.text, "folders", **dict(error.sentence.values))


def _entries(path: str, folder: str) -> Iterator[Raw]:
    try:
        document = toml.read_document(path, os.path.relpath(path, folder) if folder else path)
        yield from _tables(document)
    except TomlError as error:
        raise _local_error(error) from error


def _tables(document: Document) -> Iterator[Raw]:
    vendors = document.content.get("vendor", {})
    vendor = next(iter(vendors)) if isinstance(vendors, dict) and len(vendors) == 1 else ""
    for kind, tables in document.content.items():
        try:
            toml.known_key(kind, _KEYS)
            named = toml.table(tables)
        except ValueError as error:
            raise document.mistake((kind,), error.args[0]) from error
        for name, table in named.items():
            if not isinstance(table, dict):
                raise document.mistake((kind, name), sentence("must be a table"))
            yield Raw(kind, name, table, document, (kind, name), vendor)


def _refuse_twins(entries: Iterable[Raw]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for entry in entries:
        if (entry.kind, entry.id) in seen:
            first = seen[entry.kind, entry.id]
            raise entry.wrong("", sentence("{first} has an entry with this name", first=first))
        seen[entry.kind, entry.id] = entry.document.file


def _check(entry: Raw, causes: set[str]) -> None:
    keys = _KEYS[entry.kind]
    for key in entry.table:
        try:
            toml.known_key(key, sorted(keys))
        except ValueError as error:
            raise entry.wrong(key, error.args[0]) from error
        entry.part(key, _READERS[key])
    for key in _NEEDED[entry.kind]:
        if not entry.table.get(key):
            raise entry.wrong(key, sentence("is missing"))
    _check_causes(entry, causes)
    if entry.kind == "rule":
        _check_rule(entry)
    for stage in _by_stage(entry):
        _check(stage, causes)


def _check_causes(entry: Raw, causes: set[str]) -> None:
    for key in ("cause", "also"):
        named = entry.table.get(key, ())
        for cause in (named,) if isinstance(named, str) else named:
            if cause not in causes:
                raise entry.wrong(key, sentence("unknown cause {cause!r}", cause=cause))


def _check_rule(entry: Raw) -> None:
    table = entry.table
    if not any(table.get(key) for key in ("token", "any", "all", "codes", "enhanced")):
        raise entry.wrong("any", sentence("a rule requires token, any, all, codes, or enhanced"))
    if table.get("strength", 5) not in range(1, 10):
        raise entry.wrong("strength", sentence("must be a number from 1 to 9"))
    for key in _WORDS:
        for word in table.get(key, ()):
            if len(word.strip()) < 2 or word.strip() != normalise(word).strip():
                raise entry.wrong(
                    key, sentence("{word!r} never matches; write {right!r}", word=word, right=normalise(word))
                )


def _words_only(value: Any) -> tuple[str, ...]:
    found = toml.texts(value)
    if not all(found):
        raise ValueError(sentence("must not have an empty text"))
    return found


def _stages(value: Any) -> tuple[str, ...]:
    return tuple(map(toml.one_of(Phase), _words_only(value)))


def _tables_by_stage(value: Any) -> None:
    for stage, table in toml.table(value).items():
        toml.one_of(Phase)(stage)
        toml.table(table)


def _translated(value: Any) -> None:
    for language in LANGUAGES:
        if not isinstance(value, dict) or not isinstance(value.get(language), str) or not value[language].strip():
            raise ValueError(sentence("the text in {language} is missing", language=language))


def _list_of(value: Any, read: Callable[[Any], None]) -> None:
    if not isinstance(value, list):
        raise ValueError(sentence("must be a list"))
    for item in value:
        read(item)


def _step(value: Any) -> None:
    _translated(value)
    toml.one_of(ACTORS)(value.get("actor", ""))


def _example(value: Any) -> None:
    """One reply or several: a text, or a table with the text and where it came from."""
    for one in value if isinstance(value, list) else [value]:
        fields = {"text": one} if isinstance(one, str) else toml.table(one)
        for key, given in fields.items():
            read: Callable[[Any], Any] = toml.texts if key == "announced" else toml.text
            read(given) if toml.known_key(key, _OF_EXAMPLE) else None
        toml.text(fields.get("text"))


_OF_EXAMPLE = ("text", "stage", "server", "announced")

# How each key is read; ValueError says what is wrong with it.
_READERS: dict[str, Callable[[Any], object]] = {
    **dict.fromkeys((*_LISTS, "marks", "hosts"), _words_only),
    **dict.fromkeys(("cause", "vendor", "name"), toml.text),
    "stages": _stages,
    "actor": toml.one_of(ACTORS),
    "retry": toml.one_of(RETRIES),
    "deferred": toml.one_of(RETRIES),
    "strength": toml.number,
    "at": _tables_by_stage,
    "meaning": _translated,
    "causes": lambda value: _list_of(value, _translated),
    "steps": lambda value: _list_of(value, _step),
    "example": _example,
    "counterexample": _example,
}


def _source(entries: list[Raw], own: bool) -> Source:
    def of(kind: str) -> list[Raw]:
        return [entry for entry in entries if entry.kind == kind]

    codes = [*of("code"), *(stage for entry in of("code") for stage in _by_stage(entry))]
    rules = [*(_rule(entry, own) for entry in of("rule")), *(_enhanced_rule(entry) for entry in of("enhanced"))]
    return Source(
        tuple(_cause(entry) for entry in of("cause")),
        tuple(_vendor(entry) for entry in of("vendor")),
        tuple(rule for rule in [*rules, *map(_code_rule, codes)] if rule.cause),
        {language: _words(entries, codes, language) for language in LANGUAGES},
        {language: tuple(_extension(entry, language) for entry in of("extension")) for language in LANGUAGES},
        tuple(example for entry in of("rule") for example in _examples(entry)),
    )


def _tuples(table: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: tuple(table[key]) for key in keys if key in table}


def _cause(entry: Raw) -> Cause:
    table = entry.table
    return Cause(
        entry.id, table["actor"], table["retry"], table.get("deferred", ""), tuple(table.get("references", ()))
    )


def _vendor(entry: Raw) -> Vendor:
    return Vendor(entry.id, entry.table["name"], **_tuples(entry.table, ("marks", "hosts")))


def _rule(entry: Raw, own: bool) -> Rule:
    simple = {key: entry.table[key] for key in ("cause", "actor", "retry", "strength") if key in entry.table}
    vendor = entry.table.get("vendor", entry.vendor)
    return Rule(entry.id, vendor=vendor, own=own, **simple, **_tuples(entry.table, _LISTS))


def _enhanced_rule(entry: Raw) -> Rule:
    """An entry of the registry as a rule; one for a class of its own goes before the one for all."""
    table = {key: value for key, value in entry.table.items() if key != "codes"}
    raw = entry.replace(kind="rule", id=f"enhanced.{entry.id}", table={"cause": "", **table, "enhanced": [entry.id]})
    return _rule(raw.replace(vendor=""), False).replace(strength=5 if entry.id.startswith("X") else 6)


def _by_stage(entry: Raw) -> Iterator[Raw]:
    for stage, table in entry.table.get("at", {}).items():
        name, path = f"{entry.id}.{stage}", (*entry.path, "at", stage)
        yield entry.replace(kind="code", id=name, table=table, path=path, vendor="")


def _code_rule(entry: Raw) -> Rule:
    code, _dot, stage = entry.id.partition(".")
    stages = {"stages": [stage]} if stage else {}
    table = {key: value for key, value in entry.table.items() if key != "at"}
    made = {"cause": "", **table, "codes": [code], **stages}
    return _rule(entry.replace(kind="rule", id=f"code.{entry.id}", table=made, vendor=""), False)


# Rules and causes share their names, so the texts of a rule are kept under another.
_PREFIXES = {"cause": "", "rule": "rule:", "code": "rule:code.", "enhanced": "rule:enhanced."}


def _words(entries: list[Raw], codes: list[Raw], language: str) -> dict[str, Words]:
    all_of = [entry for entry in entries if entry.kind in ("cause", "rule", "enhanced")] + codes
    found = {_PREFIXES[entry.kind] + entry.id: _words_of(entry.table, language) for entry in all_of}
    return {name: words for name, words in found.items() if words != Words()}


def _words_of(table: dict[str, Any], language: str) -> Words:
    steps = tuple((step["actor"], step[language]) for step in table.get("steps", ()))
    causes = tuple(cause[language] for cause in table.get("causes", ()))
    return Words(table.get("meaning", {}).get(language, ""), causes, steps)


def _extension(entry: Raw, language: str) -> Extension:
    return Extension(entry.id, entry.table["meaning"][language], entry.table["references"][0])


def _examples(entry: Raw) -> Iterator[Example]:
    make: Callable[..., Example] = Example
    for key, selects in (("example", True), ("counterexample", False)):
        given = entry.table[key]
        for one in given if isinstance(given, list) else [given]:
            fields = dict(one) if isinstance(one, dict) else {"text": one}
            if "announced" in fields:
                fields["announced"] = tuple(fields["announced"])
            yield make(rule=entry.id, selects=selects, **fields)
