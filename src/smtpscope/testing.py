"""For tests of your own programs: a lab server to send to, and assertions that show the sessions when they fail.

>>> from smtpscope.testing import lab_running
>>> with lab_running("greylist") as lab:
...     lab.port > 0
True
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager

from smtpscope.lab.options import Limits, Security
from smtpscope.lab.runner import lab_running as run_lab
from smtpscope.lab.scenario.builtin import choose_scenario
from smtpscope.lab.scenario.model import Scenario
from smtpscope.lab.smtp.personality import EXCHANGE, Personality
from smtpscope.lab.store.archive import Archive
from smtpscope.lab.store.attempts import TAKEN, attempts
from smtpscope.lab.subscription import LIMIT
from smtpscope.model.event import Done
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from smtpscope.lab.mail import Mail
    from smtpscope.lab.net.connection import OpenSession
    from smtpscope.lab.server import Lab
    from smtpscope.lab.store.attempts import Attempt
    from smtpscope.lab.subscription import Subscription
    from smtpscope.model.event import Event

# Seconds to wait for messages by default.
TIME_LIMIT = 10.0

# The text of conversation() for a lab without a session.
NOBODY = "no client connected to the lab"

# The labs that are running. The pytest plugin shows their sessions when a test fails. While it is loaded, a lab that
# was stopped stays in this list until the test has ended.
_labs: list[SmtpLab] = []
_PLUGIN = "smtpscope.pytest_plugin"


def recent_labs() -> tuple[SmtpLab, ...]:
    """The labs of this process that are running, or that were stopped during the current test."""
    return tuple(_labs)


def forget_ended_labs() -> None:
    """After a test: forget the labs that were stopped."""
    _labs[:] = [lab for lab in _labs if lab.running]


class Message:
    """A received message. ``content`` is the message as received, in bytes; ``envelope`` is its envelope."""

    def __init__(self, envelope: Mail) -> None:
        self.envelope = envelope
        self.content = envelope.content

    @property
    def sender(self) -> str:
        """The envelope sender; empty for the null sender."""
        return self.envelope.sender

    @property
    def recipients(self) -> tuple[str, ...]:
        """The envelope recipients, in order."""
        return tuple(recipient.address for recipient in self.envelope.recipients)

    @property
    def message(self) -> EmailMessage:
        """The message, parsed by the standard library."""
        from email import message_from_bytes
        from email.policy import default

        return message_from_bytes(self.content, policy=default)

    @property
    def subject(self) -> str:
        """The decoded subject; empty if there is none."""
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        """The decoded plain text, with LF line endings; empty if there is none."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""

    def __repr__(self) -> str:
        return f"Message({self.sender!r} -> {self.recipients!r}, {self.subject!r})"


