"""The output of ``explain``: accepted steps in one line each, rejected steps with their explanation.

A session ends with its result, as diagnosis/outcome.py finds it. Single replies and the lines of a log have no common
result, so they are counted by cause. Nothing is decided here.
"""

from __future__ import annotations

from smtpscope.diagnosis.reply_codes import went_well
from smtpscope.language import N_, _, current, fill
from smtpscope.model.event import Connecting, Disconnected, GaveUp, Noted, TimedOut
from smtpscope.model.report import Status
from smtpscope.render.capability import capability_lines
from smtpscope.render.explanation import COLUMNS, explanation_lines, front_of, meaning_text, retry_text, word
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.notes import event_text
from smtpscope.render.palette import PLAIN
from smtpscope.render.steps import actor_text, command_line
from smtpscope.render.visible import visible, width
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.model.report import Report, ServerReport
    from smtpscope.reading.reading import Reading
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette

# Up to this many sessions, each result is shown. More sessions are counted by result.
SESSIONS = 5


@in_its_language
def single_lines(
    explained: Explained, palette: Palette = PLAIN, columns: int = COLUMNS, front: Front = LIBRARY
) -> list[str]:
    """One reply and its explanation."""
    exchange = explained.exchange
    about = ((_("server"), exchange.server), (_("step"), exchange.stage), (_("recipient"), exchange.recipient))
    context = ", ".join(f"{name} {visible(value)}" for name, value in about if value)
    reply = [*_reply_lines(exchange, palette), *([f"{palette.dim}{context}{palette.reset}"] if context else [])]
    parts = [f"  {line}" for text in _parts(explained) for line in wrap(text, columns - 2, "  ", "")]
    explanation = explanation_lines(explained.explanation, palette, columns, front_of(exchange, front))
    return [*reply, "", *explanation, *(["", *parts] if parts else [])]


def _parts(explained: Explained) -> list[str]:
    """Parts of the reply that the explanation does not use: the enhanced status code, the keywords of EHLO."""
    from smtpscope.knowledge.catalogue import describe_enhanced

    reply = explained.exchange.reply
    by_code = any(piece.startswith("enhanced=") for piece in explained.explanation.evidence)
    registered = describe_enhanced(str(reply.enhanced), current()) if reply.enhanced and not by_code else ""
    parts = [f"{reply.enhanced}: {registered}"] if registered else []
    if reply.code == 250 and len(reply.lines) > 1 and explained.exchange.stage in ("", "ehlo"):
        parts += capability_lines(reply)
    return parts


@in_its_language
def reading_lines(
    reading: Reading,
    explained: Iterable[Explained],
    palette: Palette = PLAIN,
    columns: int = COLUMNS,
    remarks: Sequence[str] = (),
    front: Front = LIBRARY,
) -> Iterator[str]:
    """The steps of a session or the lines of a log, each as soon as it is explained.

    ``explained`` is consumed step by step. ``remarks`` are about the whole text.
    """
    head = fill("format: {form}; replies: {count}", form=reading.form, count=len(reading.found))
    yield palette.dim + head + palette.reset
    yield from remark_lines(remarks, palette, columns)
    shown: set[Explanation] = set()
    for item in explained:
        if went_well(item.exchange):
            yield from _accepted_lines(item, palette, columns)
            continue
        yield from _rejected_head(item.exchange, palette, columns)
        key = item.explanation.replace(evidence=(), references=(), alternatives=())
        if key in shown:
            yield f"  {item.explanation.cause}: " + _("see above")
        else:
            yield from explanation_lines(item.explanation, palette, columns, front_of(item.exchange, front))
        shown.add(key)


def remark_lines(remarks: Sequence[str], palette: Palette, columns: int) -> list[str]:
    """Remarks about a whole text, such as that it was cut. They are shown before and after it."""
    return [palette.warn + line + palette.reset for remark in remarks for line in wrap(remark, columns, "  ", "")]


def _accepted_lines(item: Explained, palette: Palette, columns: int) -> Iterator[str]:
    """The position and the reply in one line, and the meaning where the diagnosis has more to report."""
    position, reply = _position(item.exchange), item.exchange.reply
    text = _cut(visible(f"{reply.code} {reply.lines[0]}"), columns - width(position) - 2)
    yield f"{palette.dim}{position}{palette.reset}  {palette.good}{text}{palette.reset}"
    if item.explanation.rule.startswith("context."):
        yield from wrap(visible(meaning_text(item.explanation)), columns, "      ")


def _rejected_head(exchange: Exchange, palette: Palette, columns: int) -> Iterator[str]:
    """An empty line, the position with the command or recipient, and the reply."""
    about = exchange.command or exchange.recipient
    yield ""
    yield f"{palette.dim}{_position(exchange)}{palette.reset}  {_cut(visible(about), columns)}".rstrip()
    for line in _reply_lines(exchange, palette):
        yield f"  {line}"


def _reply_lines(exchange: Exchange, palette: Palette) -> Iterator[str]:
    """The reply as is, or what happened instead of a reply."""
    reply = exchange.reply
    if exchange.failure:
        yield f"{palette.bad}{visible(failure_text(exchange))}{palette.reset}"
        return
    style = {2: palette.good, 3: palette.good, 4: palette.warn}.get(reply.kind, palette.bad)
    for number, line in enumerate(reply.lines, 1):
        mark = " " if number == len(reply.lines) else "-"
        yield f"{style}{f'{reply.code:03d}{mark}' if reply.code else ''}{visible(line)}{palette.reset}"


