"""AUTH (RFC 4954): which mechanism, whether a secret may go out at all, and the exchange itself."""

from __future__ import annotations

from smtpscope.dialogue.step import Send, Tell, note
from smtpscope.model.event import GaveUp, LoggedIn
from smtpscope.model.vocabulary import Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.protocol.sasl import (
    Abort,
    AbortId,
    choose_mechanism,
    decode,
    encode,
    find_mechanism,
    secrets_of,
)
from smtpscope.protocol.secret import HIDDEN
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from smtpscope.dialogue.plan import Login
    from smtpscope.dialogue.step import Answer, Step
    from smtpscope.protocol.capability import Capabilities
    from smtpscope.protocol.sasl import ClientTalk, Credentials, Mechanism

# Octets of a command line with its CRLF (RFC 5321 section 4.5.3.1.4): a longer response waits for its own line.
LINE_LIMIT = 512


def log_in(login: Login, announced: Capabilities, encrypted: bool) -> Generator[Step, Answer, Answer]:
    """Log in as ``login`` says. Returns the reply that decided; one without a code where this client gave up."""
    mechanism = _choose(login, announced)
    if not encrypted and not login.in_clear:
        return (yield from _give_up(Reason.AUTH_IN_CLEAR))
    if mechanism is None:
        offered = " ".join(announced.parameters("AUTH"))
        why = Reason.AUTH_NOT_OFFERED if offered else Reason.AUTH_NOT_ANNOUNCED
        return (yield from _give_up(why, offered=offered))
    yield note(Phase.AUTH, Topic.AUTH, mechanism=mechanism.name, user=login.credentials.user)
    return (yield from authenticate(mechanism, login.credentials))


def _give_up(why: Reason, **details: str) -> Generator[Step, Answer, Reply]:
    """Say why no login comes of it. The reply without a code lets the session end with QUIT."""
    yield Tell(GaveUp(0.0, Phase.AUTH, why, tuple(details.items())))
    return Reply(0)


def _choose(login: Login, announced: Capabilities) -> Mechanism | None:
    """The mechanism asked for, or the strongest that is announced; None: there is none that may be used."""
    offered = [name.upper() for name in announced.parameters("AUTH")]
    if not login.mechanism:
        chosen = choose_mechanism(offered)
        return chosen or (find_mechanism("PLAIN") if login.unannounced else None)
    return find_mechanism(login.mechanism) if login.unannounced or login.mechanism.upper() in offered else None


def authenticate(mechanism: Mechanism, credentials: Credentials) -> Generator[Step, Answer, Answer]:
    """AUTH with ``mechanism``, whatever the server announced. Returns the last answer.

    Only 235 is success (RFC 4954 section 6), and only where the exchange was whole: a server that says 235 before it
    has seen every response has checked nothing, and with SCRAM it has not proven itself (RFC 5802 section 5). What
    this client has given up stays given up, whatever the server says to it.

    Nothing of the client's responses is shown, and nothing of them that the server repeats.
    """
    talk = mechanism.client(credentials)
    held = next(talk)
    command = b"AUTH " + mechanism.name.encode()
    line = command + b" " + (encode(held) or b"=" if isinstance(held, bytes) else b"")
    if isinstance(held, bytes) and len(line) + 2 <= LINE_LIMIT:
        answer = yield _send(line, command + b" " + HIDDEN, credentials)
        held, given = None, 1
    else:
        answer = yield Send(command)
        given = 0
    while isinstance(answer, Reply) and answer.code == 334:
        response = held or (yield from _respond(talk, answer))
        if isinstance(response, Abort):
            return (yield from _abort(response))
        held, given = None, given + 1
        answer = yield _send(encode(response), HIDDEN, credentials)
    if not isinstance(answer, Reply) or answer.code != 235 or not answer.is_sound:
        return answer
    if given < mechanism.responses:
        return (yield from _give_up(Reason.AUTH_UNPROVEN, mechanism=mechanism.name))
    yield Tell(LoggedIn(0.0, Phase.AUTH, mechanism.name, credentials.user))
    return answer


def _abort(abort: Abort) -> Generator[Step, Answer, Answer]:
    """Give the exchange up with ``*``, to which the server must reply 501 (RFC 4954 section 4)."""
    yield Tell(GaveUp(0.0, Phase.AUTH, Reason.AUTH_ABORTED, (("why", str(abort.why)), *abort.details)))
    answer = yield Send(b"*")
    return Reply(0) if isinstance(answer, Reply) and answer.code != 421 else answer


def _respond(talk: ClientTalk, answer: Reply) -> Generator[Step, Answer, bytes | Abort]:
    """The response to the challenge in ``answer``."""
    challenge = decode(answer.text.encode("utf-8", "surrogateescape"))
    if challenge is None:
        return Abort(AbortId.NOT_BASE64)
    text = challenge.decode("utf-8", "backslashreplace")
    if text:
        yield note(Phase.AUTH, Topic.AUTH_CHALLENGE, text=text)
    try:
        return talk.send(challenge) or b""
    except StopIteration:
        return Abort(AbortId.TOO_MANY_CHALLENGES)


def _send(line: bytes, mask: bytes, credentials: Credentials) -> Send:
    return Send(line, mask, secrets_of(credentials, (line.rpartition(b" ")[2],)))
