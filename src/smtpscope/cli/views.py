"""The readers of a conversation: terminal, JSON, log, transcript, JUnit. Each takes every event, then the report."""

from __future__ import annotations

import os
import sys

from smtpscope.cli.terminal import complain
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.render.visible import holds_unicode, writable
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO, Protocol, TextIO

    from smtpscope.cli.exit import Exit
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.model.report import Report
    from smtpscope.render.text import TextView

    class View(Protocol):
        """What a reader of a conversation must be able to do."""

        def show(self, event: Event) -> None: ...
        def explain(self, said: Explained) -> None: ...
        def conclude(self, report: Report, code: Exit) -> None: ...
        def close(self) -> None: ...


class Audience:
    """All the views of a run, by the option that asked for each (the output has none).

    One that cannot write any more (a full disk) is said on standard error and left out: the conversation is not cut off
    for it. ``failed`` says that one was.
    """

    def __init__(self, views: Mapping[str, View]) -> None:
        self.views = dict(views)
        self.failed = False

    def show(self, event: Event) -> None:
        self._each(lambda view: view.show(event))

    def explain(self, said: Explained) -> None:
        self._each(lambda view: view.explain(said))

    def conclude(self, report: Report, code: Exit) -> None:
        self._each(lambda view: view.conclude(report, self.code(code)))

    def code(self, code: Exit) -> Exit:
        """The exit code, given that of the conversation: LOCAL where that was fine and a record was not."""
        from smtpscope.cli.exit import Exit

        return Exit.LOCAL if self.failed and code is Exit.OK else code

    def close(self) -> None:
        self._each(lambda view: view.close())

    def _each(self, act: Callable[[View], None]) -> None:
        for option, view in tuple(self.views.items()):
            try:
                act(view)
            except BrokenPipeError:  # whoever read our output has seen enough: main ends the run
                raise
            except OSError as error:
                self._leave_out(option, error)

    def _leave_out(self, option: str, error: OSError) -> None:
        from contextlib import suppress

        self.failed = True
        view = self.views.pop(option)
        with suppress(OSError):  # what it still holds cannot be written either
            view.close()
        if not option:
            sys.stdout = None  # nor at exit
        text = _("cannot write any more: {reason}; the conversation goes on without it")
        place = option or _("the output")
        complain(f"{place}: {text.format(reason=error.strerror)}")


def open_views(given: Mapping[str, object], out: TextIO, environ: Mapping[str, str]) -> Audience:
    """The views that the options ask for: the records first, so that they hold whatever was shown.

    Files are opened here, before anything is sent. Raises UsageError and LocalError.
    """
    _refuse_the_same_file(given)
    views: dict[str, View] = {}
    if given["log"]:
        views["--log"] = LogView(_open("--log", str(given["log"]), "a"))
    if given["transcript"]:
        from smtpscope.model.transcript import header_line

        path = str(given["transcript"])
        views["--transcript"] = TranscriptView(_open("--transcript", path, "w", header_line() + "\n"))
    if given["junit"]:
        views["--junit"] = JunitView(_open("--junit", str(given["junit"]), "w"))
    views[""] = JsonView(out) if given["json"] else _terminal(given, out, environ)
    return Audience(views)


def _refuse_the_same_file(given: Mapping[str, object]) -> None:
    """Two records in one file would overwrite each other; a device, such as /dev/null, may serve both."""
    taken: dict[str, str] = {}
    for name in ("log", "transcript", "junit"):
        path = os.path.realpath(str(given[name])) if given[name] else ""
        if path in taken and (os.path.isfile(path) or not os.path.exists(path)):
            text = _("{path!r} is the file of {other} too; name another").format(path=given[name], other=taken[path])
            raise UsageError(f"--{name}", text)
        if path:
            taken[path] = f"--{name}"


