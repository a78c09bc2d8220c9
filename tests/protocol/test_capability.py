"""The answer to EHLO."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.capability import NONE, parse_capabilities
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.reply import parse_reply


def test_keywords_and_parameters() -> None:
    reply = parse_reply(
        b"250-mail1.fabrikam.com Hello [192.0.2.1]\r\n250-size 37748736\r\n250-AUTH LOGIN PLAIN\r\n250 DSN\r\n"
    )
    found = parse_capabilities(reply)
    assert found.host == "mail1.fabrikam.com"
    assert (found.size, found.has("dsn"), found.parameters("AUTH")) == (37748736, True, ("LOGIN", "PLAIN"))


@pytest.mark.parametrize("line", ["SIZE", "SIZE x", "SIZE 0", "SIZE " + "9" * 30, "SIZE -1", ""])
def test_a_size_that_is_no_limit(line: str) -> None:
    assert parse_capabilities(parse_reply(f"250-a\r\n250 {line}\r\n".encode())).size == 0
    assert not NONE.has("SIZE")


@pytest.mark.parametrize("keyword", ["XXXXXXXX", "XXXXXXXA", "STARTTLSX"])
def test_a_keyword_that_a_firewall_has_overwritten(keyword: str) -> None:
    found = parse_capabilities(parse_reply(f"250-a\r\n250-SIZE 10\r\n250 {keyword}\r\n".encode()))
    assert found.overwritten == (keyword,)
    assert not found.has("STARTTLS")


@pytest.mark.parametrize("keyword", ["STARTTLS", "XCLIENT", "XFORWARD", "XXX", "X-EXPS", "XEXCH50"])
def test_a_keyword_that_nobody_has_overwritten(keyword: str) -> None:
    assert parse_capabilities(parse_reply(f"250-a\r\n250 {keyword}\r\n".encode())).overwritten == ()


def test_the_phase_of_a_command() -> None:
    assert (phase_of("rcpt"), phase_of("VRFY")) == (Phase.RCPT, Phase.OTHER)


@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"SIZE 10", b"AUTH=LOGIN", b" ", b"\xff"]))))
def test_any_answer_to_ehlo_is_read(lines: list[bytes]) -> None:
    """Any octets give keywords or none, and what is found can be asked for."""
    found = parse_capabilities(parse_reply(b"".join(b"250-" + line + b"\r\n" for line in lines) + b"250 END\r\n"))
    assert found.size >= 0
    for keyword, parameters in found.keywords:
        assert found.has(keyword.lower())
        assert found.parameters(keyword) == parameters
