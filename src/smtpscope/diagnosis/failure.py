"""Where a connection failed: a fold over the events of one server."""

from __future__ import annotations

from smtpscope.diagnosis.service import first_line, identify_service
from smtpscope.model.event import (
    Connected,
    Connecting,
    Diagnosing,
    Disconnected,
    Failed,
    Interrupted,
    Received,
    TimedOut,
    Unsolicited,
    Waiting,
)
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event


class Failure(Value):
    """A connection that brought no SMTP greeting, or a late one.

    kind     name, refused, silent, unreachable, denied, reset, other (no connection);
             closed, cut, mute, foreign, turned-away (a connection, and no good greeting); slow (a good one, late)
    host     the name or address given; address: the numeric one tried, empty when there was none
    reason   the system's words, or the first line that the peer said
    waited   seconds that were waited, where waiting ended it
    late     the greeting that came after our time-out; empty: none came
    """

    kind: str
    host: str
    address: str = ""
    port: int = 0
    reason: str = ""
    waited: float = 0.0
    late: str = ""
    recipient: str = ""

    @property
    def connected(self) -> bool:
        return self.kind in ("closed", "cut", "mute", "foreign", "turned-away", "slow")


# The kind of a Failed event -> ours, the most telling first: of several addresses, that one is looked into.
_KINDS = {
    "refused": "refused",
    "reset": "reset",
    "denied": "denied",
    "timeout": "silent",
    "unreachable": "unreachable",
    "other": "other",
}


def find_failure(events: Sequence[Event]) -> Failure | None:
    """Why there is no SMTP greeting. None: it came, nothing was tried, or Ctrl-C came before there was a reason."""
    if any(isinstance(event, Interrupted) for event in events) and not any(isinstance(e, Waiting) for e in events):
        return None
    start = next((event for event in events if isinstance(event, Connected)), None)
    found = _behind(start, events) if start else _before(events)
    asked = next((event for event in events if isinstance(event, Diagnosing)), None)
    return found.replace(recipient=asked.recipient, port=found.port or asked.port) if found and asked else found


def _before(events: Sequence[Event]) -> Failure | None:
    """No connection stood."""
    tries = [event for event in events if isinstance(event, Connecting)]
    ends = [event for event in events if isinstance(event, Failed)]
    lost = next((event for event in ends if event.phase is Phase.RESOLVE and event.kind == "dns"), None)
    if lost and not tries:
        return Failure("name", lost.target, reason=lost.reason)
    pairs = list(zip(tries, (event for event in ends if event.phase is Phase.CONNECT), strict=False))
    if not pairs:
        return None
    order = list(_KINDS)
    went, end = min(pairs, key=lambda pair: order.index(pair[1].kind) if pair[1].kind in order else len(order))
    waited = end.at - went.at
    return Failure(_KINDS.get(end.kind, "other"), went.host, went.address, went.port, end.reason, max(waited, 0.0))


def _behind(start: Connected, events: Sequence[Event]) -> Failure | None:
    """A connection stood: what came where the greeting should be?"""
    here = Failure("", start.host, start.address, start.port)
    late = next((event for event in events if isinstance(event, Unsolicited) and event.phase is Phase.BANNER), None)
    last = None
    for event in events:
        match event:
            case Received(phase=Phase.BANNER, reply=reply, elapsed=elapsed):
                return _greeted(here.replace(waited=elapsed), reply.raw, reply.kind, last is not None)
            case TimedOut(phase=Phase.BANNER, limit=limit, pending=pending):
                said = first_line(late.reply.raw) if late else ""
                return _spoke(here.replace(kind="mute", waited=limit, late=said), pending)
            case Waiting(phase=Phase.BANNER, waited=waited):
                last = here.replace(kind="mute", waited=waited)
            case Failed(phase=Phase.BANNER, reason=reason):
                last = here.replace(kind="cut", reason=reason)
            case Disconnected(phase=Phase.BANNER, by="peer", pending=pending):
                return _spoke(last if last and last.kind == "cut" else here.replace(kind="closed"), pending)
    return last


def _greeted(here: Failure, raw: bytes, kind: int, waited: bool) -> Failure | None:
    protocol = identify_service(raw)
    if protocol == "SMTP" and kind not in (4, 5):
        return here.replace(kind="slow") if waited else None
    if protocol == "SMTP":
        return here.replace(kind="turned-away", reason=first_line(raw))
    return here.replace(kind="foreign", reason=first_line(raw))


def _spoke(here: Failure, pending: bytes) -> Failure:
    """Half a line tells what speaks there, too."""
    return here.replace(kind="foreign", reason=first_line(pending)) if pending.strip() else here
