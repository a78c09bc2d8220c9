"""One shape for all that servers write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.knowledge.normal import haystack, normalise, prepare, read_text
from smtpscope.protocol.reply import Reply, parse_reply


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("550 5.1.1 User unknown", "550", "5.1.1"),
        ("550-5.1.1 User\n550 5.1.1 unknown", "550", "5.1.1"),
        ("550 #5.1.0 Address rejected", "550", "5.1.0"),
        ("553 sorry, no (#5.7.1)", "553", "5.7.1"),
        ("550: 5.2.2 <kate@fabrikam.com>... Mailbox Full", "550", "5.2.2"),
        ("host mx.fabrikam.com[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)", "550", "5.1.1"),
        ("smtp; 452 4.2.2 full", "452", "4.2.2"),
        ("Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 unknown", "550", "5.1.1"),
        ("returned '450 4.4.316 Connection refused", "450", "4.4.316"),
        ("connect to 5.1.1.1 timed out", "", ""),
        ("Exim 4.96.2 is here", "", ""),
        ("", "", ""),
    ],
)
def test_codes_are_found_where_they_stand(text: str, code: str, enhanced: str) -> None:
    said = prepare(read_text(text))
    assert (said.code, said.enhanced) == (code, enhanced)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("User <kate@fabrikam.com> unknown", "user unknown"),
        ("user kate@fabrikam.com does not exist", "user does not exist"),
        ("Access from ip address 192.0.2.1 blocked.", "ip address blocked"),
        ("The user\u2019s  MAILBOX\n\tis full", "the user's mailbox is full"),
        ("Adresse d'expediteur refus\u00e9e", "expediteur refusee"),
        ("\uff35ser unknown", "user unknown"),
        ("&lt;kate@fabrikam.com&gt; user&#39;s mailbox", "user's mailbox"),
        ("please con- tact us", "please contact us"),
        ("550-5.7.26 not accepted due to 550-5.7.26 domain's policy", "due to domain's policy"),
    ],
)
def test_words_are_found_however_they_are_written(text: str, words: str) -> None:
    assert words in haystack(text)


def test_chinese_of_old_servers_is_read() -> None:
    raw = "550 \u7528\u6237\u4e0d\u5b58\u5728".encode("gb18030")
    assert "\u7528\u6237\u4e0d\u5b58\u5728" in prepare(parse_reply(raw)).text


@given(st.binary(max_size=300))
def test_no_octets_are_too_odd(raw: bytes) -> None:
    for reply in (parse_reply(raw), Reply(0, (raw.decode("utf-8", "surrogateescape"),))):
        said = prepare(reply)
        assert said.text.encode("utf-8")
        assert said.code == "" or said.code.isdigit()


@given(st.text(max_size=200))
def test_normal_text_stays_as_it_is(text: str) -> None:
    once = normalise(text).replace("&", "")
    assert normalise(normalise(once)) == normalise(once)
