"""The meaning of a reply: one value for the catalogue, the diagnosis, and every front end."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.finding import NextStep


class Explanation(Value):
    """The meaning of one reply.

    cause         the id of the cause, such as ``recipient.unknown``; ids are a public interface
    actor         who can fix it: you, your-admin, their-admin, recipient, network, nobody
    retry         whether a retry helps: now, later, after-fix, never, none
    meaning       one or two sentences in the requested language; empty until they are filled in (``worded``)
    causes        the likely causes in that language, most likely first
    steps         what to do next, in that language: (actor, sentence)
    references    RFC sections and web addresses that document it
    rule          the id of the rule that matched
    evidence      what the rule matched: ``vendor=gmail``, ``text=user unknown``, ``enhanced=5.1.1``, ``code=550``
    alternatives  other causes that the same reply may have, most likely first
    basis         the rule of the catalogue whose sentences are used, if ``rule`` is a more specific one
    message       the key in render.meanings of the diagnosis's sentence, if it is not the id of the rule
    details       (name, value) pairs for that sentence
    advice        the next steps from the diagnosis, which precede those of the catalogue
    folders       the directories of the user's own entries, which may replace the sentences
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
