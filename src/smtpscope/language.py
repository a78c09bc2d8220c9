"""The language of the interface: English in the source, other languages from gettext catalogues in ``locale/``.

Write a text for people as ``_("...")``, and a text with fields as ``fill("... {name} ...", name=...)``. In a table at
module level, mark the text with ``N_`` and translate it where it is shown. English needs no catalogue, so nothing is
loaded for it. The language is set for a block (``with speaking("zh"):``), so one process can use several at once.
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


class speaking:  # noqa: N801 - a context manager, written like a function
    """A block in which texts are in ``language`` (en or zh): ``with speaking("zh"):``. Empty: the current language.

    The block applies to the current thread or task only. A generator must not yield inside the block: its caller would
    then use that language too. For a generator, use render.front.Front.spoken.
    Raises ValueError for an unknown language.
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
    """``text`` in the current language. Raises files.NotBuiltError if the catalogue was not compiled."""
    language = _LANGUAGE.get()
    return text if language == "en" or not text else _translator(language)(text)


def N_(text: str) -> str:  # noqa: N802 - the usual name in gettext
    """Mark ``text`` for translation, and return it unchanged. It is translated where it is shown."""
    return text


def fill(text: str, /, **fields: object) -> str:
    """``text`` in the current language, with its fields filled in.

    In Chinese, a space is added where a field brings a Han character next to a Latin one.
    """
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
    """Both texts, with a space between them where a Han and a Latin character meet."""
    if before and after and {_script(before[-1]), _script(after[0])} == {"Han", "Latin"}:
        return f"{before} {after}"
    return before + after


def _script(char: str) -> str:
    """``Han``, ``Latin`` for what is separated from Han by a space (letter, digit, ASCII quote), or empty."""
    if "\u4e00" <= char <= "\u9fff":
        return "Han"
    return "Latin" if char.isascii() and (char.isalnum() or char in "'\"") else ""


def current() -> str:
    """The current language: en or zh."""
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
    """The language (en or zh) for ``wanted``: auto, en, zh, or a locale such as zh_CN.UTF-8.

    Auto: the first of LC_ALL, LC_MESSAGES, and LANG that is set (POSIX). Raises ValueError for an unknown language.
    """
    if wanted != "auto":
        code = wanted.lower().replace("-", "_").partition(".")[0].partition("_")[0]
        if code not in LANGUAGES:
            raise ValueError(f"there is no language {wanted!r}")
        return code
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
