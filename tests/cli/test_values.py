"""A mistake names its option and is found before anything is sent."""

from __future__ import annotations

import pytest

from smtpscope.cli import values
from smtpscope.cli.exit import Exit, exit_code, meaning
from smtpscope.diagnosis.verdict import Status, Verdict
from smtpscope.errors import UsageError
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
    assert caught.value.option == "server"


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


def test_each_phase_and_kind_of_refusal_has_its_exit_code() -> None:
    assert exit_code(Verdict("h", Status.TEMPORARY, Phase.RCPT)) is Exit.RCPT_TEMPORARY
    assert exit_code(Verdict("h", Status.PERMANENT, Phase.END_OF_DATA)) is Exit.MESSAGE_PERMANENT
    assert exit_code(Verdict("h", Status.REFUSED, Phase.CONNECT)) is Exit.CONNECTION_REFUSED
    assert all(meaning(code) for code in Exit)
    assert all(isinstance(exit_code(Verdict("h", status, Phase.MAIL)), Exit) for status in Status)


def test_an_envelope_id_is_short_printable_ascii() -> None:
    assert values.envelope_id("--envid", "QQ 314159", as_is=False) == "QQ 314159"
    for text in ("x" * 101, "+" * 34, "信封", "a\tb"):
        with pytest.raises(UsageError, match="--envid"):
            values.envelope_id("--envid", text, as_is=False)
    assert values.envelope_id("--envid", "信封", as_is=True) == "信封"
