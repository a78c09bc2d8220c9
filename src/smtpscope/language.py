"""The language of the interface: English in the source, others from gettext catalogues in ``locale/``.

Write a text for people as ``_("...")``, one with fields as ``fill("... {name} ...", name=...)``; in a table that is
made when a module is loaded, mark it with ``N_`` and translate it where it is shown. English needs no catalogue, so
nothing is loaded for it.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LANGUAGES = ("en", "zh")


def _english(text: str) -> str:
    return text


_translate: Callable[[str], str] = _english
_current = "en"


def _(text: str) -> str:
    """``text`` in the language in use."""
    return _translate(text) if text else text


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


def fill(text: str, /, **fields: object) -> str:
    """``text`` in the language in use, its fields filled in; in Chinese, a space where Han and Latin meet."""
    pattern = _(text)
    if _current == "en":
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
    return _current


def use(language: str) -> None:
    """Show everything in ``language`` (en or zh) from now on. Raises ValueError for any other."""
    global _translate, _current
    if language not in LANGUAGES:
        raise ValueError(f"there is no language {language!r}")
    _current = language
    _translate = _english if language == "en" else _load(language)


def _load(language: str) -> Callable[[str], str]:
    import gettext
    import os

    folder = os.path.join(os.path.dirname(__file__), "locale")
    return gettext.translation("smtpscope", folder, [{"zh": "zh_CN"}[language]]).gettext


def choose(wish: str, environ: Mapping[str, str]) -> str:
    """The language for ``wish``: auto, en, zh, or a locale such as zh_CN.UTF-8. Raises ValueError for any other.

    Auto: the first set of LC_ALL, LC_MESSAGES and LANG, as POSIX says.
    """
    if wish != "auto":
        named = wish.lower().replace("-", "_").partition(".")[0].partition("_")[0]
        if named not in LANGUAGES:
            raise ValueError(f"there is no language {wish!r}")
        return named
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
