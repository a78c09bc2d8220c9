"""What was pasted, told: good steps in one line, refused ones explained.

A session has a result, the one that the judge gives (diagnosis/outcome.py); of single replies and lines of a log, what
was found is counted. Nothing is decided here.
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

# Sessions whose results are told one by one; of more, the results are counted.
SESSIONS = 5


@in_its_language
def single_lines(
    explained: Explained, palette: Palette = PLAIN, columns: int = COLUMNS, front: Front = LIBRARY
) -> list[str]:
    """One reply, and what it means."""
    reply = [*_reply_lines(explained.exchange, palette), *_context(explained.exchange, palette)]
    parts = [f"  {line}" for text in _parts(explained) for line in wrap(text, columns - 2, "  ", "")]
    told = explanation_lines(explained.explanation, palette, columns, front_of(explained.exchange, front))
    return [*reply, "", *told, *(["", *parts] if parts else [])]


def _parts(explained: Explained) -> list[str]:
    """What the registry says of the enhanced code, where something else decided; what each keyword of EHLO offers."""
    from smtpscope.knowledge.catalogue import describe_enhanced

    reply = explained.exchange.reply
    by_code = any(piece.startswith("enhanced=") for piece in explained.explanation.evidence)
    registered = describe_enhanced(str(reply.enhanced), current()) if reply.enhanced and not by_code else ""
    parts = [f"{reply.enhanced}: {registered}"] if registered else []
    if reply.code == 250 and len(reply.lines) > 1 and explained.exchange.stage in ("", "ehlo"):
        parts += capability_lines(reply)
    return parts


def _context(exchange: Exchange, palette: Palette) -> list[str]:
    """Who said it to what, as far as it is known: one line, or none."""
    known = ((_("server"), exchange.server), (_("step"), exchange.stage), (_("recipient"), exchange.recipient))
    said = ", ".join(f"{name} {visible(value)}" for name, value in known if value)
    return [f"{palette.dim}{said}{palette.reset}"] if said else []


@in_its_language
def reading_lines(
    reading: Reading,
    told: Iterable[Explained],
    palette: Palette = PLAIN,
    columns: int = COLUMNS,
    remarks: Sequence[str] = (),
    front: Front = LIBRARY,
) -> Iterator[str]:
    """The conversation, or the lines of a log, each as soon as it is told. ``remarks``: what holds for all of it."""
    head = fill("format: {form}; replies: {count}", form=reading.form, count=len(reading.found))
    yield palette.dim + head + palette.reset
    yield from remark_lines(remarks, palette, columns)
    shown: set[Explanation] = set()
    for item in told:
        if went_well(item.exchange):
            yield _good_line(item.exchange, palette, columns)
            if item.explanation.rule.startswith("context."):  # accepted, and yet something is to be said
                yield from wrap(visible(meaning_text(item.explanation)), columns, "      ")
            continue
        yield from ("", *_refused_head(item.exchange, palette, columns))
        key = item.explanation.replace(evidence=(), references=(), alternatives=())
        about = front_of(item.exchange, front)
        yield from (
            _known_already(item) if key in shown else explanation_lines(item.explanation, palette, columns, about)
        )
        shown.add(key)


def remark_lines(remarks: Sequence[str], palette: Palette, columns: int) -> list[str]:
    """What holds for all of a text, such as that it was cut: said at both ends."""
    return [palette.warn + line + palette.reset for remark in remarks for line in wrap(remark, columns, "  ", "")]


def _good_line(exchange: Exchange, palette: Palette, columns: int) -> str:
    where = _where(exchange)
    text = _cut(visible(f"{exchange.reply.code} {exchange.reply.lines[0]}"), columns - width(where) - 2)
    return f"{palette.dim}{where}{palette.reset}  {palette.good}{text}{palette.reset}"


def _refused_head(exchange: Exchange, palette: Palette, columns: int) -> Iterator[str]:
    about = exchange.command or exchange.recipient
    yield f"{palette.dim}{_where(exchange)}{palette.reset}  {_cut(visible(about), columns)}".rstrip()
    for line in _reply_lines(exchange, palette):
        yield f"  {line}"


def _known_already(item: Explained) -> list[str]:
    return [f"  {item.explanation.cause}: " + _("see above")]


def _reply_lines(exchange: Exchange, palette: Palette) -> Iterator[str]:
    """The reply as it was given, or what came in its place."""
    reply = exchange.reply
    if exchange.failure:
        yield f"{palette.bad}{visible(failure_text(exchange))}{palette.reset}"
        return
    style = {2: palette.good, 3: palette.good, 4: palette.warn}.get(reply.kind, palette.bad)
    for number, line in enumerate(reply.lines, 1):
        mark = " " if number == len(reply.lines) else "-"
        yield f"{style}{f'{reply.code:03d}{mark}' if reply.code else ''}{visible(line)}{palette.reset}"


def failure_text(exchange: Exchange) -> str:
    """What came in the place of a reply, in the words that were pasted where there are any."""
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


def _where(exchange: Exchange) -> str:
    """``line 12  rcpt``, in columns."""
    line = fill("line {number}", number=exchange.line)
    return f"{line:9} {exchange.stage or '-':11}"


def _cut(text: str, columns: int) -> str:
    """``text``, cut with three dots where it does not fit. Text may be of any length: its end is not looked at."""
    used = end = 0
    for place, char in enumerate(text, 1):
        used += width(char)
        end = place if used <= columns - 3 else end
        if used > columns:
            return text[:end] + "..."
    return text


# ---------------------------------------------------------------------------------------------------- what came of it


@in_its_language
def result_lines(
    report: Report,
    palette: Palette = PLAIN,
    columns: int = COLUMNS,
    joint: bool = False,
    front: Front = LIBRARY,
) -> Iterator[str]:
    """What came of the sessions in a text, as ``report`` says: each with what is worth knowing beside it.

    ``joint``: they are one run of ours, so that one line says what came of all of them.
    """
    from smtpscope.render.report import server_lines, summary

    yield from _heading(palette)
    if len(report.servers) > SESSIONS:
        yield from _count_sessions(report, palette, columns)
        return
    for server in report.servers:
        about = _front_of(server, front)
        yield from server_lines(server, palette, columns=columns, front=about)
        yield from _next_lines(server, columns, about)
    if joint and len(report.servers) > 1:
        yield summary(report)


def _heading(palette: Palette) -> Iterator[str]:
    yield ""
    yield f"{palette.head}{_('Result')}{palette.reset}"


def _front_of(server: ServerReport, front: Front) -> Front:
    """The front for what came of a session."""
    port = next((event.port for event in server.events if isinstance(event, Connecting)), 0)
    recipient = next((result.recipient for result in server.recipients), "")
    return front.about(server.host, port, recipient, server.outcome.phase.value)


def _next_lines(server: ServerReport, columns: int, front: Front) -> Iterator[str]:
    """Whether to try again, and the first step, where something was refused."""
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
    from smtpscope.render.report import short

    found: dict[str, int] = {}
    good: set[str] = set()
    for server in report.servers:
        said = short(server)
        found[said] = found.get(said, 0) + 1
        if server.status is Status.OK:
            good.add(said)
    for said, count in sorted(found.items(), key=lambda item: -item[1]):
        text = fill("{count} of {all} sessions: {said}", count=count, all=len(report.servers), said=said)
        style = palette.good if said in good else palette.bad
        yield from (f"{style}{line}{palette.reset}" for line in wrap(text, columns, "  ", ""))


# Of replies and of recipients: accepted, rejected, and what is neither: words without a code, a code that does not fit.
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


def count_lines(told: Sequence[Explained], palette: Palette = PLAIN, columns: int = COLUMNS) -> Iterator[str]:
    """How many replies in a log or a bounce have each cause: they belong to no one session, so nothing joins them."""
    whom = [item.exchange.recipient for item in told]
    words = _RECIPIENTS if all(whom) and len(set(whom)) == len(whom) else _REPLIES
    found: dict[tuple[int, str], int] = {}
    for item in told:
        kind = item.exchange.reply.kind
        good = went_well(item.exchange)
        key = (2 if good else kind if kind in (4, 5) else 0, "" if good else item.explanation.cause)
        found[key] = found.get(key, 0) + 1
    yield from _heading(palette)
    for (kind, cause), count in sorted(found.items(), key=lambda row: -row[1]):
        style = {2: palette.good, 4: palette.warn}.get(kind, palette.bad)
        text = fill(words[kind], count=count, all=len(told), cause=cause)
        yield from (f"{style}{line}{palette.reset}" for line in wrap(text, columns, "  ", ""))
