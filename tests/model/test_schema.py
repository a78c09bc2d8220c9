"""The JSON Schema in the package: it is that of the code, and what smtpscope writes is valid by it."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from smtpscope.cli.main import main
from smtpscope.model.codec import KINDS, VOCABULARIES
from smtpscope.model.event import Event, Received, Sent
from smtpscope.model.schema import EXPLAINED, RESULT, SCHEMAS, SERVER, event_schema, explain_schema, schema_text
from smtpscope.model.transcript import header_line, write_line
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

from .test_transcript import EVENT

LINE, EXPLAIN = Draft202012Validator(event_schema()), Draft202012Validator(explain_schema())
ENVELOPE = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_file_in_the_package_is_what_the_code_says(name: str) -> None:
    text = importlib.resources.files("smtpscope.model.schema").joinpath(name).read_text(encoding="utf-8")
    assert text == schema_text(name), "run: .venv/bin/python hatch_build.py"


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name]())


@given(EVENT)
def test_every_event_is_valid(event: Event) -> None:
    LINE.validate(json.loads(write_line(event)))


def test_the_header_is_valid() -> None:
    LINE.validate(json.loads(header_line()))


@pytest.mark.parametrize("name", KINDS)
def test_every_event_has_a_schema_with_its_fields(name: str) -> None:
    properties = event_schema()["$defs"][name]["properties"]
    assert list(properties) == ["event", *KINDS[name].fields()]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_vocabulary_that_an_event_uses_is_closed(name: str) -> None:
    assert event_schema()["$defs"][name]["enum"] == [member.value for member in VOCABULARIES[name]]


SENT = json.loads(write_line(Sent(1.0, Phase.MAIL, b"MAIL FROM:<>")))
RECEIVED = json.loads(write_line(Received(1.0, Phase.MAIL, parse_reply(b"250 ok\r\n"), "MAIL FROM:<>", 0.1)))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"event": "sent"},
        {"event": "dreamt", "at": 1.0},
        {**SENT, "at": "noon"},
        {**SENT, "phase": "lunch"},
        {**SENT, "data": {"hex": "00"}},
        {**SENT, "body": "yes"},
        {**RECEIVED, "reply": {**RECEIVED["reply"], "code": "250"}},
        {**RECEIVED, "reply": {**RECEIVED["reply"], "defects": ["bad-day"]}},
        {"event": "transcript", "schema": 1},
        {"event": "result", "schema": 2},
    ],
)
def test_what_is_no_line_is_not_valid(record: dict[str, Any]) -> None:
    assert not LINE.is_valid(record)


def test_another_key_is_allowed() -> None:
    """Under the same number of the schema, keys may be added."""
    assert LINE.is_valid({**SENT, "later": 1})


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    "more",
    [
        ["--lab", "ok"],
        ["--lab", "user-unknown"],
        ["--lab", "user-unknown", "--to", "lee@fabrikam.com"],
        ["--lab", "certificate-self-signed", "--stop-after", "rcpt"],
        ["--lab", "starttls-closed", "--tls", "require"],
        ["--lab", "authentication-required", "--no-probes"],
        ["--lab", "greylist", "--retry", "0.1"],
        ["--lab", "drop-at-rcpt", "--no-probes"],
        ["--lab", "bounce", "--notify", "success,failure", "--await-dsn", "10"],
        ["--lab", "no-service", "--probes", "network"],
    ],
)
@pytest.mark.usefixtures("no_mail_here")
def test_what_test_writes_is_valid(more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transcript = tmp_path / "session.jsonl"
    main(["test", *ENVELOPE, *more, "--json", "--transcript", str(transcript)])
    records = lines(capsys.readouterr().out)
    for record in (*records, *lines(transcript.read_text(encoding="utf-8"))):
        LINE.validate(record)
    result = records[-1]
    assert list(result) == list(RESULT["properties"])
    assert [list(server) for server in result["servers"]] == [list(SERVER)] * len(result["servers"])
    main(["explain", "--json", str(transcript)])
    for record in lines(capsys.readouterr().out):
        EXPLAIN.validate(record)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 User unknown",
        "Connected to mx.\n220 mx\nEHLO a.test\n501 no\nConnection closed by foreign host.\n",
        "Trying mx...\ntelnet: Unable to connect to remote host: Connection refused\n",
        "S: 220 mx\nS: 25 what?\nC: EHLO a.test\nS: 250 mx\n",
        "Final-Recipient: rfc822;kate@fabrikam.com\nAction: failed\nStatus: 5.1.1\n",
    ],
)
def test_what_explain_writes_is_valid(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pasted.txt"
    file.write_text(text)
    assert main(["explain", "--json", str(file)]) == 0
    records = lines(capsys.readouterr().out)
    for record in records:
        EXPLAIN.validate(record)
    assert list(records[0])[: len(EXPLAINED)] == list(EXPLAINED)


def test_what_a_batch_writes_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text('{"id": 1, "code": 550, "text": "User unknown"}\nnonsense\n{}\n')
    assert main(["explain", "--batch", str(file)]) == 0
    records = lines(capsys.readouterr().out)
    assert len(records) == 3
    for record in records:
        EXPLAIN.validate(record)
