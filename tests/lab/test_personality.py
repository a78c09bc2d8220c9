"""The voices: each has every word, and the words of the procedure are the procedure's."""

from __future__ import annotations

import pytest

from smtpscope.lab.smtp.personality import EXCHANGE, PERSONALITIES, Personality
from smtpscope.protocol.reply import format_reply, parse_reply


def test_every_voice_has_the_same_words() -> None:
    assert len({frozenset(voice.replies) for voice in PERSONALITIES.values()}) == 1


@pytest.mark.parametrize("voice", PERSONALITIES.values(), ids=PERSONALITIES)
def test_every_word_is_a_good_reply(voice: Personality) -> None:
    for word, (code, enhanced, text) in voice.replies.items():
        reply = parse_reply(format_reply(code, [text], enhanced))
        assert reply.defects == (), word
        assert reply.code == code


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("banner", "220 {host} Microsoft {protocol} MAIL Service ready at {date}"),
        ("hello", "250 {host} Hello [{peer}]"),
        ("bad-name", "501 5.5.4 Invalid domain name"),
        ("sender-ok", "250 2.1.0 Sender OK"),
        ("bad-sender", "550 5.1.7 Invalid address"),
        ("recipient-ok", "250 2.1.5 Recipient OK"),
        ("start", "354 Start mail input; end with <CRLF>.<CRLF>"),
        ("queued", "250 2.6.0 <{id}@{host}> Queued mail for delivery"),
        ("bye", "221 2.0.0 Service closing transmission channel"),
    ],
)
def test_exchange_speaks_as_the_procedure_has_it(word: str, said: str) -> None:
    code, enhanced, text = EXCHANGE.replies[word]
    assert format_reply(code, [text], enhanced).decode() == said + "\r\n"
