"""Follows a session in a text line by line, and makes the events that its client would have made.

The state machine (protocol/tracking.py) decides which command a reply answers. This module handles what is particular
to text: it may begin in the middle, it may not have the commands, and it may have lines of another kind.
"""

from __future__ import annotations

import re

from smtpscope.model.conversation import MESSAGE_LIMIT, Exchange, Fold
from smtpscope.model.event import Connected, Connecting, Done, Injected, LoggedIn, Noted, Received, Secured
from smtpscope.model.recorder import Recorder
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, parse_reply
from smtpscope.protocol.secret import HIDDEN
from smtpscope.protocol.tracking import RESPONSE, State
from smtpscope.reading.reading import Reading
from smtpscope.reading.trouble import is_trouble, trouble_event
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event
    from smtpscope.protocol.reply import Reply

_REPLY_LINE = re.compile(r"[2-5][0-9][0-9](?:[ -]|$)")

# Codes that only one command gets (RFC 5321 section 4.2.3, RFC 4954 section 6).
_TELLING = {354: "DATA", 221: "QUIT", 334: "AUTH", 235: "AUTH", 534: "AUTH", 535: "AUTH", 538: "AUTH"}

# The command that a reply answers if the text has no commands (Telnet without local echo): the usual next one.
_LIKELY = {State.HELLO: "EHLO", State.HANDSHAKE: "EHLO", State.READY: "MAIL", State.SENDER: "RCPT"}

# Largest number of lines that are reported as not understood.
_UNREAD = 20


def is_reply_line(line: str) -> bool:
    """Whether ``line`` begins like a reply: three digits, then a space, a hyphen, or nothing."""
    return _REPLY_LINE.match(line) is not None


