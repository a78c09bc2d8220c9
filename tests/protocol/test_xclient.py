"""XCLIENT's attributes, in the forms of Postfix's XCLIENT_README."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.command import xtext_encode
from smtpscope.protocol.xclient import ATTRIBUTES, format_xclient, parse_xclient


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("ADDR=192.0.2.1 NAME=mail.contoso.com", {"ADDR": "192.0.2.1", "NAME": "mail.contoso.com"}),
        ("addr=IPV6:2001:DB8::1", {"ADDR": "2001:db8::1"}),
        ("NAME=[UNAVAILABLE] ADDR=[tempunavail]", {"NAME": "[UNAVAILABLE]", "ADDR": "[TEMPUNAVAIL]"}),
        ("PROTO=esmtp PORT=40000  DESTPORT=25", {"PROTO": "ESMTP", "PORT": "40000", "DESTPORT": "25"}),
        ("DESTADDR=198.51.100.1 LOGIN=kate+40fabrikam.com", {"DESTADDR": "198.51.100.1", "LOGIN": "kate@fabrikam.com"}),
        ("HELO=with+20blank", {"HELO": "with blank"}),
    ],
)
def test_good_attributes(argument: str, found: dict[str, str]) -> None:
    assert parse_xclient(argument) == (found, "")


@pytest.mark.parametrize(
    ("argument", "wrong"),
    [
        ("", "XCLIENT"),
        ("=", "XCLIENT"),
        ("ADDR", "ADDR"),
        ("ADDR=", "ADDR"),
        ("ADDR=192.0.2", "ADDR"),
        ("ADDR=2001:db8::1", "ADDR"),  # without IPV6:
        ("ADDR=IPV6:fe80::1%eth0", "ADDR"),
        ("ADDR=192.0.2.1 NAME=bad_name", "NAME"),
        ("PORT=65536", "PORT"),
        ("PORT=\u0661", "PORT"),
        ("PROTO=LMTP", "PROTO"),
        ("HELO=a+0D+0Ab", "HELO"),
        ("LOGIN=kate+4", "LOGIN"),
        ("LOGIN=kate=x", "LOGIN"),
        ("COLOUR=red", "COLOUR"),
    ],
)
def test_the_first_wrong_attribute_is_named(argument: str, wrong: str) -> None:
    assert parse_xclient(argument) == ({}, wrong)


@given(st.text())
def test_any_text_gives_an_answer(argument: str) -> None:
    found, wrong = parse_xclient(argument)
    assert bool(found) != bool(wrong)


@given(st.sampled_from(ATTRIBUTES), st.binary(max_size=300))
def test_any_octets_behind_an_attribute_give_an_answer(name: str, octets: bytes) -> None:
    text = octets.decode("utf-8", "surrogateescape")
    for argument in (f"{name}={text}", f"{name}={xtext_encode(text)}"):
        found, _wrong = parse_xclient(argument)
        assert all(value.isprintable() for value in found.values())


@given(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=60))
def test_a_login_comes_back_as_it_was(login: str) -> None:
    found, wrong = parse_xclient(f"LOGIN={xtext_encode(login)}")
    assert (found, wrong) == ({"LOGIN": login.upper() if login.upper() in ("[UNAVAILABLE]",) else login}, "")


def test_as_people_write_it() -> None:
    said = format_xclient("addr=2001:db8::1  NAME=[UNAVAILABLE] LOGIN=kate+x@fabrikam.com DESTADDR=IPV6:::1")
    assert said == "ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE] LOGIN=kate+2Bx@fabrikam.com DESTADDR=IPV6:::1"
    found, wrong = parse_xclient(said)
    assert (found["LOGIN"], wrong) == ("kate+x@fabrikam.com", "")
