"""``smtpscope explain``: from what was pasted to what it means."""

from __future__ import annotations

import os
import sys

from smtpscope.cli.conflicts import check_explain
from smtpscope.cli.options.explain import ExplainOptions
from smtpscope.cli.options.parse import parse
from smtpscope.cli.output import is_read, write_lines
from smtpscope.cli.terminal import columns
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.report import Report
    from smtpscope.reading.heard import Reading
    from smtpscope.render.palette import Palette

# Octets of one line of a batch.
LINE_LIMIT = 16 << 20


def run(argv: Sequence[str]) -> int:
    """Explain. Returns the exit code. Raises UsageError when there is no reply in what was given, LocalError."""
    options = parse(ExplainOptions, argv)
    check_explain(options)
    text = _joined(options.text)
    if options.batch:
        return _batch(options.batch, options)
    if not text:
        raise UsageError("text", _("give a reply, the name of a file, or - to read standard input"))
    reading = _read(text, options)
    _show(reading, _tell_all(reading.found, options), options)
    return 0


def _joined(words: Sequence[str]) -> str:
    """The arguments as one text: the words of a reply, or several replies, each in quotes."""
    from smtpscope.reading.follow import is_reply_line

    several = len(words) > 1 and all(" " in word and is_reply_line(word) for word in words)
    return ("\n" if several else " ").join(words)


# ------------------------------------------------------------------------------------------------ what was given


def _read(text: str, options: ExplainOptions) -> Reading:
    """The replies in the argument, or in the file that it names."""
    from smtpscope.reading.read import read

    path = _path(text)
    data = _content(path) if path else text.encode("utf-8", "surrogateescape")
    if path and not data.strip():
        raise UsageError("text", _("{path!r} is empty: there is no reply to explain").format(path=path))
    reading = read(data)
    if not path and len(reading.found) == 1:
        reading = reading.replace(form="reply")
    if not reading.found:
        reading = _as_words(data.decode("utf-8", "surrogateescape"), options, path)
    return reading


def _path(text: str) -> str:
    """The file that ``text`` names; empty when it is a text itself. Raises LocalError for a file that is not there."""
    from smtpscope.reading.follow import is_reply_line

    if is_reply_line(text) or "\n" in text:
        return ""
    if text == "-" or os.path.exists(text):
        return text
    if " " not in text and ("/" in text or os.path.splitext(text)[1][1:].isalpha()):
        raise LocalError(_("there is no file {path!r}").format(path=text))
    return ""


