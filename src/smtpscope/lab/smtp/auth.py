"""AUTH at the lab (RFC 4954): the users, and the exchange of each mechanism."""

from __future__ import annotations

from smtpscope.lab.smtp.output import Output
from smtpscope.protocol.sasl import MECHANISMS, Outcome, Verifier, decode, encode, find_mechanism
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.lab.smtp.session import Session
    from smtpscope.protocol.command import Command, Line
    from smtpscope.protocol.sasl import Mechanism, ServerTalk

# Bytes of a line of the exchange (RFC 4954 section 4).
RESPONSE_LIMIT = 12288


def users_of(session: Session) -> dict[str, str]:
    """Passwords (or tokens) by user name: the lab's own and those of the scenario."""
    return {**dict(session.site.security.users), **dict(session.scenario.users)}


def offer_auth(session: Session) -> Sequence[str]:
    """AUTH, if there are users and the connection is encrypted (RFC 4954 section 4)."""
    in_clear = session.site.security.auth_in_clear or session.scenario.auth_in_clear
    if not users_of(session) or not (session.tls or in_clear):
        return ()
    return ("AUTH " + " ".join(mechanism.name for mechanism in MECHANISMS),)


def auth(session: Session, command: Command) -> Output:
    """AUTH (RFC 4954 section 4)."""
    name, _, initial = command.argument.partition(" ")
    wrong = _check(session, name)
    if wrong:
        return session.reject(wrong)
    action = session.action("auth", name)
    if action and not action.usual:
        return session.apply(action, "auth-wrong")
    mechanism = find_mechanism(name)
    assert mechanism is not None
    talk = mechanism.server(Verifier(users_of(session), session.site.personality.host, session.site.new_id()))
    challenge = next(talk)
    if not initial:
        return _challenge(session, mechanism, talk, challenge)
    response = b"" if initial == "=" else decode(initial.encode("utf-8", "surrogateescape"))
    # LOGIN has no initial response, but many clients send the user name as one.
    if response is None or (challenge and mechanism.name != "LOGIN"):
        return session.reject("auth-malformed")
    return _continue(session, mechanism, talk, response)


def _check(session: Session, name: str) -> str:
    """The reply that rejects AUTH immediately; empty if it can begin."""
    misplaced = session.out_of_order("AUTH")
    if misplaced == "hello-first":
        return misplaced
    if not session.offers("AUTH"):
        return "auth-encrypt-first" if users_of(session) and not session.tls else "unknown"
    if session.login or misplaced:
        return "auth-not-now"
    offered = next(line for line in session.capabilities if line.startswith("AUTH ")).split()
    return "" if name.upper() in offered[1:] and find_mechanism(name) else "auth-unknown-mechanism"


def _challenge(session: Session, mechanism: Mechanism, talk: ServerTalk, challenge: bytes) -> Output:
    session.await_response(lambda line: _on_response(session, mechanism, talk, line), RESPONSE_LIMIT)
    return session.usual_reply("auth-challenge", challenge=encode(challenge).decode())


def _on_response(session: Session, mechanism: Mechanism, talk: ServerTalk, line: Line) -> Output:
    response = decode(line.data)
    if line.data == b"*":
        return session.reject("auth-aborted")
    if response is None or line.overlong:
        return session.reject("auth-malformed")
    return _continue(session, mechanism, talk, response)


def _continue(session: Session, mechanism: Mechanism, talk: ServerTalk, response: bytes) -> Output:
    try:
        return _challenge(session, mechanism, talk, talk.send(response))
    except StopIteration as end:
        outcome = end.value
    assert isinstance(outcome, Outcome)
    if not outcome.accepted:
        return session.reject("auth-malformed" if outcome.malformed else "auth-wrong")
    session.login = outcome.user
    return session.usual_reply("auth-ok").replace(login=outcome.user, mechanism=mechanism.name)
