"""The whole session of a test: banner, EHLO, MAIL, RCPT, DATA, message, QUIT (RFC 5321 section 3)."""

from __future__ import annotations

from smtpscope.dialogue.envelope import Choices, choose, mail_command, rcpt_command
from smtpscope.dialogue.plan import IMPLICIT, LMTP, NEVER, REQUIRE
from smtpscope.dialogue.step import Burst, Drain, HangUp, Listen, Payload, Preface, Send, StartTls, Tell, note
from smtpscope.model.event import Secured, Stopped
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.body import bdat_line, split, stuff
from smtpscope.protocol.capability import NONE, Capabilities, parse_capabilities
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from smtpscope.dialogue.plan import Plan
    from smtpscope.dialogue.step import Answer, Dialogue, Step

    Talk = Generator[Step, Answer, Answer]

# Commands in one write. A server may stop reading while its replies are not read (RFC 2920 section 3.1),
# so a group must be much smaller than the TCP windows.
GROUP = 50

# Seconds to read more replies if the reply to QUIT is not 221.
FAREWELL = 2.0


def conversation(plan: Plan) -> Dialogue:
    """The steps of ``plan``, and QUIT if the connection is still open."""
    open_ = yield from _talk(plan)
    if not open_:
        return
    answer = yield Send(b"QUIT")
    if isinstance(answer, Reply) and answer.code != 221:  # it may answer an earlier command: read what follows
        yield Drain(FAREWELL)


def _talk(plan: Plan) -> Generator[Step, Answer, bool]:
    """Everything before QUIT. Returns whether QUIT can be sent."""
    if _stops(plan, "connect"):
        yield _stop(Phase.CONNECT)
        return False
    if plan.proxy:
        yield Preface(plan.proxy)
    if plan.tls.mode == IMPLICIT:
        secured = yield StartTls(plan.tls, plan.enforces_certificate)
        if not isinstance(secured, Secured):
            return False
    answer = yield Listen()
    if not isinstance(answer, Reply):
        return False
    if not _is(answer, 220):
        return answer.code != 421
    if _stops(plan, "banner"):
        yield _stop(Phase.BANNER)
        return True
    hello = yield from _greet(plan)
    if hello is None:
        return True
    if _stops(plan, "ehlo") and not plan.begins_anew:
        yield _stop(Phase.EHLO)
        return True
    return (yield from _prepare(plan, hello))


def _prepare(plan: Plan, hello: Reply) -> Generator[Step, Answer, bool]:
    """STARTTLS, XCLIENT, and AUTH, if the plan has them, then the transaction. Returns whether QUIT can be sent."""
    announced = _announced(hello)
    secured: Answer | None = None
    wanted = plan.tls.mode == REQUIRE or not (_stops(plan, "ehlo") or plan.tls.mode in (IMPLICIT, NEVER))
    if wanted and (announced.has("STARTTLS") or plan.wants_tls):
        from smtpscope.dialogue.starttls import switch_to_tls

        secured = yield from switch_to_tls(plan, announced)
    if isinstance(secured, Secured):
        again = yield from _greet(plan)
        if again is None:
            return True
        announced = _announced(again)
    elif secured is not None:
        return isinstance(secured, Reply)
    if plan.xclient:
        answer = yield Send(f"XCLIENT {plan.xclient}".encode("utf-8", "surrogateescape"))
        renewed = (yield from _greet(plan)) if _is(answer, 220) else None  # the session starts again
        if renewed is None:
            return isinstance(answer, Reply)
        announced = _announced(renewed)
    if plan.stop_after in ("ehlo", "starttls"):
        yield _stop(Phase(plan.stop_after))
        return True
    if plan.login:
        from smtpscope.dialogue.login import log_in

        encrypted = plan.tls.mode == IMPLICIT or secured is not None
        answer = yield from log_in(plan.login, announced, encrypted)
        if not _is(answer, 235):
            return isinstance(answer, Reply)
    if _stops(plan, "auth"):
        yield _stop(Phase.AUTH)
        return True
    return (yield from _transact(plan, announced))


def _announced(hello: Reply) -> Capabilities:
    """The extensions in the reply to EHLO; none after HELO, whose reply ``_greet`` reduces to one line."""
    return parse_capabilities(hello) if hello.lines != () and hello.code == 250 else NONE


def _greet(plan: Plan) -> Generator[Step, Answer, Reply | None]:
    """EHLO, and HELO if EHLO is rejected (RFC 5321 section 3.2). Returns the 250 reply; None if there is none.

    After a PROXY header, a rejection is most likely about the header, and the reply to EHLO follows: no HELO then.
    """
    name = plan.envelope.helo.encode("utf-8", "surrogateescape")
    lmtp = plan.protocol == LMTP
    answer = yield Send((b"LHLO " if lmtp else b"EHLO ") + name)
    if not lmtp and not plan.proxy and isinstance(answer, Reply) and answer.kind == 5 and answer.is_sound:
        yield note(Phase.EHLO, Topic.HELO_FALLBACK)
        answer = yield Send(b"HELO " + name)
        if isinstance(answer, Reply) and _is(answer, 250):
            return answer.replace(lines=answer.lines[:1])  # the reply to HELO has no keywords
    return answer if isinstance(answer, Reply) and _is(answer, 250) else None


