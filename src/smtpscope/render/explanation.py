"""An explanation in words for people, and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.render.palette import PLAIN
from smtpscope.render.visible import visible, width
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from smtpscope.knowledge.entry import Explanation
    from smtpscope.reading.heard import Heard
    from smtpscope.render.palette import Palette

COLUMNS = 100

ACTORS = {
    "you": N_("you"),
    "your-admin": N_("your administrator"),
    "their-admin": N_("their administrator"),
    "recipient": N_("the recipient"),
    "network": N_("the network's operator"),
    "nobody": N_("nobody"),
}

RETRIES = {
    "now": N_("yes, at once"),
    "later": N_("yes, later: it may have passed"),
    "after-fix": N_("not before something was changed"),
    "never": N_("no"),
    "none": N_("nothing to retry"),
}


def actor_text(actor: str) -> str:
    """Who can mend it, in the language in use."""
    return _(ACTORS.get(actor, actor))


def retry_text(retry: str) -> str:
    """Whether sending again helps, in the language in use."""
    return _(RETRIES.get(retry, retry))


def explanation_lines(explanation: Explanation, palette: Palette = PLAIN, columns: int = COLUMNS) -> list[str]:
    """The whole explanation, without the reply itself."""
    e, p = explanation, palette
    lines = wrap(visible(e.meaning), columns, "  ")
    lines += _pointer(e, "    ")
    lines += _section(_("likely causes"), _numbered(e.causes), p, columns)
    lines += _section(_("what to do"), _steps(e.steps), p, columns)
    facts = [
        (_("cause"), e.cause),
        (_("also possible"), ", ".join(e.alternatives)),
        (_("who can mend it"), actor_text(e.actor)),
        (_("does retrying help"), retry_text(e.retry)),
        (_("documented in"), ", ".join(e.references)),
        (_("rule"), _rule(e)),
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


def _section(title: str, items: Iterable[tuple[str, str]], palette: Palette, columns: int) -> Iterator[str]:
    """A heading and its items, each (what stands before it, text)."""
    first = True
    for mark, text in items:
        if first:
            yield ""
            yield f"  {palette.head}{title}{palette.reset}"
        first = False
        yield from wrap(visible(text), columns, " " * (4 + width(mark)), "    " + mark)


def _numbered(sentences: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((f"{number}. ", sentence) for number, sentence in enumerate(sentences, 1))


def _steps(steps: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((f"{actor_text(actor)}: ", step) for actor, step in steps)


def _facts(facts: list[tuple[str, str]], palette: Palette, columns: int) -> Iterator[str]:
    """Names and values in two columns."""
    room = max((width(name) for name, _value in facts), default=0) + 2
    for name, value in facts:
        pad = " " * (room - width(name))
        head, *rest = wrap(visible(value), columns, " " * (2 + room))
        yield f"  {palette.dim}{name}{palette.reset}{pad}{head[2 + room :]}"
        yield from rest


def short_lines(
    explanation: Explanation, palette: Palette = PLAIN, indent: str = "", columns: int = COLUMNS, verbose: bool = False
) -> list[str]:
    """The explanation in a few lines, to stand under a reply: meaning, likeliest causes, next step."""
    e, p = explanation, palette
    lines = wrap(f"{e.cause}: {visible(e.meaning)}", columns, indent)
    lines += _pointer(e, indent + "  ")
    causes = e.causes if verbose else e.causes[:2]
    if causes:
        lines += wrap(_("likely: {causes}").format(causes=visible(" / ".join(causes))), columns, indent + "  ", indent)
    for actor, step in e.steps if verbose else e.steps[:1]:
        text = _("next ({actor}): {step}").format(actor=actor_text(actor), step=visible(step))
        lines += wrap(text, columns, indent + "  ", indent)
    lines += wrap(_("retry: {answer}").format(answer=retry_text(e.retry)), columns, indent + "  ", indent)
    if verbose:
        lines += wrap(_("rule: {rule}").format(rule=visible(_rule(e))), columns, indent + "  ", indent)
    return [f"{p.dim}{line}{p.reset}" if p.dim else line for line in lines]


def one_line(explanation: Explanation) -> str:
    """Cause, meaning and next step in one line, for logs and reports."""
    e = explanation
    step = f" {actor_text(e.steps[0][0])}: {e.steps[0][1]}" if e.steps else ""
    return visible(f"{e.cause}: {e.meaning}{step}")


def record(heard: Heard, explanation: Explanation) -> dict[str, Any]:
    """The explanation as a mapping that JSON can hold: a public interface (docs/guide/explain.md)."""
    e, reply = explanation, heard.reply
    return {
        "code": reply.code or None,
        "enhanced": str(reply.enhanced) if reply.enhanced else None,
        "stage": heard.stage or None,
        "text": plain(heard.words if heard.failure else reply.text),
        **summary(e),
        "meaning": e.meaning,
        "causes": list(e.causes),
        "steps": [{"actor": actor, "step": step} for actor, step in e.steps],
        "references": list(e.references),
        "alternatives": list(e.alternatives),
    }


def place(heard: Heard) -> Mapping[str, object]:
    """Where the reply stood, as a mapping that JSON can hold."""
    return {
        "line": heard.line,
        "command": plain(heard.command) or None,
        "server": plain(heard.server) or None,
        "recipient": plain(heard.recipient) or None,
        "failure": heard.failure or None,
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
