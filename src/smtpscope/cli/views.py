"""The readers of a conversation: terminal, JSON, log, transcript, JUnit. Each takes every event, then the report."""

from __future__ import annotations

from smtpscope.render.visible import holds_unicode, writable
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol, TextIO

    from smtpscope.cli.exit import Exit
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.cli.output import Output
    from smtpscope.cli.record import WholeFile
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.model.report import Report
    from smtpscope.render.front import Front
    from smtpscope.render.text import TextView

    class View(Protocol):
        """What a reader of a conversation must be able to do."""

        @property
        def fault(self) -> bool: ...
        def show(self, event: Event) -> None: ...
        def explain(self, said: Explained) -> None: ...
        def conclude(self, report: Report, code: Exit) -> None: ...
        def close(self) -> None: ...


class Audience:
    """All the views of a run. What becomes of one has no effect on the others, nor on the session."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(views)

    def show(self, event: Event) -> None:
        self._each(lambda view: view.show(event))

    def explain(self, said: Explained) -> None:
        self._each(lambda view: view.explain(said))

    def conclude(self, report: Report, code: Exit) -> None:
        self._each(lambda view: view.conclude(report, self.code(code)))

    def code(self, code: Exit) -> Exit:
        """The exit code, given that of the session: LOCAL where that was fine and a record was not."""
        from smtpscope.cli.exit import Exit

        return Exit.LOCAL if code is Exit.OK and any(view.fault for view in self.views) else code

    def close(self) -> None:
        self._each(lambda view: view.close())

    def _each(self, act: Callable[[View], None]) -> None:
        """Let each view act. A signal that stops one of them waits until the others are done."""
        stop: KeyboardInterrupt | None = None
        for view in self.views:
            try:
                act(view)
            except KeyboardInterrupt as error:
                stop = error
        if stop:
            raise stop


def open_views(options: TestOptions, out: TextIO, environ: Mapping[str, str]) -> Audience:
    """The views that the options ask for: the records first, so that they hold whatever was shown.

    Files are opened here, before anything is sent. Raises LocalError.
    """
    from smtpscope.cli.fields import TestLine

    front = TestLine(options)
    records = _records(options, front) if options.log or options.transcript or options.junit else []
    return Audience([*records, JsonView(out, front) if options.json else _terminal(options, out, environ, front)])


def _records(options: TestOptions, front: Front) -> list[View]:
    from smtpscope.cli.record import open_record, open_whole

    views: list[View] = []
    if options.log:
        views.append(LogView(open_record("--log", options.log, "append"), front))
    if options.transcript:
        from smtpscope.model.transcript import header_line

        first = header_line() + "\n"
        views.append(TranscriptView(open_record("--transcript", options.transcript, "anew", first)))
    if options.junit:
        views.append(JunitView(open_whole("--junit", options.junit), front))
    return views


def _terminal(options: TestOptions, out: TextIO, environ: Mapping[str, str], front: Front) -> TerminalView:
    from smtpscope.cli.terminal import columns
    from smtpscope.render.palette import choose
    from smtpscope.render.text import TextView

    palette = choose(out.isatty(), environ, options.color)
    verbosity = "quiet" if options.quiet else "verbose" if options.verbose else "normal"
    ascii_only = not holds_unicode(out.encoding)
    text = TextView(palette, verbosity, options.raw, ascii_only, columns(out), out.isatty(), front)
    return TerminalView(out, text)


class TerminalView:
    """Lines for people, as the conversation goes."""

    fault = False  # what becomes of standard output is known to whoever owns the process (cli/main.py)

    def __init__(self, out: TextIO, text: TextView) -> None:
        self.out = out
        self.text = text

    def show(self, event: Event) -> None:
        self._write(self.text.lines(event))

    def explain(self, said: Explained) -> None:
        self._write(self.text.explanation(said.explanation))

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.report import report_lines

        view = self.text
        self._write(report_lines(report, int(code), view.palette, view.ascii_only, view.columns, view.front))

    def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self.out.write(writable("".join(line + "\n" for line in lines), self.out.encoding))
            self.out.flush()

    def close(self) -> None:
        """The stream is not ours to close."""


class JsonView:
    """JSON Lines: every event, then one result."""

    fault = False

    def __init__(self, out: TextIO, front: Front) -> None:
        self.out, self._front = out, front

    def show(self, event: Event) -> None:
        from smtpscope.render.jsonl import event_line

        self._write(event_line(event))

    def explain(self, said: Explained) -> None:
        from smtpscope.render.jsonl import explanation_line

        self._write(explanation_line(said, self._front))

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.jsonl import result_line
        from smtpscope.render.result import report_record

        self._write(result_line(report_record(report, int(code), self._front)))

    def _write(self, line: str) -> None:
        from smtpscope.safetext import fitting

        self.out.write(fitting(line, getattr(self.out, "encoding", None)) + "\n")
        self.out.flush()

    def close(self) -> None:
        """The stream is not ours to close."""


class TranscriptView:
    """JSON Lines in a file: a header and the events alone, to be read again."""

    def __init__(self, file: Output) -> None:
        self.file = file

    @property
    def fault(self) -> bool:
        return self.file.fault

    def show(self, event: Event) -> None:
        from smtpscope.render.jsonl import event_line

        self.file.write(event_line(event) + "\n")

    def explain(self, said: Explained) -> None:
        """Nothing: what it means is told when it is read."""

    def conclude(self, report: Report, code: Exit) -> None:
        """A transcript holds what happened; what it means is judged when it is read."""

    def close(self) -> None:
        self.file.close()


class LogView:
    """Every line with time and phase, appended as the conversation goes."""

    def __init__(self, file: Output, front: Front) -> None:
        self.file, self._front = file, front

    @property
    def fault(self) -> bool:
        return self.file.fault

    def show(self, event: Event) -> None:
        from smtpscope.render.log import log_lines

        self.file.writelines(line + "\n" for line in log_lines(event, self._front))

    def explain(self, said: Explained) -> None:
        from smtpscope.render.log import explanation_line

        self.file.write(explanation_line(said, self._front) + "\n")

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.diagnosis import diagnosis_lines
        from smtpscope.render.palette import PLAIN
        from smtpscope.render.report import conclusion

        for server in report.servers:
            self.file.write(f"-- result: {conclusion(server)}\n")
            if server.diagnosis:
                lines = diagnosis_lines(server.diagnosis, PLAIN, ascii_only=True, front=self._front)
                self.file.writelines(f"-- {line}\n" for line in lines)

    def close(self) -> None:
        self.file.close()


class JunitView:
    """A JUnit report, written at the end."""

    def __init__(self, file: WholeFile | Output, front: Front) -> None:
        self.file, self._front = file, front
        self.events: list[Event] = []

    @property
    def fault(self) -> bool:
        return self.file.fault

    def show(self, event: Event) -> None:
        self.events.append(event)

    def explain(self, said: Explained) -> None:
        """Nothing: the report explains its failures by itself."""

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.junit import junit

        self.file.write(junit(report, "smtpscope test", self._front))

    def close(self) -> None:
        self.file.close()
