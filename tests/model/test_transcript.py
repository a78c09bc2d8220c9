"""Transcripts: every event goes out as a line of JSON and comes back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_event import EVENT
from smtpscope.cli.main import main
from smtpscope.model.codec import from_json, to_json
from smtpscope.model.event import SCHEMA, Event, Received, Sent
from smtpscope.model.transcript import header_line, read_events, read_lines, write_line
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply


@given(EVENT)
def test_an_event_comes_back_as_it_went(event: Event) -> None:
    assert from_json(to_json(event)) == event
    line = write_line(event)
    assert line.splitlines() == [line]
    line.encode()
    assert read_lines([header_line(), line]) == (event,)


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("\ud800")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def has_declared_types(event: Event) -> bool:
    """Whether what ``to_json`` makes of the event is an event again: each field has its type."""
    return from_json(json.loads(json.dumps(to_json(event)))) == event


@given(EVENT, st.data())
def test_a_field_of_another_type_is_no_event(event: Event, data: st.DataObject) -> None:
    """A transcript is a file: whatever it holds, an event has the declared types, or there is none."""
    record = to_json(event)
    name = data.draw(st.sampled_from(sorted(set(record) - {"event"})))
    record[name] = data.draw(JUNK)
    try:
        read = from_json(record)
    except ValueError:
        return
    assert has_declared_types(read)


@pytest.mark.parametrize(
    "reply",
    [
        {"code": 550.5, "raw": "550 no\r\n", "defects": [], "dropped": 0},
        {"code": "550", "raw": "550 no\r\n", "defects": [], "dropped": 0},
        {"code": 5500, "raw": "550 no\r\n", "defects": [], "dropped": 0},
        {"code": 550, "raw": "550 no\r\n", "defects": ["bad-day"], "dropped": 0},
        {"code": 550, "raw": "550 no\r\n", "defects": "too-long", "dropped": 0},
        {"code": 550, "raw": "550 no\r\n", "defects": [], "dropped": "many"},
        {"code": 550, "raw": ["550 no\r\n"], "defects": [], "dropped": 0},
        {"code": 550},
        "550 no",
    ],
)
def test_a_reply_of_other_types_is_none(reply: object) -> None:
    record = {"event": "received", "at": 1.0, "phase": "rcpt", "reply": reply, "command": "", "elapsed": 0.0}
    with pytest.raises(ValueError, match="reply is no Reply"):
        from_json(record)


def test_a_note_without_its_details_is_none() -> None:
    record = {"event": "noted", "at": 1.0, "phase": "connect", "topic": "retry", "details": []}
    with pytest.raises(ValueError, match="details of retry lack seconds"):
        from_json(record)


def test_among_other_lines_the_events_are_found_with_their_places() -> None:
    sent = Sent(1.0, Phase.MAIL, b"MAIL FROM:<>", verb="MAIL", exchange=1)
    lines = ["hello", header_line(), "{", '{"event": "sent"}', write_line(sent), '{"event": "result"}', ""]
    assert list(read_events(lines)) == [(5, sent)]


def test_no_reader_of_lines_is_misled() -> None:
    sent = Sent(1.0, Phase.MAIL, "a\u2028b\u2029c\x85d\x1ce".encode())
    assert write_line(sent).splitlines() == [write_line(sent)]
    assert read_lines([write_line(sent)]) == (sent,)


def test_octets_that_are_no_text_are_base64_and_others_can_be_read() -> None:
    sent = Sent(1.0, Phase.MAIL, "MAIL FROM:<用户@contoso.com>".encode())
    assert to_json(sent)["data"] == "MAIL FROM:<用户@contoso.com>"
    assert to_json(Sent(1.0, Phase.DATA, b"\xff", True))["data"] == {"base64": "/w=="}


def test_a_reply_has_what_a_reader_of_json_wants() -> None:
    record = to_json(Received(1.0, Phase.RCPT, parse_reply(b"550 5.1.1 User unknown\r\n"), "RCPT TO:<a@b.test>", 0.5))
    assert record["event"] == "received"
    assert record["phase"] == "rcpt"
    assert record["reply"] == {
        "code": 550,
        "enhanced": "5.1.1",
        "text": "5.1.1 User unknown",
        "raw": "550 5.1.1 User unknown\r\n",
        "defects": [],
        "dropped": 0,
    }


def test_lines_of_other_kinds_are_passed_over() -> None:
    assert read_lines(['{"event": "result", "exit": 0}', '{"event": "explanation"}']) == ()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "[]",
        "7",
        "{}",
        '{"event": ["sent"]}',
        '{"event": "sent"}',
        '{"event": "sent", "at": "noon", "phase": "mail", "data": ""}',
        '{"event": "sent", "at": true, "phase": "mail", "data": ""}',
        '{"event": "sent", "at": 1, "phase": "lunch", "data": ""}',
        '{"event": "sent", "at": 1, "phase": "mail", "data": {"base64": 7}}',
        '{"event": "sent", "at": 1, "phase": "mail", "data": {"hex": "00"}}',
        '{"event": "sent", "at": 1, "phase": "mail", "data": "", "body": "yes"}',
        '{"event": "resolved", "at": 1, "name": "a", "kind": "mx", "found": "b"}',
        '{"event": "received", "at": 1, "phase": "mail", "reply": 250, "command": "", "elapsed": 0}',
        "[" * 100_000,
        f'{{"event": "transcript", "schema": {SCHEMA + 1}}}',
    ],
)
def test_what_is_no_event_is_named_by_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no event of a transcript"):
        read_lines([header_line(), line])


def test_a_transcript_of_a_run_is_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "session.jsonl"
    main(["test", "--lab", "user-unknown", "--transcript", str(path), "--json", "--no-probes"])
    events = read_lines(path.read_text().splitlines())
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [to_json(event) for event in events] == [
        item for item in shown if item["event"] not in ("result", "explanation")
    ]
