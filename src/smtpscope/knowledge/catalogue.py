"""The catalogue: find the rule that explains a reply, and tell it in the language asked for."""

from __future__ import annotations

import os

from smtpscope.errors import UsageError
from smtpscope.knowledge.entry import LANGUAGES, Cause, Explanation, Extension, Rule, Vendor, Words
from smtpscope.knowledge.matching import Match, alternatives, evidence, find_matches, find_vendors
from smtpscope.knowledge.normal import Said, prepare, read_text
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from smtpscope.protocol.capability import Capabilities
    from smtpscope.protocol.reply import Reply

DATA = os.path.join(os.path.dirname(__file__), "data")
COMPILED = os.path.join(os.path.dirname(__file__), "compiled")

# What is said of a reply that no rule knows, not even one for its first digit.
NOTHING = Rule("nothing", "unknown.unknown")


class Catalogue(Value):
    """All that is known, in one language. ``words`` holds a user's own texts; the shipped ones are read one by one."""

    language: str
    rules: tuple[Rule, ...]
    vendors: tuple[Vendor, ...]
    causes: dict[str, Cause]
    words: dict[str, Words]


def explain(
    reply: Reply | str,
    stage: str = "",
    server: str = "",
    announced: Capabilities | None = None,
    language: str = "en",
    folders: Sequence[str] = (),
) -> Explanation:
    """What ``reply`` means. Text is read as it would be pasted: a reply, a log line, a line of a bounce.

    stage      the value of the Phase in which it came ("rcpt"), "" when that is not known
    server     the name of the server, where it is known: it tells the vendor
    announced  what the answer to EHLO offered, None when it is not known
    folders    folders of own entries, in the format of the shipped TOML files; their rules come first

    Raises UsageError for a language that there is not, LocalError for own entries that cannot be used.
    """
    catalogue = load(language, folders)
    said = prepare(read_text(reply) if isinstance(reply, str) else reply, stage, server)
    vendors = find_vendors(said, catalogue.vendors)
    matches = find_matches(said, catalogue.rules, vendors, announced) or [Match(NOTHING)]
    return _explanation(catalogue, said, matches, vendors)


def explain_cause(cause: str, language: str = "en", folders: Sequence[str] = ()) -> Explanation:
    """What ``cause`` (an id, such as ``connection.service-down``) means, without a reply.

    Raises UsageError for an id that is not in the vocabulary.
    """
    catalogue = load(language, folders)
    if cause not in catalogue.causes:
        raise UsageError("cause", "unknown cause {cause!r}", cause=cause)
    return _explanation(catalogue, Said(""), [Match(Rule("", cause))], {})


def extension(keyword: str, language: str = "en") -> Extension | None:
    """What an EHLO keyword offers; None for one that is not known."""
    entry = _line_of(f"extensions.{_known(language)}.json", keyword.upper())
    return Extension(**entry) if entry else None


def describe_enhanced(code: str, language: str = "en") -> str:
    """What the registry says of an enhanced code such as ``5.1.1``; "" for one that is not registered."""
    page = f"words.{_known(language)}.json"
    found = _line_of(page, f"rule:enhanced.{code}") or _line_of(page, f"rule:enhanced.X{code[1:]}")
    return str(found.get("meaning", ""))


_LOADED: dict[tuple[str, tuple[str, ...]], Catalogue] = {}


def load(language: str = "en", folders: Sequence[str] = ()) -> Catalogue:
    """The catalogue in ``language``, with the entries of ``folders`` before the shipped ones. It is read once."""
    key = (_known(language), tuple(folders))
    if key not in _LOADED:
        _LOADED[key] = _with_own(_shipped(language), folders)
    return _LOADED[key]


def _known(language: str) -> str:
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise UsageError(
            "language", "unknown language {language!r}; choose from {known}", language=language, known=known
        )
    return language


def _shipped(language: str) -> Catalogue:
    import json

    causes = {name: Cause(**_tuples(entry)) for name, entry in json.loads(_page("causes.json")).items()}
    rules = tuple(Rule(**_tuples(entry)) for entry in json.loads(_page("rules.json")))
    vendors = tuple(Vendor(**_tuples(entry)) for entry in json.loads(_page("vendors.json")))
    return Catalogue(language, rules, vendors, causes, {})


def _with_own(catalogue: Catalogue, folders: Sequence[str]) -> Catalogue:
    if not folders:
        return catalogue
    from smtpscope.knowledge.source import read_folder

    for folder in reversed(folders):
        own = read_folder(folder, catalogue.causes, own=True)
        catalogue = Catalogue(
            catalogue.language,
            own.rules + catalogue.rules,
            own.vendors + catalogue.vendors,
            catalogue.causes | {cause.id: cause for cause in own.causes},
            catalogue.words | own.words[catalogue.language],
        )
    return catalogue


def _explanation(catalogue: Catalogue, said: Said, matches: list[Match], vendors: dict[str, str]) -> Explanation:
    rule = matches[0].rule
    cause = catalogue.causes[rule.cause]
    general, special = _words(catalogue, cause.id), _words(catalogue, f"rule:{rule.id}")
    return Explanation(
        cause.id,
        rule.actor or cause.actor,
        rule.retry or _retry(cause, said.code),
        special.meaning or general.meaning,
        special.causes + general.causes,
        special.steps + general.steps,
        tuple(dict.fromkeys(rule.references + cause.references)),
        rule.id,
        tuple(dict.fromkeys(evidence(said, matches[0], vendors))),
        alternatives(matches),
    )


def _retry(cause: Cause, code: str) -> str:
    return cause.deferred if cause.deferred and code.startswith("4") else cause.retry


def _words(catalogue: Catalogue, name: str) -> Words:
    if name in catalogue.words:
        return catalogue.words[name]
    return Words(**_tuples(_line_of(f"words.{catalogue.language}.json", name)))


def _line_of(page: str, name: str) -> dict[str, Any]:
    """The entry ``name`` of a page: each is a line of its own, so the others need not be read."""
    import json

    content = _page(page)
    start = content.find(f'\n"{name}":')
    if not name or start < 0:
        return {}
    entry: dict[str, Any] = json.loads(content[start + len(name) + 4 : content.index("\n", start + 1)].rstrip(","))
    return entry


_PAGES: dict[str, str] = {}


def _page(name: str) -> str:
    if name not in _PAGES:
        with open(os.path.join(COMPILED, name), encoding="utf-8") as file:
            _PAGES[name] = file.read()
    return _PAGES[name]


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: _tuple(value) for key, value in entry.items()}


def _tuple(value: object) -> object:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
