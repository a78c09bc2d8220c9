"""``smtpscope explain``: explain a reply, a log, a bounce, or a transcript."""

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
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.reading.batch import Row
    from smtpscope.reading.reading import Reading
    from smtpscope.render.palette import Palette
    from smtpscope.services.explain import TextRun

# The longest line of a batch, in bytes.
LINE_LIMIT = 16 << 20


def run(argv: Sequence[str]) -> int:
    """Explain what the arguments give. Returns the exit code. Raises UsageError if it holds no reply, LocalError."""
    options = parse(ExplainOptions, argv)
    check_explain(options)
    text = _join(options.text)
    if options.batch:
        return _batch(options.batch, options)
    path = _path(text)
    data = _content(path) if path else text.encode("utf-8", "surrogateescape")
    if path and not data.strip():
        raise UsageError("text", _("{path!r} is empty; nothing to explain").format(path=path))
    found = explain_text(data, options.stage or "", options.server or "", options.entries)
    if not found.reading.found:
        from smtpscope.reading.read import FORMS

        what = _("the file {path!r}").format(path=path) if path and path != "-" else _("this")
        message = _("no reply found in {what}; tried to read it as: {forms}")
        raise UsageError("text", message.format(what=what, forms=", ".join(FORMS)))
    _show(found, options, alone=not path)
    return 0


def _join(words: Sequence[str]) -> str:
    """The arguments as one text: a line for each if each is a whole reply, else the words of one reply."""
    from smtpscope.reading.follow import is_reply_line

    several = len(words) > 1 and all(" " in word and is_reply_line(word) for word in words)
    return ("\n" if several else " ").join(words)


# -------------------------------------------------------------------------------------------------------- input


def _path(text: str) -> str:
    """The file that ``text`` names, - for standard input, or empty if ``text`` is to be explained itself.

    Raises LocalError if ``text`` looks like a file name and there is no such file.
    """
    from smtpscope.reading.follow import is_reply_line

    if is_reply_line(text) or "\n" in text:
        return ""
    if text == "-" or os.path.exists(text):
        return text
    if " " not in text and ("/" in text or os.path.splitext(text)[1][1:].isalpha()):
        raise LocalError(_("file {path!r} not found").format(path=text))
    return ""


