"""An error in the language in use."""

from __future__ import annotations

from smtpscope.errors import Sentence, SmtpscopeError
from smtpscope.language import N_, _, fill


def error_text(error: SmtpscopeError, field: str) -> str:
    """The whole error; ``field`` is what the front end calls the field that is wrong, empty to name none."""
    said = sentence_text(error.sentence)
    return fill(N_("{field}: {message}"), field=field, message=said) if field else said


def sentence_text(sentence: Sentence) -> str:
    """A sentence that was marked where it is made."""
    if not sentence.values:
        return _(sentence.text)
    worded = {name: sentence_text(value) if isinstance(value, Sentence) else value for name, value in sentence.values}
    return fill(sentence.text, **worded)