def failure_text(exchange: Exchange) -> str:
    """What happened instead of a reply, in the original text if there is one."""
    match exchange.event:
        case GaveUp():
            return event_text(exchange.event)
        case Noted():
            return fill("not understood: {text}", text=exchange.words)
    if exchange.words:
        return exchange.words
    match exchange.event:
        case TimedOut(limit=limit) if limit:
            return fill("no reply within {limit:g} s", limit=limit)
        case Disconnected():
            return _("connection closed by the server")
    return exchange.failure


def _position(exchange: Exchange) -> str:
    """``line 12  rcpt``, in columns."""
    line = fill("line {number}", number=exchange.line)
    return f"{line:9} {exchange.stage or '-':11}"


def _cut(text: str, columns: int) -> str:
    """``text``, cut with three dots if it does not fit in ``columns``. Only the part that fits is measured."""
    used = end = 0
    for index, char in enumerate(text, 1):
        used += width(char)
        end = index if used <= columns - 3 else end
        if used > columns:
            return text[:end] + "..."
    return text


# ------------------------------------------------------------------------------------------------------------- results


@in_its_language
def result_lines(
    report: Report,
    palette: Palette = PLAIN,
    columns: int = COLUMNS,
    joint: bool = False,
    front: Front = LIBRARY,
) -> Iterator[str]:
    """The results of the sessions in a text, each with its findings and the next step.

    ``joint``: the sessions are one run of smtpscope, so a last line sums them up.
    """
    from smtpscope.render.report import server_lines, summary

    yield from _heading(palette)
    if len(report.servers) > SESSIONS:
        yield from _count_sessions(report, palette, columns)
        return
    for server in report.servers:
        port = next((event.port for event in server.events if isinstance(event, Connecting)), 0)
        recipient = next((result.recipient for result in server.recipients), "")
        about = front.about(server.host, port, recipient, server.outcome.phase.value)
        yield from server_lines(server, palette, columns=columns, front=about)
        yield from _next_lines(server, columns, about)
    if joint and len(report.servers) > 1:
        yield summary(report)


def _heading(palette: Palette) -> Iterator[str]:
    """An empty line, and the heading of the results."""
    yield ""
    yield f"{palette.head}{_('Result')}{palette.reset}"


def _next_lines(server: ServerReport, columns: int, front: Front) -> Iterator[str]:
    """Whether to retry, and the first step, if something was rejected."""
    if server.explanation is None:
        return
    e = server.explanation
    yield from wrap(fill("Retry: {answer}", answer=retry_text(e.retry)), columns, "    ", "  ")
    for step in word(e, front).steps[:1]:
        text = fill("Next ({actor}): {step}", actor=actor_text(step.actor), step=visible(step.text))
        yield from wrap(text, columns, "    ", "  ")
        if step.command:
            yield command_line(step.command, "    ")


def _count_sessions(report: Report, palette: Palette, columns: int) -> Iterator[str]:
    """How many sessions ended in each way, the most frequent first."""
    from smtpscope.render.report import conclusion

    counts: dict[tuple[str, bool], int] = {}
    for server in report.servers:
        key = (conclusion(server, brief=True), server.status is Status.OK)
        counts[key] = counts.get(key, 0) + 1
    for (result, good), count in sorted(counts.items(), key=lambda item: -item[1]):
        text = fill("{count} of {all} sessions: {said}", count=count, all=len(report.servers), said=result)
        style = palette.good if good else palette.bad
        yield from (f"{style}{line}{palette.reset}" for line in wrap(text, columns, "  ", ""))


# By kind: accepted, rejected, and 0 for neither (no reply code, or a code that does not fit the command).
_REPLIES = {
    2: N_("{count} of {all} replies: accepted"),
    4: N_("{count} of {all} replies: rejected temporarily: {cause}"),
    5: N_("{count} of {all} replies: rejected permanently: {cause}"),
    0: N_("{count} of {all} replies: failed: {cause}"),
}
_RECIPIENTS = {
    2: N_("{count} of {all} recipients accepted"),
    4: N_("{count} of {all} recipients rejected temporarily: {cause}"),
    5: N_("{count} of {all} recipients rejected permanently: {cause}"),
    0: N_("{count} of {all} recipients failed: {cause}"),
}


def count_lines(explained: Sequence[Explained], palette: Palette = PLAIN, columns: int = COLUMNS) -> Iterator[str]:
    """How many replies of a log or a bounce have each cause; how many recipients, if no recipient occurs twice."""
    recipients = [item.exchange.recipient for item in explained]
    sentences = _RECIPIENTS if all(recipients) and len(set(recipients)) == len(recipients) else _REPLIES
    counts: dict[tuple[int, str], int] = {}
    for item in explained:
        kind = item.exchange.reply.kind
        good = went_well(item.exchange)
        key = (2 if good else kind if kind in (4, 5) else 0, "" if good else item.explanation.cause)
        counts[key] = counts.get(key, 0) + 1
    yield from _heading(palette)
    for (kind, cause), count in sorted(counts.items(), key=lambda row: -row[1]):
        style = {2: palette.good, 4: palette.warn}.get(kind, palette.bad)
        text = fill(sentences[kind], count=count, all=len(explained), cause=cause)
        yield from (f"{style}{line}{palette.reset}" for line in wrap(text, columns, "  ", ""))
