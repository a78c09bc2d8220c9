"""An error in the language in use."""

from __future__ import annotations

from smtpscope.errors import Sentence
from smtpscope.language import _, fill
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.errors import SmtpscopeError


def error_text(error: SmtpscopeError) -> str:
    """What is wrong, without the field, which each front end has its own name for."""
    return sentence_text(error.sentence)


def sentence_text(sentence: Sentence) -> str:
    """A sentence that was marked where it is made."""
    if not sentence.values:
        return _(sentence.text)
    worded = {name: sentence_text(value) if isinstance(value, Sentence) else value for name, value in sentence.values}
    return fill(sentence.text, **worded)
