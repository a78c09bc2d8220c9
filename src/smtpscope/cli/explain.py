"""``smtpscope explain``: from what was pasted to what it means."""

from __future__ import annotations

import os
import sys

from smtpscope.cli.options.explain import SPEC
from smtpscope.cli.options.spec import parse
from smtpscope.cli.terminal import columns
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.render.visible import writable
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.reading.heard import Heard, Reading

# Octets of one line of a batch.
LINE_LIMIT = 16 << 20


def run(argv: Sequence[str]) -> int:
    """Explain. Returns the exit code. Raises UsageError when there is no reply in what was given, LocalError."""
    given = parse(SPEC, argv, UsageError)
    text = _joined(_words(given["text"]))
    if given["batch"] and text:
        raise UsageError("--batch", _("it takes the replies from its file: give no other text"))
    if given["batch"]:
        return _batch(given)
    if not text:
        raise UsageError("text", _("give a reply, the name of a file, or - to read standard input"))
    reading = _read(text, given)
    _show(reading, _tell_all(reading.found, given), given)
    if reading.form == "smtpscope JSON Lines" and not given["json"] and not given["coverage"]:
        _show_diagnoses(_path(text), given)
    return 0


def _joined(words: Sequence[str]) -> str:
    """The arguments as one text: the words of a reply, or several replies, each in quotes."""
    from smtpscope.reading.follow import is_reply_line

    several = len(words) > 1 and all(" " in word and is_reply_line(word) for word in words)
    return ("\n" if several else " ").join(words)


def _words(given: object) -> list[str]:
    return [str(word) for word in given] if isinstance(given, list) else []


# ------------------------------------------------------------------------------------------------ what was given


def _read(text: str, given: Mapping[str, object]) -> Reading:
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
        reading = _as_words(data.decode("utf-8", "surrogateescape"), given, path)
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
    from smtpscope.reading.read import SIZE_LIMIT

    try:
        if path == "-":
            return sys.stdin.buffer.read(SIZE_LIMIT + 1)
        with open(path, "rb") as file:
            return file.read(SIZE_LIMIT + 1)  # one more tells that there is more
    except OSError as error:
        raise LocalError(_("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror)) from error


def _as_words(text: str, given: Mapping[str, object], path: str) -> Reading:
    """Words without a code, when the catalogue knows them. Raises UsageError for a text that is no reply at all."""
    from smtpscope.reading.heard import Heard, Reading, text_reply

    if 0 < len(text.strip()) < 2000:
        heard = Heard(text_reply(text.strip()))
        if heard.reply.enhanced or _tell(heard, given).explanation.cause != "unknown.unknown":
            return Reading("words", (heard,))
    from smtpscope.reading.read import FORMS

    what = _("the file {path!r}").format(path=path) if path and path != "-" else _("this")
    raise UsageError(
        "text",
        _("there is no reply in {what}; tried to read it as: {forms}").format(what=what, forms=", ".join(FORMS)),
    )


def _tell_all(found: Iterable[Heard], given: Mapping[str, object]) -> Iterator[Explained]:
    """Each reply, in the light of those before it, when it is asked for: a log has many."""
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.diagnosis.sequence import Teller

    teller = Teller(_words(given["entries"]))
    for heard in found:
        completed = _completed(heard, given)
        yield Explained(completed, teller.tell(completed))


def _completed(heard: Heard, given: Mapping[str, object]) -> Heard:
    """``heard`` with what the options add to it."""
    stage, server = str(given["stage"] or ""), str(given["server"] or "")
    return heard.replace(stage=heard.stage or stage, server=server or heard.server)


def _tell(heard: Heard, given: Mapping[str, object]) -> Explained:
    """What ``heard`` means, alone."""
    from smtpscope.diagnosis.context import explain_heard
    from smtpscope.diagnosis.interpret import Explained

    heard = _completed(heard, given)
    return Explained(heard, explain_heard(heard, _words(given["entries"])))


# -------------------------------------------------------------------------------------------------- what is shown


def _show(reading: Reading, told: Iterator[Explained], given: Mapping[str, object]) -> None:
    if given["coverage"]:
        _write([*_coverage(list(told)), *_cut(reading)])
    elif given["json"]:
        from smtpscope.render.explanation import place, record

        _write(_json({**record(item.heard, item.explanation), **place(item.heard)}) for item in told)
        _write(_json({"line": reading.cut, "cut": True, "error": said}) for said in _cut(reading))
    else:
        from smtpscope.render import account
        from smtpscope.render.palette import choose

        palette = choose(sys.stdout.isatty(), os.environ, str(given["color"]))
        width = columns(sys.stdout)
        if len(reading.found) == 1 and reading.form in ("reply", "words"):
            _write(account.single(next(told), palette, width))
        else:
            _write(account.account(reading, told, palette, width, _cut(reading)))


def _cut(reading: Reading) -> list[str]:
    """A sentence where the text is longer than what is looked at; else nothing."""
    if not reading.cut:
        return []
    from smtpscope.reading.read import LINE_LIMIT, SIZE_LIMIT

    text = _(
        "cut: only the first {count} lines were looked at (the limits are {lines} lines, {size} MB); split the file"
    )
    return [text.format(count=reading.cut, lines=LINE_LIMIT, size=SIZE_LIMIT >> 20)]


def _show_diagnoses(path: str, given: Mapping[str, object]) -> None:
    """What the probes of a transcript brought, weighed again. Standard input has been read: it is not read twice."""
    from smtpscope.diagnosis.outcome import judge
    from smtpscope.reading.jsonl import read_events

    lines = _content(path).decode("utf-8", "surrogateescape").split("\n") if path not in ("", "-") else []
    found = [server for server in judge(read_events(lines)).servers if server.diagnosis]
    if not found:
        return
    from smtpscope.render.diagnosis import diagnosis_lines
    from smtpscope.render.palette import choose
    from smtpscope.render.visible import visible

    palette = choose(sys.stdout.isatty(), os.environ, str(given["color"]))
    for server in found:
        if server.diagnosis:
            _write(["", _("diagnosis of {host}").format(host=visible(server.host))])
            _write(diagnosis_lines(server.diagnosis, palette, columns=columns(sys.stdout)))


def _json(record: Mapping[str, object]) -> str:
    from smtpscope.safetext import dump, fitting

    return fitting(dump(record), sys.stdout.encoding)


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(writable(line + "\n", sys.stdout.encoding))
    sys.stdout.flush()


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


def _batch(given: Mapping[str, object]) -> int:
    """Every line of the file becomes a record, in order; a bad line becomes a record with an error."""
    from smtpscope.reading.batch import read_row

    told = []
    for number, line in enumerate(_batch_lines(str(given["batch"])), 1):
        if not line.strip():
            continue
        row = read_row(line, number)
        item = _tell(row.heard, given) if row.heard else None
        if item and given["coverage"]:
            told.append(item)
        elif not given["coverage"]:
            _write([_json(_batch_record(row.others, item, row.error))])
    if given["coverage"]:
        _write(_coverage(told))
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
        raise LocalError(_("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror)) from error


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
