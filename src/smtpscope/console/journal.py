"""Keeps the events of the console, writes them to the log, shows them, and explains them."""

from __future__ import annotations

from smtpscope.console import hints
from smtpscope.console.session import Snapshot
from smtpscope.language import _, fill
from smtpscope.model.event import Failed, Received, Unsolicited
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.phase import Phase
from smtpscope.render.notes import note_text
from smtpscope.services.run import Run
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.console.logfile import LogFile
    from smtpscope.console.queue import FrontEnd
    from smtpscope.console.screen import Screen
    from smtpscope.console.settings import Settings
    from smtpscope.model.event import Event

# Phases with several attempts, one for each address. A failure is explained after the last attempt.
_ATTEMPTS = (Phase.RESOLVE, Phase.CONNECT)


class Journal:
    """``run`` has every event and its explanation. ``log`` is the log file, or None."""

    def __init__(self, front_end: FrontEnd, screen: Screen, settings: Settings) -> None:
        self._front_end, self._screen, self._settings = front_end, screen, settings
        self.run = Run(iter(()))
        self.log: LogFile | None = None

    def add(self, event: Event, snapshot: Snapshot, echo: bool = True) -> None:
        """Take an event. ``snapshot`` is the session after it. Without ``echo``, a sent line is not shown."""
        self.run.add(event, every=self._settings.hints)
        if self.log:
            self._write_log(self.log, event)
        echo = echo and self._settings.localecho
        self._front_end.show(self._screen.lines(event, echo, self._settings.hints))
        if self._settings.hints:
            self._front_end.show(self._hints(event, snapshot))

    def _write_log(self, log: LogFile, event: Event) -> None:
        """Write ``event`` to the log. If that fails (the disk is full), the session continues without a log."""
        try:
            log.write(event)
        except OSError as error:
            log.close()
            self.log, self._settings.logfile = None, ""
            text = fill("the log cannot be written any more: {reason}", reason=error.strerror)
            self._front_end.show(self._screen.remark(text))

    def _hints(self, event: Event, snapshot: Snapshot) -> list[str]:
        """What an event means, and what to type next, unless the front end shows that at the input line."""
        if isinstance(event, Failed) and event.phase in _ATTEMPTS:
            return []
        lines = self._explain(event, snapshot)
        if isinstance(event, Received) and not self._front_end.leads:
            step = hints.next_step(snapshot)
            lines += self._screen.hint(fill("next: {step}", step=step)) if step else []
        return lines

    def _explain(self, event: Event, snapshot: Snapshot) -> list[str]:
        """The explanation of a rejected reply or a failure, the meaning of any other reply."""
        if isinstance(event, Received | Unsolicited) and hints.has_telnet_options(event.reply.raw):
            return self._screen.hint(_("Telnet option bytes (IAC, 0xFF): a plain SMTP session does not answer them"))
        explained = self.run.said
        if explained is None:
            return []
        if self.run.refused and self.run.refused[-1] is explained:
            return self._screen.explanation(explained.explanation)
        from smtpscope.render.explanation import meaning_text

        announced = hints.announced(event, snapshot)
        return self._screen.hint(announced or meaning_text(explained.explanation))

    def explain_failure(self) -> None:
        """Show why the connection failed, after the last address was tried."""
        if self._settings.hints and self.run.said:
            self._front_end.show(self._screen.explanation(self.run.said.explanation))

    def remark(self, message: bytes, utf8: bool) -> None:
        """Show what is wrong with a message that was sent. A message from a file had no hints while it was typed."""
        if not message or not self._settings.hints:
            return
        from smtpscope.dialogue.lint import lint

        for remark in lint(message, utf8):
            text = note_text(Topic.LINT, {"line": str(remark.line), "id": remark.id, **dict(remark.details)})
            self._front_end.show(self._screen.remark(text))
