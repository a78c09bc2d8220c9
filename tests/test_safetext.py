"""Nothing that steers a terminal, reorders text or is not seen is written raw, by any writer."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from unicodedata import bidirectional, category

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smtpscope
from scripted import scripted
from smtpscope.cli.main import main
from smtpscope.cli.terminal import complain
from smtpscope.diagnosis.context import explain_exchange
from smtpscope.diagnosis.interpret import Explained
from smtpscope.diagnosis.outcome import judge
from smtpscope.lab.http.routes import _json
from smtpscope.lab.http.server import _problem
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.lab.store.maildir import envelope_json
from smtpscope.model.conversation import Exchange
from smtpscope.model.event import Connected, Done, Event, Failed, Noted, Received, Sent
from smtpscope.model.transcript import write_line
from smtpscope.model.vocabulary import FailureKind, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.reading.reading import octets
from smtpscope.render.jsonl import explanation_line, result_line
from smtpscope.render.junit import junit
from smtpscope.render.log import log_lines
from smtpscope.render.result import report_record
from smtpscope.render.visible import visible
from smtpscope.safetext import dump, fitting

# The classes that a terminal, a reader of lines or an eye can be deceived with.
ZERO_WIDTH = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u200b\u200c\u200d\u2060\u3164\ufe0f\ufeff\uffa0\U000e0100\U000e0041"
)
BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def is_hostile(char: str) -> bool:
    return category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") or bidirectional(char) in BIDI or char in ZERO_WIDTH


HOSTILE = "".join(char for char in map(chr, range(0x10000)) if is_hostile(char)) + ZERO_WIDTH
ANY = st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from(HOSTILE), st.sampled_from("ab <>@")))


def assert_clean(written: str, layout: str = "") -> None:
    raw = {char for char in written if is_hostile(char)} - set(layout)
    assert raw == set(), ascii(written)
    written.encode()  # no surrogate is left


def joined(text: str) -> str:
    """Two halves of a surrogate pair, side by side, are one character for JSON (RFC 8259 section 7)."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@given(ANY)
def test_json_gives_every_text_back(text: str) -> None:
    for line in (dump(text), dump({text: [text]})):
        assert_clean(line)
        assert line.splitlines() == [line]
    assert json.loads(dump(text)) == joined(text)
    assert json.loads(dump({text: [text]})) == {joined(text): [joined(text)]}
    spread = dump({"a": text, "b": 1}, indent=1)
    assert_clean(spread, layout="\n")
    assert json.loads(spread) == {"a": joined(text), "b": 1}


@given(ANY, st.sampled_from(["utf-8", "ascii", "latin-1", "gb18030", "cp1252", None]))
def test_json_stays_json_in_a_stream_of_any_encoding(text: str, encoding: str | None) -> None:
    line = fitting(dump(text), encoding)
    written = line.encode(encoding or "ascii")
    assert json.loads(written.decode(encoding or "ascii")) == joined(text)


@given(ANY)
def test_the_views_for_people_show_nothing_hostile(text: str) -> None:
    assert_clean(visible(text))