def _content(path: str) -> bytes:
    """The content of the file, or of standard input for -. Raises LocalError."""
    from smtpscope.files import read_at_most
    from smtpscope.reading.read import SIZE_LIMIT

    try:
        if path == "-":
            return read_at_most(sys.stdin.buffer, SIZE_LIMIT)
        with open(path, "rb") as file:
            return read_at_most(file, SIZE_LIMIT)
    except OSError as error:
        raise LocalError(_("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror)) from error


# ------------------------------------------------------------------------------------------------------- output


def _show(found: TextRun, options: ExplainOptions, alone: bool) -> None:
    """Write the explanations. ``alone``: the text was an argument, not a file."""
    if options.coverage:
        write_lines([*_coverage(list(found)), *_cut_remark(found.reading)])
    elif options.json:
        write_lines(map(_encodable, _records(found)))
    else:
        from smtpscope.render.palette import choose

        palette = choose(sys.stdout.isatty(), os.environ, options.color)
        write_lines(_lines_for_people(found, alone, palette, columns(sys.stdout)))


def _lines_for_people(found: TextRun, alone: bool, palette: Palette, width: int) -> Iterator[str]:
    """Each explanation as soon as it is found, then the results."""
    from smtpscope.cli.fronts import ExplainLine
    from smtpscope.render import reading as views

    front, reading = ExplainLine(), found.reading
    if len(reading.found) == 1 and (alone or reading.form == "words"):
        yield from views.single_lines(next(iter(found)), palette, width, front)
        return
    yield from views.reading_lines(reading, found, palette, width, _cut_remark(reading), front)
    if report := found.report:
        yield from views.result_lines(report, palette, width, found.is_one_run, front)
    else:
        yield from views.count_lines(found.told, palette, width)
    yield from views.remark_lines(_cut_remark(reading), palette, width)


def _records(found: TextRun) -> Iterator[str]:
    """A record for each reply, then the results of the sessions, as in ``test --json``."""
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
    for remark in _cut_remark(found.reading):
        yield record_line({"line": found.reading.cut, "cut": True, "error": remark})


def _cut_remark(reading: Reading) -> list[str]:
    """A sentence if the text is over the size limit and was cut; else nothing."""
    if not reading.cut:
        return []
    from smtpscope.reading.message import LINE_LIMIT
    from smtpscope.reading.read import SIZE_LIMIT

    text = _(
        "cut: only the first {count} lines were looked at (the limits are {lines} lines, {size} MB); split the file"
    )
    return [text.format(count=reading.cut, lines=LINE_LIMIT, size=SIZE_LIMIT >> 20)]


def _encodable(record: str) -> str:
    """A JSON line that standard output can encode."""
    from smtpscope.safetext import fitting

    return fitting(record, sys.stdout.encoding)


def _coverage(explained: Sequence[Explained]) -> list[str]:
    """How many replies each rule explained, the most frequent first."""
    rules: dict[tuple[str, str], int] = {}
    for item in explained:
        key = (item.explanation.rule, item.explanation.cause)
        rules[key] = rules.get(key, 0) + 1
    lines = [f"{count:7}  {rule:40} {cause}" for (rule, cause), count in sorted(rules.items(), key=lambda row: -row[1])]
    known = sum(count for (_rule, cause), count in rules.items() if cause != "unknown.unknown")
    return [*lines, _("{known} of {count} replies explained").format(known=known, count=len(explained))]


# -------------------------------------------------------------------------------------------------------- batch


def _batch(path: str, options: ExplainOptions) -> int:
    """Write a record for each line of the file, in order. A bad line becomes a record with an error. Returns 0."""
    from smtpscope.reading.batch import read_row

    explained = []
    for number, line in enumerate(_batch_lines(path), 1):
        if not is_read():
            break
        if not line.strip():
            continue
        row = read_row(line, number)
        item = None
        if row.exchange:
            item = explain_one(row.exchange, options.stage or "", options.server or "", options.entries)
        if item and options.coverage:
            explained.append(item)
        elif not options.coverage:
            write_lines([_encodable(_batch_record(row, item))])
    if options.coverage:
        write_lines(_coverage(explained))
    return 0


def _batch_record(row: Row, item: Explained | None) -> str:
    """The JSON line for a row: its other fields, and its explanation or its error."""
    from smtpscope.render.jsonl import record_line

    if item is None:
        from smtpscope.render.errors import sentence_text

        return record_line({**row.others, "error": sentence_text(row.error) if row.error else ""})
    from smtpscope.cli.fronts import ExplainLine
    from smtpscope.render.explanation import front_of, record

    front = front_of(item.exchange, ExplainLine())
    return record_line({**row.others, **record(item.exchange, item.explanation, front)})


def _batch_lines(path: str) -> Iterator[str]:
    """The lines of the file, one at a time: it may be larger than the memory. Raises UsageError, LocalError."""
    if path == "-":
        yield from _read_lines(sys.stdin.buffer)
        return
    try:
        with open(path, "rb") as file:
            yield from _read_lines(file)
    except OSError as error:
        text = _("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror)
        raise LocalError(text, "--batch") from error


def _read_lines(file: BinaryIO) -> Iterator[str]:
    """The lines of ``file``, without LF. Raises UsageError for a line over the limit, OSError."""
    number = 0
    while line := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            text = _("line {number} has more than {limit} MB: this is no file of JSON objects, one a line")
            raise UsageError("--batch", text.format(number=number, limit=LINE_LIMIT >> 20))
        yield line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
