"""A positive reply with the wrong code, a chunk that is not the last, a step that follows from another."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.sequence import SequenceExplainer
from smtpscope.model.conversation import Exchange
from smtpscope.model.event import Connected, Received
from smtpscope.model.explanation import Explanation
from smtpscope.model.recorder import Recorder
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.reply import parse_reply


def tell(*pairs: tuple[str, str]) -> list[Explanation]:
    """What each reply means, in order: (command, reply); an empty command is the banner."""
    teller = SequenceExplainer()
    return [teller.tell(exchange(command, reply)) for command, reply in pairs]


def exchange(command: str, reply: str) -> Exchange:
    stage = phase_of(command.split(" ")[0])
    return Exchange(parse_reply(reply.encode()), stage.value, command)


@pytest.mark.parametrize(
    ("command", "reply", "cause", "actor"),
    [
        ("", "250 hello", "server.wrong-reply", "their-admin"),
        ("EHLO a", "354 go", "server.wrong-reply", "their-admin"),
        ("DATA", "334 go", "server.wrong-reply", "their-admin"),
        ("DATA", "250 ok", "server.wrong-reply", "their-admin"),
        ("AUTH PLAIN ***", "250 ok", "server.wrong-reply", "their-admin"),
        ("MAIL FROM:<a@b.test>", "221 bye", "server.wrong-reply", "their-admin"),
        (".", "221 bye", "server.wrong-reply", "their-admin"),
        ("GET / HTTP/1.1", "221 Goodbye", "protocol.unknown-command", "you"),
        ("NOOP", "354 go", "server.wrong-reply", "their-admin"),
        ("QUIT", "250 ok", "server.wrong-reply", "their-admin"),
    ],
)
def test_a_positive_reply_that_does_not_fit_is_no_success(command: str, reply: str, cause: str, actor: str) -> None:
    (found,) = tell((command, reply))
    assert (found.cause, found.actor, found.retry) == (cause, actor, "after-fix")


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("", "220 hello"),
        ("STARTTLS", "220 go"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("RCPT TO:<a@b.test>", "252 will try"),
        ("VRFY a", "252 will try"),
        ("HELP", "214 help"),
        ("ETRN b.test", "253 waiting"),
        ("QUIT", "221 bye"),
        ("XCLIENT NAME=a", "220 hello"),
    ],
)
def test_a_reply_that_fits_is_one(command: str, reply: str) -> None:
    (found,) = tell((command, reply))
    assert found.cause.startswith("ok.")


def test_without_its_command_a_reply_is_not_said_to_be_the_wrong_one() -> None:
    assert SequenceExplainer().tell(Exchange(parse_reply(b"221 bye"), "mail")).cause == "ok.closing"
    assert (
        SequenceExplainer().tell(Exchange(parse_reply(b"221 bye"), "a stage of somebody's own", "MAIL")).cause
        == "ok.closing"
    )


def test_a_chunk_that_is_not_the_last_is_no_acceptance() -> None:
    chunk, last = tell(("BDAT 5", "250 ok"), ("BDAT 5 LAST", "250 queued"))
    assert (chunk.cause, chunk.rule) == ("ok.accepted", "context.chunk")
    assert last.cause == "ok.queued"


HELLO = ("EHLO a", "250 mx")
MAIL = ("MAIL FROM:<a@b.test>", "250 ok")
RCPT = ("RCPT TO:<c@d.test>", "250 ok")
REFUSED = ("RCPT TO:<c@d.test>", "550 5.7.1 Relaying denied")
EMPTY = ("DATA", "554 5.5.1 Error: no valid recipients")


def test_data_without_a_recipient_follows_from_the_refused_one() -> None:
    found = tell(HELLO, MAIL, REFUSED, EMPTY)[-1]
    assert (found.cause, found.rule) == ("protocol.sequence", "context.consequence")
    assert found.alternatives == ("relay.denied",)


def test_where_one_recipient_was_accepted_data_speaks_for_itself() -> None:
    assert tell(HELLO, MAIL, RCPT, REFUSED, EMPTY)[-1].rule != "context.consequence"


def test_a_rejection_of_another_transaction_explains_nothing() -> None:
    again = [HELLO, MAIL, REFUSED, ("RSET", "250 ok"), MAIL, ("DATA", "503 5.5.1 RCPT first")]
    assert tell(*again)[-1].rule != "context.consequence"


def test_mail_that_needs_the_login_that_failed() -> None:
    found = tell(HELLO, ("AUTH PLAIN ***", "535 5.7.8 no"), ("MAIL FROM:<a@b.test>", "530 5.7.0 Must authenticate"))
    assert (found[-1].rule, found[-1].alternatives) == ("context.consequence", ("login.failed",))


SECOND = ("AUTH PLAIN ***", "503 5.5.1 already")


def test_a_second_login_after_235_is_503_by_the_rfc() -> None:
    found = tell(HELLO, ("AUTH PLAIN ***", "235 ok"), SECOND)[-1]
    assert (found.cause, found.actor, found.rule) == ("protocol.sequence", "you", "context.second-login")


@pytest.mark.parametrize("before", [[], [("AUTH PLAIN ***", "235 ok"), ("STARTTLS", "220 go")]])
def test_without_a_login_503_to_auth_is_something_else(before: list[tuple[str, str]]) -> None:
    assert tell(HELLO, *before, SECOND)[-1].rule != "context.second-login"


def test_the_interpreter_knows_of_a_login_before_anything_was_rejected() -> None:
    recorder, interpreter = Recorder(), Interpreter()
    interpreter.take(Connected(0, "mx", "192.0.2.1", 25, "192.0.2.2:1"))
    said = []
    for line, reply in (
        (b"", "220 mx"),
        (b"EHLO a", "250 mx"),
        (b"AUTH PLAIN AGEAYg==", "235 ok"),
        (b"AUTH PLAIN", "503 no"),
    ):
        if line:
            interpreter.take(recorder.command(0, line))
        said.append(interpreter.take(recorder.reply(0, parse_reply(reply.encode()), 0)))
    assert [item is None for item in said] == [True, True, True, False]
    assert interpreter.refused[0].explanation.rule == "context.second-login"


def test_every_reply_is_explained_where_that_is_wanted() -> None:
    interpreter = Interpreter()
    event = Received(0, Phase.BANNER, parse_reply(b"220 mx"), "", 0)
    said = interpreter.take(event, every=True)
    assert said is not None
    assert said.explanation.cause == "ok.greeting"
    assert interpreter.refused == []
    assert Interpreter().take(event) is None
