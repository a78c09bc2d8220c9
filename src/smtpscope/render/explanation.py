"""An explanation in words for people, and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _, current, fill
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.palette import PLAIN
from smtpscope.render.steps import actor_text, command_line, step_record, step_text
from smtpscope.render.visible import visible, width
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.model.finding import NextStep
    from smtpscope.render.front import Front
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
    """Whether sending again helps, in the language in use."""
    return _(RETRIES.get(retry, retry))


class Step(Value):
    """One step in words: who can take it, what it is, and what to type (empty: nothing)."""

    actor: str
    text: str
    command: str = ""
    step: NextStep | None = None


class Worded(Value):
    """The words of an explanation in one language."""

    meaning: str
    causes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@in_its_language
def word(explanation: Explanation, front: Front = LIBRARY) -> Worded:
    """The words of the diagnosis where it has any, and those of the catalogue; those that it was given, if any."""
    from smtpscope.knowledge.catalogue import worded
    from smtpscope.render.meanings import filled, message_of

    if explanation.meaning:  # worded already: by a caller of the library
        return Worded(explanation.meaning, explanation.causes, _catalogue_steps(explanation))
    known, message = worded(explanation, current()), message_of(explanation)
    advice = tuple(_step(step, front) for step in explanation.advice if front.applies(step))
    if message is None:
        return Worded(known.meaning, known.causes, (*advice, *_catalogue_steps(known)))
    meaning = filled(message.meaning, explanation) or known.meaning
    return Worded(
        f"{known.meaning} {meaning}" if message.adds else meaning,
        _causes(explanation, known)
        if message.causes is None
        else tuple(filled(c, explanation) for c in message.causes),
        (*advice, *(_catalogue_steps(known) if message.steps else ())),
    )


def _filled(causes: Iterable[str], explanation: Explanation) -> tuple[str, ...]:
    from smtpscope.render.meanings import filled

    return tuple(filled(cause, explanation) for cause in causes)


def _causes(explanation: Explanation, known: Explanation) -> tuple[str, ...]:
    from smtpscope.diagnosis.unanswered import ANY_CAUSE
    from smtpscope.knowledge.catalogue import explain_cause

    if explanation.message != ANY_CAUSE:
        return known.causes
    candidates = (explanation.cause, *explanation.alternatives)
    return tuple(explain_cause(name, current()).meaning for name in candidates)


def _catalogue_steps(explanation: Explanation) -> tuple[Step, ...]:
    return tuple(Step(actor, text) for actor, text in explanation.steps)


def _step(step: NextStep, front: Front) -> Step:
    return Step(step.actor.value, step_text(step), front.command(step), step)


def meaning_text(explanation: Explanation) -> str:
    """What it means, in one or two sentences."""
    return word(explanation).meaning


def front_of(exchange: Exchange, front: Front) -> Front:
    """The front for what is said about one reply."""
    return front.about(exchange.server, exchange.port, exchange.recipient, exchange.stage)


@in_its_language
def explanation_lines(
    explanation: Explanation, palette: Palette = PLAIN, columns: int = COLUMNS, front: Front = LIBRARY
) -> list[str]:
    """The whole explanation, without the reply itself."""
    e, p = explanation, palette
    words = word(e, front)
    lines = wrap(visible(words.meaning), columns, "  ")
    lines += _pointer(e, "    ")
    lines += _section(_("Likely causes"), _numbered(words.causes), p, columns)
    lines += _section(_("What to do"), _steps(words.steps), p, columns)
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
    """The argument that is wrong and a caret under the first wrong column, where the evidence names one."""
    given = dict(piece.partition("=")[::2] for piece in explanation.evidence)
    text, column = given.get("argument", ""), given.get("column", "")
    if not text or not column.isdigit():
        return []
    from smtpscope.render.visible import caret

    return [indent + line for line in caret(text, int(column)).split("\n")]


def _rule(explanation: Explanation) -> str:
    """Which rule fired, and on what."""
    matched = ", ".join(explanation.evidence)
    return f"{explanation.rule}: {matched}" if matched else explanation.rule


def _section(title: str, items: Iterable[tuple[str, str, str]], palette: Palette, columns: int) -> Iterator[str]:
    """A heading and its items, each (what stands before it, text, what to type)."""
    first = True
    for mark, text, command in items:
        if first:
            yield ""
            yield f"  {palette.head}{title}{palette.reset}"
        first = False
        yield from wrap(visible(text), columns, " " * (4 + width(mark)), "    " + mark)
        if command:
            yield command_line(command, "      ", palette)


def _numbered(sentences: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    return ((f"{number}. ", sentence, "") for number, sentence in enumerate(sentences, 1))


def _steps(steps: Iterable[Step]) -> Iterator[tuple[str, str, str]]:
    return ((fill("{actor}: ", actor=actor_text(step.actor)), step.text, step.command) for step in steps)


def _facts(facts: list[tuple[str, str]], palette: Palette, columns: int) -> Iterator[str]:
    """Names and values in two columns."""
    room = max((width(name) for name, _value in facts), default=0) + 2
    for name, value in facts:
        pad = " " * (room - width(name))
        head, *rest = wrap(visible(value), columns, " " * (2 + room))
        yield f"  {palette.dim}{name}{palette.reset}{pad}{head[2 + room :]}"
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
    """The explanation in a few lines, to stand under a reply: meaning, likeliest causes, next step."""
    e, p = explanation, palette
    words = word(e, front)
    lines = wrap(f"{e.cause}: {visible(words.meaning)}", columns, indent)
    lines += _pointer(e, indent + "  ")
    causes = words.causes if verbose else words.causes[:2]
    if causes:
        lines += wrap(fill("Likely: {causes}", causes=visible(" / ".join(causes))), columns, indent + "  ", indent)
    for step in words.steps if verbose else words.steps[:1]:
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
    """Cause, meaning and next step in one line, for logs and reports."""
    e, words = explanation, word(explanation, front)
    first = words.steps[0] if words.steps else None
    step = f" {actor_text(first.actor)}: {first.text}" if first else ""
    command = f" {first.command}" if first and first.command else ""
    return visible(f"{e.cause}: {words.meaning}{step}{command}")


@in_its_language
def record(exchange: Exchange, explanation: Explanation, front: Front = LIBRARY) -> dict[str, Any]:
    """The explanation as a mapping that JSON can hold: a public interface (docs/guide/explain.md)."""
    e, reply, words = explanation, exchange.reply, word(explanation, front)
    return {
        "code": reply.code or None,
        "enhanced": str(reply.enhanced) if reply.enhanced else None,
        "stage": exchange.stage or None,
        "text": plain(exchange.words if exchange.failure else reply.text),
        **summary(e),
        "meaning": words.meaning,
        "causes": list(words.causes),
        "steps": [_step_record(step, front) for step in words.steps],
        "references": list(e.references),
        "alternatives": list(e.alternatives),
    }


def _step_record(step: Step, front: Front) -> Mapping[str, object]:
    return step_record(step.step, front) if step.step else {"actor": step.actor, "step": step.text}


def place(exchange: Exchange) -> Mapping[str, object]:
    """Where the reply stood, as a mapping that JSON can hold."""
    return {
        "line": exchange.line,
        "command": plain(exchange.command) or None,
        "server": plain(exchange.server) or None,
        "recipient": plain(exchange.recipient) or None,
        "failure": exchange.failure or None,
    }


def summary(explanation: Explanation) -> dict[str, Any]:
    """What a program decides on."""
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
    r"""``text`` for JSON: octets that were no UTF-8 as escapes, ``\udcff``."""
    return text.encode("utf-8", "backslashreplace").decode()
