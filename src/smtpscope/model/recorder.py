"""Makes the events of one connection. Every Sent and Received, in every front end, is made here.

So it is decided in one place which command a reply answers (protocol/tracking.py), and secrets are masked in one place.
"""

from __future__ import annotations

from smtpscope.model.event import Expected, GaveUp, Noted, Received, Sent, Unsolicited
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.secret import hide, hide_in_reply, secrets_in
from smtpscope.protocol.tracking import Tracker
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.model.event import Event
    from smtpscope.protocol.reply import Reply


class Recorder:
    """Follows a connection with ``tracker``, and makes its events. ``at`` is seconds since the epoch."""

    def __init__(self) -> None:
        self.tracker = Tracker()
        self._secrets: tuple[bytes, ...] = ()

    def command(
        self, at: float, line: bytes, shown: bytes = b"", secrets: tuple[bytes, ...] = (), recipient: str | None = None
    ) -> Sent:
        """The client sent a command line. ``line`` has no CRLF; ``shown`` is ``mask`` in dialogue.step.Send, and
        ``secrets`` and ``recipient`` are the same as there."""
        self._secrets += secrets
        challenged = self.tracker.challenged
        made = self.tracker.command(line, shown, recipient)
        data = made.line.encode("utf-8", "surrogateescape")
        if data != line and not secrets:  # a secret was typed: hide it also if the server repeats it
            self._secrets += secrets_in(line, challenged)
        return Sent(at, made.phase, data, False, data != line, made.verb, made.recipient, made.index)

    def content(self, at: float, octets: bytes, final: bool) -> Sent:
        """The client sent a block of the message or chunk; ``final``: it is complete with it."""
        of = self.tracker.content(octets, final)
        return Sent(at, Phase.END_OF_DATA, octets, True, False, of.verb, "", of.index, final)

    def octets(self, at: float, octets: bytes, shown: bytes = b"", secrets: tuple[bytes, ...] = ()) -> Iterator[Sent]:
        """The client sent bytes of any kind: an event for each line and each block. ``shown`` replaces a line."""
        self._secrets += secrets
        challenged = self.tracker.challenged
        for piece in self.tracker.send(octets):
            of = piece.of
            if piece.content:
                yield Sent(at, Phase.END_OF_DATA, piece.data, True, False, of.verb, "", of.index, piece.final)
                continue
            line = piece.data.removesuffix(b"\n").removesuffix(b"\r")
            data = shown or of.line.encode("utf-8", "surrogateescape")
            masked = bool(shown) or data != line
            if masked and not secrets:
                self._secrets += secrets_in(line, challenged)
            challenged = False
            yield Sent(at, of.phase, data, False, masked, of.verb, of.recipient, of.index)

    def reply(self, at: float, reply: Reply, elapsed: float) -> Received | Unsolicited:
        """The server sent ``reply``; ``elapsed``: seconds until it was received."""
        phase, hidden = self.tracker.phase, self.hide(reply)
        to = self.tracker.receive(reply)
        if to is None:
            return Unsolicited(at, phase, hidden)
        return Received(at, to.phase, hidden, to.line, elapsed, to.verb, to.recipient, to.index, to.last, to.early)

    def stamp(self, at: float, event: Event) -> Event:
        """``event``, which a dialogue tells, with its time and without the secrets that a server may have repeated.

        Nor with those that a script expects a server to repeat.
        """
        stamped: Event = event.replace(at=at)
        if isinstance(stamped, Noted | GaveUp):
            return stamped.replace(details=tuple((name, self._hide_text(text)) for name, text in stamped.details))
        if isinstance(stamped, Expected):
            return stamped.replace(expected=self._hide_text(stamped.expected), came=self._hide_text(stamped.came))
        return stamped

    def _hide_text(self, text: str) -> str:
        return self.hide_octets(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def hide(self, reply: Reply) -> Reply:
        """``reply`` with each secret in it hidden: some servers repeat commands that they reject."""
        return hide_in_reply(reply, self._secrets)

    def hide_octets(self, octets: bytes) -> bytes:
        """``octets`` with each secret in them hidden."""
        return hide(octets, self._secrets)
