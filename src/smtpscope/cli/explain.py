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
from smtpscope.services.explain import explain_one, explain_text
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.conversation import Exchange
    from smtpscope.reading.reading import Reading
    from smtpscope.render.palette import Palette
    from smtpscope.services.explain import TextRun

# Octets of one line of a batch.
LINE_LIMIT = 16 << 20


def run(argv: Sequence[str]) -> int:
    """Explain. Returns the exit code. Raises UsageError when there is no reply in what was given, LocalError."""
    options = parse(ExplainOptions, argv)
    check_explain(options)
    text = _joined(options.text)
    if options.batch:
        return _batch(options.batch, options)
    path = _path(text)
    data = _content(path) if path else text.encode("utf-8", "surrogateescape")
    if path and not data.strip():
        raise UsageError("text", _("{path!r} is empty; nothing to explain").format(path=path))
    found = explain_text(data, options.stage or "", options.server or "", options.entries)
    if not found.reading.found:
        raise _nothing_found(path)
    _show(found, options, alone=not path)
    return 0


def _joined(words: Sequence[str]) -> str:
    """The arguments as one text: the words of a reply, or several replies, each in quotes."""
    from smtpscope.reading.follow import is_reply_line

    several = len(words) > 1 and all(" " in word and is_reply_line(word) for word in words)
    return ("\n" if several else " ").join(words)


# ------------------------------------------------------------------------------------------------ what was given


def _path(text: str) -> str:
    """The file that ``text`` names; empty when it is a text itself. Raises LocalError for a file that is not there."""
    from smtpscope.reading.follow import is_reply_line

    if is_reply_line(text) or "\n" in text:
        return ""
    if text == "-" or os.path.exists(text):
        return text
    if " " not in text and ("/" in text or os.path.splitext(text)[1][1:].isalpha()):
        raise LocalError(_("file {path!r} not found").format(path=text))
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


def _nothing_found(path: str) -> UsageError:
    """What to say of a text that holds no reply."""
    from smtpscope.reading.read import FORMS

    what = _("the file {path!r}").format(path=path) if path and path != "-" else _("this")
    text = _("no reply found in {what}; tried to read it as: {forms}").format(what=what, forms=", ".join(FORMS))
    return UsageError("text", text)


# -------------------------------------------------------------------------------------------------- what is shown


def _show(found: TextRun, options: ExplainOptions, alone: bool) -> None:
    """Tell what was found; ``alone``: it was given as an argument, not as a file."""
    if options.coverage:
        write_lines([*_coverage(list(found)), *_cut(found.reading)])
    elif options.json:
        write_lines(map(_fitting, _records(found)))
    else:
        from smtpscope.render.palette import choose

        palette = choose(sys.stdout.isatty(), os.environ, options.color)
        write_lines(_lines_for_people(found, alone, palette, columns(sys.stdout)))


def _lines_for_people(found: TextRun, alone: bool, palette: Palette, width: int) -> Iterator[str]:
    """The account, each line as soon as it is known, and what came of it."""
    from smtpscope.cli.fronts import ExplainLine
    from smtpscope.render import reading as views

    front, reading = ExplainLine(), found.reading
    if len(reading.found) == 1 and (alone or reading.form == "words"):
        yield from views.single_lines(next(iter(found)), palette, width, front)
        return
    yield from views.reading_lines(reading, found, palette, width, _cut(reading), front)
    if report := found.report:
        yield from views.result_lines(report, palette, width, found.is_one_run, front)
    else:
        yield from views.count_lines(found.told, palette, width)
    yield from views.remark_lines(_cut(reading), palette, width)


def _records(found: TextRun) -> Iterator[str]:
    """A record for each reply, and behind a session its result, as ``test --json`` has it."""
    from smtpscope.cli.exit import exit_code
    from smtpscope.cli.fronts import ExplainLine
    from smtpscope.render.explanation import front_of, place, record
    from smtpscope.render.jsonl import record_line, result_line
    from smtpscope.render.result import report_record

    front = ExplainLine()
    for item in found:
        yield record_line(
            {**record(item.exchange, item.explanation, front_of(item.exchange, front)), **place(item.exchange)}
        )
    for report in found.reports:
        yield result_line(report_record(report, int(exit_code(report.outcome)), front))
    for said in _cut(found.reading):
        yield record_line({"line": found.reading.cut, "cut": True, "error": said})


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
        item = _alone(row.exchange, options) if row.exchange else None
        if item and options.coverage:
            told.append(item)
        elif not options.coverage:
            wrong = sentence_text(row.error) if row.error else ""
            write_lines([_fitting(record_line(_batch_record(row.others, item, wrong)))])
    if options.coverage:
        write_lines(_coverage(told))
    return 0


def _alone(exchange: Exchange, options: ExplainOptions) -> Explained:
    return explain_one(exchange, options.stage or "", options.server or "", options.entries)


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
    from smtpscope.cli.fronts import ExplainLine
    from smtpscope.render.explanation import front_of, record

    return {**others, **record(item.exchange, item.explanation, front_of(item.exchange, ExplainLine()))}
