"""The sentence for each fault, in both languages."""

from __future__ import annotations

import re

import pytest

from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.protocol.path import check_domain, check_mailbox
from smtpscope.render.faults import FAULTS, fault_text, reason_text


def test_every_fault_has_a_sentence() -> None:
    assert set(FAULTS) == set(FaultId)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x_y.test", "'_' is not allowed in a domain"),
        ("x y.test", "a space is not allowed in a domain"),
        ("x\ty.test", "a tab is not allowed in a domain"),
        ("x\x07y.test", "'U+0007' is not allowed in a domain"),
        ("x@y.test", "more than one @"),
        ("a" * 64, "a label is longer than 63 bytes"),
    ],
)
def test_the_character_is_shown(text: str, sentence: str) -> None:
    fault = check_domain(text)
    assert fault is not None
    assert fault_text(fault) == sentence


@pytest.mark.usefixtures("chinese")
def test_han_and_latin_are_spaced() -> None:
    underscore, space = check_domain("x_y.test"), check_mailbox("a b@x.test")
    assert underscore is not None
    assert space is not None
    assert fault_text(underscore) == "域名中不能包含 '_'"
    assert fault_text(space) == "不加引号的本地部分中不能包含空格"


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("id_", list(FaultId))
def test_each_is_chinese_where_that_is_asked_for(id_: FaultId) -> None:
    details = {"character": "_", "limit": "9", "size": "10", "word": "x", "keyword": "TO", "extension": "DSN"}
    assert re.search("[\u4e00-\u9fff]", fault_text(Fault(1, id_, tuple(details.items()))))


def test_what_is_no_fault_is_shown_as_it_is() -> None:
    assert reason_text("something else", {}) == "something else"
