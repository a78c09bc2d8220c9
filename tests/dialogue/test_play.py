"""Scripts played against answers: what is sent, what is met, where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtpscope.dialogue.play import play
from smtpscope.dialogue.script import parse
from smtpscope.dialogue.step import Closed, Listen, Note, Pause, Raw, Silence, Step
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Answer


def hold(text: str, *answers: str | Answer, files: dict[str, bytes] | None = None) -> list[Step]:
    """The steps of a script whose replies are ``answers``."""
    replies = iter(answers)
    dialogue = play(parse(text, "test"), files or {})
    steps: list[Step] = []
    answer: Answer | None = None
    while True:
        try:
            steps.append(dialogue.send(answer))  # type: ignore[arg-type]
        except StopIteration:
            return steps
        given = next(replies) if isinstance(steps[-1], Listen) else Silence(0)
        answer = parse_reply(given.encode()) if isinstance(given, str) else given


def notes(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.topic, dict(step.details)["came"]) for step in steps if isinstance(step, Note)]


def test_each_reply_answers_the_oldest_command() -> None:
    steps = hold("S* 220\nC: EHLO a\nC: NOOP\nS* 250\nS* 250", "220 hi", "250 a", "250 ok")
    assert [step for step in steps if isinstance(step, Listen)] == [
        Listen(Phase.BANNER, ""),
        Listen(Phase.EHLO, "EHLO a"),
        Listen(Phase.OTHER, "NOOP"),
    ]
    assert [topic for topic, _ in notes(steps)] == ["met"] * 3


def test_it_ends_where_a_reply_differs() -> None:
    steps = hold("S: 220 hi\nC: QUIT", "554 no")
    assert notes(steps) == [("differs", "554 no")]
    assert not any(isinstance(step, Raw) for step in steps)


def test_lines_behind_data_are_content_until_the_dot() -> None:
    steps = hold("S* 220\nC: DATA\nS* 354\nC: Subject: x\nC: .\nS* 250\nC: QUIT\nX", "220", "354", "250", Closed())
    sent = [(step.data, step.body, step.phase) for step in steps if isinstance(step, Raw)]
    assert sent == [
        (b"DATA\r\n", False, Phase.DATA),
        (b"Subject: x\r\n", True, Phase.END_OF_DATA),
        (b".\r\n", True, Phase.END_OF_DATA),
        (b"QUIT\r\n", False, Phase.QUIT),
    ]
    assert [step.command for step in steps if isinstance(step, Listen)] == ["", "DATA", ".", "QUIT"]


def test_a_file_is_dot_stuffed() -> None:
    steps = hold("<file a", files={"a": b".\r\nx"})
    assert steps == [Raw(b"..\r\nx\r\n.\r\n", Phase.END_OF_DATA, body=True)]


def test_secrets_are_masked() -> None:
    script = "S* 220\nC: AUTH PLAIN AGNocmlz\nS* 334\nC: AGNocmlz\nS* 235"
    steps = hold(script, "220", "334 ", "235 ok")
    assert [(step.mask, step.phase) for step in steps if isinstance(step, Raw)] == [
        (b"AUTH PLAIN ***", Phase.AUTH),
        (b"***", Phase.AUTH),
    ]


def test_secrets_in_octets_are_masked_line_by_line() -> None:
    """What is shown, what the reply answers, and what is hidden where the server repeats it."""
    script = (
        "S* 220\nR: NOOP\\r\\nAUTH PLAIN AGNocmlz\\r\\n\nS* 250\nS* 334\nR: c2VjcmV0\\r\\nNOOP\\r\\n\nS* 235\nS* 250"
    )
    steps = hold(script, "220", "250", "334 ", "235 ok", "250")
    raw = [step for step in steps if isinstance(step, Raw)]
    assert [step.mask for step in raw] == [b"NOOP\r\nAUTH PLAIN ***", b"***\r\nNOOP"]
    assert [step.secrets for step in raw] == [(b"AGNocmlz", b"AGNOCMLZ"), (b"c2VjcmV0", b"C2VJCMV0")]
    listened = [step.command for step in steps if isinstance(step, Listen)]
    assert listened == ["", "NOOP", "AUTH PLAIN ***", "***", "NOOP"]


def test_octets_of_a_message_are_no_command() -> None:
    steps = hold("S* 220\nC: DATA\nS* 354\nR: AUTH PLAIN AGNocmlz\\r\\n", "220", "354")
    assert [step.mask for step in steps if isinstance(step, Raw)] == [b"", b""]


def test_skipping_closing_waiting() -> None:
    assert [topic for topic, _ in notes(hold("S* 250", "220 hi", "250-a\r\n250 b"))] == ["met"]
    assert notes(hold("X", Closed())) == [("met", "the connection closed")]
    assert notes(hold("S* 250", "220 hi", Closed())) == [("differs", "the connection closed")]
    assert notes(hold("S~ x", Silence(3))) == [("differs", "nothing within 3 s")]
    assert hold("~ 1.5") == [Pause(1.5)]


def test_an_exact_reply_of_several_lines() -> None:
    assert notes(hold("S: 250-a\nS: 250 b", "250-a\r\n250 b\r\n")) == [("met", "250-a\n250 b")]


def test_octets_may_hold_several_commands() -> None:
    steps = hold("S* 220\nR: NOOP\\r\\nQUIT\\r\\n\nS* 250\nS* 221", "220", "250", "221")
    assert [step.command for step in steps if isinstance(step, Listen)] == ["", "NOOP", "QUIT"]
