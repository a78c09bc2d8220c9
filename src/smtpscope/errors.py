"""The few exceptions. Each is the caller's mistake or this machine's; what a peer does is an event.

SmtpscopeError
├── UsageError          a value that cannot be used; nothing was sent
└── LocalError          a file, folder or port of this machine that cannot be used

Each carries the field that is wrong (``Target.source``, or the name of a parameter: ``scenario``) and a sentence whose
values are kept apart. As text it is English; a front end words it in its language (render.errors) and names what its
user can change: an option, a setting, a form's field.
"""

from __future__ import annotations

from smtpscope.values import Value


class Sentence(Value):
    """An English sentence with ``{placeholders}``, and what fills them: (name, value). A value may be a Sentence."""

    text: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return self.text.format(**dict(self.values)) if self.values else self.text


class SmtpscopeError(Exception):
    """Base of all errors that smtpscope raises on purpose.

    ``field`` is what is wrong, empty where that is no single value; ``text`` is filled with ``values``, and taken as
    it is where there are none.
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
    """This machine cannot do what was asked: a file, a folder, a port."""

    def __init__(self, text: str, field: str = "", /, **values: object) -> None:
        super().__init__(field, text, values)


def sentence(text: str, /, **values: object) -> Sentence:
    """A sentence with its values; also what a ValueError carries where an error is made of it elsewhere."""
    return Sentence(text, tuple(values.items()))
