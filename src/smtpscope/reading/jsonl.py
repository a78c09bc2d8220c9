"""Our own JSON Lines: a transcript, the output of ``test --json``."""

from __future__ import annotations

from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Done,
    Failed,
    GaveUp,
    Received,
    Secured,
    Sent,
    Stopped,
    TimedOut,
    Unsecured,
    Unsolicited,
)
from smtpscope.protocol.capability import NONE, Capabilities, parse_capabilities
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.reading.follow import MESSAGE_LIMIT
from smtpscope.reading.heard import Heard, recipient_of, text_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from smtpscope.model.event import Event


class EventFollower:
    """Takes events in order and gives each reply (and each failure of the network) with its place."""

    def __init__(self) -> None:
        self.server, self._port = "", 0
        self._announced: Capabilities | None = None
        self._message = bytearray()
        self._told_of_end = False

    def take(self, event: Event, line: int = 1) -> Heard | None:
        """What ``event`` says, or None where nobody says anything in it."""
        if isinstance(event, Received | Failed | TimedOut | Stopped):
            # Behind these, the end of the connection is no news: it was announced, asked for, or told already.
            self._told_of_end = not isinstance(event, Received) or event.reply.kind in (4, 5) or event.reply.code == 221
        match event:
            case Connecting(host=host, port=port) | Connected(host=host, port=port):
                self.server, self._told_of_end = host, False
                self._port = port if isinstance(port, int) else 0  # a file can hold anything
            case Done():
                self.server, self._announced = "", None
                self._message.clear()
            case Sent(data=data, body=True):
                self._message += data[: max(MESSAGE_LIMIT - len(self._message), 0)]
            case Received(phase=phase, reply=reply, command=command):
                return self._received(phase, reply, command, line)
            case Unsolicited(phase=phase, reply=reply):
                return self._heard(reply, phase, "", line)
            case Failed(phase=phase, kind="tls", reason=reason) | Unsecured(phase=phase, reason=reason):
                return self._heard(text_reply(reason), phase, "", line).replace(event=event)
            case Secured(phase=phase, problem=problem) if problem:
                return self._heard(text_reply(problem), phase, "", line).replace(event=event)
            case Failed(phase=phase, kind=kind, reason=reason):
                return self._heard(_failure(kind, reason), phase, "", line)
            case Disconnected(phase=phase, by="peer") if not self._told_of_end and phase is not Phase.QUIT:
                return self._heard(text_reply("Connection closed by the server"), phase, "", line)
            case GaveUp(phase=phase, why=why):
                return self._heard(text_reply(why), phase, "", line).replace(event=event)
            case TimedOut(phase=phase, limit=limit):
                return self._heard(text_reply(f"Connection timed out: no answer within {limit:g} s"), phase, "", line)
        return None

    def _received(self, phase: Phase, reply: Reply, command: str, line: int) -> Heard:
        heard = self._heard(reply, phase, command, line)
        if phase is Phase.EHLO and reply.kind == 2:
            self._announced = NONE if command[:4].upper() == "HELO" else parse_capabilities(reply)
        if phase is Phase.END_OF_DATA:
            heard = heard.replace(message=bytes(self._message).removesuffix(b".\r\n"))
            self._message.clear()
        return heard

    def _heard(self, reply: Reply, phase: Phase, command: str, line: int) -> Heard:
        recipient = recipient_of(command)
        return Heard(reply, phase.value, command, self.server, recipient, self._announced, line, port=self._port)


_KINDS = {
    "refused": "Connection refused",
    "timeout": "Connection timed out",
    "reset": "Connection reset by peer",
    "unreachable": "Network is unreachable",
}


def _failure(kind: str, reason: str) -> Reply:
    """A failure in the words that servers and programs use for it, so that it is explained as theirs are."""
    usual = _KINDS.get(kind, "")
    return text_reply(reason if usual.lower() in reason.lower() else f"{usual}: {reason}")


def read_jsonl(lines: Sequence[str]) -> tuple[Heard, ...]:
    """The replies of a transcript; what is no event of ours is left out."""
    first = next((line for line in lines if line.strip()), "")
    if not first.lstrip().startswith("{"):
        return ()
    follower = EventFollower()
    found = []
    for number, line in enumerate(lines, 1):
        event = _event(line)
        heard = follower.take(event, number) if event else None
        if heard:
            found.append(heard)
    return tuple(found)


def read_events(lines: Iterable[str]) -> tuple[Event, ...]:
    """Every event of a transcript whose fields the diagnosis can trust; what is no event of ours is left out."""
    return tuple(event for line in lines if (event := _event(line)) and _has_types(event))


def _has_types(event: Event) -> bool:
    """Whether the fields that a diagnosis reads have their types."""
    words = ("probe", "target", "outcome", "trouble", "address", "local", "recipient", "why", "level")
    numbers = ("at", "port", "waited", "limit", "elapsed")
    return (
        all(isinstance(getattr(event, name), str) for name in words if name in event.fields())
        and all(isinstance(getattr(event, name), int | float) for name in numbers if name in event.fields())
        and all(_is_pair(pair) for pair in _details(event))
    )


def _details(event: Event) -> tuple[object, ...]:
    found = getattr(event, "details", ())
    return found if isinstance(found, tuple) else (None,)


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(word, str) for word in pair)


def _event(line: str) -> Event | None:
    import json

    from smtpscope.model.transcript import from_json

    try:
        event = from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return event if _is_whole(event) else None


def _is_whole(event: Event) -> bool:
    """Whether the fields that are read here have their types: a file can hold anything."""
    kinds = {"host": str, "data": bytes, "reply": Reply, "command": str, "kind": str, "reason": str, "phase": Phase}
    return all(isinstance(getattr(event, name), kind) for name, kind in kinds.items() if name in event.fields()) and (
        not isinstance(event, TimedOut) or isinstance(event.limit, int | float)
    )
