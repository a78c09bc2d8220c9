"""What a reply means: the one shape for the catalogue, the diagnosis, and every front end."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.finding import NextStep


class Explanation(Value):
    """What one reply means.

    cause         the id of TAXONOMY's vocabulary, such as ``recipient.unknown``; ids are a public interface
    actor         who can fix it: you, your-admin, their-admin, recipient, network, nobody
    retry         whether sending again helps: now, later, after-fix, never, none
    meaning       one or two sentences in the language that was asked for; empty until it is worded (``worded``)
    causes        what is likely behind it, the likeliest first, in that language
    steps         what to do next, in that language: (actor, sentence)
    references    where it is documented: RFC sections and addresses
    rule          the id of the rule that fired
    evidence      what the rule matched on: ``vendor=gmail``, ``text=user unknown``, ``enhanced=5.1.1``, ``code=550``
    alternatives  further causes that the same words may have, the likeliest first
    basis         the rule of the catalogue whose words stand for it, where another one knew better than that
    message       what the diagnosis says of it, a key of render.meanings, where that is not the id of the rule
    details       (name, value) pairs for that
    advice        the next steps that the diagnosis knows, before those of the catalogue
    folders       where the user's own entries are, which may word it
    """

    cause: str
    actor: str
    retry: str
    meaning: str = ""
    causes: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    references: tuple[str, ...] = ()
    rule: str = ""
    evidence: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    basis: str = ""
    message: str = ""
    details: tuple[tuple[str, str], ...] = ()
    advice: tuple[NextStep, ...] = ()
    folders: tuple[str, ...] = ()
