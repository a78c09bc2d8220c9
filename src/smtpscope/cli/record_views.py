"""The views of a session for programs and files: JSON, log, transcript, JUnit."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol, TextIO

    from smtpscope.cli.exit import Exit
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.cli.output import Output
    from smtpscope.cli.record import WholeFile
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.model.report import Report
    from smtpscope.render.front import Front

    class View(Protocol):
        """Takes the events of a session, the explanations, and the report. ``fault``: it could not be written."""

        @property
        def fault(self) -> bool: ...
        def show(self, event: Event) -> None: ...
        def explain(self, explained: Explained) -> None: ...
        def conclude(self, report: Report, code: Exit) -> None: ...
        def close(self) -> None: ...


def open_records(options: TestOptions, front: Front) -> list[View]:
    """The records that --log, --transcript, and --junit ask for. Raises LocalError."""
    from smtpscope.cli.record import open_record, open_whole

    views: list[View] = []
    if options.log:
        views.append(LogView(open_record("--log", options.log, "append"), front))
    if options.transcript:
        from smtpscope.model.transcript import header_line

        first = header_line() + "\n"
        views.append(TranscriptView(open_record("--transcript", options.transcript, "replace", first)))
    if options.junit:
        views.append(JunitView(open_whole("--junit", options.junit), front))
    return views


class JsonView:
    """JSON Lines: every event, then one result."""

    fault = False

    def __init__(self, out: TextIO, front: Front) -> None:
        self.out, self._front = out, front

    def show(self, event: Event) -> None:
        from smtpscope.model.transcript import write_line

        self._write(write_line(event))

    def explain(self, explained: Explained) -> None:
        from smtpscope.render.jsonl import explanation_line

        self._write(explanation_line(explained, self._front))

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.jsonl import result_line
        from smtpscope.render.result import report_record

        self._write(result_line(report_record(report, int(code), self._front)))

    def _write(self, line: str) -> None:
        from smtpscope.safetext import fitting

        self.out.write(fitting(line, getattr(self.out, "encoding", None)) + "\n")
        self.out.flush()

    def close(self) -> None:
        """Nothing: the stream belongs to the caller."""


class FileView:
    """A view that writes to a file. Subclasses write what they need of the events, the explanations, and the report."""

    def __init__(self, file: WholeFile | Output) -> None:
        self.file = file

    @property
    def fault(self) -> bool:
        return self.file.fault

    def explain(self, explained: Explained) -> None:
        """Nothing: a transcript and a report are explained later, from their events."""

    def conclude(self, report: Report, code: Exit) -> None:
        """Nothing, unless the file ends with the result."""

    def close(self) -> None:
        self.file.close()


class TranscriptView(FileView):
    """JSON Lines in a file: a header and the events, for ``smtpscope explain`` and ``replay``."""

    def show(self, event: Event) -> None:
        from smtpscope.model.transcript import write_line

        self.file.write(write_line(event) + "\n")


class LogView(FileView):
    """A log file: each line with its time and phase, as it happens."""

    def __init__(self, file: Output, front: Front) -> None:
        super().__init__(file)
        self._front = front

    def show(self, event: Event) -> None:
        from smtpscope.render.log import log_lines

        for line in log_lines(event, self._front):
            self.file.write(line + "\n")

    def explain(self, explained: Explained) -> None:
        from smtpscope.render.log import explanation_line

        self.file.write(explanation_line(explained, self._front) + "\n")

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.diagnosis import diagnosis_lines
        from smtpscope.render.palette import PLAIN
        from smtpscope.render.report import conclusion

        for server in report.servers:
            self.file.write(f"-- result: {conclusion(server)}\n")
            if server.diagnosis:
                for line in diagnosis_lines(server.diagnosis, PLAIN, ascii_only=True, front=self._front):
                    self.file.write(f"-- {line}\n")


class JunitView(FileView):
    """A JUnit report, written at the end. It makes its explanations itself (render.junit)."""

    def __init__(self, file: WholeFile | Output, front: Front) -> None:
        super().__init__(file)
        self._front = front

    def show(self, event: Event) -> None:
        """Nothing: the report has all events."""

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.junit import junit

        self.file.write(junit(report, "smtpscope test", self._front))
