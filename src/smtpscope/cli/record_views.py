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
    """The records that --log, --transcript and --junit ask for. Raises LocalError."""
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


class JsonView:
    """JSON Lines: every event, then one result."""

    fault = False

    def __init__(self, out: TextIO, front: Front) -> None:
        self.out, self._front = out, front

    def show(self, event: Event) -> None:
        from smtpscope.render.jsonl import event_line

        self._write(event_line(event))

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


class TranscriptView:
    """JSON Lines in a file: a header and the events, for ``smtpscope explain`` and ``replay``."""

    def __init__(self, file: Output) -> None:
        self.file = file

    @property
    def fault(self) -> bool:
        return self.file.fault

    def show(self, event: Event) -> None:
        from smtpscope.render.jsonl import event_line

        self.file.write(event_line(event) + "\n")

    def explain(self, explained: Explained) -> None:
        """Nothing: ``smtpscope explain`` makes the explanations when it reads the transcript."""

    def conclude(self, report: Report, code: Exit) -> None:
        """Nothing: ``smtpscope explain`` finds the result when it reads the transcript."""

    def close(self) -> None:
        self.file.close()


class LogView:
    """A log file: each line with its time and phase, as it happens."""

    def __init__(self, file: Output, front: Front) -> None:
        self.file, self._front = file, front

    @property
    def fault(self) -> bool:
        return self.file.fault

    def show(self, event: Event) -> None:
        from smtpscope.render.log import log_lines

        self.file.writelines(line + "\n" for line in log_lines(event, self._front))

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

    def explain(self, explained: Explained) -> None:
        """Nothing: render.junit makes the explanations itself."""

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.junit import junit

        self.file.write(junit(report, "smtpscope test", self._front))

    def close(self) -> None:
        self.file.close()
