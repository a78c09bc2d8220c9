"""Lines of a given width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smtpscope.render.visible import width
from smtpscope.render.wrap import wrap


def test_words_fill_lines() -> None:
    assert wrap("one two three", 9, "  ", "- ") == ["- one two", "  three"]


def test_chinese_breaks_between_characters_and_takes_two_columns() -> None:
    lines = wrap("邮箱达到了容量上限。", 8)
    assert lines == ["邮箱达到", "了容量上", "限。"]  # a full stop stays with its word


def test_punctuation_does_not_begin_a_line_nor_an_opening_bracket_end_one() -> None:
    assert wrap("会这样做：要求", 8) == ["会这样", "做：要求"]
    assert wrap("用了DMARC。好", 9) == ["用了", "DMARC。好"]
    assert wrap("服务器（甲）", 8) == ["服务器", "（甲）"]


def test_a_long_word_is_left_whole() -> None:
    assert wrap("a " + "x" * 30, 10) == ["a", "x" * 30]


def test_nothing_is_one_empty_line() -> None:
    assert wrap("", 10, "  ") == ["  "]


@given(st.text(alphabet="ab 中文，。（）：]é", max_size=80), st.integers(8, 30))
def test_nothing_is_lost_and_lines_fit(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    longest = max((width(word) for word in text.split()), default=0)
    assert all(width(line) <= max(columns, longest) for line in lines)
