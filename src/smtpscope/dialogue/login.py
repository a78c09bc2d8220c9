"""AUTH (RFC 4954): choosing the mechanism, whether the secret may be sent, and the exchange itself."""

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

# Bytes of a command line with its CRLF (RFC 5321 section 4.5.3.1.4). A longer initial response gets its own line.
LINE_LIMIT = 512


def log_in(login: Login, announced: Capabilities, encrypted: bool) -> Generator[Step, Answer, Answer]:
    """Log in with ``login``. Returns the deciding reply; a reply without a code if this client gave up.

    ``encrypted``: the connection uses TLS. Without it, the secret is sent only if ``login`` allows that.
    """
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
    """Report why there is no login. The reply without a code lets the session end with QUIT."""
    yield Tell(GaveUp(0.0, Phase.AUTH, why, tuple(details.items())))
    return Reply(0)


def _choose(login: Login, announced: Capabilities) -> Mechanism | None:
    """The mechanism that ``login`` names, or the strongest one advertised; None if no mechanism can be used."""
    offered = [name.upper() for name in announced.parameters("AUTH")]
    if not login.mechanism:
        chosen = choose_mechanism(offered)
        return chosen or (find_mechanism("PLAIN") if login.unannounced else None)
    return find_mechanism(login.mechanism) if login.unannounced or login.mechanism.upper() in offered else None


def authenticate(mechanism: Mechanism, credentials: Credentials) -> Generator[Step, Answer, Answer]:
    """AUTH with ``mechanism``, also if the server does not advertise it. Returns the last answer.

    Only 235 is a success (RFC 4954 section 6), and only after a complete exchange. A server that replies 235 before
    it has every response has checked nothing; with SCRAM, it has not proven that it knows the password (RFC 5802
    section 5). Once this client has given up, no reply makes the login a success.

    The client's responses are masked, also where the server repeats them.
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
    """Cancel the login with ``*``. The server must reply 501 (RFC 4954 section 4)."""
    yield Tell(GaveUp(0.0, Phase.AUTH, Reason.AUTH_ABORTED, (("why", str(abort.why)), *abort.details)))
    answer = yield Send(b"*")
    return Reply(0) if isinstance(answer, Reply) and answer.code != 421 else answer


def _respond(talk: ClientTalk, answer: Reply) -> Generator[Step, Answer, bytes | Abort]:
    """The response to the challenge in ``answer``; Abort if the challenge is not valid."""
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
    """Send ``line``, which ends with a response. ``mask`` is shown in its place."""
    return Send(line, mask, secrets_of(credentials, (line.rpartition(b" ")[2],)))