def _content(path: str) -> bytes:
    from smtpscope.files import read_at_most
    from smtpscope.reading.read import SIZE_LIMIT

    try:
        if path == "-":
            return read_at_most(sys.stdin.buffer, SIZE_LIMIT)
        with open(path, "rb") as file:
            return read_at_most(file, SIZE_LIMIT)
    except OSError as error:
        raise LocalError(_("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror)) from error


def _as_words(text: str, options: ExplainOptions, path: str) -> Reading:
    """Words without a code, when the catalogue knows them. Raises UsageError for a text that is no reply at all."""
    from smtpscope.model.conversation import Exchange
    from smtpscope.reading.heard import Reading, text_reply

    if 0 < len(text.strip()) < 2000:
        heard = Exchange(text_reply(text.strip()))
        if heard.reply.enhanced or _tell(heard, options).explanation.cause != "unknown.unknown":
            return Reading("words", (heard,))
    from smtpscope.reading.read import FORMS

    what = _("the file {path!r}").format(path=path) if path and path != "-" else _("this")
    raise UsageError(
        "text",
        _("there is no reply in {what}; tried to read it as: {forms}").format(what=what, forms=", ".join(FORMS)),
    )


def _tell_all(found: Iterable[Exchange], options: ExplainOptions) -> Iterator[Explained]:
    """Each reply, in the light of those before it, when it is asked for: a log has many."""
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.diagnosis.sequence import Teller

    teller = Teller(options.entries)
    for heard in found:
        completed = _completed(heard, options)
        yield Explained(completed, teller.tell(completed))


def _completed(heard: Exchange, options: ExplainOptions) -> Exchange:
    """``heard`` with what the options add to it."""
    return heard.replace(stage=heard.stage or options.stage or "", server=options.server or heard.server)


def _tell(heard: Exchange, options: ExplainOptions) -> Explained:
    """What ``heard`` means, alone."""
    from smtpscope.diagnosis.context import explain_heard
    from smtpscope.diagnosis.interpret import Explained

    heard = _completed(heard, options)
    return Explained(heard, explain_heard(heard, options.entries))


# -------------------------------------------------------------------------------------------------- what is shown


def _show(reading: Reading, told: Iterator[Explained], options: ExplainOptions) -> None:
    if options.coverage:
        write_lines([*_coverage(list(told)), *_cut(reading)])
    elif options.json:
        write_lines(map(_fitting, _records(reading, told)))
    else:
        from smtpscope.render.palette import choose

        palette = choose(sys.stdout.isatty(), os.environ, options.color)
        write_lines(_lines_for_people(reading, told, palette, columns(sys.stdout)))


def _lines_for_people(reading: Reading, told: Iterator[Explained], palette: Palette, width: int) -> Iterator[str]:
    """The account, each line as soon as it is known, and what came of it."""
    from smtpscope.render import account

    if len(reading.found) == 1 and reading.form in ("reply", "words"):
        yield from account.single(next(told), palette, width)
        return
    kept: list[Explained] = []
    yield from account.account(reading, _keep(told, kept), palette, width, _cut(reading))
    report = _report(reading, kept)
    if report:
        yield from account.result_lines(report, palette, width, _is_run(reading))
    else:
        yield from account.count_lines(kept, palette, width)
    yield from account.remark_lines(_cut(reading), palette, width)


def _keep(told: Iterable[Explained], kept: list[Explained]) -> Iterator[Explained]:
    for item in told:
        kept.append(item)
        yield item


def _is_run(reading: Reading) -> bool:
    """Whether the sessions of the text are those of one run of ours."""
    return reading.form == "smtpscope JSON Lines"


def _report(reading: Reading, told: Sequence[Explained]) -> Report | None:
    """What the judge says of the sessions in the text; None where it holds none."""
    if not reading.events:
        return None
    from smtpscope.diagnosis.interpret import explain_report
    from smtpscope.diagnosis.outcome import judge

    return explain_report(judge(reading.events), told)


def _reports(reading: Reading, told: Sequence[Explained]) -> Iterator[Report]:
    """The report of a run of ours, or one for each session: those of other programs have no result in common."""
    report = _report(reading, told)
    if report is None:
        return
    if _is_run(reading):
        yield report
        return
    yield from (report.replace(outcome=server.outcome, servers=(server,)) for server in report.servers)


def _records(reading: Reading, told: Iterable[Explained]) -> Iterator[str]:
    """A record for each reply, and behind a session its result, as ``test --json`` has it."""
    from smtpscope.cli.exit import exit_code
    from smtpscope.render.explanation import place, record
    from smtpscope.render.jsonl import record_line, result_line
    from smtpscope.render.report import report_record

    kept: list[Explained] = []
    for item in _keep(told, kept):
        yield record_line({**record(item.heard, item.explanation), **place(item.heard)})
    for report in _reports(reading, kept):
        yield result_line(report_record(report, int(exit_code(report.outcome))))
    for said in _cut(reading):
        yield record_line({"line": reading.cut, "cut": True, "error": said})


def _cut(reading: Reading) -> list[str]:
    """A sentence where the text is longer than what is looked at; else nothing."""
    if not reading.cut:
        return []
    from smtpscope.reading.message import LINE_LIMIT
    from smtpscope.reading.read import SIZE_LIMIT

    text = _(
        "cut: only the first {count} lines were looked at (the limits are {lines} lines, {size} MB); split the file"
    )
    return [text.format(count=reading.cut, lines=LINE_LIMIT, size=SIZE_LIMIT >> 20)]


def _fitting(record: str) -> str:
    from smtpscope.safetext import fitting

    return fitting(record, sys.stdout.encoding)


def _coverage(told: Sequence[Explained]) -> list[str]:
    """Which rule explained how many replies, the most frequent first."""
    rules: dict[tuple[str, str], int] = {}
    for item in told:
        key = (item.explanation.rule, item.explanation.cause)
        rules[key] = rules.get(key, 0) + 1
    lines = [f"{count:7}  {rule:40} {cause}" for (rule, cause), count in sorted(rules.items(), key=lambda row: -row[1])]
    known = sum(count for (_rule, cause), count in rules.items() if cause != "unknown.unknown")
    return [*lines, _("{known} of {count} replies explained").format(known=known, count=len(told))]


# ----------------------------------------------------------------------------------------------------- in batches


def _batch(path: str, options: ExplainOptions) -> int:
    """Every line of the file becomes a record, in order; a bad line becomes a record with an error."""
    from smtpscope.reading.batch import read_row
    from smtpscope.render.errors import sentence_text
    from smtpscope.render.jsonl import record_line

    told = []
    for number, line in enumerate(_batch_lines(path), 1):
        if not is_read():
            break
        if not line.strip():
            continue
        row = read_row(line, number)
        item = _tell(row.heard, options) if row.heard else None
        if item and options.coverage:
            told.append(item)
        elif not options.coverage:
            wrong = sentence_text(row.error) if row.error else ""
            write_lines([_fitting(record_line(_batch_record(row.others, item, wrong)))])
    if options.coverage:
        write_lines(_coverage(told))
    return 0


def _batch_lines(path: str) -> Iterator[str]:
    """The lines of the file, one at a time: it may be larger than the memory. Raises UsageError, LocalError."""
    if path == "-":
        yield from _lines(sys.stdin.buffer)
        return
    try:
        with open(path, "rb") as file:
            yield from _lines(file)
    except OSError as error:
        text = _("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror)
        raise LocalError(text, "--batch") from error


def _lines(file: BinaryIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            text = _("line {number} has more than {limit} MB: this is no file of JSON objects, one a line")
            raise UsageError("--batch", text.format(number=number, limit=LINE_LIMIT >> 20))
        yield line.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def _batch_record(others: Mapping[str, object], item: Explained | None, error: str) -> Mapping[str, object]:
    if item is None:
        return {**others, "error": error}
    from smtpscope.render.explanation import record

    return {**others, **record(item.heard, item.explanation)}
