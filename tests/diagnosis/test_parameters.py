"""A parameter that is wrong: the same fault before it is sent and after it was rejected."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.context import explain_exchange
from smtpscope.diagnosis.parameters import UNANNOUNCED, UNKNOWN, VALUE, find_fault
from smtpscope.model.conversation import Exchange
from smtpscope.protocol.capability import Capabilities
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.explanation import meaning_text

ANNOUNCED = Capabilities("mx", (("SIZE", ("1000",)), ("DSN", ()), ("8BITMIME", ())))
RCPT, MAIL = "RCPT TO:<kate@fabrikam.com>", "MAIL FROM:<chris@contoso.com>"


@pytest.mark.parametrize(
    ("line", "kind", "column"),
    [
        (f"{RCPT} NOTIFY=SUCESS", VALUE, 29),
        (f"{RCPT} ORCPT=rfc822;a NOTIFY=never,delay", VALUE, 44),
        (f"{RCPT} COLOUR=red", UNKNOWN, 29),
        (f"{RCPT} RRVS=2014-04-03T23:01:00Z", UNANNOUNCED, 29),
        ("RCPT TO:kate@fabrikam.com NOTIFY=SUCESS", VALUE, 27),
        (f"{MAIL} SIZE=many", VALUE, 31),
        (f"{MAIL} SIZE=1001", VALUE, 31),
        (f"{MAIL} BODY=8BIT", VALUE, 31),
        (f"{MAIL} RET=ALL", VALUE, 31),
        (f"{MAIL} SMTPUTF8", UNANNOUNCED, 31),
        (f"{MAIL} NOTIFY=never", UNKNOWN, 31),
    ],
)
def test_the_first_fault_with_its_column_in_the_line(line: str, kind: str, column: int) -> None:
    verb, _blank, argument = line.partition(" ")
    fault = find_fault(verb, argument, ANNOUNCED)
    assert fault is not None
    assert (fault.kind, fault.fault.column + len(verb) + 1) == (kind, column)


@pytest.mark.parametrize("line", [f"{RCPT} NOTIFY=success,failure", f"{MAIL} SIZE=1000 BODY=8BITMIME RET=hdrs", MAIL])
def test_what_is_right_has_none(line: str) -> None:
    verb, _blank, argument = line.partition(" ")
    assert find_fault(verb, argument, ANNOUNCED) is None


@pytest.mark.parametrize("reply", ["501 5.5.4 Invalid arguments", "501 Syntax error", "555 5.5.4 Unsupported option"])
@pytest.mark.parametrize("announced", [ANNOUNCED, None])
def test_a_rejected_value_is_named_with_its_column(reply: str, announced: Capabilities | None) -> None:
    found = explain_exchange(
        Exchange(parse_reply(reply.encode()), "rcpt", f"{RCPT} NOTIFY=SUCESS", announced=announced)
    )
    assert (found.cause, found.actor, found.rule) == ("protocol.argument", "you", "context.parameter-value")
    assert "'sucess'" in meaning_text(found)
    assert "column=29" in found.evidence


def test_a_size_that_is_no_number_is_not_too_large() -> None:
    line = f"{MAIL} SIZE=large"
    wrong, large = (
        explain_exchange(Exchange(parse_reply(reply), "mail", line, announced=ANNOUNCED))
        for reply in (b"501 5.5.4 Bad message size syntax", b"552 5.3.4 Message size exceeds fixed limit")
    )
    assert (wrong.cause, large.cause) == ("protocol.argument", "size.message")


@pytest.mark.parametrize("reply", ["550 5.1.1 User unknown", "451 4.3.0 later"])
def test_a_reply_about_something_else_does_not_blame_the_value(reply: str) -> None:
    found = explain_exchange(
        Exchange(parse_reply(reply.encode()), "rcpt", f"{RCPT} NOTIFY=SUCESS", announced=ANNOUNCED)
    )
    assert found.rule != "context.parameter-value"
