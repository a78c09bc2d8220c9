"""AUTH (RFC 4954): which mechanism, whether a secret may go out at all, and the exchange itself."""

from __future__ import annotations

from smtpscope.dialogue.step import Note, Send
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
    """Log in as ``login`` says. Returns the reply that decided; one without a code where nothing was sent."""
    mechanism = _choose(login, announced)
    if not encrypted and not login.in_clear:
        yield Note(Phase.AUTH, "auth-in-clear")
        return Reply(0)
    if mechanism is None:
        offered = " ".join(announced.parameters("AUTH"))
        yield Note(Phase.AUTH, "auth-not-offered" if offered else "auth-not-announced", (("offered", offered),))
        return Reply(0)
    yield Note(Phase.AUTH, "auth", (("mechanism", mechanism.name), ("user", login.credentials.user)))
    return (yield from authenticate(mechanism, login.credentials))


def _choose(login: Login, announced: Capabilities) -> Mechanism | None:
    """The mechanism asked for, or the strongest that is announced; None: there is none that may be used."""
    offered = [name.upper() for name in announced.parameters("AUTH")]
    if not login.mechanism:
        chosen = choose_mechanism(offered)
        return chosen or (find_mechanism("PLAIN") if login.unannounced else None)
    return find_mechanism(login.mechanism) if login.unannounced or login.mechanism.upper() in offered else None


def authenticate(mechanism: Mechanism, credentials: Credentials) -> Generator[Step, Answer, Answer]:
    """AUTH with ``mechanism``, whatever the server announced. Returns the last answer: 235 is success.

    Nothing of the client's responses is shown, and nothing of them that the server repeats.
    """
    talk = mechanism.client(credentials)
    held = next(talk)
    command = b"AUTH " + mechanism.name.encode()
    line = command + b" " + (encode(held) or b"=" if isinstance(held, bytes) else b"")
    if isinstance(held, bytes) and len(line) + 2 <= LINE_LIMIT:
        answer = yield _send(line, command + b" ***", credentials)
        held, given = None, 1
    else:
        answer = yield Send(command, Phase.AUTH)
        given = 0
    while isinstance(answer, Reply) and answer.code == 334:
        response = held or (yield from _respond(talk, answer))
        if isinstance(response, Abort):
            yield Note(Phase.AUTH, "auth-aborted", (("why", str(response.why)), *response.details))
            return (yield Send(b"*", Phase.AUTH))  # RFC 4954 section 4
        held, given = None, given + 1
        answer = yield _send(encode(response), b"***", credentials)
    if isinstance(answer, Reply) and answer.kind == 2 and mechanism.mutual and given < mechanism.responses:
        yield Note(Phase.AUTH, "auth-unproven")
    return answer


def _respond(talk: ClientTalk, answer: Reply) -> Generator[Step, Answer, bytes | Abort]:
    """The response to the challenge in ``answer``."""
    challenge = decode(answer.text.encode("utf-8", "surrogateescape"))
    if challenge is None:
        return Abort(AbortId.NOT_BASE64)
    text = challenge.decode("utf-8", "backslashreplace")
    if text:
        yield Note(Phase.AUTH, "auth-challenge", (("text", text),))
    try:
        return talk.send(challenge) or b""
    except StopIteration:
        return Abort(AbortId.TOO_MANY_CHALLENGES)


def _send(line: bytes, mask: bytes, credentials: Credentials) -> Send:
    return Send(line, Phase.AUTH, mask, secrets_of(credentials, (line.rpartition(b" ")[2],)))
