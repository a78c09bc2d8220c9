"""The outcome: for each claim what proves it, what stands in its way, and what contradicts the proofs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sessions import (
    BEGIN,
    BYE,
    CLOSED,
    CONNECTED,
    GOOD,
    HOST,
    KATE,
    KIM,
    LEE,
    MESSAGE,
    RECIPIENT,
    SECURED,
    SENDER,
    TRANSACTION,
    WAY,
    WHOLE,
    claims,
    rcpt,
    record,
    session,
)
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.claim import PHASES, Claim, Goal
from smtpscope.model.event import (
    Connected,
    Disconnected,
    Done,
    Event,
    Expected,
    Failed,
    GaveUp,
    Interrupted,
    LoggedIn,
    Noted,
    Notified,
    Planned,
    Received,
    Sent,
    Stopped,
    TimedOut,
    Unnotified,
    Unsecured,
    Unsolicited,
)
from smtpscope.model.report import ServerReport, Status
from smtpscope.model.vocabulary import DsnAction, FailureKind, Party, Reason, Signal, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, parse_reply

Act = "str | Event"


def judged(*acts: str | Event, claim: Sequence[Claim] | None = WHOLE) -> ServerReport:
    return judge(session(*acts, claim=claim)).servers[0]


def found(server: ServerReport) -> tuple[Status, Phase, str]:
    return server.outcome.status, server.outcome.phase, why_of(server)


def why_of(server: ServerReport) -> str:
    """Why it ended so; that a code does not fit the command says no more than the status does."""
    return "" if server.outcome.why == "unexpected-code" else server.outcome.why


def silent(phase: Phase) -> TimedOut:
    return TimedOut(8.0, phase, 5.0, b"")


def lost(phase: Phase) -> Disconnected:
    return Disconnected(8.0, phase, Party.PEER)


def reset(phase: Phase) -> Failed:
    return Failed(8.0, phase, FailureKind.RESET, "192.0.2.1:25", "Connection reset by peer")


def flood(phase: Phase) -> tuple[Event, GaveUp]:
    """A reply without an end, whatever its code says, and that this client gives up."""
    reply = parse_reply(b"250 XY\r\n").replace(defects=(Defect.TOO_LONG,), dropped=9)
    return Received(8.0, phase, reply, "", 1.0, "X", "", 99), GaveUp(8.0, phase, Reason.REPLY_FLOOD)


def ends(phase: Phase) -> list[tuple[tuple[Event, ...], Status, str]]:
    """How any step can end without a reply, and what that is."""
    return [
        ((silent(phase), lost(phase)), Status.TIMEOUT, ""),
        ((lost(phase),), Status.LOST, ""),
        ((reset(phase), lost(phase)), Status.LOST, FailureKind.RESET),
        (flood(phase), Status.PROTOCOL, Reason.REPLY_FLOOD),
        ((GaveUp(8.0, phase, Reason.SERVER_CLOSES), CLOSED), Status.TEMPORARY, Reason.SERVER_CLOSES),
        ((Interrupted(8.0, phase, Signal.TERM), CLOSED), Status.INTERRUPTED, Signal.TERM),
    ]


# Each step of a session: what goes before, the command, the reply that proves the claim, the claims, the phase.
STEPS: dict[str, tuple[tuple[str | Event, ...], str, str, tuple[Claim, ...], Phase]] = {
    "banner": ((), "", "220 hi", claims(*WAY[:2]), Phase.BANNER),
    "ehlo": (BEGIN[:1], "C: EHLO contoso.com", "250 hi", claims(*WAY), Phase.EHLO),
    "xclient": (BEGIN, "C: XCLIENT ADDR=192.0.2.1", "220 hi", claims(*WAY, Goal.XCLIENT), Phase.XCLIENT),
    "mail": (BEGIN, SENDER[0], "250 ok", claims(*WAY, Goal.SENDER), Phase.MAIL),
    "rcpt": ((*BEGIN, *SENDER), RECIPIENT[0], "250 ok", claims(*WAY, Goal.SENDER, Goal.RECIPIENT), Phase.RCPT),
    "data": (
        (*BEGIN, *SENDER, *RECIPIENT),
        "C: DATA",
        "354 go",
        claims(*WAY, Goal.SENDER, Goal.RECIPIENT, Goal.DATA),
        Phase.DATA,
    ),
    "message": ((*BEGIN, *SENDER, *RECIPIENT, "C: DATA", "S: 354 go"), "D: hello", "250 ok", WHOLE, Phase.END_OF_DATA),
    "chunk": ((*BEGIN, *SENDER, *RECIPIENT, "C: BDAT 5 LAST"), "B: hello", "250 ok", WHOLE, Phase.END_OF_DATA),
    "empty chunk": (
        (*BEGIN, *SENDER, *RECIPIENT, "C: BDAT 5", "B: hello", "S: 250 ok"),
        "C: BDAT 0 LAST",
        "250 ok",
        WHOLE,
        Phase.END_OF_DATA,
    ),
}


def step(name: str) -> tuple[list[str | Event], str, tuple[Claim, ...], Phase]:
    before, command, proof, claim, phase = STEPS[name]
    return [*before, *([command] if command else [])], proof, claim, phase


@pytest.mark.parametrize("name", STEPS)
def test_the_right_reply_proves_the_claim(name: str) -> None:
    acts, proof, claim, phase = step(name)
    more = ["C: EHLO contoso.com", "S: 250 hi"] if name == "xclient" else []  # the session begins anew
    server = judged(*acts, f"S: {proof}", *more, CLOSED, claim=claim)
    assert server.status is Status.OK
    assert all(item.holds for item in server.proofs)
    last = next(item for item in server.proofs if PHASES[item.claim.goal] is phase)
    event = server.events[last.event or 0]
    assert isinstance(event, Received)
    assert f"{event.reply.code} {event.reply.text}" == proof


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ("450 4.7.1 later", Status.TEMPORARY),
        ("550 5.7.1 no", Status.PERMANENT),
        ("421 4.3.2 bye", Status.TEMPORARY),
        ("what?", Status.PROTOCOL),
        ("999 what", Status.PROTOCOL),
        ("150 soon", Status.PROTOCOL),
        ("334 go on", Status.PROTOCOL),
        ("235 ok", Status.PROTOCOL),
        ("211 ok", Status.PROTOCOL),
    ],
)
@pytest.mark.parametrize("name", STEPS)
def test_any_other_reply_is_what_it_is(name: str, reply: str, status: Status) -> None:
    acts, _proof, claim, phase = step(name)
    server = judged(*acts, f"S: {reply}", *BYE, CLOSED, claim=claim)
    assert found(server) == (status, phase, "")
    assert server.reply is not None
    assert str(server.reply.code) == reply[:3] or server.reply.code == 0
    assert server.outcome.claim == next(item.claim for item in server.proofs if not item.holds)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("banner", "250 hi"),
        ("ehlo", "220 hi"),
        ("xclient", "250 ok"),
        ("mail", "251 ok"),
        ("mail", "220 ok"),
        ("rcpt", "220 ok"),
        ("data", "250 ok"),
        ("data", "220 go"),
        ("message", "251 ok"),
        ("message", "221 bye"),
        ("message", "220 ok"),
        ("message", "354 go"),
        ("chunk", "251 ok"),
        ("chunk", "354 go"),
    ],
)
def test_another_good_reply_proves_nothing(name: str, reply: str) -> None:
    acts, _proof, claim, phase = step(name)
    server = judged(*acts, f"S: {reply}", CLOSED, claim=claim)
    assert found(server) == (Status.PROTOCOL, phase, "")


@pytest.mark.parametrize("code", ["250", "251", "252"])
def test_a_recipient_may_be_accepted_in_three_ways(code: str) -> None:
    acts, _proof, claim, _phase = step("rcpt")
    assert judged(*acts, f"S: {code} ok", claim=claim).status is Status.OK


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("name", STEPS)
def test_no_reply_at_all(name: str, number: int) -> None:
    acts, _proof, claim, phase = step(name)
    end, status, why = ends(phase)[number]
    server = judged(*acts, *end, claim=claim)
    assert found(server) == (status, phase, why)
    assert (server.queued, server.accepted) == (False, None)


@pytest.mark.parametrize("defect", [Defect.TOO_LONG, Defect.TRUNCATED, Defect.MIXED_CODES])
@pytest.mark.parametrize("name", STEPS)
def test_a_reply_that_cannot_be_believed_proves_nothing(name: str, defect: Defect) -> None:
    acts, proof, claim, _phase = step(name)
    events = session(*acts, f"S: {proof}", claim=claim)
    place = max(place for place, event in enumerate(events) if isinstance(event, Received))
    said = events[place]
    assert isinstance(said, Received)
    events[place] = said.replace(reply=said.reply.replace(defects=(defect,)))
    assert judge(events).status is Status.PROTOCOL


def test_nothing_at_all_is_not_known() -> None:
    assert judge([]).status is Status.UNPROVEN
    assert judge([Planned(0.0, HOST, WHOLE)]).status is Status.UNPROVEN
    assert judge([Planned(0.0, HOST, ())]).status is Status.UNPROVEN
    assert judged(*BEGIN).status is Status.UNPROVEN  # it broke off, and nothing says why


# ------------------------------------------------------------------------------------------------------ the connection


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FailureKind.DNS, Status.DNS),
        (FailureKind.NULL_MX, Status.DNS),
        (FailureKind.REFUSED, Status.REFUSED),
        (FailureKind.TIMEOUT, Status.TIMEOUT),
        (FailureKind.UNREACHABLE, Status.UNREACHABLE),
        (FailureKind.DENIED, Status.UNREACHABLE),
        (FailureKind.RESET, Status.LOST),
        (FailureKind.OTHER, Status.LOST),
    ],
)
@pytest.mark.parametrize("planned", [True, False])
def test_no_connection(kind: FailureKind, status: Status, planned: bool) -> None:
    events: list[Event] = [Failed(1.0, Phase.CONNECT, kind, "mx:25", "words"), Done(1.0, HOST)]
    (server,) = judge([Planned(0.0, HOST, WHOLE), *events] if planned else events).servers
    assert found(server) == (status, Phase.CONNECT, kind)
    assert server.host == HOST


REFUSED = Failed(0.5, Phase.CONNECT, FailureKind.REFUSED, "[2001:db8::1]:25", "refused")


def test_an_address_that_failed_does_not_matter_where_the_next_took_us() -> None:
    events = session(*GOOD, CLOSED)
    assert judge([events[0], REFUSED, *events[1:]]).status is Status.OK


def test_of_several_addresses_the_last_one_decides() -> None:
    second = Failed(0.6, Phase.CONNECT, FailureKind.TIMEOUT, "192.0.2.1:25", "timed out")
    assert judge([Planned(0.0, HOST, WHOLE), REFUSED, second, Done(1.0, HOST)]).status is Status.TIMEOUT


def test_a_test_of_the_connection_alone() -> None:
    stop = Stopped(1.0, Phase.CONNECT)
    server = judged(stop, CLOSED, claim=claims(Goal.CONNECTED))
    assert found(server) == (Status.OK, Phase.CONNECT, "")


# ------------------------------------------------------------------------------------------------------- EHLO and TLS


@pytest.mark.parametrize(
    ("acts", "status"),
    [
        (("C: EHLO a", "S: 502 no", "C: HELO a", "S: 250 hi"), Status.OK),
        (("C: EHLO a", "S: 502 no", "C: HELO a", "S: 502 no"), Status.PERMANENT),
        (("C: EHLO a", "S: 502 no", "C: HELO a", "S: 450 no"), Status.TEMPORARY),
        (("C: EHLO a", "S: 502 no", "C: HELO a", "S: 354 go"), Status.PROTOCOL),
        (("C: EHLO a", "S: 502 no", "C: HELO a", "S: what"), Status.PROTOCOL),
        (("C: EHLO a", "S: 502 no", "C: HELO a", silent(Phase.EHLO)), Status.TIMEOUT),
        (("C: EHLO a", "S: 502 no", "C: HELO a", lost(Phase.EHLO)), Status.LOST),
    ],
)
def test_of_two_hellos_the_last_one_decides(acts: tuple[str | Event, ...], status: Status) -> None:
    assert found(judged("S: 220 hi", *acts, claim=claims(*WAY))) == (
        status,
        Phase.EHLO,
        "",
    )


def test_what_was_never_tried_is_named_with_the_reason() -> None:
    """EHLO was rejected, so STARTTLS and XCLIENT, which are claimed before the last EHLO, were not said."""
    claim = claims(Goal.CONNECTED, Goal.GREETED, Goal.ENCRYPTED, Goal.XCLIENT, Goal.HELLO)
    server = judged("S: 220 hi", "C: EHLO a", "S: 550 no", *BYE, claim=claim)
    assert found(server) == (Status.PERMANENT, Phase.EHLO, "")
    assert server.outcome.claim == Claim(Goal.ENCRYPTED)


def test_the_hello_that_counts_is_the_one_behind_the_last_beginning() -> None:
    claim = claims(Goal.CONNECTED, Goal.GREETED, Goal.ENCRYPTED, Goal.XCLIENT, Goal.HELLO)
    secured = (*BEGIN, "C: STARTTLS", "S: 220 go", SECURED)
    again = ("C: EHLO contoso.com", "S: 250 hi")
    xclient = ("C: XCLIENT ADDR=192.0.2.1", "S: 220 hi")
    assert judged(*secured, *again, *xclient, *again, claim=claim).status is Status.OK
    assert judged(*secured, *again, *xclient, lost(Phase.EHLO), claim=claim).status is Status.LOST
    assert judged(*secured, *again, *xclient, again[0], "S: 550 no", claim=claim).status is Status.PERMANENT
    assert judged(*secured, lost(Phase.EHLO), claim=claims(*WAY, Goal.ENCRYPTED)).status is Status.LOST


@pytest.mark.parametrize(
    ("acts", "status", "phase", "why"),
    [
        (("C: STARTTLS", "S: 220 go", SECURED, "C: EHLO a", "S: 250 hi"), Status.OK, Phase.EHLO, ""),
        (("C: STARTTLS", "S: 454 no"), Status.TEMPORARY, Phase.STARTTLS, ""),
        (("C: STARTTLS", "S: 502 no"), Status.PERMANENT, Phase.STARTTLS, ""),
        (("C: STARTTLS", "S: 250 ok"), Status.PROTOCOL, Phase.STARTTLS, ""),
        (("C: STARTTLS", "S: 354 go"), Status.PROTOCOL, Phase.STARTTLS, ""),
        (
            ("C: STARTTLS", "S: 220 go", Unsecured(2.0, Phase.TLS, HOST, "certificate", "expired", 10)),
            *(Status.TLS, Phase.TLS, "certificate"),
        ),
        (
            (GaveUp(2.0, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED),),
            *(Status.NOT_OFFERED, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED),
        ),
        (("C: STARTTLS", silent(Phase.STARTTLS)), Status.TIMEOUT, Phase.STARTTLS, ""),
        (("C: STARTTLS", lost(Phase.STARTTLS)), Status.LOST, Phase.STARTTLS, ""),
        (("C: STARTTLS", "S: 220 go", lost(Phase.TLS)), Status.LOST, Phase.TLS, ""),
    ],
)
def test_encryption(acts: tuple[str | Event, ...], status: Status, phase: Phase, why: str) -> None:
    claim = claims(Goal.CONNECTED, Goal.GREETED, Goal.ENCRYPTED, Goal.HELLO)
    assert found(judged(*BEGIN, *acts, claim=claim)) == (status, phase, why)


# --------------------------------------------------------------------------------------------------- PROXY and XCLIENT

HEADER = Sent(1.0, Phase.PROXY, b"PROXY UNKNOWN", verb="PROXY")
PROXIED = claims(Goal.CONNECTED, Goal.GREETED, Goal.PROXY, *TRANSACTION[2:])


@pytest.mark.parametrize(
    ("acts", "status", "phase", "why"),
    [
        (GOOD, Status.OK, Phase.END_OF_DATA, ""),
        (
            ("S: 220 hi", "S: 500 what?", *BEGIN[1:], *SENDER, *RECIPIENT, *MESSAGE, *BYE),
            *(Status.PERMANENT, Phase.PROXY, "proxy-refused"),
        ),
        (
            ("S: 220 hi", "C: EHLO a", "S: 500 what?", "S: 250 hi", *BYE),
            *(Status.PERMANENT, Phase.PROXY, "proxy-refused"),
        ),
        (("S: 220 hi", "S: 421 PROXY not allowed", CLOSED), Status.TEMPORARY, Phase.PROXY, "proxy-refused"),
        (("S: 421 you talk too soon", CLOSED), Status.TEMPORARY, Phase.PROXY, "proxy-refused"),
        (("S: 500 what?", "S: 220 hi"), Status.PERMANENT, Phase.PROXY, "proxy-refused"),
        (("S: 220 hi", "C: EHLO a", "S: 550 no", *BYE), Status.PERMANENT, Phase.EHLO, ""),
        (("S: 554 not you",), Status.PERMANENT, Phase.BANNER, "rejected-behind-proxy"),
        ((lost(Phase.BANNER),), Status.LOST, Phase.BANNER, ""),
        ((silent(Phase.BANNER),), Status.TIMEOUT, Phase.BANNER, ""),
    ],
)
def test_the_header_of_a_proxy(acts: tuple[str | Event, ...], status: Status, phase: Phase, why: str) -> None:
    """A server that does not take it replies to it as to a command, and goes on with the wrong client."""
    assert found(judged(HEADER, *acts, claim=PROXIED)) == (status, phase, why)


# ------------------------------------------------------------------------------------------------------------ a login

LOGIN = claims(*WAY, Goal.LOGGED_IN)
IN = LoggedIn(3.0, Phase.AUTH, "PLAIN", "kate")
PLAIN = ("C: AUTH PLAIN AGEAYg==", "S: 235 ok", IN)


@pytest.mark.parametrize(
    ("acts", "status", "why"),
    [
        (PLAIN, Status.OK, ""),
        (("C: AUTH LOGIN", "S: 334 x", "C: a", "S: 334 x", "C: b", "S: 235 ok", IN), Status.OK, ""),
        (("C: AUTH PLAIN x", "S: 535 no"), Status.PERMANENT, ""),
        (("C: AUTH PLAIN x", "S: 454 no"), Status.TEMPORARY, ""),
        (("C: AUTH PLAIN x", "S: 250 ok"), Status.PROTOCOL, ""),
        (("C: AUTH PLAIN x", "S: 220 ok"), Status.PROTOCOL, ""),
        (("C: AUTH PLAIN x", "S: 221 bye"), Status.PROTOCOL, ""),
        (("C: AUTH PLAIN x", "S: 354 go"), Status.PROTOCOL, ""),
        (("C: AUTH PLAIN x", "S: what"), Status.PROTOCOL, ""),
        (("C: AUTH LOGIN", "S: 334 x", "C: a", lost(Phase.AUTH)), Status.LOST, ""),
        (("C: AUTH LOGIN", "S: 334 x", "C: a", silent(Phase.AUTH)), Status.TIMEOUT, ""),
        (("C: AUTH LOGIN", "S: 334 x", "C: a", "S: 535 no"), Status.PERMANENT, ""),
        ((GaveUp(2.0, Phase.AUTH, Reason.AUTH_IN_CLEAR),), Status.GAVE_UP, Reason.AUTH_IN_CLEAR),
        ((GaveUp(2.0, Phase.AUTH, Reason.AUTH_NOT_ANNOUNCED),), Status.NOT_OFFERED, Reason.AUTH_NOT_ANNOUNCED),
        ((GaveUp(2.0, Phase.AUTH, Reason.AUTH_NOT_OFFERED),), Status.NOT_OFFERED, Reason.AUTH_NOT_OFFERED),
        (
            ("C: AUTH PLAIN x", "S: 235 ok", GaveUp(2.0, Phase.AUTH, Reason.AUTH_UNPROVEN)),
            *(Status.GAVE_UP, Reason.AUTH_UNPROVEN),
        ),
        *(
            (
                ("C: AUTH LOGIN", "S: 334 x", GaveUp(2.0, Phase.AUTH, Reason.AUTH_ABORTED), "C: *", f"S: {reply}"),
                *(Status.GAVE_UP, Reason.AUTH_ABORTED),
            )
            for reply in ("501 aborted", "235 ok anyway", "250 ok", "334 more")
        ),
        (("C: AUTH PLAIN x", "S: 235 ok"), Status.UNPROVEN, ""),  # nobody says that our own checks passed
        ((IN,), Status.UNPROVEN, ""),  # nor does that say what the server said
    ],
)
def test_a_login(acts: tuple[str | Event, ...], status: Status, why: str) -> None:
    """Only 235 proves it (RFC 4954 section 6), and our own checks; what this client gave up stays given up."""
    server = judged(*BEGIN, *acts, *BYE, CLOSED, claim=LOGIN)
    assert found(server) == (status, Phase.AUTH, why)


# --------------------------------------------------------------------------------------------------------- recipients


@pytest.mark.parametrize(
    ("said", "status", "phase", "accepted"),
    [
        (("250 ok", "250 ok", "250 ok"), Status.OK, Phase.END_OF_DATA, [True, True, True]),
        (("250 ok", "550 no", "250 ok"), Status.PARTIAL, Phase.RCPT, [True, False, True]),
        (("450 no", "250 ok", "550 no"), Status.PARTIAL, Phase.RCPT, [False, True, False]),
        (("450 no", "550 no", "550 no"), Status.TEMPORARY, Phase.RCPT, [False, False, False]),
        (("550 no", "450 no", "450 no"), Status.PERMANENT, Phase.RCPT, [False, False, False]),
        (("250 ok", "354 go", "250 ok"), Status.PROTOCOL, Phase.RCPT, [True, False, True]),
        (("250 ok", "220 ok", "250 ok"), Status.PROTOCOL, Phase.RCPT, [True, False, True]),
    ],
)
def test_each_recipient(said: tuple[str, ...], status: Status, phase: Phase, accepted: list[bool]) -> None:
    names = (KATE, KIM, LEE)
    each = [act for name, reply in zip(names, said, strict=True) for act in rcpt(name, reply)]
    rest = (*MESSAGE, *BYE) if any(accepted) else BYE
    server = judged(*BEGIN, *SENDER, *each, *rest, CLOSED, claim=claims(*TRANSACTION, to=names))
    assert (server.status, server.phase) == (status, phase)
    assert [(result.recipient, result.accepted) for result in server.recipients] == list(
        zip(names, accepted, strict=True)
    )
    assert server.queued is any(accepted)


@pytest.mark.parametrize(
    ("acts", "status"),
    [
        ((*rcpt(KATE), *rcpt(KATE), *MESSAGE), Status.OK),
        ((*rcpt(KATE), *rcpt(KATE, "550 twice"), *MESSAGE), Status.PARTIAL),
        ((*rcpt(KATE), *MESSAGE), Status.UNPROVEN),
    ],
)
def test_a_recipient_that_is_named_twice_needs_two_replies(acts: tuple[str, ...], status: Status) -> None:
    assert judged(*BEGIN, *SENDER, *acts, *BYE, claim=claims(*TRANSACTION, to=(KATE, KATE))).status is status


def test_a_recipient_that_was_never_named_is_not_proven() -> None:
    server = judged(*GOOD, claim=claims(*TRANSACTION, to=(KATE, KIM)))
    assert server.status is Status.UNPROVEN
    assert server.outcome.claim == Claim(Goal.RECIPIENT, KIM)


def test_a_session_that_ends_between_two_recipients() -> None:
    both = claims(*TRANSACTION, to=(KATE, KIM))
    begun = (*BEGIN, *SENDER, *rcpt(KATE), f"C: RCPT TO:<{KIM}>")
    assert found(judged(*begun, "S: 421 bye", claim=both)) == (Status.TEMPORARY, Phase.RCPT, "")
    assert found(judged(*begun, lost(Phase.RCPT), claim=both)) == (Status.LOST, Phase.RCPT, "")


# --------------------------------------------------------------------------------------------------------- the message

READY = (*BEGIN, *SENDER, *RECIPIENT)
TO_MESSAGE = (*READY, "C: DATA", "S: 354 go")


@pytest.mark.parametrize(
    ("acts", "status", "why"),
    [
        # a good reply that came before the end answers nothing (RFC 5321 section 4.1.1.4)
        (("d: hel", "S: 250 queued", lost(Phase.END_OF_DATA)), Status.LOST, ""),
        (("d: hel", "S: 250 queued", reset(Phase.END_OF_DATA)), Status.LOST, FailureKind.RESET),
        (("d: hel", "S: 250 queued", silent(Phase.END_OF_DATA)), Status.TIMEOUT, ""),
        (("S: 250 queued", "D: hello", silent(Phase.END_OF_DATA)), Status.TIMEOUT, ""),
        (("d: hel", "S: 250 queued", "D: lo", "S: 250 queued", *BYE), Status.PROTOCOL, "surplus-replies"),
        (("d: hel", "S: 250 queued", "D: lo", "S: 550 no", *BYE), Status.PERMANENT, ""),
        (("d: hel", "S: 354 go", "D: lo", "S: 250 queued", *BYE), Status.PROTOCOL, "surplus-replies"),
        # a refusal may come early
        (("d: hel", "S: 552 too big", "D: lo", *BYE), Status.PERMANENT, ""),
        (("d: hel", "S: 452 full", lost(Phase.END_OF_DATA)), Status.TEMPORARY, ""),
        (("d: hel", "S: 552 too big", "D: lo", "S: 250 queued", *BYE), Status.PERMANENT, ""),
        (("d: hel", "S: 421 bye", lost(Phase.END_OF_DATA)), Status.TEMPORARY, ""),
        # cut off
        (("d: hel", lost(Phase.END_OF_DATA)), Status.LOST, ""),
        (("D: hello", lost(Phase.END_OF_DATA)), Status.LOST, ""),
    ],
)
def test_the_message_is_accepted_behind_its_end_only(acts: tuple[str | Event, ...], status: Status, why: str) -> None:
    server = judged(*TO_MESSAGE, *acts, CLOSED)
    assert (server.status, why_of(server)) == (status, why)
    assert server.phase is Phase.END_OF_DATA


@pytest.mark.parametrize(
    ("acts", "status", "why"),
    [
        (("C: BDAT 3", "B: hel", "S: 250 ok", "C: BDAT 2 LAST", "B: lo", "S: 250 queued", *BYE), Status.OK, ""),
        (("C: BDAT 5", "B: hello", "S: 250 ok", "C: BDAT 0 LAST", "S: 250 queued", *BYE), Status.OK, ""),
        (("C: BDAT 5", "B: hello", "S: 250 ok", lost(Phase.END_OF_DATA)), Status.LOST, ""),
        (("C: BDAT 5", "B: hello", "S: 250 ok", *BYE), Status.UNPROVEN, ""),  # no chunk was the last one
        (("C: BDAT 3", "B: hel", "S: 552 no", *BYE), Status.PERMANENT, ""),
        (("C: BDAT 3", "B: hel", "S: 354 go", *BYE), Status.PROTOCOL, ""),
        (("C: BDAT 5 LAST", "b: hel", "S: 250 queued", lost(Phase.END_OF_DATA)), Status.LOST, ""),
        (("C: BDAT 5 LAST", "b: hel", "S: 250 ok", "B: lo", "S: 250 ok", *BYE), Status.PROTOCOL, "surplus-replies"),
        (("C: BDAT 5 LAST", "b: hel", "S: 552 no", "B: lo", *BYE), Status.PERMANENT, ""),
        (("C: BDAT 5 LAST", "S: 250 queued", "B: hello", silent(Phase.END_OF_DATA)), Status.TIMEOUT, ""),
        (("C: BDAT 3", "b: he", "S: 250 ok", "B: l", "S: 250 ok", "C: BDAT 0 LAST", "S: 250 ok"), Status.PROTOCOL, "s"),
    ],
)
def test_a_chunk_is_accepted_behind_its_last_octet_only(
    acts: tuple[str | Event, ...], status: Status, why: str
) -> None:
    server = judged(*READY, *acts, CLOSED)
    assert (server.status, why_of(server)) == (status, "surplus-replies" if why == "s" else why)


@pytest.mark.parametrize("reply", ["334 go", "250 ok", "220 go", "what"])
def test_only_354_asks_for_the_message(reply: str) -> None:
    """What is sent all the same goes line by line into a command loop."""
    lines = (f"S: {reply}", "C: hello", "S: 250 ok", "C: .", "S: 250 ok", *BYE)
    assert found(judged(*READY, "C: DATA", *lines, CLOSED)) == (Status.PROTOCOL, Phase.DATA, "")


def test_behind_a_421_nothing_is_proven() -> None:
    """The session is over: a server that replies all the same is not to be believed."""
    server = judged(*READY, "S: 421 4.3.2 going down", *MESSAGE, *BYE)
    assert (server.status, server.reply.code if server.reply else 0) == (Status.TEMPORARY, 421)
    assert not server.queued


def test_the_first_message_is_no_proof_of_the_second() -> None:
    """A message was accepted, and then another transaction was cut off: the sessions of a script."""
    first = (*READY, *MESSAGE)
    second = (*SENDER, *RECIPIENT, "C: DATA", "S: 354 go", "D: hello")
    both = (*WHOLE[:3], *2 * (Claim(Goal.SENDER), Claim(Goal.RECIPIENT, KATE), Claim(Goal.MESSAGE)))
    assert judged(*first, *second, "S: 250 queued", *BYE, claim=both).status is Status.OK
    assert judged(*first, *second, lost(Phase.END_OF_DATA), claim=both).status is Status.LOST


# ----------------------------------------------------------------------------------------- what contradicts the proofs

SURPLUS = (Status.PROTOCOL, "surplus-replies")
SHIFTED = (Status.PROTOCOL, "shifted-replies")


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ((*READY, "S: 250 ok", *MESSAGE, *BYE), SURPLUS),
        ((*BEGIN, *SENDER, "S: 250 ok", *RECIPIENT, *MESSAGE, *BYE), SURPLUS),
        ((*READY, *MESSAGE, "S: 250 ok", *BYE), SURPLUS),
        ((*READY, *MESSAGE, "S: 550 no", *BYE), SURPLUS),
        ((*READY, *MESSAGE, "C: QUIT", "S: 250 ok", "S: 221 bye"), SURPLUS),
        ((*READY, *MESSAGE, "C: QUIT", "S: 550 5.7.1 no"), SHIFTED),
        ((*READY, *MESSAGE, "C: QUIT", "S: 500 what?"), SHIFTED),
        ((*READY, *MESSAGE, "C: QUIT", "S: 354 go"), SHIFTED),
        ((*READY, *MESSAGE, "C: QUIT", "S: what"), SHIFTED),
        ((*READY, *MESSAGE, Noted(8.0, Phase.QUIT, Topic.UNASKED, (("count", "3"),)), *BYE), SURPLUS),
        (("S: 220 hi", "S: 250 what?", *BEGIN[1:], *SENDER, *RECIPIENT, *MESSAGE, *BYE), SURPLUS),
        # what is no contradiction
        ((*READY, *MESSAGE, "C: QUIT", "S: 250 ok"), (Status.OK, "")),
        ((*READY, *MESSAGE, "C: QUIT", "S: 421 bye"), (Status.OK, "")),
        ((*READY, *MESSAGE, "S: 421 4.4.2 bye", *BYE), (Status.OK, "")),
        ((*READY, *MESSAGE, "C: QUIT", lost(Phase.QUIT)), (Status.OK, "")),
        ((*READY, *MESSAGE, "C: QUIT", reset(Phase.QUIT)), (Status.OK, "")),
        ((*READY, *MESSAGE, "C: QUIT", silent(Phase.QUIT)), (Status.OK, "")),
        ((*READY, *MESSAGE, lost(Phase.END_OF_DATA)), (Status.OK, "")),
    ],
)
def test_replies_that_belong_to_no_command(acts: tuple[str | Event, ...], expected: tuple[Status, str]) -> None:
    """More replies than commands: it is not certain which reply was the one to the message."""
    server = judged(*acts, CLOSED)
    assert (server.status, why_of(server)) == expected
    told = {finding.id for finding in server.findings}
    assert told <= {"unasked-reply", "quit-reply", "closed-after-acceptance", "reset-after-acceptance"}
    assert ("unasked-reply" in told) == any(isinstance(event, Unsolicited) for event in server.events)


def test_an_unasked_reply_is_a_finding_also_where_it_changes_nothing() -> None:
    server = judged("S: 220 hi", "S: 500 5.5.1 Invalid command.", *BEGIN[1:], *SENDER, *RECIPIENT, *MESSAGE, *BYE)
    assert [finding.id for finding in server.findings] == ["unasked-reply"]


# -------------------------------------------------------------------------------------------------------- interruption


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("place", range(len(GOOD) + 1))
def test_an_interruption_keeps_what_is_known(place: int, signal: Signal) -> None:
    server = judged(*GOOD[:place], Interrupted(8.0, Phase.OTHER, signal), *GOOD[place:], CLOSED)
    assert (server.status, why_of(server)) == (Status.INTERRUPTED, signal)
    server = judged(*GOOD[:place], Interrupted(8.0, Phase.OTHER, signal), CLOSED)
    assert (server.status, why_of(server)) == (Status.INTERRUPTED, signal)
    accepted = place > GOOD.index(MESSAGE[3])
    assert server.queued is accepted
    assert (server.accepted.text if server.accepted else "") == ("2.0.0 queued" if accepted else "")


# ------------------------------------------------------------------------------------------------------------- scripts


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        (((1, True), (3, True)), Status.OK),
        (((1, True), (3, False)), Status.EXPECTATION),
        (((1, False),), Status.EXPECTATION),
        (((1, True),), Status.UNPROVEN),
        ((), Status.UNPROVEN),
    ],
)
def test_each_expectation_of_a_script(expected: tuple[tuple[int, bool], ...], status: Status) -> None:
    claim = (Claim(Goal.CONNECTED), Claim(Goal.EXPECTATION, "1"), Claim(Goal.EXPECTATION, "3"))
    met = [Expected(2.0, Phase.OTHER, line, "S: 220", "220 hi", met) for line, met in expected]
    assert judged("S: 220 hi", *met, CLOSED, claim=claim).status is status


@pytest.mark.parametrize("end", [lost(Phase.EHLO), silent(Phase.EHLO), reset(Phase.EHLO)])
def test_what_a_script_missed_is_what_decides(end: Event) -> None:
    """The script is told what came in the place of the reply; the connection that broke is why."""
    claim = (Claim(Goal.CONNECTED), Claim(Goal.EXPECTATION, "1"), Claim(Goal.EXPECTATION, "3"))
    missed = Expected(2.0, Phase.OTHER, 1, "S: 220", "nothing within 5 s", False)
    server = judged(end, missed, CLOSED, claim=claim)
    assert server.status is Status.EXPECTATION
    assert server.events[server.outcome.event or 0] == missed
    assert judged(end, CLOSED, claim=claim).status in (Status.LOST, Status.TIMEOUT)


def test_a_script_may_expect_what_it_likes() -> None:
    """A rejection that is expected fails nothing, nor does a reply that nobody else would ask for."""
    claim = (Claim(Goal.CONNECTED), Claim(Goal.EXPECTATION, "1"))
    met = Expected(2.0, Phase.OTHER, 1, "S: 550", "550 no", True)
    assert judged("S: 220 hi", "C: EHLO a", "S: 550 no", met, CLOSED, claim=claim).status is Status.OK


# ------------------------------------------------------------------------------------------------------- notifications


def notified(action: DsnAction, recipient: str = KATE) -> Notified:
    return Notified(9.5, recipient, action, action.value, "5.1.1", "550 5.1.1 no", "mx", "", 1.0)


MISSING = Unnotified(9.5, KATE, 5.0)


@pytest.mark.parametrize(
    ("goal", "told", "status"),
    [
        (Goal.DELIVERED, (notified(DsnAction.DELIVERED),), Status.OK),
        (Goal.DELIVERED, (notified(DsnAction.RELAYED),), Status.OK),
        (Goal.DELIVERED, (notified(DsnAction.EXPANDED),), Status.OK),
        (Goal.DELIVERED, (notified(DsnAction.FAILED),), Status.DSN_FAILED),
        (Goal.DELIVERED, (notified(DsnAction.DELAYED),), Status.DSN_DELAYED),
        (Goal.DELIVERED, (notified(DsnAction.DELAYED), notified(DsnAction.DELIVERED)), Status.OK),
        (Goal.DELIVERED, (notified(DsnAction.DELAYED), notified(DsnAction.FAILED)), Status.DSN_FAILED),
        (Goal.DELIVERED, (notified(DsnAction.OTHER), MISSING), Status.DSN_MISSING),
        (Goal.DELIVERED, (MISSING,), Status.DSN_MISSING),
        (Goal.DELIVERED, (), Status.UNPROVEN),
        (Goal.DELIVERED, (notified(DsnAction.DELIVERED, KIM),), Status.UNPROVEN),
        (Goal.NOT_FAILED, (MISSING,), Status.OK),
        (Goal.NOT_FAILED, (notified(DsnAction.DELIVERED),), Status.OK),
        (Goal.NOT_FAILED, (notified(DsnAction.FAILED),), Status.DSN_FAILED),
        (Goal.NOT_FAILED, (notified(DsnAction.FAILED), MISSING), Status.DSN_FAILED),
        (Goal.NOT_FAILED, (notified(DsnAction.DELIVERED), notified(DsnAction.FAILED)), Status.DSN_FAILED),
        (Goal.NOT_FAILED, (notified(DsnAction.DELAYED), MISSING), Status.DSN_DELAYED),
        (Goal.NOT_FAILED, (notified(DsnAction.DELAYED), notified(DsnAction.DELIVERED)), Status.OK),
        (Goal.NOT_FAILED, (notified(DsnAction.DELAYED), notified(DsnAction.FAILED)), Status.DSN_FAILED),
        (Goal.NOT_FAILED, (notified(DsnAction.FAILED, KIM), MISSING), Status.OK),
        (Goal.NOT_FAILED, (), Status.UNPROVEN),
    ],
)
def test_what_a_notification_says(goal: Goal, told: tuple[Event, ...], status: Status) -> None:
    server = judged(*GOOD, CLOSED, *told, claim=claims(*TRANSACTION, goal))
    assert server.status is status
    assert server.queued  # the server accepted it, whatever came of it


def test_a_delivery_and_a_failure_of_the_same_recipient_is_a_failure() -> None:
    """An alias may lead to two mailboxes: what failed was asked about too."""
    told = (notified(DsnAction.DELIVERED), notified(DsnAction.FAILED))
    assert judged(*GOOD, CLOSED, *told, claim=claims(*TRANSACTION, Goal.DELIVERED)).status is Status.DSN_FAILED


def test_a_notification_belongs_to_the_server_that_took_the_message() -> None:
    claim = claims(*TRANSACTION, Goal.NOT_FAILED)
    bad = session("S: 554 no", *BYE, CLOSED, claim=claim, host="mx1")
    good = session(*GOOD, CLOSED, claim=claim, host="mx2")
    rest = session(*READY, *BYE, CLOSED, claim=claims(*WAY, Goal.SENDER, Goal.RECIPIENT), host="mx3")
    report = judge([*bad, *good, *rest[:-1], notified(DsnAction.FAILED), rest[-1]])
    assert [server.status for server in report.servers] == [Status.PERMANENT, Status.DSN_FAILED, Status.OK]
    assert report.status is Status.DSN_FAILED


# ---------------------------------------------------------------------------------------------------- several servers

UNREACHED = [
    Planned(0.0, "mx3", WHOLE),
    Failed(1.0, Phase.CONNECT, FailureKind.TIMEOUT, "mx3:25", "x"),
    Done(1.0, "mx3"),
]
COPY = claims(*WAY, Goal.SENDER, Goal.RECIPIENT)


@pytest.mark.parametrize(
    ("servers", "status", "why"),
    [
        ((session(*GOOD),), Status.OK, ""),
        ((session(*GOOD), session(*READY, *BYE, claim=COPY)), Status.OK, ""),
        ((session(*GOOD), UNREACHED), Status.OTHER_SERVER, "timeout"),
        ((UNREACHED, session(*GOOD)), Status.OTHER_SERVER, "timeout"),
        ((UNREACHED, session("S: 554 no")), Status.TIMEOUT, FailureKind.TIMEOUT),
        ((session("S: 554 no"), UNREACHED), Status.PERMANENT, ""),
        ((session(*BEGIN, claim=claims(*WAY)), UNREACHED), Status.OTHER_SERVER, "timeout"),
        ((session(*GOOD), session(*READY[:-1], "S: 550 no", claim=COPY)), Status.OTHER_SERVER, "permanent-failure"),
        ((UNREACHED, session(*READY, Interrupted(5.0, Phase.DATA))), Status.INTERRUPTED, "INT"),
    ],
)
def test_several_servers_are_asked_for_one_message(servers: tuple[list[Event], ...], status: Status, why: str) -> None:
    report = judge([event for events in servers for event in events])
    assert (report.status, report.outcome.why) == (status, why)
    assert len(report.servers) == len(servers)


def test_a_partial_success_is_not_hidden_by_another_server() -> None:
    both = claims(*TRANSACTION, to=(KATE, KIM))
    partial = session(*BEGIN, *SENDER, *rcpt(KATE), *rcpt(KIM, "550 no"), *MESSAGE, *BYE, claim=both)
    assert judge([*partial, *UNREACHED]).status is Status.PARTIAL
    assert judge([*UNREACHED, *partial]).status is Status.PARTIAL


def test_each_server_has_a_report_of_its_own() -> None:
    report = judge([*session("S: 554 no", host="mx1"), *session(*GOOD, host="mx2")])
    assert [(server.host, server.status, server.queued) for server in report.servers] == [
        ("mx1", Status.PERMANENT, False),
        ("mx2", Status.OK, True),
    ]
    assert all(isinstance(event, Event) for server in report.servers for event in server.events)


# ----------------------------------------------------------------------------------------- sessions without a plan

UNSENT = GaveUp(9.0, Phase.CLOSED, Reason.LINES_UNSENT, (("count", "2"),))


@pytest.mark.parametrize(
    ("acts", "status", "phase"),
    [
        (GOOD, Status.OK, Phase.END_OF_DATA),
        ((*GOOD[:-2], lost(Phase.QUIT)), Status.OK, Phase.END_OF_DATA),
        ((*READY, *BYE), Status.OK, Phase.RCPT),
        ((*BEGIN, *BYE), Status.OK, Phase.EHLO),
        ((*BEGIN, *SENDER, *rcpt(KATE, "550 no"), *BYE), Status.PERMANENT, Phase.RCPT),
        ((*TO_MESSAGE, Stopped(5.0, Phase.DATA)), Status.OK, Phase.DATA),
        ((*TO_MESSAGE, "d: hel", lost(Phase.END_OF_DATA)), Status.LOST, Phase.END_OF_DATA),
        ((*READY, "C: BDAT 5", "B: hello", "S: 250 ok", lost(Phase.END_OF_DATA)), Status.LOST, Phase.END_OF_DATA),
        ((*BEGIN, *PLAIN, *SENDER, *BYE), Status.OK, Phase.MAIL),
        ((*BEGIN, "C: AUTH PLAIN x", "S: 535 no", *BYE), Status.PERMANENT, Phase.AUTH),
        (("S: 554 no", *BYE), Status.PERMANENT, Phase.BANNER),
        ((*BEGIN, "C: STARTTLS", "S: 220 go", SECURED, *BYE), Status.OK, Phase.TLS),
        ((*BEGIN, "C: STARTTLS", "S: 220 go", SECURED, lost(Phase.EHLO)), Status.LOST, Phase.EHLO),
        ((*BEGIN, "C: STARTTLS", "S: 454 no", *BYE), Status.TEMPORARY, Phase.STARTTLS),
        ((*BEGIN, "C: STARTTLS", "S: 454 no", *SENDER, *BYE), Status.OK, Phase.MAIL),
        ((*BEGIN, "C: VRFY kate", "S: 252 maybe", "C: HELP", "S: 214 help", *BYE), Status.OK, Phase.OTHER),
        ((*BEGIN, "C: FROBNICATE", "S: 500 what?", *BYE), Status.PERMANENT, Phase.OTHER),
        ((*BEGIN, "C: FROBNICATE", "S: 221 Goodbye"), Status.PROTOCOL, Phase.OTHER),
        ((*BEGIN, lost(Phase.CLOSED), UNSENT), Status.LOST, Phase.CLOSED),
        ((*GOOD[:-2], lost(Phase.CLOSED)), Status.OK, Phase.END_OF_DATA),
        ((*GOOD[:-2], lost(Phase.CLOSED), UNSENT), Status.LOST, Phase.CLOSED),
        ((*GOOD[:-2], "S: 421 idle", UNSENT), Status.TEMPORARY, Phase.MAIL),
        ((*BEGIN, UNSENT), Status.LOST, Phase.CLOSED),
        ((silent(Phase.BANNER),), Status.TIMEOUT, Phase.BANNER),
        ((Stopped(1.0, Phase.CONNECT),), Status.OK, Phase.CONNECT),
        (("S: 220 hi", Stopped(1.0, Phase.BANNER), *BYE), Status.OK, Phase.BANNER),
    ],
)
def test_what_was_said_is_what_is_claimed(acts: tuple[str | Event, ...], status: Status, phase: Phase) -> None:
    server = judged(*acts, CLOSED, claim=None)
    assert (server.status, server.phase) == (status, phase)


def test_the_deciding_event_is_the_one_that_is_named() -> None:
    events = list(record((*BEGIN, *SENDER, *rcpt(KATE, "550 no"), *BYE)))
    (server,) = judge([Planned(0.0, HOST, WHOLE), CONNECTED, *events, Done(9.0, HOST)]).servers
    event = server.events[server.outcome.event or 0]
    assert isinstance(event, Received)
    assert event.reply.code == 550
    assert isinstance(server.events[server.proofs[0].event or 0], Connected)


# ------------------------------------------------------------------------------------- several transactions, no plan

FIRST = (*SENDER, *rcpt(KATE), *MESSAGE)


@pytest.mark.parametrize(
    ("second", "status", "code"),
    [
        ((*SENDER, *rcpt(KATE), *MESSAGE), Status.OK, 250),
        ((*SENDER, *rcpt(KATE), "C: DATA", "S: 354 go", "D: x", "S: 554 5.7.1 spam"), Status.PERMANENT, 554),
        ((*SENDER, *rcpt(KATE), "C: DATA", "S: 451 4.3.0 no"), Status.TEMPORARY, 451),
        ((*SENDER, *rcpt(KATE), "C: DATA", "S: 354 go", "d: x"), Status.UNPROVEN, 354),
        ((*SENDER, *rcpt(KATE, "452 4.2.2 full")), Status.TEMPORARY, 452),
        ((*SENDER, *rcpt(LEE, "550 5.1.1 no")), Status.PARTIAL, 550),
        (("C: MAIL FROM:<chris@contoso.com>", "S: 550 5.7.1 no more"), Status.PERMANENT, 550),
        ((*SENDER, *rcpt(KATE)), Status.OK, 250),
    ],
)
def test_a_transaction_that_went_well_proves_no_other(second: tuple[str, ...], status: Status, code: int) -> None:
    """Whichever comes last; a message that was rejected and then sent again to the same recipients was accepted."""
    events = session(*BEGIN, *FIRST, *second, *BYE, claim=None)
    (server,) = judge(events).servers
    assert server.status is status
    assert server.queued
    if server.reply and status not in (Status.OK, Status.UNPROVEN):
        assert server.reply.code == code
        said = server.events[server.outcome.event or 0]
        assert isinstance(said, Received)
        assert said.reply.code == code
    if second[-1].startswith("S: ") and status is not Status.OK:
        again = session(*BEGIN, *second, "C: RSET", "S: 250 ok", *FIRST, *BYE, claim=None)
        (other,) = judge(again).servers
        assert (other.status is Status.OK) == (LEE not in "".join(second))
