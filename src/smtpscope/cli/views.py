"""The views of a session: the terminal here, records in record_views.py. Each takes every event, then the report."""

from __future__ import annotations

from smtpscope.render.visible import holds_unicode, writable
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from smtpscope.cli.exit import Exit
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.cli.record_views import View
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.model.report import Report
    from smtpscope.render.front import Front
    from smtpscope.render.text import TextView


class Views:
    """All views of a run. If one cannot be written, the others and the session continue."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(views)

    def show(self, event: Event) -> None:
        self._each(lambda view: view.show(event))

    def explain(self, explained: Explained) -> None:
        self._each(lambda view: view.explain(explained))

    def conclude(self, report: Report, code: Exit) -> None:
        self._each(lambda view: view.conclude(report, self.code(code)))

    def code(self, code: Exit) -> Exit:
        """The exit code, given that of the session: LOCAL if the session is OK but a record could not be written."""
        from smtpscope.cli.exit import Exit

        return Exit.LOCAL if code is Exit.OK and any(view.fault for view in self.views) else code

    def close(self) -> None:
        self._each(lambda view: view.close())

    def _each(self, act: Callable[[View], None]) -> None:
        """Call ``act`` for each view. A signal that stops one of them is raised after the others are done."""
        stop: KeyboardInterrupt | None = None
        for view in self.views:
            try:
                act(view)
            except KeyboardInterrupt as error:
                stop = error
        if stop:
            raise stop


def open_views(options: TestOptions, out: TextIO, environ: Mapping[str, str]) -> Views:
    """The views that the options ask for. Records come first, so that they have everything that was shown.

    The files are opened here, before anything is sent. Raises LocalError.
    """
    from smtpscope.cli.fronts import TestLine

    front = TestLine(options)
    if not (options.json or options.log or options.transcript or options.junit):
        return Views([_terminal(options, out, environ, front)])
    from smtpscope.cli.record_views import JsonView, open_records

    screen = JsonView(out, front) if options.json else _terminal(options, out, environ, front)
    return Views([*open_records(options, front), screen])


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
    """Lines for people, as the events happen."""

    fault = False  # cli/main.py checks standard output

    def __init__(self, out: TextIO, text: TextView) -> None:
        self.out = out
        self.text = text

    def show(self, event: Event) -> None:
        self._write(self.text.lines(event))

    def explain(self, explained: Explained) -> None:
        self._write(self.text.explanation(explained.explanation))

    def conclude(self, report: Report, code: Exit) -> None:
        from smtpscope.render.report import report_lines

        view = self.text
        self._write(report_lines(report, int(code), view.palette, view.ascii_only, view.columns, view.front))

    def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self.out.write(writable("".join(line + "\n" for line in lines), self.out.encoding))
            self.out.flush()

    def close(self) -> None:
        """Nothing: the stream belongs to the caller."""