class SmtpLab:
    """A lab for a test, which sends to ``host`` and ``port``.

    ``began`` is the start of the lab (seconds since the epoch); ``running`` becomes false when the lab is stopped.
    """

    def __init__(self, lab: Lab, host: str) -> None:
        self.lab, self.host = lab, host
        self.began = self._start = time.time()
        self.running = True

    @property
    def port(self) -> int:
        """The port that the lab listens on."""
        return self.lab.port

    @property
    def ca_file(self) -> str:
        """The CA file that a client must trust."""
        return self.lab.ca_file

    def scenario(self, chosen: str | Scenario) -> None:
        """Use this scenario (a name, file, or value) for new connections, with new counters. Raises UsageError."""
        self.lab.play(choose_scenario(chosen) if isinstance(chosen, str) else chosen)

    @property
    def messages(self) -> list[Message]:
        """The received messages, oldest first."""
        return [Message(mail) for mail in tuple(self.lab.messages) if mail.at >= self._start]

    @property
    def notices(self) -> list[Message]:
        """The delivery status notifications (DSNs) of the lab."""
        return [Message(mail) for mail in tuple(self.lab.notices) if mail.at >= self._start]

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts of clients to send a message, accepted, rejected, or aborted, oldest first.

        Of a session that is open, only the transactions that are over are included.
        """
        opened = {session.id for session in self.open_sessions}
        entries = Archive(self.lab.maildir).entries()
        tried = [entry.attempt for entry in entries if entry.mail or entry.id not in opened]
        for session in opened:
            tried += (one for one in attempts(self.lab.events(session), is_open=True) if one.outcome != TAKEN)
        return sorted((attempt for attempt in tried if attempt.at >= self._start), key=lambda attempt: attempt.at)

    @property
    def open_sessions(self) -> tuple[OpenSession, ...]:
        """The sessions that have not ended, oldest first: ``id``, ``peer``, ``port``, ``since`` (epoch)."""
        return self.lab.open_sessions()

    def events(self, session: str) -> tuple[Event, ...]:
        """The events of the session with this id: all of them, or those so far where it is open."""
        return self.lab.events(session)

    def subscribe(self, limit: int = LIMIT) -> Subscription:
        """The events of all sessions from now on, as they happen (lab/subscription.py); close it at the end.

        ``limit`` is the number of events held until they are read.
        """
        return self.lab.subscribe(limit)

    def clear(self) -> None:
        """Forget messages and sessions so far."""
        self._start = time.time()

    def wait_for(self, count: int, timeout: float = TIME_LIMIT) -> list[Message]:
        """Wait until there are ``count`` messages, and return all. Raises AssertionError after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while len(self.messages) < count and time.monotonic() < end:
            time.sleep(0.01)
        found = self.messages
        if len(found) < count:
            received = f"received {len(found)} messages within {timeout:g} s, expected {count}"
            raise AssertionError(f"{received}\n{self.conversation()}")
        return found

    def assert_received(
        self, sender: str | None = None, to: str | None = None, subject: str | None = None, text: str | None = None
    ) -> Message:
        """The first message with all of this; its text contains ``text``. Raises AssertionError if there is none."""
        wanted = {"sender": sender, "to": to, "subject": subject, "text": text}
        for message in self.messages:
            if _fits(message, wanted):
                return message
        shown = ", ".join(f"{name}={value!r}" for name, value in wanted.items() if value is not None)
        raise AssertionError(f"no message has {shown}; received: {self.messages}\n{self.conversation()}")

    def assert_nothing_received(self) -> None:
        """Raises AssertionError if there is a message."""
        if self.messages:
            raise AssertionError(f"received: {self.messages}\n{self.conversation()}")

    def conversation(self, since: float = 0.0) -> str:
        """Every session line by line, open or ended, except those that ended before ``since`` (epoch)."""
        sessions = tuple(self.lab.sessions)
        return "\n".join(line for session in sessions for line in self._lines(session, since)) or NOBODY

    def _lines(self, session: str, since: float) -> Iterator[str]:
        from smtpscope.render.text import TextView

        events = [event for event in self.lab.events(session) if event.at >= self._start]
        if not events or (isinstance(events[-1], Done) and events[-1].at < since):
            return
        text = TextView()
        for event in events:
            yield from text.lines(event)
        if not isinstance(events[-1], Done):
            yield f"(the session is still open; last event {time.time() - events[-1].at:.1f} s ago)"


def _fits(message: Message, wanted: dict[str, str | None]) -> bool:
    return (
        wanted["sender"] in (None, message.sender)
        and (wanted["to"] is None or wanted["to"] in message.recipients)
        and wanted["subject"] in (None, message.subject)
        and (wanted["text"] is None or wanted["text"] in message.text)
    )


@contextmanager
def lab_running(
    scenario: str | Scenario = "ok",
    host: str = "127.0.0.1",
    port: int = 0,
    personality: Personality = EXCHANGE,
    maildir: str = "",
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    security: Security = Security(),  # noqa: B008 - a frozen value
) -> Iterator[SmtpLab]:
    """A lab in its own thread, while the block runs. Port 0: any free port.

    Raises UsageError for an unknown scenario, LocalError for a port or directory that cannot be used.
    """
    with run_lab(scenario, personality, maildir, host, limits, security, port=port) as lab:
        made = SmtpLab(lab, host)
        _labs.append(made)
        try:
            yield made
        finally:
            made.running = False
            if _PLUGIN not in sys.modules:
                _labs.remove(made)
