"""Scenario files: each mistake is told with its file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.errors import UsageError
from smtpscope.lab.scenario.builtin import choose_scenario
from smtpscope.lab.scenario.model import Action, Rule, When
from smtpscope.lab.scenario.reader import parse_scenario, read_scenario

HEAD = 'teaches = "x"\n\n[[rule]]\nwhen = { stage = "rcpt" }\nthen = { silent = true }\n\n[[rule]]\n'


def test_everything_that_a_file_can_say() -> None:
    scenario = parse_scenario(
        """
        teaches = "all"
        teaches_zh = "全部"
        without = ["DSN"]
        announce = ["XYZZY"]
        size = 1000
        seed = 7
        ends = ["\\n.\\n"]
        discards = true
        bare-lf = true
        listening = true

        [[rule]]
        when = { stage = ["mail", "rcpt"], peer = "1", helo = "2", sender = "3", recipient = "4", header = "5",
                 text = "6", recipients = 1, messages = 2, octets = 3, rate = "10/60", tls = true, login = true }
        then = { reply = ["550-5.1.1 no", "5.1.1 never"], delay = 1, trickle = 0.1, end = "reset" }
        times = 2
        after = 1
        within = 30
        probability = 0.5
        by = "triplet"

        [[rule]]
        when = { stage = "ehlo", login = "kate" }
        then = { raw = "\\u00ff", repeat = 0, without = ["SIZE"], announce = ["B"], certificate = "expired" }
        """.replace("550-5", "550 5").replace('"5",\n                 ', '"5", '),
        "all",
        "all.toml",
    )
    assert scenario.without == ("DSN",)
    assert scenario.ends == (b"\n.\n",)
    first, second = scenario.rules
    assert first == Rule(
        When(("mail", "rcpt"), "1", "2", "3", "4", "5", "6", 1, 2, 3, 10, 60.0, True, "."),
        Action(550, ("5.1.1 no", "5.1.1 never"), delay=1.0, trickle=0.1, end="reset"),
        2,
        1,
        30.0,
        0.5,
        "triplet",
    )
    assert second.then == Action(raw=b"\xff", repeat=0, without=("SIZE",), announce=("B",), certificate="expired")
    assert second.when.login == "kate"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('teach = "x"', 1, "teach"),
        ("teaches = 1", 1, "teaches"),
        ('teaches = "x"\nsize = -1', 2, "size"),
        ("size = true", 1, "size"),
        ('without = "DSN"', 1, "without"),
        ('listening = "no"', 1, "listening"),
        ('ends = ["x"]', 1, "ends"),
        ("rule = 1", 1, "rule"),
        (HEAD, 7, "when"),
        (HEAD + "when = {}\nthen = {}", 8, "when"),
        (HEAD + 'when = { stage = "rctp" }\nthen = {}', 8, "stage"),
        (HEAD + "when = { stage = 1 }\nthen = {}", 8, "stage"),
        (HEAD + 'when = { stage = "rcpt", recipient = "(" }\nthen = {}', 8, "recipient"),
        (HEAD + 'when = { stage = "rcpt", rate = "5" }\nthen = {}', 8, "rate"),
        (HEAD + 'when = { stage = "rcpt", rate = "5/0" }\nthen = {}', 8, "rate"),
        (HEAD + 'when = { stage = "rcpt" }', 7, "then"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { reply = "no" }', 9, "reply"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { reply = "199 no" }', 9, "reply"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { reply = "550 a\\r\\nb" }', 9, "reply"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { reply = [] }', 9, "reply"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { raw = "凯特" }', 9, "raw"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { delay = -1 }', 9, "delay"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = { end = "bang" }', 9, "end"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = {}\nprobability = 2', 10, "probability"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = {}\nby = "moon"', 10, "by"),
        (HEAD + 'when = { stage = "rcpt" }\nthen = {}\nof = 1', 10, "of"),
    ],
)
def test_a_mistake_names_file_line_and_key(text: str, line: int, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_scenario(text, "mine", "mine.toml")
    assert caught.value.field == "scenario"
    where, named, _why = caught.value.message.split(": ", 2)
    assert where == f"mine.toml, line {line}"
    assert named.rpartition(".")[2] == key


def test_text_that_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(UsageError, match=r"mine\.toml, line 2: "):
        parse_scenario('a = "b"\n= 1', "mine", "mine.toml")


def test_a_file_that_cannot_be_read(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="No such file"):
        choose_scenario(f"{tmp_path}/missing.toml")
    with pytest.raises(UsageError, match="did you mean 'greylist'"):
        choose_scenario("greylst")


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(UsageError, match="/dev/zero"):
        read_scenario(Path("/dev/zero"))


def test_a_table_that_there_is_not_is_found_in_its_line() -> None:
    with pytest.raises(UsageError, match="line 2: rules: "):
        parse_scenario('teaches = "x"\n[[rules]]\n', "x", "x.toml")


def test_a_reply_that_is_a_number_is_shown_how_it_is_written() -> None:
    with pytest.raises(UsageError, match="must be a code and a text"):
        parse_scenario('[[rule]]\nwhen = {stage = "rcpt"}\nthen = {reply = 550}\n', "x", "x.toml")
