"""An explanation in words, in short and in full, and as a mapping."""

from __future__ import annotations

import pytest

from smtpscope.model.conversation import Exchange
from smtpscope.model.explanation import Explanation
from smtpscope.reading.reading import text_reply
from smtpscope.render.explanation import explanation_lines, one_line, plain, record, short_lines
from smtpscope.render.front import Front
from smtpscope.render.palette import COLOUR
from smtpscope.render.visible import width

SAID = Explanation(
    "sender.syntax",
    "you",
    "after-fix",
    "The address is not well formed.",
    ("A typing error.", "A missing bracket."),
    (("you", "Correct it."), ("their-admin", "Look into the log.")),
    ("RFC 5321 section 4.1.2",),
    "context.address-ill-formed",
    ("code=550", "argument=MAIL FROM:<a@b..c>", "column=16"),
    ("sender.blocked",),
)


def test_the_whole_explanation_in_order() -> None:
    lines = [line.strip() for line in explanation_lines(SAID)]
    order = [
        lines.index("The address is not well formed."),
        lines.index("1. A typing error."),
        lines.index("2. A missing bracket."),
        lines.index("you: Correct it."),
        next(number for number, line in enumerate(lines) if line.startswith("Cause ")),
        next(number for number, line in enumerate(lines) if line.startswith("Also possible ")),
        next(number for number, line in enumerate(lines) if line.startswith("Rule ")),
    ]
    assert order == sorted(order)


def test_the_wrong_column_is_pointed_at() -> None:
    lines = explanation_lines(SAID)
    place = lines.index("    MAIL FROM:<a@b..c>")
    assert lines[place + 1].index("^") - 4 == 16 - 1


def test_the_short_form_has_one_step_and_verbose_all() -> None:
    short, verbose = short_lines(SAID, indent="  "), short_lines(SAID, indent="  ", verbose=True)
    assert sum(line.startswith("  Next (") for line in short) == 1
    assert sum(line.startswith("  Next (") for line in verbose) == 2
    assert not any("Rule:" in line for line in short)
    assert any("Rule: context.address-ill-formed" in line for line in verbose)


def test_colours_open_and_close_on_each_line() -> None:
    for line in short_lines(SAID, COLOUR, "  "):
        assert line.startswith(COLOUR.dim)
        assert line.endswith(COLOUR.reset)


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_lines_fit_the_width(columns: int) -> None:
    long = SAID.replace(meaning="邮箱达到了容量上限，" * 12, causes=("many words " * 30,))
    for line in [*explanation_lines(long, columns=columns), *short_lines(long, indent="    ", columns=columns)]:
        assert width(line) <= columns or len(line.split()) <= 4  # a word that fits into no line


def test_one_line_has_cause_meaning_and_step() -> None:
    assert one_line(SAID) == "sender.syntax: The address is not well formed. you: Correct it."


def test_control_characters_never_come_through() -> None:
    evil = SAID.replace(meaning="a\x1b[31mb", steps=(("you", "c\x07d"),), evidence=("text=\x1b",))
    shown = "\n".join([*explanation_lines(evil), *short_lines(evil, verbose=True), one_line(evil)])
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_the_record_can_be_written_as_utf_8() -> None:
    exchange = Exchange(text_reply("550 5.1.1 \udcff no"), "rcpt")
    found = record(exchange, SAID)
    assert found["text"] == "5.1.1 \\udcff no"
    assert (found["code"], found["enhanced"], found["family"]) == (550, "5.1.1", "sender")
    assert found["steps"][0] == {"actor": "you", "step": "Correct it."}
    assert plain("中") == "中"


def test_headings_in_chinese() -> None:
    """What is translated is shown so; nothing breaks where wide characters stand in the first column."""
    lines = explanation_lines(SAID, columns=60, front=Front("zh"))
    assert any("\u4e00" <= sign <= "\u9fff" for line in lines for sign in line)
    rows = [line for line in lines if "sender.syntax" in line or "context.address" in line]
    starts = [width(line[: line.index(word)]) for line, word in zip(rows, ("sender", "context"), strict=True)]
    assert starts[0] == starts[1]
