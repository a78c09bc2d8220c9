"""Scripts: what is read, what is refused and where, and that writing one reads back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.dialogue.script import Script, ScriptStep, escape, format_acts, parse, unescape
from smtpscope.errors import UsageError


def test_every_mark() -> None:
    script = parse(
        "# remark\n\nC: EHLO a\nS: 250-a\nS: 250-SIZE\nS: 250 DSN\nS: 250 next\nS~ ^250\nS* 550\n"
        "R: NOOP\\n\n<file a.eml\n~ 1.5\nX\n<auth plain\n",
        "x.smtp",
    )
    assert script.acts == (
        ScriptStep(3, "C:", "EHLO a"),
        ScriptStep(4, "S:", "250-a\n250-SIZE\n250 DSN"),
        ScriptStep(7, "S:", "250 next"),
        ScriptStep(8, "S~", "^250"),
        ScriptStep(9, "S*", "550"),
        ScriptStep(10, "R:", "NOOP\\n"),
        ScriptStep(11, "<file", "a.eml"),
        ScriptStep(12, "~", "1.5"),
        ScriptStep(13, "X"),
        ScriptStep(14, "<auth", "plain"),
    )
    assert script.files == ("a.eml",)
    assert script.logs_in


def test_blanks_at_the_end_of_a_line_are_sent() -> None:
    assert parse("C: MAIL FROM:<a@b.test> \nC:\nC: \n", "x").acts == (
        ScriptStep(1, "C:", "MAIL FROM:<a@b.test> "),
        ScriptStep(2, "C:"),
        ScriptStep(3, "C:"),
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("C: a\nEHLO b\n", "line 2, column 1"),
        ("S: 25 a", "line 1, column 4"),
        ("S~ 2(5", "line 1, column 5"),
        ("S*", "line 1, column 4"),
        ("R: ok\\q", "line 1, column 6"),
        ("R: ok\\", "line 1, column 6"),
        ("~ soon", "line 1, column 3"),
        ("~ 3600.5", "line 1, column 3"),
        ("X now", "line 1, column 3"),
        ("<file", "line 1, column 7"),
        ("<auth ROT13", "line 1, column 7"),
        ("# nothing but this", "line 1, column 1"),
    ],
)
def test_a_mistake_names_file_line_and_column(text: str, where: str) -> None:
    with pytest.raises(UsageError, match=f"my.smtp, {where}: "):
        parse(text, "my.smtp")


@given(st.binary())
def test_any_octets_can_be_written_with_escapes(octets: bytes) -> None:
    text = escape(octets)
    assert unescape(text) == octets
    assert parse(f"R: {text}", "x").acts == (ScriptStep(1, "R:", text),)


@given(st.text())
def test_any_text_is_a_script_or_a_clear_mistake(text: str) -> None:
    with suppress(UsageError):
        script = parse(text, "x")
        again = parse("\n".join(format_acts(script.acts)), "x")
        assert [(act.mark, act.text) for act in again.acts] == [(act.mark, act.text) for act in script.acts]


def test_a_script_is_called_by_its_name() -> None:
    assert parse("X", "a/b.smtp") == Script("a/b.smtp", (ScriptStep(1, "X"),))
