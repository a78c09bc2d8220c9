"""The exceptions. Each reports a mistake of the caller or a problem of this machine. What a peer does is an event.

SmtpscopeError
├── UsageError          a value that cannot be used; nothing was sent
└── LocalError          a file, directory, or port of this machine that cannot be used

Each has the field that is wrong (``Target.source``, or a parameter such as ``scenario``) and a sentence with separate
values. ``str(error)`` is English. A front end translates the sentence (render.errors) and names what its user can
change: an option, a setting, a field of a form.
"""

from __future__ import annotations

from smtpscope.values import Value


class Sentence(Value):
    """An English sentence with ``{placeholders}``, and their values as (name, value). A value can be a Sentence."""

    text: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return self.text.format(**dict(self.values)) if self.values else self.text


class SmtpscopeError(Exception):
    """Base of all errors that smtpscope raises on purpose.

    ``field`` names the value that is wrong; it is empty if there is no single one. ``text`` is filled with ``values``,
    and used as is if there are none.
    """

    def __init__(self, field: str, text: str, values: dict[str, object]) -> None:
        self.field = field
        self.sentence = Sentence(text, tuple(values.items()))
        super().__init__(f"{field}: {self.message}" if field else self.message)

    @property
    def message(self) -> str:
        """What is wrong, in English, without the field."""
        return str(self.sentence)


class UsageError(SmtpscopeError):
    """A value that cannot be used."""

    def __init__(self, field: str, text: str, /, **values: object) -> None:
        super().__init__(field, text, values)


class LocalError(SmtpscopeError):
    """A file, directory, or port of this machine cannot be used."""

    def __init__(self, text: str, field: str = "", /, **values: object) -> None:
        super().__init__(field, text, values)


def sentence(text: str, /, **values: object) -> Sentence:
    """A sentence with its values. A ValueError can carry one, for the caller to make an error of it."""
    return Sentence(text, tuple(values.items()))
