"""An explanation: sentences and lines for people, and a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _, current, fill
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.palette import PLAIN
from smtpscope.render.steps import actor_text, command_line, step_record, step_text
from smtpscope.render.visible import visible, width
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.model.finding import NextStep
    from smtpscope.render.front import Front
    from smtpscope.render.meanings import Message
    from smtpscope.render.palette import Palette

COLUMNS = 100

RETRIES = {
    "now": N_("yes, immediately"),
    "later": N_("yes, later"),
    "after-fix": N_("not until this is fixed"),
    "never": N_("no"),
    "none": N_("not needed"),
}


def retry_text(retry: str) -> str:
    """Whether sending again helps, in the current language."""
    return _(RETRIES.get(retry, retry))


class Step(Value):
    """One step: who can take it, the sentence, and the command (empty if there is none).

    ``step`` is the next step of the diagnosis; None for a step of the catalogue.
    """

    actor: str
    text: str
    command: str = ""
    step: NextStep | None = None


class Worded(Value):
    """The texts of an explanation in one language."""

    meaning: str
    causes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@in_its_language
def word(explanation: Explanation, front: Front = LIBRARY) -> Worded:
    """The texts of an explanation.

    They come from the explanation itself if a caller of the library set them, else from the diagnosis
    (render.meanings), and from the catalogue where the diagnosis has none.
    """
    from smtpscope.knowledge.catalogue import worded
    from smtpscope.render.meanings import filled, message_of

    if explanation.meaning:
        return Worded(explanation.meaning, explanation.causes, _catalogue_steps(explanation))
    known, message = worded(explanation, current()), message_of(explanation)
    advice = tuple(
        Step(step.actor.value, step_text(step), front.command(step), step)
        for step in explanation.advice
        if front.applies(step)
    )
    if message is None:
        return Worded(known.meaning, known.causes, (*advice, *_catalogue_steps(known)))
    meaning = filled(message.meaning, explanation) or known.meaning
    return Worded(
        f"{known.meaning} {meaning}" if message.adds else meaning,
        _likely_causes(explanation, known, message),
        (*advice, *(_catalogue_steps(known) if message.steps else ())),
    )


def _likely_causes(explanation: Explanation, known: Explanation, message: Message) -> tuple[str, ...]:
    """The causes of the diagnosis, else those of the catalogue (``known``), which can be for several candidates."""
    from smtpscope.diagnosis.unanswered import ANY_CAUSE
    from smtpscope.knowledge.catalogue import explain_cause
    from smtpscope.render.meanings import filled

    if message.causes is not None:
        return tuple(filled(cause, explanation) for cause in message.causes)
    if explanation.message != ANY_CAUSE:
        return known.causes
    candidates = (explanation.cause, *explanation.alternatives)
    return tuple(explain_cause(name, current()).meaning for name in candidates)


def _catalogue_steps(explanation: Explanation) -> tuple[Step, ...]:
    return tuple(Step(actor, text) for actor, text in explanation.steps)


def meaning_text(explanation: Explanation) -> str:
    """What the reply means, in one or two sentences."""
    return word(explanation).meaning


def front_of(exchange: Exchange, front: Front) -> Front:
    """The front for texts about one reply."""
    return front.about(exchange.server, exchange.port, exchange.recipient, exchange.stage)


@in_its_language
def explanation_lines(
    explanation: Explanation, palette: Palette = PLAIN, columns: int = COLUMNS, front: Front = LIBRARY
) -> list[str]:
    """The whole explanation, without the reply itself."""
    e, p = explanation, palette
    texts = word(e, front)
    causes = [(f"{number}. ", cause, "") for number, cause in enumerate(texts.causes, 1)]
    steps = [(fill("{actor}: ", actor=actor_text(step.actor)), step.text, step.command) for step in texts.steps]
    lines = wrap(visible(texts.meaning), columns, "  ")
    lines += _pointer(e, "    ")
    lines += _section(_("Likely causes"), causes, p, columns)
    lines += _section(_("What to do"), steps, p, columns)
    facts = [
        (_("Cause"), e.cause),
        (_("Also possible"), ", ".join(e.alternatives)),
        (_("Who can fix it"), actor_text(e.actor)),
        (_("Retry"), retry_text(e.retry)),
        (_("Reference"), ", ".join(e.references)),
        (_("Rule"), _rule(e)),
    ]
    lines.append("")
    return [*lines, *_facts([(name, value) for name, value in facts if value], p, columns)]


def _pointer(explanation: Explanation, indent: str) -> list[str]:
    """The wrong argument, and a caret under its first wrong column. Empty if the evidence has no column."""
    evidence = dict(piece.partition("=")[::2] for piece in explanation.evidence)
    text, column = evidence.get("argument", ""), evidence.get("column", "")
    if not text or not column.isdigit():
        return []
    from smtpscope.render.visible import caret

    return [indent + line for line in caret(text, int(column)).split("\n")]


def _rule(explanation: Explanation) -> str:
    """The rule that matched, and the evidence for it."""
    matched = ", ".join(explanation.evidence)
    return f"{explanation.rule}: {matched}" if matched else explanation.rule


def _section(title: str, items: Sequence[tuple[str, str, str]], palette: Palette, columns: int) -> Iterator[str]:
    """A heading and its items, each as (label, text, command). Nothing if there are no items."""
    if items:
        yield ""
        yield f"  {palette.head}{title}{palette.reset}"
    for label, text, command in items:
        yield from wrap(visible(text), columns, " " * (4 + width(label)), "    " + label)
        if command:
            yield command_line(command, "      ", palette)


def _facts(facts: list[tuple[str, str]], palette: Palette, columns: int) -> Iterator[str]:
    """Names and values in two columns."""
    room = max((width(name) for name, _value in facts), default=0) + 2
    for name, value in facts:
        pad = " " * (room - width(name))
        first, *rest = wrap(visible(value), columns, " " * (2 + room))
        yield f"  {palette.dim}{name}{palette.reset}{pad}{first[2 + room :]}"
        yield from rest


@in_its_language
def short_lines(
    explanation: Explanation,
    palette: Palette = PLAIN,
    indent: str = "",
    columns: int = COLUMNS,
    verbose: bool = False,
    front: Front = LIBRARY,
    ascii_only: bool = False,
) -> list[str]:
    """The explanation in a few lines, to be shown under a reply: meaning, most likely causes, next step.

    ``verbose``: all causes and steps, and the rule.
    """
    e, p = explanation, palette
    texts = word(e, front)
    lines = wrap(f"{e.cause}: {visible(texts.meaning)}", columns, indent)
    lines += _pointer(e, indent + "  ")
    causes = texts.causes if verbose else texts.causes[:2]
    if causes:
        lines += wrap(fill("Likely: {causes}", causes=visible(" / ".join(causes))), columns, indent + "  ", indent)
    for step in texts.steps if verbose else texts.steps[:1]:
        text = fill("Next ({actor}): {step}", actor=actor_text(step.actor), step=visible(step.text))
        lines += wrap(text, columns, indent + "  ", indent)
        if step.command:
            lines.append(command_line(step.command, indent + "  ", ascii_only=ascii_only))
    lines += wrap(fill("Retry: {answer}", answer=retry_text(e.retry)), columns, indent + "  ", indent)
    if verbose:
        lines += wrap(fill("Rule: {rule}", rule=visible(_rule(e))), columns, indent + "  ", indent)
    return [f"{p.dim}{line}{p.reset}" if p.dim else line for line in lines]


@in_its_language
def one_line(explanation: Explanation, front: Front = LIBRARY) -> str:
    """Cause, meaning, and next step in one line, for logs and reports."""
    e, texts = explanation, word(explanation, front)
    first = texts.steps[0] if texts.steps else None
    step = f" {actor_text(first.actor)}: {first.text}" if first else ""
    command = f" {first.command}" if first and first.command else ""
    return visible(f"{e.cause}: {texts.meaning}{step}{command}")


@in_its_language
def record(exchange: Exchange, explanation: Explanation, front: Front = LIBRARY) -> dict[str, Any]:
    """The explanation for JSON: a public interface (docs/guide/explain.md)."""
    e, reply, texts = explanation, exchange.reply, word(explanation, front)
    steps = [
        step_record(step.step, front) if step.step else {"actor": step.actor, "step": step.text} for step in texts.steps
    ]
    return {
        "code": reply.code or None,
        "enhanced": str(reply.enhanced) if reply.enhanced else None,
        "stage": exchange.stage or None,
        "text": plain(exchange.words if exchange.failure else reply.text),
        **summary(e),
        "meaning": texts.meaning,
        "causes": list(texts.causes),
        "steps": steps,
        "references": list(e.references),
        "alternatives": list(e.alternatives),
    }


def place(exchange: Exchange) -> Mapping[str, object]:
    """Where the reply was found, for JSON: line, command, server, recipient."""
    return {
        "line": exchange.line,
        "command": plain(exchange.command) or None,
        "server": plain(exchange.server) or None,
        "recipient": plain(exchange.recipient) or None,
        "failure": exchange.failure or None,
    }


def summary(explanation: Explanation) -> dict[str, Any]:
    """The part of an explanation that a program decides on, for JSON."""
    e = explanation
    return {
        "cause": e.cause,
        "family": e.cause.partition(".")[0],
        "actor": e.actor,
        "retry": e.retry,
        "rule": e.rule,
        "evidence": [plain(piece) for piece in e.evidence],
    }


def plain(text: str) -> str:
    r"""``text`` for JSON: bytes that were not valid UTF-8 (surrogateescape) as escapes, ``\udcff``."""
    return text.encode("utf-8", "backslashreplace").decode()
