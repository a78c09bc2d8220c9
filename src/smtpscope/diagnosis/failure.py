"""Finds out how a connection failed, from the events of one server."""

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
    """A connection without a 220 banner in time.

    kind     a TroubleKind: name, refused, silent, unreachable, denied, reset, other (no connection);
             closed, cut, mute, foreign, turned-away (a connection, but no 220 banner); slow (a late 220 banner)
    host     the name or address as given; ``address`` is the numeric address, empty if there is none
    reason   the error text of the system, or the first line from the peer
    waited   seconds until the failure
    late     the first line of a banner that was received after the time limit; empty if there was none
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
        """Whether the connection was made."""
        return self.kind in ("closed", "cut", "mute", "foreign", "turned-away", "slow")


# Kind of a Failed event -> kind of a Failure. The most specific kind is first: of several addresses, it is examined.
_KINDS = {
    "refused": "refused",
    "reset": "reset",
    "denied": "denied",
    "timeout": "silent",
    "unreachable": "unreachable",
    "other": "other",
}


def find_failure(events: Sequence[Event]) -> Failure | None:
    """Why there is no 220 banner. None if there is one, if no connection was tried, or if Ctrl-C was pressed before."""
    if any(isinstance(event, Interrupted) for event in events) and not any(isinstance(e, Waiting) for e in events):
        return None
    start = next((event for event in events if isinstance(event, Connected)), None)
    found = _after_connect(start, events) if start else _without_connection(events)
    asked = next((event for event in events if isinstance(event, Diagnosing)), None)
    return found.replace(recipient=asked.recipient, port=found.port or asked.port) if found and asked else found


def _without_connection(events: Sequence[Event]) -> Failure | None:
    """No connection was made: the failure of the lookup, or of the connections that were tried."""
    tries = [event for event in events if isinstance(event, Connecting)]
    ends = [event for event in events if isinstance(event, Failed)]
    lost = next((event for event in ends if event.phase is Phase.RESOLVE and event.kind == "dns"), None)
    if lost and not tries:
        return Failure("name", lost.target, reason=lost.reason)
    pairs = list(zip(tries, (event for event in ends if event.phase is Phase.CONNECT), strict=False))
    if not pairs:
        return None
    order = list(_KINDS)
    tried, end = min(pairs, key=lambda pair: order.index(pair[1].kind) if pair[1].kind in order else len(order))
    waited = end.at - tried.at
    return Failure(_KINDS.get(end.kind, "other"), tried.host, tried.address, tried.port, end.reason, max(waited, 0.0))


def _after_connect(start: Connected, events: Sequence[Event]) -> Failure | None:
    """The connection was made: what was received instead of a banner."""
    here = Failure("", start.host, start.address, start.port)
    late = next((event for event in events if isinstance(event, Unsolicited) and event.phase is Phase.BANNER), None)
    last = None
    for event in events:
        match event:
            case Received(phase=Phase.BANNER, reply=reply, elapsed=elapsed):
                return _greeted(here.replace(waited=elapsed), reply.raw, reply.kind, last is not None)
            case TimedOut(phase=Phase.BANNER, limit=limit, pending=pending):
                banner = first_line(late.reply.raw) if late else ""
                return _spoke(here.replace(kind="mute", waited=limit, late=banner), pending)
            case Waiting(phase=Phase.BANNER, waited=waited):
                last = here.replace(kind="mute", waited=waited)
            case Failed(phase=Phase.BANNER, reason=reason):
                last = here.replace(kind="cut", reason=reason)
            case Disconnected(phase=Phase.BANNER, by="peer", pending=pending):
                return _spoke(last if last and last.kind == "cut" else here.replace(kind="closed"), pending)
    return last


def _greeted(here: Failure, raw: bytes, kind: int, waited: bool) -> Failure | None:
    """The failure that the first reply shows; None if it is a 220 banner in time. ``waited``: it was late."""
    protocol = identify_service(raw)
    if protocol == "SMTP" and kind not in (4, 5):
        return here.replace(kind="slow") if waited else None
    if protocol == "SMTP":
        return here.replace(kind="turned-away", reason=first_line(raw))
    return here.replace(kind="foreign", reason=first_line(raw))


def _spoke(here: Failure, pending: bytes) -> Failure:
    """``here``; but an incomplete line already shows that another service replies."""
    return here.replace(kind="foreign", reason=first_line(pending)) if pending.strip() else here
