"""Near spellings of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.probes.dns.spelling import MOST, near_spellings


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mial1.fabrikam.com", "mail1.fabrikam.com"),
        ("maiil1.fabrikam.com", "mail1.fabrikam.com"),
        ("mil1.fabrikam.com", "mail1.fabrikam.com"),
        ("nail1.fabrikam.com", "mail1.fabrikam.com"),
        ("mail2.fabrikam.com", "mail1.fabrikam.com"),
        ("mail1.fabrikma.com", "mail1.fabrikam.com"),
        ("mail1.fabrikkam.com", "mail1.fabrikam.com"),
        ("mail1.fabrikm.com", "mail1.fabrikam.com"),
        ("mail1.fabrikan.com", "mail1.fabrikam.com"),
        ("mail1.fabrikam.cn", "mail1.fabrikam.com"),
        ("mail1.fabrikam.com", "mail1.fabrikam.cn"),
        ("mail1.fabrikam.com.cn", "mail1.fabrikam.com"),
        ("server.fabrikam.com", "mail.fabrikam.com"),
        ("server.fabrikam.com", "mx.fabrikam.com"),
        ("server.fabrikam.com", "smtp.fabrikam.com"),
        ("fabrikan.com", "fabrikam.com"),
        ("fabrikam.com", "mail.fabrikam.com"),
        ("MIAL1.FABRIKAM.COM.", "mail1.fabrikam.com"),
    ],
)
def test_what_was_meant_is_among_them(typed: str, meant: str) -> None:
    assert meant in near_spellings(typed)


def test_the_recipients_domain_comes_first() -> None:
    assert near_spellings("mail1.fabricam.com", "fabrikam.com")[0] == "mail1.fabrikam.com"


def test_in_the_recipients_own_domain_the_host_is_wrong() -> None:
    found = near_spellings("mial1.fabrikam.com", "fabrikam.com")
    assert all(name.endswith("fabrikam.com") or name.startswith("mial1.fabrikam.") for name in found)


@given(st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){1,4}", fullmatch=True), st.sampled_from(["", "fabrikam.com"]))
def test_never_too_many_never_twice_never_the_name_itself(name: str, domain: str) -> None:
    found = near_spellings(name, domain)
    assert len(found) <= MOST
    assert len(set(found)) == len(found)
    assert name not in found
