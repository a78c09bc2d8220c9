"""The catalogue on our own set of labelled replies, as servers write them. A change of a rule must not lose any."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.knowledge.coverage import Outcome, judge, main, read_rows, report, share

REPLIES = Path(__file__).parents[1] / "replies"


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [outcome for path in sorted(REPLIES.glob("*.jsonl")) for outcome in judge(read_rows(str(path)))]


@pytest.mark.untraced
def test_nearly_all_causes_are_right(outcomes: list[Outcome]) -> None:
    assert len(outcomes) > 1300
    assert share(outcomes, lambda one: one.right) > 0.99
    assert share(outcomes, lambda one: one.family_right) > 0.99


def test_a_table_is_read_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "replies.tsv"
    rows = [
        ("id", "stage", "code", "enhanced", "text", "cause", "also"),
        ("a", "rcpt", "550", "5.1.1", "User unknown", "recipient.unknown", ""),
        ("b", "rcpt", "550", "5.7.1", "Relay denied", "recipient.full", "login.required,relay.denied"),
        ("c", "rcpt", "550", "", "User unknown", "size.message", ""),
    ]
    table.write_text("\n".join("\t".join(row) for row in rows), encoding="utf-8")
    main([str(table)])
    shown = capsys.readouterr().out
    assert "3 replies" in shown
    assert "cause    66.7%" in shown
    assert "wrong c size.message, not recipient.unknown" in shown
    main(["--figures", str(table)])
    assert "never fired" not in capsys.readouterr().out


@pytest.mark.untraced
def test_the_report_names_rules_that_fired_and_that_did_not(outcomes: list[Outcome]) -> None:
    lines = list(report(outcomes, wrong=False))
    assert any(line.startswith("rule recipient.unknown: ") for line in lines)
    assert lines[-1].startswith("never fired: ")