def test_every_class_is_escaped() -> None:
    assert {"\x9b", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\ud800"} <= set(HOSTILE)
    for char in HOSTILE:
        assert_clean(dump(char))
        assert_clean(visible(char))
        assert json.loads(dump(char)) == char


def test_plain_text_is_written_as_it_is() -> None:
    for text in ("550 5.1.1 User unknown", "用户 不存在", "全角\u3000\u00a0é", "😀"):
        assert dump(text) == f'"{text}"'
        assert visible(text) == text


def events_with(text: str) -> tuple[Event, ...]:
    said = parse_reply(octets("550 " + text.replace("\n", " ")))
    return (
        Connected(1.0, text, "192.0.2.1", 25, "192.0.2.9:4"),
        Sent(1.0, Phase.RCPT, octets(text)),
        Received(1.0, Phase.RCPT, said, text, 0.1),
        Noted(1.0, Phase.EHLO, Topic.LINT, (("line", "1"), ("text", text), ("id", text))),
        Failed(1.0, Phase.CONNECT, FailureKind.REFUSED, text, text),
        Done(2.0, text),
    )


@given(ANY)
def test_every_writer_of_records(text: str) -> None:
    events = events_with(text)
    for event in events:
        assert_clean(write_line(event))
    heard = Exchange(parse_reply(octets("550 " + text)), "rcpt", text, text, text)
    assert_clean(explanation_line(Explained(heard, explain_exchange(heard))))
    assert_clean(result_line(report_record(judge(events), 1)))


@given(ANY)
def test_the_report_and_the_log(text: str) -> None:
    events = events_with(text)
    assert_clean(junit(judge(events), text), layout="\n")
    for event in events:
        for line in log_lines(event):
            assert_clean(line)


@given(ANY)
def test_what_the_lab_writes(text: str) -> None:
    mail = Mail("id", text, "192.0.2.1", text, ((text, text),), (Recipient(text),), 10)
    assert_clean(envelope_json(mail), layout="\n")
    assert_clean(_json({"name": text}).body.decode(), layout="\n")


@given(ANY)
def test_errors(text: str) -> None:
    with contextlib.redirect_stderr(io.StringIO()) as written:
        complain(f"--from: {text}")
    assert_clean(written.getvalue(), layout="\n")
    first, *others = written.getvalue().splitlines()
    assert first.startswith("smtpscope: ")
    assert all(line.startswith("    ") for line in others), "a line of a value must not look like one of ours"


RAW = "\x9b31mx\u202e\x7f\u200b\x85\u2028"


@pytest.mark.parametrize(
    "option", ["--entries", "--from", "--helo", "--data", "--chunk-size", "--resolver", "--tls-ca"]
)
@pytest.mark.parametrize("value", [RAW, "\x1b]0;owned\x07", "a\nsmtpscope: all is well", "\udc9b"])
def test_no_value_of_an_option_reaches_standard_error_raw(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", "127.0.0.1:9", "--to", "kate@fabrikam.com", "--no-probes", option, value])
    shown = capsys.readouterr()
    assert_clean(shown.err + shown.out, layout="\n")
    assert not any(line.startswith("smtpscope: all is well") for line in shown.err.splitlines())


@pytest.mark.parametrize(
    "arguments", [[RAW], ["--lang", RAW], ["test", f"--{RAW}"], ["explain", f"./{RAW}"], ["lab", RAW]]
)
def test_no_mistaken_argument_reaches_standard_error_raw(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments)
    assert_clean(capsys.readouterr().err, layout="\n")


def test_what_explain_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--json", f"550 {RAW}"]) == 0
    [record] = capsys_lines(capsys)
    assert str(record["text"]).startswith("\x9b31mx")
    batch = tmp_path / "batch"
    batch.write_text(json.dumps({"text": f"550 {RAW}", "own": RAW}) + "\n" + json.dumps({"own": RAW}) + "\n")
    assert main(["explain", "--batch", str(batch)]) == 0
    good, bad = capsys_lines(capsys)
    assert good["own"] == bad["own"] == RAW
    assert main(["explain", f"550 {RAW}"]) == 0
    assert_clean(capsys.readouterr().out, layout="\n")


def test_what_the_lab_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = ["--to", "kate@fabrikam.com", "--subject", "\u202e\x9b", "--helo", f"a{RAW}", "--as-is", "--no-probes"]
    assert main(["test", "--lab", "ok", *named, "--lab-maildir", str(tmp_path)]) is not None
    capsys.readouterr()
    assert main(["lab", "mails", str(tmp_path), "--json"]) == 0
    entries = capsys_lines(capsys)
    assert entries
    for entry in entries:
        assert main(["lab", "show", str(tmp_path), str(entry["id"]), "--json"]) == 0
        assert capsys_lines(capsys)
        assert main(["lab", "show", str(tmp_path), str(entry["id"])]) == 0
        assert_clean(capsys.readouterr().out, layout="\n")
    for path in tmp_path.rglob("*.json*"):
        assert_clean(path.read_text("utf-8"), layout="\n")


def capsys_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """The records that were printed; each line is clean."""
    output = capsys.readouterr().out
    assert_clean(output, layout="\n")
    return [json.loads(line) for line in output.splitlines()]


def test_json_is_written_in_one_place() -> None:
    """The catalogue's files are the exception: they are read by smtpscope alone, and made at build time."""
    source = Path(smtpscope.__file__).parent
    writers = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("dumps", "dump", "JSONEncoder")
    }
    assert writers == {"safetext.py", "knowledge/build.py", "model/schema/__init__.py"}


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_what_a_hostile_server_says_is_clean_in_every_output(encoding: str, tmp_path: Path) -> None:
    said = f"250 é用户😀{RAW}\r\n".encode()
    files = {option: tmp_path / option.strip("-") for option in ("--log", "--transcript", "--junit")}
    options = [word for option, path in files.items() for word in (option, str(path))]
    with scripted(b"220 " + said[4:], "line", said, "line", b"5" + said[1:], "line") as server:
        named = ["--from", "chris@contoso.com", "--to", "用户é😀@fabrikam.com", "--helo", "contoso.com", "--no-probes"]
        command = [sys.executable, "-m", "smtpscope", "test", f"127.0.0.1:{server.port}", *named, "--json", *options]
        environ = {**os.environ, "PYTHONIOENCODING": encoding}
        ended = subprocess.run(command, capture_output=True, timeout=30, env=environ, check=False)
    assert ended.stderr == b""
    shown = ended.stdout.decode(encoding)
    records = [json.loads(line) for line in shown.splitlines()]
    replies = [record["reply"]["text"] for record in records if record["event"] == "received"]
    assert replies[0] == f"é用户😀{RAW}"
    for text in (shown, *(path.read_text("utf-8") for path in files.values())):
        assert_clean(text, layout="\n")
    assert [json.loads(line)["event"] for line in files["--transcript"].read_text("utf-8").splitlines()]


def test_what_the_lab_answers_over_http() -> None:
    assert_clean(_problem(404, RAW).body.decode())
    assert json.loads(_problem(404, RAW).body)["error"] == RAW
