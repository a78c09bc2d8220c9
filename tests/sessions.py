"""Sessions written down line by line, and the events that the recorder makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import Connected, Disconnected, Done, Event, Planned, Received, Secured
from smtpscope.model.recorder import Recorder
from smtpscope.model.vocabulary import Party
from smtpscope.protocol.body import stuff
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

# One thing that happens. A text: ``C: `` a command line, ``S: `` a reply (its lines joined by LF), ``D: `` a message
# with its end, ``d: `` octets of one without it, ``B: `` the octets of a whole chunk, ``b: `` of a part of it.
# Anything else is an event of its own.
Act: TypeAlias = "str | Event"

HOST = "mx.fabrikam.com"
CONNECTED = Connected(1.0, HOST, "192.0.2.1", 25, "192.0.2.9:40000")
CLOSED = Disconnected(9.0, Phase.QUIT, Party.US)
LOST = Disconnected(9.0, Phase.END_OF_DATA, Party.PEER)
SECURED = Secured(2.0, Phase.TLS, "TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, HOST, True)

KATE, KIM, LEE = "kate@fabrikam.com", "kim@fabrikam.com", "lee@fabrikam.com"
BEGIN = ("S: 220 hi", "C: EHLO contoso.com", "S: 250 hi")
SENDER = ("C: MAIL FROM:<chris@contoso.com>", "S: 250 ok")
RECIPIENT = (f"C: RCPT TO:<{KATE}>", "S: 250 ok")
MESSAGE = ("C: DATA", "S: 354 go", "D: hello", "S: 250 2.0.0 queued")
BYE = ("C: QUIT", "S: 221 bye")
GOOD = (*BEGIN, *SENDER, *RECIPIENT, *MESSAGE, *BYE)


def rcpt(name: str, reply: str = "250 ok") -> tuple[str, str]:
    """RCPT with its reply."""
    return f"C: RCPT TO:<{name}>", f"S: {reply}"


def claims(*goals: Goal, to: Sequence[str] = (KATE,), lmtp: bool = False) -> tuple[Claim, ...]:
    """A claim for each goal; for each recipient one, where the goal is about recipients."""
    each = (Goal.RECIPIENT, Goal.DELIVERED, Goal.NOT_FAILED) + ((Goal.MESSAGE,) if lmtp else ())
    return tuple(Claim(goal, name) for goal in goals for name in (to if goal in each else ("",)))


WAY = (Goal.CONNECTED, Goal.GREETED, Goal.HELLO)
TRANSACTION = (*WAY, Goal.SENDER, Goal.RECIPIENT, Goal.MESSAGE)
WHOLE = claims(*TRANSACTION)


def record(acts: Sequence[Act], recorder: Recorder | None = None) -> Iterator[Event]:
    """The events of ``acts``, a tenth of a second between them."""
    recorder = recorder or Recorder()
    for number, act in enumerate(acts):
        at = 1.0 + number / 10
        if not isinstance(act, str):
            if isinstance(act, Secured):
                recorder.tracker.secured()
            yield act
            continue
        mark, text = act[0], act[3:]
        if mark == "S":
            yield recorder.reply(at, parse_reply(text.replace("\n", "\r\n").encode() + b"\r\n"), 0.1)
        elif mark == "C":
            yield recorder.command(at, text.encode())
        elif mark in "Dd":
            octets = b"".join(stuff(text.encode())) if mark == "D" else text.encode()
            yield recorder.content(at, octets, final=mark == "D")
        else:
            yield recorder.content(at, text.encode(), final=mark == "B")


def session(*acts: Act, claim: Sequence[Claim] | None = WHOLE, host: str = HOST) -> list[Event]:
    """The events of one server: a plan with these claims (None: its plan is not known), the connection, ``acts``."""
    planned = [] if claim is None else [Planned(0.0, host, tuple(claim))]
    return [*planned, CONNECTED, *record(acts), Done(10.0, host)]


def replies(events: Sequence[Event]) -> list[tuple[str, int]]:
    """What each reply answers, and its code."""
    return [(event.verb, event.reply.code) for event in events if isinstance(event, Received)]