def _transact(plan: Plan, announced: Capabilities) -> Generator[Step, Answer, bool]:
    """The mail transaction (RFC 5321 section 3.3). Returns whether QUIT can be sent."""
    choices = choose(plan, announced)
    for tell in choices.notes:  # noqa: UP028 - the driver sends an answer to each, which a tuple cannot receive
        yield tell
    accepted = yield from _envelope(plan, choices)
    if not accepted or plan.stop_after in ("mail", "rcpt"):
        if accepted is not None and plan.stop_after in ("mail", "rcpt"):
            yield _stop(Phase(plan.stop_after))
        return accepted is not None
    refused = len(plan.envelope.recipients) - len(accepted)
    if refused:
        yield note(Phase.RCPT, Topic.PARTIAL, accepted=str(len(accepted)), refused=str(refused))
    send = _send_chunked if choices.chunking else _send_data
    answer = yield from send(plan, choices, len(accepted))
    return isinstance(answer, Reply)


def _envelope(plan: Plan, choices: Choices) -> Generator[Step, Answer, list[str] | None]:
    """MAIL and every RCPT. Returns the accepted recipients; None if the connection was lost."""
    sends = [Send(mail_command(plan, choices))]
    if plan.stop_after != "mail":
        each = enumerate(plan.envelope.recipients)
        sends += [Send(rcpt_command(plan, choices, number), recipient=to) for number, to in each]
    group = GROUP if choices.pipelining else 1
    answers: list[Answer] = []
    for start in range(0, len(sends), group):
        answers += yield from _exchange(sends[start : start + group])
        if not isinstance(answers[-1], Reply):
            return None
        if not _done(answers[0]) or _closes(answers[-1]):
            return []  # MAIL was rejected, so there is no transaction for the recipients; or the server closes
    return [to for to, answer in zip(plan.envelope.recipients, answers[1:], strict=False) if _done(answer)]


def _exchange(sends: list[Send]) -> Generator[Step, Answer, list[Answer]]:
    """Send a group of commands, and read a reply to each."""
    answers = [(yield sends[0] if len(sends) == 1 else Burst(tuple(sends)))]
    for _send in sends[1:]:
        if not isinstance(answers[-1], Reply) or _closes(answers[-1]):
            break
        answers.append((yield Listen()))
    return answers


def _send_data(plan: Plan, choices: Choices, accepted: int) -> Talk:
    """DATA, the message, and the final dot (RFC 5321 section 4.1.1.4). Only 354 requests the message."""
    answer = yield Send(b"DATA")
    if not _is(answer, 354):
        return answer
    if _stops(plan, "data"):
        yield _stop(Phase.DATA)
        return (yield HangUp())  # no other way ends DATA without a message being delivered
    return (yield from _end_with(plan, Payload(stuff(choices.message)), accepted))


def _end_with(plan: Plan, payload: Payload, accepted: int) -> Talk:
    """Send ``payload`` and read its reply; with LMTP, a reply for each accepted recipient (RFC 2033 section 4.2)."""
    answer = yield payload
    for _recipient in range(1, accepted) if plan.protocol == LMTP else ():
        if not isinstance(answer, Reply) or _closes(answer):
            break
        answer = yield Listen()
    return answer


def _send_chunked(plan: Plan, choices: Choices, accepted: int) -> Talk:
    """The message in BDAT chunks, without dot-stuffing (RFC 3030 section 2). Stops after a chunk that is rejected."""
    message = choices.message
    size = plan.chunk or max(len(message), 1)
    for start in range(0, len(message) - size, size):
        answer = yield _chunk(message[start : start + size], last=False)
        if not _is(answer, 250):
            return answer
    last = _chunk(message[(len(message) - 1) // size * size :], last=True)
    return (yield from _end_with(plan, last, accepted))


def _chunk(chunk: bytes, last: bool) -> Payload:
    return Payload(split(chunk), bdat_line(len(chunk), last))


def _is(answer: Answer, code: int) -> bool:
    """Whether ``answer`` is a sound reply with ``code``."""
    return isinstance(answer, Reply) and answer.code == code and answer.is_sound


def _done(answer: Answer) -> bool:
    """Whether MAIL or RCPT was accepted: 250, for RCPT also 251 and 252 (RFC 5321 section 4.3.2)."""
    return isinstance(answer, Reply) and answer.code in (250, 251, 252) and answer.is_sound


def _closes(answer: Answer) -> bool:
    """Whether the server announces that it closes the connection (RFC 5321 section 3.8)."""
    return isinstance(answer, Reply) and answer.code == 421


def _stops(plan: Plan, phase: str) -> bool:
    return plan.stop_after == phase


def _stop(phase: Phase) -> Tell:
    """The step that reports the planned end of the test after ``phase``."""
    return Tell(Stopped(0.0, phase))