class Follower:
    """Takes the lines of a session in order. ``close`` returns the result.

    The place in the session is known after a banner or a command. Before that, stages are empty, not guessed.
    """

    def __init__(self, server: str = "") -> None:
        self.server = server
        self._events: list[tuple[int, Event]] = []
        self._words: dict[int, str] = {}
        self._lines: list[str] = []
        self._reply_begun = 0
        self._is_session = False
        self._open()

    def _open(self) -> None:
        """Expect a new session."""
        self._recorder = Recorder()
        self._anchored = self._tried = self._connected = self._typed = self._failed = self._encrypting = False
        self._last: Reply | None = None
        self._mechanism = ""
        self._message: list[bytes] = []
        self._kept = self._unread = 0

    @property
    def _tracker_state(self) -> State:
        return self._recorder.tracker.state

    @property
    def in_message(self) -> bool:
        """Whether the message after 354 is not complete: no line with a single dot yet."""
        return self._tracker_state is State.MESSAGE

    @property
    def in_reply(self) -> bool:
        """Whether a reply of several lines is not complete."""
        return bool(self._lines)

    @property
    def challenged(self) -> bool:
        """Whether the next line is the response to a 334, which is a secret."""
        return self._tracker_state is State.CHALLENGE and not self._recorder.tracker.awaited

    @property
    def expects_reply(self) -> bool:
        """Whether the next reply answers a command."""
        return bool(self._recorder.tracker.awaited) or not self._typed or self.in_message

    # ------------------------------------------------------------------------------------------------ what is read

    def begin(self, server: str = "", made: bool = False, number: int = 1) -> None:
        """A connection to ``server`` is tried, or was ``made``: the next reply is a banner."""
        self._finish()
        if self._last or self._typed or self._failed:
            self._events.append((number, Done(0.0, self.server)))
            self._open()
            self.server = server
        self.server = server or self.server
        self._anchored = self._is_session = True
        if not (made and self._tried):
            self._events.append((number, Connecting(0.0, self.server, "", 0)))
        self._tried = True
        if made:
            self._connect(number)

    def secured(self, number: int, version: str = "", cipher: str = "") -> None:
        """The connection is encrypted from here on."""
        if not self._encrypting:  # else it was reported to the state machine when the client continued
            self._recorder.tracker.secured()
        self._encrypting = False
        self._events.append((number, Secured(0.0, Phase.TLS, version, cipher, 0, self.server, False)))

    def sent(self, line: str, number: int = 1) -> None:
        """A line of the client."""
        self._finish()
        if self._recorder.tracker.in_content:
            if line == "." and self.in_message:
                self._end_content(number, final=True)
                return
            self._kept += len(line) + 2
            if self._kept <= MESSAGE_LIMIT:
                self._message.append(octets(line) + b"\r\n")
            return
        if not self._anchored:  # the text begins in the middle of a session
            self._recorder.tracker.awaited.clear()
            self._recorder.tracker.state = State.HELLO
        self._assume_encrypted()
        self._anchored = self._typed = self._is_session = True
        event = self._recorder.command(0.0, octets(line))
        if event.verb == "AUTH":
            self._mechanism = line.partition(" ")[2].partition(" ")[0].upper()
        self._events.append((number, event))

    def _assume_encrypted(self) -> None:
        """A client that continues after the 220 to STARTTLS uses TLS. The next reply of the server confirms it."""
        if self._tracker_state is State.HANDSHAKE:
            self._recorder.tracker.secured()
            self._encrypting = True

    def received(self, number: int, line: str) -> None:
        """A line of the server, at line ``number`` of the text."""
        if not is_reply_line(line):
            self.unread(number, line)
            return
        if self._lines and line[:3] != self._lines[0][:3]:
            self._finish()  # the last line of the reply is missing
        if not self._lines:
            self._reply_begun = number
        self._lines.append(line)
        if line[3:4] != "-":
            self._finish()

    def failed(self, number: int, text: str) -> None:
        """A program reports a failure of the network in ``text``. Only the first failure of a session counts."""
        self._finish()
        rejected = self._last is not None and self._last.kind in (4, 5) and not self._recorder.tracker.awaited
        if self._failed or self._tracker_state is State.CLOSED or rejected:  # a program's remark about the rejection
            return
        made = self._connected or self._typed
        phase = self._recorder.tracker.phase if made and self._anchored else Phase.CONNECT
        if phase is not Phase.CONNECT and not is_trouble(text):
            self.unread(number, text)
            return
        event = trouble_event(text, phase, self.server)
        self._failed, self._is_session = not isinstance(event, Injected), True
        self._words[number] = text
        self._events.append((number, event))

    def unread(self, number: int, line: str) -> None:
        """A line of the session that is neither a command nor a reply."""
        self._finish()
        if line.strip() and self._is_session and self._unread < _UNREAD:
            self._unread += 1
            details = (("line", str(number)), ("text", line[:200]))
            self._events.append((number, Noted(0.0, self._recorder.tracker.phase, Topic.UNREAD, details)))

    def close(self) -> Reading:
        """The text ends. Returns the exchanges, and the events if the text has a session."""
        self._finish(torn=True)
        self._end_content(self._reply_begun, final=False)
        fold = Fold()
        found: list[Exchange] = []
        for number, event in self._events:
            item = fold.take(event, number)
            if item and item.failure and not item.words:
                item = item.replace(words=self._words.get(item.line, ""))
            found += [item] if item else []
        if not (self._is_session or (self._anchored and len(found) > 1)):
            return Reading("", tuple(found))
        return Reading("", tuple(found), 0, (*(event for _number, event in self._events), Done(0.0, self.server)))

    # ------------------------------------------------------------------------------------- the message and the replies

    def _end_content(self, number: int, final: bool) -> None:
        """Make one event of the message; ``final``: it is complete, even if the text does not have all of it."""
        if final or self._message:
            content = b"".join(self._message) + (b".\r\n" if final and self.in_message else b"")
            self._message, self._kept = [], 0
            self._events.append((number, self._recorder.content(0.0, content, final)))

    def _finish(self, torn: bool = False) -> None:
        """Read the collected lines as a reply; ``torn``: the text ends in the middle of it.

        Without ``torn``, a reply without its last line counts as complete, because people shorten replies.
        """
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        torn = torn and lines[-1][3:4] == "-"
        lines[-1] = lines[-1][:3] + " " + lines[-1][4:]
        reply = parse_reply(octets("\r\n".join(lines) + "\r\n"))
        self._take_reply(
            reply.replace(defects=(*reply.defects, Defect.TRUNCATED)) if torn else reply, self._reply_begun
        )

    def _take_reply(self, reply: Reply, number: int) -> None:
        """Find the place of ``reply``, which begins in line ``number``, and make its event."""
        tracker = self._recorder.tracker
        if reply.code == 220 and self._anchored and not tracker.awaited and not self._offers_tls(reply):
            self.begin(number=number)  # only a banner is a 220 without a command
            tracker = self._recorder.tracker
        if tracker.in_content:  # the text does not have the end of the message, or nothing of it
            self._end_content(number, final=True)
        if not self._anchored and not self._anchor(reply):
            self._events.append((number, Received(0.0, Phase.OTHER, reply, "", 0.0)))
            return
        if tracker.state is State.GREETING and not self._is_banner(reply):  # the banner is not in the text
            tracker.awaited, tracker.state = tracker.awaited[1:], State.HELLO
        self._connect(number, reply)
        inferred = not tracker.awaited and self._infer(reply, number)
        if self._encrypting:
            self.secured(number)  # a server that replies after the handshake uses TLS
        event = self._recorder.reply(0.0, reply, 0.0)
        self._events.append((number, event.replace(command="") if inferred else event))
        self._last = reply
        if isinstance(event, Received) and reply.code == 235 and event.phase is Phase.AUTH:
            self._events.append((number, LoggedIn(0.0, Phase.AUTH, self._mechanism, "")))

    def _connect(self, number: int, reply: Reply | None = None) -> None:
        """Make the event Connected, if it is missing before a reply. The banner has the name of the server."""
        if self._connected:
            return
        self._connected = True
        if reply and not self.server and self._tracker_state is State.GREETING and reply.code == 220:
            self.server = reply.lines[0].partition(" ")[0]
        self._events.append((number, Connected(0.0, self.server, "", 0, "")))

    def _offers_tls(self, reply: Reply) -> bool:
        """Whether a 220 reply answers a STARTTLS that is not in the text."""
        return self._tracker_state is State.READY and not self._typed and "TLS" in reply.text.upper()

    def _is_banner(self, reply: Reply) -> bool:
        """Whether the first reply can be the banner: some texts have commands before it, and some do not have it."""
        return reply.code in (220, 421) or (reply.code != 250 and len(self._recorder.tracker.awaited) == 1)

    def _anchor(self, reply: Reply) -> bool:
        """Whether the place of the first reply, in a text without a beginning, follows from its code or form."""
        tracker = self._recorder.tracker
        if reply.code in _TELLING:
            tracker.state = State.RECIPIENT if reply.code == 354 else State.READY
        elif reply.code == 250 and len(reply.lines) > 2:
            tracker.state = State.HELLO
        elif reply.code != 220:
            return False
        if reply.code != 220:
            tracker.awaited.clear()
        self._anchored = True
        return True

    def _infer(self, reply: Reply, number: int) -> bool:
        """Add an event for the likely command that is not in the text. Returns whether there is one."""
        verb = self._likely_verb(reply)
        if not verb:
            return False
        tracker = self._recorder.tracker
        self._assume_encrypted()
        event = self._recorder.command(0.0, HIDDEN if verb == RESPONSE else verb.encode())
        if verb != RESPONSE:
            tracker.awaited[-1] = tracker.awaited[-1].replace(line="")
        self._events.append((number, event.replace(data=b"")))
        return True

    def _likely_verb(self, reply: Reply) -> str:
        """The verb that a reply without its command most likely answers; empty if it cannot be guessed."""
        if self.challenged:
            return RESPONSE
        if self._typed or reply.code in (421, 500, 502, 503):  # these may answer any command, or none
            return ""
        if reply.code in _TELLING:
            return _TELLING[reply.code]
        if reply.code == 220:
            return "STARTTLS"
        if self._tracker_state is State.RECIPIENT:
            about_address = reply.enhanced is not None and reply.enhanced.subject == 1
            return "RCPT" if about_address or reply.kind == 2 else "DATA"
        return _LIKELY.get(self._tracker_state, "")
