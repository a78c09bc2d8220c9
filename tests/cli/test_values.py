"""A mistake names its option and is found before anything is sent."""

from __future__ import annotations

import pytest

from smtpscope.cli import values
from smtpscope.cli.exit import Exit, exit_code, meaning
from smtpscope.diagnosis.verdict import Status, Verdict
from smtpscope.errors import UsageError
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


def test_each_phase_and_kind_of_refusal_has_its_exit_code() -> None:
    assert exit_code(Verdict("h", Status.TEMPORARY, Phase.RCPT)) is Exit.RCPT_TEMPORARY
    assert exit_code(Verdict("h", Status.PERMANENT, Phase.END_OF_DATA)) is Exit.MESSAGE_PERMANENT
    assert exit_code(Verdict("h", Status.REFUSED, Phase.CONNECT)) is Exit.CONNECTION_REFUSED
    assert all(meaning(code) for code in Exit)
    assert all(isinstance(exit_code(Verdict("h", status, Phase.MAIL)), Exit) for status in Status)


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
