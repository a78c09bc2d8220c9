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
    "text",
    [
        *(
            "mx:0",
            "mx:65536",
            "mx:",
            "mx:x",
            "[::1",
            "[::1]x",
            ":25",
            "a b",
            "mx\nquit",
            "mx:٢٥",
            "smtp://mx.example.net",
        ),
        *("mx..example.net", "a@mx.example.net", "::1:x:y", "x" * 64 + ".example.net", "mx,mx2"),
    ],
)
def test_a_server_that_cannot_be_connected_to_names_its_argument(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        values.endpoint("server", text)
    assert caught.value.field == "server"


@pytest.mark.parametrize("text", ["dns.example", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "[::1", "1:2:x"])
def test_where_an_address_is_wanted_a_name_will_not_do(text: str) -> None:
    with pytest.raises(UsageError, match=r"--resolver: .* is no ADDRESS or ADDRESS:PORT"):
        values.address_endpoint("--resolver", text)


def test_ports_to_listen_on_begin_at_0() -> None:
    assert values.listening_port("--port", "0") == 0
    with pytest.raises(UsageError, match="--port: '0' is no port; give a number from 1 to 65535"):
        values.port_number("--port", "0")


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


def test_an_envelope_id_is_short_printable_ascii() -> None:
    assert values.envelope_id("--envid", "QQ 314159", as_is=False) == "QQ 314159"
    for text in ("x" * 101, "+" * 34, "信封", "a\tb"):
        with pytest.raises(UsageError, match="--envid"):
            values.envelope_id("--envid", text, as_is=False)
    assert values.envelope_id("--envid", "信封", as_is=True) == "信封"
