"""Findings besides the causes: how the server sees this client, how it treats other recipients, greylisting."""

from __future__ import annotations

from smtpscope.diagnosis.evidence import detail
from smtpscope.diagnosis.greylisting import second_try
from smtpscope.model.event import Connected, Diagnosing, Noted, Probed, Received
from smtpscope.model.finding import Fact, fact
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.address import is_private
from smtpscope.protocol.endpoint import host_of
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Event


def find_findings(events: Sequence[Event]) -> tuple[Fact, ...]:
    """Every finding about the session with one server."""
    answers = [event for event in events if isinstance(event, Probed)]
    return (*_greylisting(events), *_recipients(events, answers), *_view(events, answers))


def _greylisting(events: Sequence[Event]) -> Iterator[Fact]:
    """The result of a retry, and the delay before it."""
    tried = second_try(events)
    if tried:
        retries = [event for event in events if isinstance(event, Noted) and event.topic is Topic.RETRY]
        yield fact(tried, seconds=dict(retries[-1].details)["seconds"])


def _recipients(events: Sequence[Event], answers: Sequence[Probed]) -> Iterator[Fact]:
    """The replies for a random name and for postmaster, compared with the reply for the first recipient."""
    asked = next((answer for answer in answers if answer.kind == "rcpt" and answer.outcome == "asked"), None)
    first = next((e for e in events if isinstance(e, Received) and e.phase is Phase.RCPT), None)
    if asked is None or first is None:
        return
    chance, postmaster = detail(asked, "random"), detail(asked, "postmaster")
    mine = first.reply.kind == 2
    if not mine and chance.startswith("5") and postmaster.startswith("5"):
        yield fact("refuses-everyone", said=postmaster)
        return
    if chance.startswith("2"):
        yield fact("takes-every-name" if mine else "refuses-this-name", said=chance)
    elif chance.startswith("5"):
        yield fact("checks-names" if mine else "refuses-names", said=chance)
    elif chance:
        yield fact("chance-deferred", said=chance)
    if postmaster.startswith("5"):
        yield fact("postmaster-refused", said=postmaster)  # RFC 5321 section 4.5.1
    elif postmaster.startswith("2") and not mine and not chance.startswith("2"):
        yield fact("postmaster-accepted", said=postmaster)


def _view(events: Sequence[Event], answers: Sequence[Probed]) -> Iterator[Fact]:
    """The local address, its reverse DNS name, and the EHLO name."""
    view = {detail(answer, "role"): answer for answer in answers if answer.probe == "view"}
    stands = next((event for event in events if isinstance(event, Connected)), None)
    if stands is None or not any(isinstance(event, Diagnosing) for event in events) or not view:
        return
    own = host_of(stands.local)
    yield fact("address-private" if is_private(own) else "address", address=own)
    yield from _reverse(own, view)
    helo = view.get("helo")
    if helo and helo.outcome == "found":
        same = own in helo.found
        yield fact("helo-matches" if same else "helo-elsewhere", name=helo.target, found=", ".join(helo.found))
    elif helo:
        yield fact("helo-unanswered" if helo.outcome == "no-answer" else "helo-unresolvable", name=helo.target)


def _reverse(own: str, view: dict[str, Probed]) -> Iterator[Fact]:
    """Whether the local address has a PTR record, and whether its name resolves back to the address."""
    back, forward = view.get("own-address"), view.get("own-name")
    if back is None:
        return
    if back.outcome == "no-answer":
        yield fact("ptr-unanswered", address=own)
    elif back.outcome != "found":
        yield fact("ptr-missing", address=own)
    else:
        confirmed = forward is not None and own in forward.found
        yield fact("ptr-confirmed" if confirmed else "ptr-unconfirmed", address=own, name=", ".join(back.found))
