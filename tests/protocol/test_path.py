"""The mailbox grammar points at the first wrong column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.path import check_domain, check_helo, check_mailbox


@pytest.mark.parametrize(
    "text",
    [
        "kate@fabrikam.com",
        "a.b+c@x.test",
        '"a b"@x.test',
        r'"a\"@b"@x.test',
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "a@localhost",
        "王@例子.测试",
        "a" * 64 + "@x.test",
    ],
)
def test_good_mailboxes(text: str) -> None:
    assert check_mailbox(text, utf8=True) is None


@pytest.mark.parametrize(
    ("text", "column", "id_"),
    [
        ("", 1, "address-empty"),
        ("kate", 5, "domain-missing"),
        ("@x.test", 1, "local-empty"),
        ("a@@ex..org", 3, "domain-character"),
        ("a@ex..org", 6, "label-empty"),
        ("a@.org", 3, "label-empty"),
        ("a@org.", 6, "label-empty"),
        ("a..b@x.test", 3, "local-dot"),
        (".a@x.test", 1, "local-dot"),
        ("a.@x.test", 2, "local-dot"),
        ("a b@x.test", 2, "local-character"),
        ("a@x_y.test", 4, "domain-character"),
        ("a@-x.test", 3, "label-hyphen-first"),
        ("a@x-.test", 4, "label-hyphen-last"),
        ('"a@x.test', 10, "quoted-unclosed"),
        ('"a"b@x.test', 4, "quoted-followed"),
        ("a@[192.0.2.1", 13, "literal-unclosed"),
        ("a@[2001:db8::1]", 4, "literal-untagged"),
        ("a@[192.0.2.999]", 4, "literal-address"),
        ("a" * 65 + "@x.test", 65, "local-long"),
        ("a@" + "b" * 64 + ".test", 66, "label-long"),
        ("a@" + "b." * 130 + "test", 258, "domain-long"),
        ("a@", 3, "domain-empty"),
        ("a@b@c", 4, "domain-character"),
    ],
)
def test_the_first_wrong_column(text: str, column: int, id_: str) -> None:
    fault = check_mailbox(text)
    assert fault is not None
    assert (fault.column, fault.id) == (column, id_)


def test_utf8_is_allowed_only_when_asked() -> None:
    fault = check_mailbox("王@x.test")
    assert fault is not None
    assert fault.column == 1


@pytest.mark.parametrize(
    ("text", "column", "id_"),
    [
        ("ä" * 32 + "@x.test", 0, ""),
        ("ä" * 33 + "@x.test", 33, "local-long"),
        ("a" + "字" * 21 + "@x.test", 0, ""),
        ("ab" + "字" * 21 + "@x.test", 23, "local-long"),
        ("a@" + "ä.ä." * 60 + "test", 173, "domain-long"),
        ("ä" * 32 + "@" + "ä.ä." * 32 + "test", 160, "address-long"),
    ],
)
def test_limits_count_bytes_and_columns_count_characters(text: str, column: int, id_: str) -> None:
    """RFC 6531 section 3.3 leaves the limits of RFC 5321 as they are, in octets."""
    fault = check_mailbox(text, utf8=True)
    assert (fault.column, fault.id) == (column, id_) if fault else (column, id_) == (0, "")


def test_helo_is_a_domain_or_an_address_literal() -> None:
    assert check_helo("contoso.com") is None
    assert check_helo("[192.0.2.1]") is None
    for name in ("", "bad_domain!", "-x", "[192.0.2]", "a b"):
        assert check_helo(name) is not None
    assert check_domain("a." * 127 + "ab") is not None


@given(st.text())
def test_any_text_gives_a_fault_within_it_or_none(text: str) -> None:
    for utf8 in (True, False):
        fault = check_mailbox(text, utf8=utf8)
        assert fault is None or 1 <= fault.column <= len(text) + 1