def _open(option: str, path: str, mode: str, first: str = "") -> IO[str]:
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise LocalError(
            _("{option}: the folder {folder!r} does not exist; make it, or name another file").format(
                option=option, folder=folder
            )
        )
    try:
        # One write a line: the file is complete up to the last event even when the process is killed.
        file = open(path, mode, encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115 - its view closes it
        _begin(file, first)
        return file
    except OSError as error:
        raise LocalError(
            _("{option}: cannot write {path!r}: {strerror}").format(option=option, path=path, strerror=error.strerror)
        ) from error


def _begin(file: IO[str], first: str) -> None:
    try:
        file.write(first)
    except OSError:
        from contextlib import suppress

        with suppress(OSError):  # what it still holds cannot be written either; it is closed all the same
            file.close()
        raise


def _terminal(given: Mapping[str, object], out: TextIO, environ: Mapping[str, str]) -> TerminalView:
    from smtpscope.cli.terminal import columns
    from smtpscope.render.palette import choose
    from smtpscope.render.text import TextView

    palette = choose(out.isatty(), environ, str(given["color"]))
    verbosity = "quiet" if given["quiet"] else "verbose" if given["verbose"] else "normal"
    ascii_only = not holds_unicode(out.encoding)
    text = TextView(palette, verbosity, bool(given["raw"]), ascii_only, columns(out), out.isatty())
    return TerminalView(out, text)


class TerminalView:
    """Lines for people, as the conversation goes."""

    def __init__(self, out: TextIO, text: TextView) -> None:
        self.out = out
        self.text = text

    def show(self, event: Event) -> None:
        self._write(self.text.lines(event))

    def explain(self, said: Explained) -> None:
        self._write(self.text.explanation(said.explanation))

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.report import report_lines

        self._write(report_lines(report, int(code), self.text.palette, self.text.ascii_only, self.text.columns))

    def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self.out.write(writable("".join(line + "\n" for line in lines), self.out.encoding))
            self.out.flush()

    def close(self) -> None:
        """The stream is not ours to close."""


class JsonView:
    """JSON Lines: every event, then one result."""

    def __init__(self, out: IO[str]) -> None:
        self.out = out

    def show(self, event: Event) -> None:
        from smtpscope.render.jsonl import event_line

        self._write(event_line(event))

    def explain(self, said: Explained) -> None:
        from smtpscope.render.jsonl import explanation_line

        self._write(explanation_line(said))

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.jsonl import result_line
        from smtpscope.render.report import report_record

        self._write(result_line(report_record(report, int(code))))

    def _write(self, line: str) -> None:
        from smtpscope.safetext import fitting

        self.out.write(fitting(line, getattr(self.out, "encoding", None)) + "\n")
        self.out.flush()

    def close(self) -> None:
        """The stream is not ours to close."""


class TranscriptView(JsonView):
    """JSON Lines in a file: a header and the events alone, to be read again."""

    def explain(self, said: Explained) -> None:
        """Nothing: what it means is told when it is read."""

    def conclude(self, report: Report, code: Exit) -> None:
        """A transcript holds what happened; what it means is judged when it is read."""

    def close(self) -> None:
        self.out.close()


class LogView:
    """Every line with time and phase, appended as the conversation goes."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def show(self, event: Event) -> None:
        from smtpscope.render.log import log_lines

        self.file.writelines(line + "\n" for line in log_lines(event))

    def explain(self, said: Explained) -> None:
        from smtpscope.render.log import explanation_line

        self.file.write(explanation_line(said) + "\n")

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.diagnosis import diagnosis_lines
        from smtpscope.render.palette import PLAIN
        from smtpscope.render.report import conclusion

        for server in report.servers:
            self.file.write(f"-- result: {conclusion(server)}\n")
            if server.diagnosis:
                lines = diagnosis_lines(server.diagnosis, PLAIN, ascii_only=True)
                self.file.writelines(f"-- {line}\n" for line in lines)

    def close(self) -> None:
        self.file.close()


class JunitView:
    """A JUnit report, written at the end."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.events: list[Event] = []

    def show(self, event: Event) -> None:
        self.events.append(event)

    def explain(self, said: Explained) -> None:
        """Nothing: the report explains its failures by itself."""

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.junit import junit

        self.file.write(junit(report, "smtpscope test"))

    def close(self) -> None:
        self.file.close()
