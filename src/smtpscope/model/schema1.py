"""Reads transcripts and JSON of schema 1, as version 0.1.0 wrote them.

In schema 1, Sent and Received have no verb, recipient, and exchange. They are found by running the commands through
the state machine again. Decisions of the client were notes with a topic, and no events of their own.
"""

from __future__ import annotations

from smtpscope.model.codec import check_details, from_json, read_fields
from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Event,
    Expected,
    GaveUp,
    LoggedIn,
    Notified,
    Received,
    Secured,
    Sent,
    Stopped,
    Unnotified,
    Unsolicited,
)
from smtpscope.model.vocabulary import DETAILS, DsnAction, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.tracking import MESSAGE, State, Tracker
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any


class Note(Value):
    """A note of schema 1: any topic, with (name, value) pairs."""

    at: float
    phase: Phase
    topic: str
    details: tuple[tuple[str, str], ...] = ()


class Names(Value):
    """The details of the result of a probe."""

    details: tuple[tuple[str, str], ...]


# Topics that are decisions of the client in schema 2, with the Reason of each.
_DECISIONS = {
    "tls-not-announced": Reason.TLS_NOT_ANNOUNCED,
    "auth-in-clear": Reason.AUTH_IN_CLEAR,
    "auth-not-announced": Reason.AUTH_NOT_ANNOUNCED,
    "auth-not-offered": Reason.AUTH_NOT_OFFERED,
    "auth-aborted": Reason.AUTH_ABORTED,
    "auth-unproven": Reason.AUTH_UNPROVEN,
    "flood": Reason.REPLY_FLOOD,
}


class Upgrade:
    """Makes events of schema 2 from the records of schema 1, one after the other.

    ``records``: all records, because some can be read only together with the next one.
    """

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self._records, self._place = records, -1
        self._tracker = Tracker()
        self._login: dict[str, str] = {}
        self._cut = any(
            _topic(record) == "text-cut" for record in records
        )  # in the lab: a part of a message was not recorded

    def take(self, record: Mapping[str, Any]) -> tuple[Event, ...]:
        """The events for ``record``, which is one of the records. Raises ValueError if it is not a valid event."""
        while self._place < len(self._records) - 1:
            self._place += 1
            if self._records[self._place] is record:
                break
        if record["event"] == "noted":
            return tuple(self._noted(record))
        event = from_json(_with_names(record) if record["event"] == "probed" else record)
        match event:
            case Connecting() | Connected():
                self._tracker.begin()
            case Secured():
                self._tracker.secured()
            case Disconnected():
                self._tracker.close()
            case Sent():
                return tuple(self._sent(event))
            case Received():
                return tuple(self._received(event))
        return (event,)

    def _sent(self, event: Sent) -> Iterator[Sent]:
        tracker = self._tracker
        if event.phase is Phase.PROXY:
            yield event.replace(verb="PROXY")
        elif event.body and not (tracker.in_content or [item.verb for item in tracker.awaited][-1:] == ["DATA"]):
            of = tracker.content(event.data, event.data.endswith(b".\r\n"))
            yield event.replace(verb=of.verb, exchange=of.index)
        elif event.body:
            for piece in tracker.send(event.data):
                yield event.replace(
                    data=piece.data, body=piece.content, verb=piece.of.verb, exchange=piece.of.index, final=piece.final
                )
        else:
            for line in event.data.split(b"\n"):  # the bytes of a script may have several lines, and secrets
                of = tracker.command(line.removesuffix(b"\r"))
                shown = of.line.encode("utf-8", "surrogateescape")
                masked = event.masked or shown != line.removesuffix(b"\r")
                yield Sent(event.at, of.phase, shown, False, masked, of.verb, of.recipient, of.index)

    def _received(self, event: Received) -> Iterator[Event]:
        command = event.command.partition(" <")[0] if event.command.startswith(". <") else event.command
        if self._cut and command == MESSAGE and self._tracker.state is State.MESSAGE:
            of = self._tracker.content(b"", True)
            yield Sent(event.at, Phase.END_OF_DATA, b"", True, False, of.verb, "", of.index, True)
        lines = [item.line for item in self._tracker.awaited]
        if command in lines:  # version 0.1.0 named the command: those before it got no reply
            self._tracker.awaited = self._tracker.awaited[lines.index(command) :]
        answered = self._tracker.receive(event.reply)
        if answered:
            yield event.replace(
                phase=answered.phase,
                command=answered.line,
                verb=answered.verb,
                recipient=answered.recipient,
                exchange=answered.index,
                last=answered.last,
                early=answered.early,
            )
        elif event.phase is Phase.END_OF_DATA:  # schema 1 recorded it as the reply to a message that was not complete
            yield Unsolicited(event.at, event.phase, event.reply)
        else:
            yield event.replace(verb=command.partition(" ")[0].upper())
        unproven = any(_topic(record) == "auth-unproven" for record in self._records[self._place + 1 : self._place + 2])
        if event.reply.code == 235 and event.phase is Phase.AUTH and not unproven:
            yield LoggedIn(event.at, Phase.AUTH, self._login.get("mechanism", ""), self._login.get("user", ""))

    def _noted(self, record: Mapping[str, Any]) -> Iterator[Event]:
        note = read_fields(Note, {"details": [], **record})
        details = dict(note.details)
        try:
            if note.topic == "stop":
                yield Stopped(note.at, Phase(details["after"]))
            elif note.topic in ("met", "differs"):
                line, expected, came = int(details["line"]), details["expected"], details["came"]
                yield Expected(note.at, note.phase, line, expected, came, note.topic == "met")
            elif note.topic in ("dsn-none", "dsn-no-failure"):
                yield Unnotified(note.at, details["recipient"], float(details["seconds"]))
            elif note.topic.startswith("dsn-") and "reporter" in details:
                yield _notified(note.at, details)
            elif note.topic in _DECISIONS:
                why = _DECISIONS[note.topic]
                if why is Reason.REPLY_FLOOD:
                    note = note.replace(details=(("count", details["octets"]),))
                known = [name for name in DETAILS.get(why, ()) if name in self._login and name not in details]
                found = (*note.details, *((name, self._login[name]) for name in known))
                yield check_details(GaveUp(note.at, note.phase, why, found))
            else:
                self._login = details if note.topic == "auth" else self._login
                # Schema 1 had the id of a fault in the message, besides its sentence. Schema 2 does not need it.
                kept = [list(pair) for pair in note.details if (note.topic, pair[0]) != ("lint", "id")]
                yield from_json({**record, "details": kept})
        except KeyError as error:
            raise ValueError(f"details lack {error}") from error


def _notified(at: float, details: Mapping[str, str]) -> Notified:
    word = details["action"]
    action = DsnAction(word) if word in list(DsnAction) else DsnAction.OTHER
    same = {name: details[name] for name in ("recipient", "status", "reporter", "remote")}
    return Notified(at, action=action, word=word, said=details["words"], waited=float(details["seconds"]), **same)


def _with_names(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record of a probe's result in schema 2. In schema 1, the names found were one detail, joined by commas."""
    probed = read_fields(Names, {"details": [], **record})
    found = dict(probed.details).get("found", "")
    others = [list(pair) for pair in probed.details if pair[0] != "found"]
    return {**record, "details": others, "found": found.split(", ") if found else []}


def _topic(record: Mapping[str, Any]) -> str:
    """The topic of a note; empty for another event."""
    topic = record.get("topic") if record.get("event") == "noted" else ""
    return topic if isinstance(topic, str) else ""
