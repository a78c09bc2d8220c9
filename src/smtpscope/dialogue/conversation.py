"""The whole conversation of a test: banner, EHLO, MAIL, RCPT, DATA, message, QUIT (RFC 5321 section 3)."""

from __future__ import annotations

from smtpscope.dialogue.envelope import Choices, choose, mail_command, rcpt_command
from smtpscope.dialogue.plan import IMPLICIT, LMTP, NEVER
from smtpscope.dialogue.step import Burst, HangUp, Listen, Note, Payload, Raw, Send, StartTls
from smtpscope.events import Secured
from smtpscope.protocol.body import bdat_line, stuff
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
# so a group stays well below what the TCP windows hold.
GROUP = 50


def conversation(plan: Plan) -> Dialogue:
    """The steps that ``plan`` asks for, and QUIT wherever it can still be said."""
    open_ = yield from _talk(plan)
    if open_:
        yield Send(b"QUIT", Phase.QUIT)


def _talk(plan: Plan) -> Generator[Step, Answer, bool]:
    """Everything before QUIT. Returns whether QUIT makes sense."""
    if _stops(plan, "connect"):
        yield Note(Phase.CONNECT, "stop", (("after", "connect"),))
        return False
    if plan.proxy:
        yield Raw(plan.proxy, Phase.CONNECT)
    if plan.tls.mode == IMPLICIT:
        secured = yield StartTls(plan.tls, plan.enforces_certificate)
        if not isinstance(secured, Secured):
            return False
    answer = yield Listen(Phase.BANNER)
    if not isinstance(answer, Reply):
        return False
    if not _done(answer) or _stops(plan, "banner"):
        yield from _say_stop(plan, "banner", answer)
        return True
    hello = yield from _greet(plan)
    if hello is None:
        return True
    if _stops(plan, "ehlo"):
        yield from _say_stop(plan, "ehlo", hello)
        return True
    return (yield from _prepare(plan, hello))


def _prepare(plan: Plan, hello: Reply) -> Generator[Step, Answer, bool]:
    """STARTTLS and AUTH, as far as they are wanted, then the transaction."""
    announced = _announced(hello)
    secured: Answer | None = None
    if plan.tls.mode not in (IMPLICIT, NEVER):
        from smtpscope.dialogue.secure import secure

        secured = yield from secure(plan, announced)
    if isinstance(secured, Secured):
        again = yield from _greet(plan)
        if again is None:
            return True
        announced = _announced(again)
    elif secured is not None:
        return isinstance(secured, Reply)
    if _stops(plan, "starttls"):
        yield Note(Phase.STARTTLS, "stop", (("after", "starttls"),))
        return True
    if plan.xclient:
        answer = yield Send(f"XCLIENT {plan.xclient}".encode("utf-8", "surrogateescape"), Phase.OTHER)
        renewed = (yield from _greet(plan)) if _done(answer) else None  # the session has begun anew
        if renewed is None:
            return isinstance(answer, Reply)
        announced = _announced(renewed)
    if plan.login:
        from smtpscope.dialogue.login import log_in

        encrypted = plan.tls.mode == IMPLICIT or secured is not None
        answer = yield from log_in(plan.login, announced, encrypted)
        if not _done(answer):
            return isinstance(answer, Reply)
    if _stops(plan, "auth"):
        yield Note(Phase.AUTH, "stop", (("after", "auth"),))
        return True
    return (yield from _transact(plan, announced))


def _announced(hello: Reply) -> Capabilities:
    return parse_capabilities(hello) if hello.lines != () and hello.code == 250 else NONE


def _greet(plan: Plan) -> Generator[Step, Answer, Reply | None]:
    """EHLO, and HELO where EHLO is refused (RFC 5321 section 3.2). None: refused, or nobody there."""
    name = plan.envelope.helo.encode("utf-8", "surrogateescape")
    lmtp = plan.protocol == LMTP
    answer = yield Send((b"LHLO " if lmtp else b"EHLO ") + name, Phase.EHLO)
    if not lmtp and isinstance(answer, Reply) and answer.kind == 5:
        yield Note(Phase.EHLO, "helo-fallback")
        answer = yield Send(b"HELO " + name, Phase.EHLO)
        if _done(answer) and isinstance(answer, Reply):
            return answer.replace(lines=answer.lines[:1])  # HELO announces nothing, whatever its answer says
    return answer if isinstance(answer, Reply) and _done(answer) else None


