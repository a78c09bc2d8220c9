"""The language of the interface: English in the source, others from gettext catalogues in ``locale/``.

Write a text for people as ``_("...")``, one with fields as ``fill("... {name} ...", name=...)``; in a table that is
made when a module is loaded, mark it with ``N_`` and translate it where it is shown. English needs no catalogue, so
nothing is loaded for it. Which language is in use is a matter of the block around it (``speaking``): one process may
speak several at once.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token

LANGUAGES = ("en", "zh")

_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


class speaking:  # noqa: N801 - it is written as a block, and read as one
    """A block in which texts are in ``language``: ``with speaking("zh"):``; the one in use where it is empty.

    It holds in this thread, or task, and nowhere else. No generator may yield inside of one: whoever goes on meanwhile
    would speak that language too (render.front.Front.spoken steps through one as it has to be done).
    Raises ValueError for a language that there is not.
    """

    def __init__(self, language: str = "") -> None:
        if language and language not in LANGUAGES:
            raise ValueError(f"there is no language {language!r}")
        self._language = language
        self._token: Token[str] | None = None

    def __enter__(self) -> None:
        self._token = _LANGUAGE.set(self._language) if self._language else None

    def __exit__(self, *_error: object) -> None:
        if self._token:
            _LANGUAGE.reset(self._token)


def _(text: str) -> str:
    """``text`` in the language in use. Raises files.NotBuiltError where the catalogue was not compiled."""
    language = _LANGUAGE.get()
    return text if language == "en" or not text else _translator(language)(text)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


def fill(text: str, /, **fields: object) -> str:
    """``text`` in the language in use, its fields filled in; in Chinese, a space where Han and Latin meet."""
    pattern = _(text)
    if _LANGUAGE.get() == "en":
        return pattern.format(**fields)
    from string import Formatter

    filled = ""
    for literal, name, form, conversion in Formatter().parse(pattern):
        filled = _join(filled, literal)
        if name is not None:
            field = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            filled = _join(filled, ("{" + field + "}").format(**fields))
    return filled


def _join(before: str, after: str) -> str:
    meet = before and after and {_script(before[-1]), _script(after[0])} == {"Han", "Latin"}
    return f"{before} {after}" if meet else before + after


def _script(sign: str) -> str:
    """Han and what is spaced from it (Latin letters, digits, ASCII quotes); empty for the rest."""
    if "\u4e00" <= sign <= "\u9fff":
        return "Han"
    return "Latin" if sign.isascii() and (sign.isalnum() or sign in "'\"") else ""


def current() -> str:
    """The language in use: en or zh."""
    return _LANGUAGE.get()


@cache
def _translator(language: str) -> Callable[[str], str]:
    import gettext
    import os

    folder = os.path.join(os.path.dirname(__file__), "locale")
    try:
        return gettext.translation("smtpscope", folder, [{"zh": "zh_CN"}[language]]).gettext
    except FileNotFoundError:
        from smtpscope.files import NotBuiltError

        raise NotBuiltError(os.path.join(folder, "*", "LC_MESSAGES", "smtpscope.mo")) from None


def choose(wanted: str, environ: Mapping[str, str]) -> str:
    """The language for ``wanted``: auto, en, zh, or a locale such as zh_CN.UTF-8. Raises ValueError for any other.

    Auto: the first set of LC_ALL, LC_MESSAGES and LANG, as POSIX says.
    """
    if wanted != "auto":
        named = wanted.lower().replace("-", "_").partition(".")[0].partition("_")[0]
        if named not in LANGUAGES:
            raise ValueError(f"there is no language {wanted!r}")
        return named
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
