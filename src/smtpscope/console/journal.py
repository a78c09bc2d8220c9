"""What the console keeps, logs, shows and explains of everything that happens."""

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

# Where several addresses may be tried: that one failed is explained when none is left.
_ATTEMPTS = (Phase.RESOLVE, Phase.CONNECT)


class Journal:
    """``run`` has every event and what it means; ``log`` is the log file, where there is one."""

    def __init__(self, front_end: FrontEnd, screen: Screen, settings: Settings) -> None:
        self._face, self._screen, self._settings = front_end, screen, settings
        self.run = Run(iter(()))
        self.log: LogFile | None = None

    def add(self, event: Event, snapshot: Snapshot, echo: bool = True) -> None:
        """Take an event; ``snapshot`` is the session behind it. Without ``echo``, what was sent is not shown."""
        self.run.add(event, every=self._settings.hints)
        if self.log:
            self._write_log(self.log, event)
        echo = echo and self._settings.localecho
        self._face.show(self._screen.lines(event, echo, self._settings.hints))
        if self._settings.hints:
            self._face.show(self._teach(event, snapshot))

    def _write_log(self, log: LogFile, event: Event) -> None:
        try:
            log.write(event)
        except OSError as error:  # the disk is full, for one: the session is worth more than its log
            log.close()
            self.log, self._settings.logfile = None, ""
            said = fill("the log cannot be written any more: {reason}", reason=error.strerror)
            self._face.show(self._screen.remark(said))

    def _teach(self, event: Event, snapshot: Snapshot) -> list[str]:
        """What an event means, and what to type next where the front end does not say so at the line itself."""
        if isinstance(event, Failed) and event.phase in _ATTEMPTS:
            return []
        lines = self._explain(event, snapshot)
        if isinstance(event, Received) and not self._face.leads:
            following = hints.next_step(snapshot)
            lines += self._screen.hint(fill("next: {step}", step=following)) if following else []
        return lines

    def _explain(self, event: Event, snapshot: Snapshot) -> list[str]:
        if isinstance(event, Received | Unsolicited) and hints.has_telnet_options(event.reply.raw):
            return self._screen.hint(_("Telnet option bytes (IAC, 0xFF): a plain SMTP session does not answer them"))
        said = self.run.said
        if said is None:
            return []
        if self.run.refused and self.run.refused[-1] is said:
            return self._screen.explanation(said.explanation)
        from smtpscope.render.explanation import meaning_text

        announced = hints.announced(event, snapshot)
        return self._screen.hint(announced or meaning_text(said.explanation))

    def explain_failure(self) -> None:
        """Why there is no connection, behind the last address that was tried."""
        if self._settings.hints and self.run.said:
            self._face.show(self._screen.explanation(self.run.said.explanation))

    def remark(self, message: bytes, utf8: bool) -> None:
        """What is wrong or doubtful with a message that was sent: nobody may have typed it line by line."""
        if not message or not self._settings.hints:
            return
        from smtpscope.dialogue.lint import lint

        for found in lint(message, utf8):
            said = note_text(Topic.LINT, {"line": str(found.line), "id": found.id, **dict(found.details)})
            self._face.show(self._screen.remark(said))
