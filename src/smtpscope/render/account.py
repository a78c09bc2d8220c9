"""A pasted conversation, told: good steps in one line, refused ones explained, a verdict at the end."""

from __future__ import annotations

from smtpscope.language import _, current
from smtpscope.render.capability import capability_lines
from smtpscope.render.explanation import COLUMNS, actor_text, explanation_lines, retry_text
from smtpscope.render.palette import PLAIN
from smtpscope.render.visible import visible, width
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.reading.heard import Heard, Reading
    from smtpscope.render.palette import Palette


def single(explained: Explained, palette: Palette = PLAIN, columns: int = COLUMNS) -> list[str]:
    """One reply, and what it means."""
    reply = [*_reply_lines(explained.heard, palette), *_context(explained.heard, palette)]
    parts = [f"  {line}" for text in _parts(explained) for line in wrap(text, columns - 2, "  ", "")]
    told = explanation_lines(explained.explanation, palette, columns)
    return [*reply, "", *told, *(["", *parts] if parts else [])]


def _parts(explained: Explained) -> list[str]:
    """What the registry says of the enhanced code, where something else decided; what each keyword of EHLO offers."""
    from smtpscope.knowledge.catalogue import describe_enhanced

    reply = explained.heard.reply
    by_code = any(piece.startswith("enhanced=") for piece in explained.explanation.evidence)
    registered = describe_enhanced(str(reply.enhanced), current()) if reply.enhanced and not by_code else ""
    parts = [f"{reply.enhanced}: {registered}"] if registered else []
    if reply.code == 250 and len(reply.lines) > 1 and explained.heard.stage in ("", "ehlo"):
        parts += capability_lines(reply)
    return parts


def _context(heard: Heard, palette: Palette) -> list[str]:
    """Who said it to what, as far as it is known: one line, or none."""
    known = ((_("server"), heard.server), (_("step"), heard.stage), (_("recipient"), heard.recipient))
    said = ", ".join(f"{name} {visible(value)}" for name, value in known if value)
    return [f"{palette.dim}{said}{palette.reset}"] if said else []


def account(
    reading: Reading,
    told: Iterable[Explained],
    palette: Palette = PLAIN,
    columns: int = COLUMNS,
    remarks: Sequence[str] = (),
) -> Iterator[str]:
    """The conversation, or the lines of a log, each as soon as it is told. ``remarks``: what holds for all of it."""
    head = _("read as: {form}; replies: {count}").format(form=reading.form, count=len(reading.found))
    yield palette.dim + head + palette.reset
    said = [palette.warn + line + palette.reset for remark in remarks for line in wrap(remark, columns, "  ", "")]
    yield from said
    heard: list[Explained] = []
    shown: set[tuple[str, str]] = set()
    for item in told:
        heard.append(item)
        if item.heard.reply.kind in (2, 3):
            yield _good_line(item.heard, palette, columns)
            if item.explanation.rule.startswith("context."):  # taken, and yet something is to be said
                yield from wrap(visible(item.explanation.meaning), columns, "      ")
            continue
        yield from ("", *_refused_head(item.heard, palette, columns))
        key = (item.explanation.cause, item.explanation.meaning)
        yield from _known_already(item) if key in shown else explanation_lines(item.explanation, palette, columns)
        shown.add(key)
        yield ""
    yield from (*_verdict(heard, palette, columns), *said)


def _good_line(heard: Heard, palette: Palette, columns: int) -> str:
    where = _where(heard)
    text = _cut(visible(f"{heard.reply.code} {heard.reply.lines[0]}"), columns - width(where) - 2)
    return f"{palette.dim}{where}{palette.reset}  {palette.good}{text}{palette.reset}"


def _refused_head(heard: Heard, palette: Palette, columns: int) -> Iterator[str]:
    about = heard.command or heard.recipient
    yield f"{palette.dim}{_where(heard)}{palette.reset}  {_cut(visible(about), columns)}".rstrip()
    for line in _reply_lines(heard, palette):
        yield f"  {line}"


def _known_already(item: Explained) -> list[str]:
    return [f"  {item.explanation.cause}: " + _("as explained above")]


def _reply_lines(heard: Heard, palette: Palette) -> Iterator[str]:
    """The reply as it was given."""
    reply = heard.reply
    style = {2: palette.good, 3: palette.good, 4: palette.warn}.get(reply.kind, palette.bad)
    for number, line in enumerate(reply.lines, 1):
        mark = " " if number == len(reply.lines) else "-"
        yield f"{style}{f'{reply.code:03d}{mark}' if reply.code else ''}{visible(line)}{palette.reset}"


def _where(heard: Heard) -> str:
    """``line 12  rcpt``, in columns."""
    line = _("line {number}").format(number=heard.line)
    return f"{line:9} {heard.stage or '-':11}"


def _cut(text: str, columns: int) -> str:
    """``text``, cut with three dots where it does not fit. Text may be of any length: its end is not looked at."""
    used = end = 0
    for place, char in enumerate(text, 1):
        used += width(char)
        end = place if used <= columns - 3 else end
        if used > columns:
            return text[:end] + "..."
    return text


def decisive(told: Sequence[Explained]) -> Explained | None:
    """The first refusal that no later success at the same step (and for the same recipient) made good; None if none.

    A QUIT that was answered badly decides nothing.
    """
    good: dict[tuple[str, str], int] = {}
    for number, item in enumerate(told):
        if item.heard.reply.kind in (2, 3):
            good[item.heard.stage, item.heard.recipient] = number
    for number, item in enumerate(told):
        if item.heard.reply.kind in (2, 3) or item.heard.stage == "quit":
            continue
        if good.get((item.heard.stage, item.heard.recipient), -1) < number:
            return item
    return None


def _verdict(told: Sequence[Explained], palette: Palette, columns: int) -> list[str]:
    item = decisive(told)
    queued = any(other.heard.stage == "end-of-data" and other.heard.reply.kind == 2 for other in told)
    if item is None:
        said = _("the message was accepted") if queued else _("nothing was refused")
        return ["", f"{palette.good}" + _("verdict: {said}").format(said=said) + palette.reset]
    e = item.explanation
    said = _("{stage} refused: {cause}").format(stage=item.heard.stage or _("refused"), cause=e.cause)
    if not item.heard.stage:
        said = e.cause
    if queued and item.heard.stage == "rcpt":
        said += _("; the message was accepted for the others")
    lines = ["", palette.bad + _("verdict: {said}").format(said=said) + palette.reset]
    lines += [f"  {line}" for line in wrap(_("retry: {answer}").format(answer=retry_text(e.retry)), columns - 2)]
    for actor, step in e.steps[:1]:
        text = _("next ({actor}): {step}").format(actor=actor_text(actor), step=visible(step))
        lines += wrap(text, columns, "    ", "  ")
    return lines
