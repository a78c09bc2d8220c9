"""The catalogue: find the rule that explains a reply, and tell it in the language asked for."""

from __future__ import annotations

import os

from smtpscope.errors import UsageError
from smtpscope.knowledge.entry import LANGUAGES, Cause, Extension, Rule, Vendor, Words
from smtpscope.knowledge.matching import Match, alternatives, evidence, find_matches, find_vendors
from smtpscope.knowledge.normal import PreparedReply, prepare, read_text
from smtpscope.model.explanation import Explanation
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
    """All that is known. ``words`` holds a user's own texts by language; those that are shipped are read one by one."""

    rules: tuple[Rule, ...]
    vendors: tuple[Vendor, ...]
    causes: dict[str, Cause]
    words: dict[str, dict[str, Words]]


def explain(
    reply: Reply | str,
    stage: str = "",
    server: str = "",
    announced: Capabilities | None = None,
    language: str = "en",
    folders: Sequence[str] = (),
) -> Explanation:
    """What ``reply`` means, worded. Text is read as it would be pasted: a reply, a log line, a line of a bounce.

    stage      the value of the Phase in which it came ("rcpt"), "" when that is not known
    server     the name of the server, where it is known: it tells the vendor
    announced  what the answer to EHLO offered, None when it is not known
    folders    folders of own entries, in the format of the shipped TOML files; their rules come first

    Raises UsageError for a language that there is not, LocalError for own entries that cannot be used.
    """
    return worded(find(reply, stage, server, announced, folders), language)


def find(
    reply: Reply | str,
    stage: str = "",
    server: str = "",
    announced: Capabilities | None = None,
    folders: Sequence[str] = (),
) -> Explanation:
    """What ``reply`` means, in no language yet (see ``explain``). Raises LocalError."""
    catalogue = load(folders)
    said = prepare(read_text(reply) if isinstance(reply, str) else reply, stage, server)
    vendors = find_vendors(said, catalogue.vendors)
    matches = find_matches(said, catalogue.rules, vendors, announced) or [Match(NOTHING)]
    return _explanation(catalogue, said, matches, vendors).replace(folders=tuple(folders))


def explain_cause(cause: str, language: str = "en", folders: Sequence[str] = ()) -> Explanation:
    """What ``cause`` (an id, such as ``connection.service-down``) means, without a reply, worded.

    Raises UsageError for an id that is not in the vocabulary.
    """
    return worded(find_cause(cause, folders), language)


def find_cause(cause: str, folders: Sequence[str] = ()) -> Explanation:
    """The same in no language yet. Raises UsageError."""
    catalogue = load(folders)
    if cause not in catalogue.causes:
        raise UsageError("cause", "unknown cause {cause!r}", cause=cause)
    found = _explanation(catalogue, PreparedReply(""), [Match(Rule("", cause))], {})
    return found.replace(folders=tuple(folders))


def worded(explanation: Explanation, language: str = "en") -> Explanation:
    """``explanation`` with the catalogue's words in ``language``: those of its rule, then those of its cause.

    Raises UsageError for a language that there is not.
    """
    catalogue = load(explanation.folders)
    general = _words(catalogue, explanation.cause, language)
    special = _words(catalogue, f"rule:{explanation.basis}", language)
    return explanation.replace(
        meaning=special.meaning or general.meaning,
        causes=special.causes + general.causes,
        steps=special.steps + general.steps,
    )


def extension(keyword: str, language: str = "en") -> Extension | None:
    """What an EHLO keyword offers; None for one that is not known."""
    entry = _line_of(f"extensions.{_known(language)}.json", keyword.upper())
    return Extension(**entry) if entry else None


def describe_enhanced(code: str, language: str = "en") -> str:
    """What the registry says of an enhanced code such as ``5.1.1``; "" for one that is not registered."""
    page = f"words.{_known(language)}.json"
    found = _line_of(page, f"rule:enhanced.{code}") or _line_of(page, f"rule:enhanced.X{code[1:]}")
    return str(found.get("meaning", ""))


_LOADED: dict[tuple[str, ...], Catalogue] = {}


def load(folders: Sequence[str] = ()) -> Catalogue:
    """The catalogue, with the entries of ``folders`` before the shipped ones. It is read once. Raises LocalError."""
    key = tuple(folders)
    if key not in _LOADED:
        _LOADED[key] = _with_own(load(), folders) if folders else _shipped()
    return _LOADED[key]


def _known(language: str) -> str:
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise UsageError(
            "language", "unknown language {language!r}; choose from {known}", language=language, known=known
        )
    return language


def _shipped() -> Catalogue:
    import json

    causes = {name: Cause(**_tuples(entry)) for name, entry in json.loads(_page("causes.json")).items()}
    rules = tuple(Rule(**_tuples(entry)) for entry in json.loads(_page("rules.json")))
    vendors = tuple(Vendor(**_tuples(entry)) for entry in json.loads(_page("vendors.json")))
    return Catalogue(rules, vendors, causes, {language: {} for language in LANGUAGES})


def _with_own(catalogue: Catalogue, folders: Sequence[str]) -> Catalogue:
    from smtpscope.knowledge.source import read_folder

    for folder in reversed(folders):
        own = read_folder(folder, catalogue.causes, own=True)
        catalogue = Catalogue(
            own.rules + catalogue.rules,
            own.vendors + catalogue.vendors,
            catalogue.causes | {cause.id: cause for cause in own.causes},
            {language: catalogue.words[language] | own.words[language] for language in LANGUAGES},
        )
    return catalogue


def _explanation(
    catalogue: Catalogue, said: PreparedReply, matches: list[Match], vendors: dict[str, str]
) -> Explanation:
    rule = matches[0].rule
    cause = catalogue.causes[rule.cause]
    return Explanation(
        cause=cause.id,
        actor=rule.actor or cause.actor,
        retry=rule.retry or _retry(cause, said.code),
        references=tuple(dict.fromkeys(rule.references + cause.references)),
        rule=rule.id,
        evidence=tuple(dict.fromkeys(evidence(said, matches[0], vendors))),
        alternatives=alternatives(matches),
        basis=rule.id,
    )


def _retry(cause: Cause, code: str) -> str:
    return cause.deferred if cause.deferred and code.startswith("4") else cause.retry


def _words(catalogue: Catalogue, name: str, language: str) -> Words:
    own = catalogue.words[_known(language)]
    return own[name] if name in own else Words(**_tuples(_line_of(f"words.{language}.json", name)))


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
        path = os.path.join(COMPILED, name)
        try:
            with open(path, encoding="utf-8") as file:
                _PAGES[name] = file.read()
        except FileNotFoundError:
            from smtpscope.files import NotBuiltError

            raise NotBuiltError(path) from None
    return _PAGES[name]


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: _tuple(value) for key, value in entry.items()}


def _tuple(value: object) -> object:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
