"""From the words of a command line to the values of its options, as POSIX and GNU write them.

``--to ADDRESS``, ``--to=ADDRESS``, ``-t ADDRESS``, ``-tADDRESS``, ``-qv`` for two flags; behind ``--`` no word is an
option. argparse is not used: it takes longer than the session (docs/decisions/0011-options.md); tests hold that it
would read the same. It writes the help, which nobody waits for.
"""

from __future__ import annotations

from smtpscope.cli.options.spec import Source
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeVar

    from smtpscope.cli.options.spec import Option, Options

    Kind = TypeVar("Kind", bound=Options)

HELP = ("-h", "--help")
END = "--"


def parse(kind: type[Kind], argv: Sequence[str]) -> Kind:
    """The options that ``argv`` gives. Shows the help where it is asked for, and raises SystemExit then.

    Raises UsageError, which names the option.
    """
    words = list(argv)
    if any(word in HELP for word in words[: words.index(END) if END in words else None]):
        from smtpscope.cli.options.help import show_help

        show_help(kind)
        raise SystemExit(0)
    given = _Reader(kind, words).read()
    return kind(**given, sources=dict.fromkeys(given, Source.COMMAND_LINE))


class _Reader:
    """Takes one word after the other. ``given`` has the values by field, ``surplus`` the words that nothing takes."""

    def __init__(self, kind: type[Options], words: list[str]) -> None:
        members = [pair for group in kind.groups for pair in group.members]
        self.given: dict[str, Any] = {}
        self.surplus: list[str] = []
        self._name = kind.command.name
        self._left = words
        self._named = {flag: pair for pair in members for flag in pair[1].flags if flag.startswith("-")}
        self._free = [pair for pair in members if pair[1].kind in ("argument", "words")]

    def read(self) -> dict[str, Any]:
        """The values. Raises UsageError."""
        ended = False
        while self._left:
            word = self._left.pop(0)
            if word == END and not ended:
                ended = True
            elif ended or not self._is_option(word):
                self._take_word(word)
            else:
                self._take_option(word)
        if self.surplus:
            raise self._stranger(" ".join(self.surplus))
        return self.given

    def _stranger(self, word: str) -> UsageError:
        text = _("smtpscope {command} knows no such option or argument; --help lists them")
        return UsageError(word, text.format(command=self._name))

    def _split(self, word: str) -> tuple[str, str | None] | None:
        """The flag in ``word``, and the value that is joined to it; None where it names no option."""
        name, sign, value = word.partition("=")
        if word in self._named or (sign and name in self._named):
            return (word, None) if word in self._named else (name, value)
        return (word[:2], word[2:]) if word[:2] in self._named and not word.startswith("--") else None

    def _is_option(self, word: str) -> bool:
        """A word with a hyphen, but for the hyphen alone, which means standard input, and for a text with spaces."""
        return word[:1] == "-" and word != "-" and (" " not in word or self._split(word) is not None)

    def _take_word(self, word: str) -> None:
        free = ((field, option) for field, option in self._free if option.kind == "words" or field not in self.given)
        field, option = next(free, ("", None))
        if option:
            self._put(field, option, word)
        else:
            self.surplus.append(word)

    def _take_option(self, word: str) -> None:
        found = self._split(word)
        if found is None:
            raise self._stranger(word.partition("=")[0])
        flag, value = found
        field, option = self._named[flag]
        if option.kind == "flag":
            self.given[field] = True
            self._take_more_flags(flag, option, value)
            return
        value = self._next_value(option) if value is None else value
        if value is not None:
            self._put(field, option, value)
        elif option.kind == "optional":
            self.given[field] = option.bare
        else:
            text = _("needs a value; one that begins with a hyphen is written {option}=VALUE")
            raise UsageError(option.shown, text.format(option=option.shown))

    def _take_more_flags(self, flag: str, option: Option, value: str | None) -> None:
        """``-qv``: what is joined to a short flag begins with another one."""
        if value is None:
            return
        if flag.startswith("--") or f"-{value[:1]}" not in self._named:
            raise UsageError(option.shown, _("takes no value"))
        self._left.insert(0, f"-{value}")

    def _next_value(self, option: Option) -> str | None:
        """The next word, unless it is an option. A number below 0 is a value where a number is due."""
        word = self._left[0] if self._left else END
        below = word[:1] == "-" and word[1:].replace(".", "", 1).isdecimal()
        if word == END or (self._is_option(word) and not (below and option.kind in ("number", "optional"))):
            return None
        return self._left.pop(0)

    def _put(self, field: str, option: Option, text: str) -> None:
        value = _value(option, text)
        several = option.kind in ("list", "words")
        self.given[field] = (*self.given.get(field, ()), value) if several else value


def _value(option: Option, text: str) -> Any:
    """What ``text`` means as a value of ``option``. Raises UsageError."""
    if not (text or option.may_be_empty or option.kind == "words"):
        raise UsageError(option.shown, _("is empty; give it a value, or leave it out"))
    return option.read(option.shown, _choose(option, text) if option.among else text)


def _choose(option: Option, text: str) -> str:
    """The choice that ``text`` names, in whatever case it is written. Raises UsageError."""
    found = [choice for choice in option.choices if choice.lower() == text.lower()]
    if not found:
        wrong = _("{value!r} is none of {choices}").format(value=text, choices=", ".join(option.choices))
        raise UsageError(option.shown, wrong)
    return found[0]
