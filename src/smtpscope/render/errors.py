"""Error messages in the current language."""

from __future__ import annotations

from smtpscope.errors import Sentence
from smtpscope.language import _, fill
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.errors import SmtpscopeError


def error_text(error: SmtpscopeError) -> str:
    """What is wrong, without the field: each front end has its own name for that."""
    return sentence_text(error.sentence)


def sentence_text(sentence: Sentence) -> str:
    """The sentence in the current language, with its values. Its text must be marked for translation in the source."""
    if not sentence.values:
        return _(sentence.text)
    values = {name: sentence_text(value) if isinstance(value, Sentence) else value for name, value in sentence.values}
    return fill(sentence.text, **values)
