"""A mistake names its option and is found before anything is sent."""

from __future__ import annotations

import pytest

from smtpscope.cli import values
from smtpscope.cli.exit import Exit, exit_code, meaning
from smtpscope.errors import UsageError
from smtpscope.model.report import Outcome, Status
from smtpscope.model.vocabulary import Signal
from smtpscope.protocol.phase import Phase


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx.example.net", ("mx.example.net", 25)),
        ("mx.example.net:587", ("mx.example.net", 587)),
        ("[2001:db8::1]:2525", ("2001:db8::1", 2525)),
        ("[IPv6:2001:db8::1]", ("2001:db8::1", 25)),
        ("2001:db8::1", ("2001:db8::1", 25)),
        ("", ("", 25)),
    ],
)
def test_server_forms(text: str, expected: tuple[str, int]) -> None:
    assert values.server(text, None) == expected


@pytest.mark.parametrize(
    "text", ["mx:0", "mx:65536", "mx:", "mx:x", "[::1", "[::1]x", ":25", "a b", "mx\nquit", "mx:٢٥"]
)
def test_bad_servers(text: str) -> None:
    with pytest.raises(UsageError):
        values.server(text, None)


def test_a_port_given_twice_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="--port"):
        values.server("mx:25", "26")


def test_a_bad_address_gets_a_caret_and_as_is_lets_it_pass() -> None:
    with pytest.raises(UsageError) as caught:
        values.address("--to", "a@@ex..org", as_is=False)
    text, caret = str(caught.value).splitlines()[1:3]
    assert caret.index("^") == text.index("@@") + 1
    assert "--to" in str(caught.value)
    assert values.address("--to", "a@@ex..org", as_is=True) == "a@@ex..org"


def test_no_line_end_is_smuggled_in_even_as_is() -> None:
    for text in ("a@b.test\r\nRCPT TO:<x@y.test>", "a@b.test\nx", "a\0@b.test"):
        with pytest.raises(UsageError, match="--from"):
            values.address("--from", text, as_is=True)


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "inf", "1e9"])
def test_bad_time_limits(text: str) -> None:
    with pytest.raises(UsageError, match="--timeout"):
        values.seconds("--timeout", text)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(Status.OK), Exit.OK),
        (Outcome(Status.TEMPORARY, phase=Phase.RCPT), Exit.RCPT_TEMPORARY),
        (Outcome(Status.PERMANENT, phase=Phase.END_OF_DATA), Exit.MESSAGE_PERMANENT),
        (Outcome(Status.PERMANENT, phase=Phase.PROXY, why="proxy-refused"), Exit.OTHER_PERMANENT),
        (Outcome(Status.PERMANENT, phase=Phase.XCLIENT), Exit.OTHER_PERMANENT),
        (Outcome(Status.REFUSED, phase=Phase.CONNECT), Exit.CONNECTION_REFUSED),
        (Outcome(Status.OTHER_SERVER), Exit.OTHER_SERVER),
        (Outcome(Status.NOT_OFFERED, phase=Phase.AUTH), Exit.AUTH_PERMANENT),
        (Outcome(Status.GAVE_UP, phase=Phase.AUTH), Exit.AUTH_PERMANENT),
        (Outcome(Status.NOT_OFFERED, phase=Phase.STARTTLS), Exit.TLS),
        (Outcome(Status.UNPROVEN), Exit.UNPROVEN),
        (Outcome(Status.INTERRUPTED, why=Signal.INT), Exit.INTERRUPTED),
        (Outcome(Status.INTERRUPTED, why=Signal.TERM), Exit.TERMINATED),
        (Outcome(Status.INTERRUPTED, why=Signal.HUP), Exit.HANGUP),
        (Outcome(Status.DSN_FAILED), Exit.DSN_FAILED),
        (Outcome(Status.DSN_MISSING), Exit.DSN_NONE),
        (Outcome(Status.PROTOCOL, why="early-reply"), Exit.PROTOCOL),
    ],
)
def test_each_outcome_has_its_exit_code(outcome: Outcome, code: Exit) -> None:
    assert exit_code(outcome) is code


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.OK, Status.INTERRUPTED)])
def test_nothing_but_ok_exits_with_0(status: Status) -> None:
    assert all(exit_code(Outcome(status, phase=phase)) not in (Exit.OK, Exit.USAGE, Exit.LOCAL) for phase in Phase)


def test_each_code_has_a_meaning() -> None:
    assert all(meaning(code) for code in Exit)


@pytest.mark.parametrize(
    "text",
    ["smtp://mx.example.net", "mx..example.net", "a@mx.example.net", "::1:x:y", "x" * 64 + ".example.net", "mx,mx2"],
)
def test_a_server_that_cannot_be_looked_up_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageError, match="server"):
        values.server(text, None)


@pytest.mark.parametrize("text", ["mail_server", "mx.example.net.", "邮件.example.net", "fe80::1%lo", "localhost"])
def test_names_that_are_no_mail_domains_can_be_servers(text: str) -> None:
    assert values.server(text, None) == (text, 25)


def test_an_envelope_id_is_short_printable_ascii() -> None:
    assert values.envelope_id("--envid", "QQ 314159", as_is=False) == "QQ 314159"
    for text in ("x" * 101, "+" * 34, "信封", "a\tb"):
        with pytest.raises(UsageError, match="--envid"):
            values.envelope_id("--envid", text, as_is=False)
    assert values.envelope_id("--envid", "信封", as_is=True) == "信封"