def _transact(plan: Plan, announced: Capabilities) -> Generator[Step, Answer, bool]:
    """The mail transaction (RFC 5321 section 3.3)."""
    choices = choose(plan, announced)
    for note in choices.notes:  # noqa: UP028 - each is sent an answer, which a tuple cannot take
        yield note
    accepted = yield from _envelope(plan, choices)
    if not accepted or plan.stop_after in ("mail", "rcpt"):
        if plan.stop_after in ("mail", "rcpt"):
            yield Note(Phase(plan.stop_after), "stop", (("after", plan.stop_after),))
        return accepted is not None
    if len(accepted) < len(plan.envelope.recipients):
        refused = len(plan.envelope.recipients) - len(accepted)
        yield Note(Phase.RCPT, "partial", (("accepted", str(len(accepted))), ("refused", str(refused))))
    answered = [f" <{to}>" for to in accepted] if plan.protocol == LMTP else [""]
    if choices.chunking:
        answer = yield from _send_chunked(plan, choices, answered)
    else:
        answer = yield from _send_data(plan, choices, answered)
    return isinstance(answer, Reply)


def _envelope(plan: Plan, choices: Choices) -> Generator[Step, Answer, list[str] | None]:
    """MAIL and every RCPT. The recipients that were accepted; None when the conversation broke."""
    sends = [Send(mail_command(plan, choices), Phase.MAIL)]
    if plan.stop_after != "mail":
        recipients = range(len(plan.envelope.recipients))
        sends += [Send(rcpt_command(plan, choices, number), Phase.RCPT) for number in recipients]
    group = GROUP if choices.pipelining else 1
    answers: list[Answer] = []
    for start in range(0, len(sends), group):
        answers += yield from _exchange(sends[start : start + group])
        if not isinstance(answers[-1], Reply):
            return None
        if not _done(answers[0]) or _closes(answers[-1]):
            return []  # MAIL was refused, so the recipients have nothing to belong to; or the server goes away
    return [to for to, answer in zip(plan.envelope.recipients, answers[1:], strict=False) if _done(answer)]


def _exchange(sends: list[Send]) -> Generator[Step, Answer, list[Answer]]:
    """Send a group of commands and collect a reply for each."""
    answers = [(yield sends[0] if len(sends) == 1 else Burst(tuple(sends)))]
    for send in sends[1:]:
        if not isinstance(answers[-1], Reply) or _closes(answers[-1]):
            break
        answers.append((yield Listen(send.phase, send.line.decode("utf-8", "surrogateescape"))))
    return answers


def _send_data(plan: Plan, choices: Choices, answered: list[str]) -> Talk:
    """DATA, the message, the dot (RFC 5321 section 4.1.1.4). ``answered``: whom each answer is about, with LMTP."""
    answer = yield Send(b"DATA", Phase.DATA)
    if not isinstance(answer, Reply) or answer.kind != 3:
        return answer
    if _stops(plan, "data"):
        yield from _say_stop(plan, "data", answer)
        return (yield HangUp())  # the only way out of DATA that leaves no mail behind
    answer = yield Payload(stuff(choices.message), Phase.END_OF_DATA, command=f".{answered[0]}")
    return (yield from _hear_rest(answer, answered[1:]))


def _hear_rest(answer: Answer, recipients: list[str]) -> Talk:
    """With LMTP, a reply for each further recipient that was accepted (RFC 2033 section 4.2)."""
    for recipient in recipients:
        if not isinstance(answer, Reply) or _closes(answer):
            break
        answer = yield Listen(Phase.END_OF_DATA, f".{recipient}")
    return answer


def _send_chunked(plan: Plan, choices: Choices, answered: list[str]) -> Talk:
    """The message in BDAT chunks (RFC 3030 section 2): no dot, no stuffing. A chunk that is refused is the last."""
    message = choices.message
    size = plan.chunk or max(len(message), 1)
    for start in range(0, len(message) - size, size):
        answer = yield _chunk(message[start : start + size], last=False)
        if not _done(answer):
            return answer
    answer = yield _chunk(message[(len(message) - 1) // size * size :], last=True, recipient=answered[0])
    return (yield from _hear_rest(answer, answered[1:]))


def _chunk(chunk: bytes, last: bool, recipient: str = "") -> Payload:
    line = bdat_line(len(chunk), last)
    blocks = (chunk[start : start + 262144] for start in range(0, len(chunk), 262144))
    return Payload(blocks, Phase.END_OF_DATA, lead=line + b"\r\n", command=line.decode() + recipient)


def _done(answer: Answer) -> bool:
    return isinstance(answer, Reply) and answer.kind == 2


def _closes(answer: Answer) -> bool:
    """Whether the server says that it closes the connection (RFC 5321 section 3.8)."""
    return isinstance(answer, Reply) and answer.code == 421


def _stops(plan: Plan, phase: str) -> bool:
    return plan.stop_after == phase


def _say_stop(plan: Plan, phase: str, answer: Reply) -> Generator[Step, Answer, None]:
    if _stops(plan, phase) and answer.kind in (2, 3):
        yield Note(Phase(phase), "stop", (("after", phase),))
