"""The catalogue on our own set of labelled replies, as servers write them. A change of a rule must not lose any."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.knowledge.catalogue import load
from smtpscope.knowledge.coverage import Outcome, Row, judge, main, read_rows, report, share
from smtpscope.protocol.reply import EnhancedCode, Reply

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


def test_the_report_names_rules_that_fired_and_that_did_not() -> None:
    """Two replies of which it is known what they fire, and one that is labelled wrong."""
    unknown = Row(
        "a", Reply(550, ("5.1.1 User unknown",), EnhancedCode(5, 1, 1)), "rcpt", "", ("recipient.unknown",), "", ""
    )
    wrong = unknown.replace(id="b", causes=("recipient.full",))
    full = Row("c", Reply(552, ("5.2.2 Mailbox full",), EnhancedCode(5, 2, 2)), "rcpt", "", ("recipient.full",), "", "")
    lines = list(report(judge([unknown, wrong, full]), wrong=False))
    fired = [line for line in lines if line.startswith("rule ")]
    assert fired[0].endswith(": 2, wrong 1")
    assert fired[1].endswith(": 1")
    names = {line.split()[1].rstrip(":") for line in fired}
    head, count, never = lines[-1].partition(": ")[0], *lines[-1].removeprefix("never fired: ").split(": ")
    assert head == "never fired"
    assert names.isdisjoint(never.split())
    assert names | set(never.split()) == {rule.id for rule in load().rules}
    assert int(count) == len(load().rules) - 2
