"""What a reply means where it stood: the lab plays each situation, the verdict has its own rule."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.context import explain_exchange
from smtpscope.diagnosis.interpret import Explained, Interpreter
from smtpscope.diagnosis.sequence import SequenceExplainer
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario
from smtpscope.model.conversation import Exchange
from smtpscope.model.explanation import Explanation
from smtpscope.protocol.capability import Capabilities
from smtpscope.reading.read import read
from smtpscope.reading.reading import text_reply
from smtpscope.render.explanation import word
from smtpscope.services.test import run_test


def explained(
    reply: str, stage: str, command: str = "", announced: tuple[str, ...] | None = None, message: str = ""
) -> Explanation:
    capabilities = None if announced is None else Capabilities("mx", tuple((name, ()) for name in announced))
    return explain_exchange(
        Exchange(text_reply(reply), stage, command, "mx.fabrikam.com", announced=capabilities, message=message.encode())
    )


def played(scenario: str | Scenario, **envelope: object) -> list[Explained]:
    """Hold a conversation with the lab up to RCPT; what was refused, with its explanation."""
    given = {"helo": "contoso.com", "sender": "chris@contoso.com", "recipients": ("kate@fabrikam.com",), **envelope}
    interpreter = Interpreter()
    with lab_running(scenario=scenario) as lab:
        plan = Plan(target=Target("127.0.0.1", lab.port), envelope=Envelope(**given), stop_after="rcpt")
        for event in run_test(plan):
            interpreter.take(event)
    return interpreter.refused


# -------------------------------------------------------------------------------------------------------- EHLO


def test_501_to_an_ill_formed_name_points_at_the_column() -> None:
    """The lab refuses such a name by itself, as Exchange does."""
    first = played("ok", helo="conto_so.com")[0].explanation
    assert (first.cause, first.rule) == ("helo.invalid", "context.hello-ill-formed")
    assert {"argument=conto_so.com", "column=6"} <= set(first.evidence)


def test_501_to_a_well_formed_name_is_a_restriction() -> None:
    first = played("refuse-helo")[0].explanation
    assert (first.cause, first.actor) == ("connection.restricted", "their-admin")
    assert "helo.unresolvable" in first.alternatives


def test_501_to_a_name_without_a_dot() -> None:
    assert explained("501 5.5.4 Invalid domain name", "ehlo", "EHLO mailbox").cause == "helo.not-fqdn"


def test_without_the_command_nothing_is_guessed() -> None:
    assert not explained("501 5.5.4 Invalid domain name", "ehlo").rule.startswith("context.")


# --------------------------------------------------------------------------------------------------- addresses


def test_550_5_1_7_to_an_ill_formed_sender_points_at_the_column() -> None:
    first = played("ok", sender="chris@contoso..com")[0].explanation
    assert (first.cause, first.rule) == ("sender.syntax", "context.address-ill-formed")
    command = next(piece for piece in first.evidence if piece.startswith("argument=")).removeprefix("argument=")
    column = int(next(piece for piece in first.evidence if piece.startswith("column=")).removeprefix("column="))
    assert command[column - 2 : column] == ".."


def test_550_5_1_7_to_a_well_formed_sender() -> None:
    first = played("invalid-sender")[0].explanation
    assert (first.cause, first.rule) == ("sender.syntax", "context.address-well-formed")
    assert "sender.blocked" in first.alternatives


def test_an_address_without_brackets() -> None:
    found = explained("501 5.1.7 Bad sender address syntax", "mail", "MAIL FROM:chris@contoso.com")
    assert (found.rule, "column=11" in found.evidence) == ("context.address-ill-formed", True)


def test_an_ill_formed_recipient() -> None:
    first = played("ok", recipients=("kate@@fabrikam.com",))[0].explanation
    assert (first.cause, first.rule) == ("recipient.syntax", "context.address-ill-formed")


def test_an_unknown_recipient_is_left_to_the_catalogue() -> None:
    first = played("user-unknown")[0].explanation
    assert first.cause == "recipient.unknown"
    assert not first.rule.startswith("context.")


def test_503_to_rcpt_after_mail_was_refused_is_a_consequence() -> None:
    """MAIL and RCPT go out in one write: the second refusal says nothing new."""
    mail, rcpt = (item.explanation for item in played("invalid-sender"))
    assert (rcpt.rule, rcpt.alternatives, rcpt.advice) == ("context.consequence", (mail.cause,), ())
    assert word(rcpt).steps == ()


def test_503_alone_is_no_consequence() -> None:
    text = "S: 220 mx\nC: EHLO a.test\nS: 250 mx\nC: RCPT TO:<b@b.test>\nS: 503 5.5.1 Error: need MAIL command\n"
    exchange = read(text.encode()).found[-1]
    assert SequenceExplainer().tell(exchange).rule != "context.consequence"


def test_a_refusal_that_was_made_good_has_no_consequence() -> None:
    text = "C: MAIL FROM:<a@a.test>\nS: 550 no\nC: MAIL FROM:<b@a.test>\nS: 250 ok\n"
    text += "C: RCPT TO:<b@b.test>\nS: 503 5.5.1 Error: need MAIL command\n"
    teller = SequenceExplainer()
    assert [teller.tell(exchange).rule for exchange in read(text.encode()).found][-1] != "context.consequence"


# ------------------------------------------------------------------------------------------------------- login

REFUSED = Rule("mail", Action(530, "5.7.1", ("Client was not authenticated",)))


@pytest.mark.parametrize(
    ("announced", "rule", "settings"),
    [
        (("AUTH",), "context.login-offered", {"login.user": "NAME"}),
        (("AUTH", "STARTTLS"), "context.login-offered", {"login.user": "NAME"}),
        (("STARTTLS",), "context.login-after-tls", {"tls.mode": "require", "login.user": "NAME"}),
        (("SIZE",), "context.login-not-offered", {"target.port": "587"}),
    ],
)
def test_530_has_a_next_step_that_follows_from_what_was_announced(
    announced: tuple[str, ...], rule: str, settings: dict[str, str]
) -> None:
    found = explained("530 5.7.1 Client was not authenticated", "mail", "MAIL FROM:<chris@contoso.com>", announced)
    assert (found.cause, found.rule) == ("login.required", rule)
    assert dict(found.advice[0].settings) == settings


def test_530_from_the_lab_that_offers_a_login_over_tls() -> None:
    refused = played("authentication-required")
    first = next(item.explanation for item in refused if item.exchange.reply.code == 530)
    assert (first.cause, first.rule) == ("login.required", "context.login-offered")


def test_530_that_asks_for_starttls_is_left_to_the_catalogue() -> None:
    found = explained("530 5.7.0 Must issue a STARTTLS command first", "mail", "MAIL FROM:<a@b.test>", ("STARTTLS",))
    assert not found.rule.startswith("context.login")


# -------------------------------------------------------------------------------------------------- parameters


def test_notify_where_dsn_was_not_announced() -> None:
    first = played("no-dsn", raw_rcpt=("NOTIFY=SUCCESS,FAILURE",))[0].explanation
    assert (first.cause, first.rule) == ("protocol.parameter", "context.dsn-not-announced")
    assert {"parameter=NOTIFY", "absent=DSN"} <= set(first.evidence)


def test_notify_where_dsn_was_announced() -> None:
    first = played("ok", raw_rcpt=("NOTIFY=sometimes",))[0].explanation
    assert first.rule != "context.dsn-not-announced"


def test_another_parameter_that_was_not_announced() -> None:
    found = explained("555 5.5.4 Unsupported option: SIZE", "mail", "MAIL FROM:<a@b.test> SIZE=1", ("DSN",))
    assert (found.rule, "absent=SIZE" in found.evidence) == ("context.parameter-not-announced", True)


# ---------------------------------------------------------------------------------------------- the message

TRANSLATED = "主题：来自 Contoso 的测试\r\n\r\n这是一封测试邮件\r\n"


def test_a_translated_header_name_in_a_message_that_was_taken() -> None:
    found = explained("250 2.6.0 Queued mail for delivery", "end-of-data", ".", message=TRANSLATED)
    assert (found.cause, found.rule) == ("ok.queued", "context.header-translated")
    assert "message-line=1" in found.evidence
    assert "content.malformed" in found.alternatives


def test_a_translated_header_name_in_a_message_that_was_refused() -> None:
    found = explained("554 Transaction failed", "end-of-data", ".", message=TRANSLATED)
    assert (found.cause, found.actor, found.rule) == ("content.malformed", "you", "context.header-translated")


def test_an_english_header_name_needs_no_remark() -> None:
    message = TRANSLATED.replace("主题：", "Subject: ")
    found = explained("250 2.6.0 Queued mail for delivery", "end-of-data", ".", message=message)
    assert found.rule != "context.header-translated"


def test_the_same_from_what_was_pasted() -> None:
    """A Telnet capture gives the same verdicts as a conversation of ours."""
    text = "220 mx ready\nEHLO conto_so.com\n501 5.5.4 Invalid domain name\nMAIL FROM:chris@contoso.com\n"
    found = read(f"{text}550 5.1.7 Invalid address\n".encode()).found
    assert [explain_exchange(exchange).rule for exchange in found[1:]] == [
        "context.hello-ill-formed",
        "context.address-ill-formed",
    ]


def test_nothing_is_explained_when_nothing_was_refused() -> None:
    assert played("ok") == []


@pytest.mark.parametrize(
    ("server", "port", "target"),
    [
        ("mx.example.net", 0, "mx.example.net"),
        ("mx.example.net", 25, "mx.example.net"),
        ("mx.example.net", 2525, "mx.example.net:2525"),
        ("2001:db8::1", 2525, "[2001:db8::1]:2525"),
        ("", 2525, ""),
    ],
)
def test_the_next_step_goes_to_the_same_port(server: str, port: int, target: str) -> None:
    assert Exchange(text_reply("530 5.7.1 no"), server=server, port=port).target == target
