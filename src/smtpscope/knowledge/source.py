"""Reads the catalogue's TOML files and says what is wrong with them.

The shipped ones are read when the package is built (build.py), a user's own at run time.
"""

from __future__ import annotations

import os

from smtpscope.errors import LocalError, Sentence, sentence
from smtpscope.knowledge.entry import LANGUAGES, Cause, Extension, Rule, Vendor, Words
from smtpscope.knowledge.normal import normalise
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

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
_NEEDED = {
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
    """One table of a file, before it is understood."""

    kind: str
    id: str
    table: dict[str, Any]
    place: str
    vendor: str = ""

    def wrong(self, key: str, why: Sentence) -> LocalError:
        """The error for what is wrong about ``key``."""
        where = {"place": self.place, "kind": self.kind, "id": self.id, "key": key}
        return LocalError("{place}: {kind} {id}: {key}: {why}", "folders", **where, why=why)


def _entries(path: str, folder: str) -> Iterator[Raw]:
    place = os.path.relpath(path, folder) if folder else path
    content = _parsed(path, place)
    vendors = content.get("vendor", {})
    vendor = next(iter(vendors)) if isinstance(vendors, dict) and len(vendors) == 1 else ""
    for kind, tables in content.items():
        if kind not in _KEYS or not isinstance(tables, dict):
            kinds = ", ".join(_KEYS)
            raise LocalError(
                "{place}: unknown kind of entry {kind!r}; choose from {kinds}",
                "folders",
                place=place,
                kind=kind,
                kinds=kinds,
            )
        for name, table in tables.items():
            if not isinstance(table, dict):
                raise LocalError(
                    "{place}: {kind} {name}: must be a table", "folders", place=place, kind=kind, name=name
                )
            yield Raw(kind, name, table, place, vendor)


def _parsed(path: str, place: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LocalError("{place}: {reason}", "folders", place=place, reason=str(error)) from error


def _refuse_twins(entries: Iterable[Raw]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for entry in entries:
        if (entry.kind, entry.id) in seen:
            first = seen[entry.kind, entry.id]
            raise entry.wrong("id", sentence("{first} has an entry with this name", first=first))
        seen[entry.kind, entry.id] = entry.place


def _check(entry: Raw, causes: set[str]) -> None:
    keys = _KEYS[entry.kind]
    for key in entry.table:
        if key not in keys:
            raise entry.wrong(key, sentence("unknown key; choose from {keys}", keys=", ".join(sorted(keys))))
    for key in _NEEDED[entry.kind]:
        if not entry.table.get(key):
            raise entry.wrong(key, sentence("is missing"))
    _check_values(entry, causes)
    for stage, table in entry.table.get("at", {}).items():
        _check(Raw("code", f"{entry.id}.{stage}", table, entry.place), causes)
        _one_of(entry, "at", stage, list(Phase))


def _check_values(entry: Raw, causes: set[str]) -> None:
    table = entry.table
    for key in (*_LISTS, "marks", "hosts"):
        if not _is_texts(table.get(key, [])):
            raise entry.wrong(key, sentence("must be a list of texts"))
    for cause in (table.get("cause"), *table.get("also", ())):
        if cause is not None and cause not in causes:
            raise entry.wrong("cause", sentence("unknown cause {cause!r}", cause=cause))
    for key, allowed in (("actor", ACTORS), ("retry", RETRIES), ("deferred", RETRIES)):
        _one_of(entry, key, table.get(key, allowed[0]), allowed)
    for stage in table.get("stages", ()):
        _one_of(entry, "stages", stage, list(Phase))
    if entry.kind == "rule":
        _check_rule(entry)
    _check_words(entry)


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


def _check_words(entry: Raw) -> None:
    if "meaning" in entry.table:
        _translated(entry, "meaning", entry.table["meaning"])
    for key in ("causes", "steps"):
        for text in entry.table.get(key, ()):
            _translated(entry, key, text)
            if key == "steps":
                _one_of(entry, "steps", text.get("actor", ""), ACTORS)


def _translated(entry: Raw, key: str, text: Any) -> None:
    for language in LANGUAGES:
        if not isinstance(text, dict) or not isinstance(text.get(language), str) or not text[language].strip():
            raise entry.wrong(key, sentence("the text in {language} is missing", language=language))


def _one_of(entry: Raw, key: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise entry.wrong(
            key, sentence("{value!r} is not valid; choose from {allowed}", value=value, allowed=", ".join(allowed))
        )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and text for text in value)


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
    raw = Raw("rule", f"enhanced.{entry.id}", {"cause": "", **table, "enhanced": [entry.id]}, entry.place)
    return _rule(raw, False).replace(strength=5 if entry.id.startswith("X") else 6)


def _by_stage(entry: Raw) -> Iterator[Raw]:
    for stage, table in entry.table.get("at", {}).items():
        yield Raw("code", f"{entry.id}.{stage}", table, entry.place)


def _code_rule(entry: Raw) -> Rule:
    code, _dot, stage = entry.id.partition(".")
    stages = {"stages": [stage]} if stage else {}
    table = {key: value for key, value in entry.table.items() if key != "at"}
    return _rule(Raw("rule", f"code.{entry.id}", {"cause": "", **table, "codes": [code], **stages}, ""), False)


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
            try:
                yield make(rule=entry.id, selects=selects, **fields)
            except TypeError as error:
                raise entry.wrong(key, sentence("{reason}", reason=str(error))) from error
