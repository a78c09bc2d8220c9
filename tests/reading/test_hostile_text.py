"""Whatever is pasted: it is read without an exception, in time that grows with its length, in little memory."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from any_event import EVENT
from smtpscope.cli.main import main
from smtpscope.knowledge.catalogue import explain
from smtpscope.lab.runner import lab_running
from smtpscope.model.event import Event
from smtpscope.model.transcript import from_json, read_lines, to_json
from smtpscope.reading import batch, bounce, capture, dsn, exchange, freetext, maillog, marked, words
from smtpscope.reading.jsonl import read_events
from smtpscope.reading.notification import Awaited, read_notification
from smtpscope.reading.read import read
from smtpscope.safetext import dump, octets

STATUS = "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
HEAD = "From: MAILER-DAEMON@a.test\nSubject: failure notice\n\n"
EXCHANGE = "2026-11-24T16:00:00.000Z,c,AB,1,l,r,<,{0},{0}"


def of_lines(reader: Callable[[list[str]], object], head: str = "") -> Callable[[str], object]:
    return lambda text: reader((head + text).split("\n"))


def of_marks(marks: marked.Marks) -> Callable[[str], object]:
    """Its lines, with one more that lets the reader begin."""
    begin = {"swaks": "<-  250 ok", "curl": "< 250 ok", "sendmail": "<<< 250 ok", "letters": "S: 250 ok"}
    return lambda text: marked.read_marked(marks, [begin.get(marks.form, ""), *text.split("\n")])


READERS: dict[str, Callable[[str], object]] = {
    "all forms": lambda text: read(octets(text)),
    "words": words.read_words,
    "refusal": words.tells_refusal,
    "mail log": of_lines(maillog.read_maillog),
    "free text": lambda text: freetext.read_free_text(text, bounced=True),
    "web page": lambda text: freetext.without_tags("<html>" + text),
    "bounce": lambda text: bounce.read_bounce(octets(HEAD + text), (HEAD + text).split("\n")),
    "status part": lambda text: dsn.parse_dsn(octets(STATUS + text)),
    "recipient": lambda text: [
        one.exchange for one in dsn.fields_report(f"Status: 5.1.1 {text}\nDiagnostic-Code: {text}")
    ],
    "status fields": of_lines(bounce.read_fields, "Diagnostic-Code: smtp; "),
    "notification": lambda text: read_notification(octets(HEAD + text), Awaited("", "", ("kate@fabrikam.com",))),
    "Exchange log": of_lines(exchange.read_exchange),
    "Exchange data": of_lines(lambda lines: exchange.read_exchange([EXCHANGE.format(line) for line in lines])),
    "capture": of_lines(capture.read_capture),
    "openssl": of_lines(capture.read_openssl, "CONNECTED(1)\n"),
    "batch": lambda text: batch.read_row(json.dumps({"text": text}), 1),
    "catalogue": explain,
    "catalogue, with code": lambda text: explain("550 " + text),
    **{f"marks of {marks.form}": of_marks(marks) for marks in marked.MARKS},
}

# What the readers look for, its beginnings and its parts: repeated, each makes a reader begin again and again.
UNITS = [
    *(
        "a",
        "/",
        "a-",
        "a.",
        ".",
        "-",
        " ",
        "_",
        "é",
        "e\u0301",
        "\u0301",
        "中",
        "中 ",
        "\u200b",
        "\ud800",
        "\x00",
        "\t",
    ),
    *("1", "0", "12345 ", "1-", "550 ", "550-", "550", "'550 ", "(550 ", "#", "#5.1.1", "5.1.1 ", "5.1.1", "1.1.1.1 "),
    *("while ", "while a ", "(", "((", ")", ") ", "( )", "(in reply to ", "(in reply to a", "(in reply to a command)"),
    *("<", "<a", "<a@", "a@", "@", "a@b", "a@b.c ", "'", '"', "\\", '\\"', '""', "' '", '","', "[", "[1", "[0:", "a'"),
    *("host ", "host a", "host a[", "said: ", "smtp;", "smtp; ", "Remote host ", "Remote-host", "Remote Server at a ("),
    *("SMTP error from remote mailer after a", "SMTP error from remote mailer after :<", "error_code", "with "),
    *("=", "to=<", "relay=a, ", ", status=", ", status=bounced (host ", "reject: ", "reject: RCPT from ", "stat="),
    *(
        "** ",
        "** a ",
        "** a: host a[",
        "** a R=b H=",
        "=> ",
        ' C="',
        " defer (",
        "== a R=b defer (1) ",
        "A=a [",
        "A=a ",
    ),
    *(
        'stat="',
        'command="',
        "failed-command ",
        "ruleset=check_rcpt, arg1=<",
        "rejected RCPT ",
        "Sent (a",
        "delivery 1: ",
    ),
    *("delivery 1: failure: ", "Connected to ", "Giving up on ", "&amp;", "&#", ":", "a: ", "X-A: ", "::", ";", ","),
    *("\r", "\x1b[", "\x1b]", "\x1b", "\b", "a\b", "Trying ", "Trying a...", "telnet ", "nc -a ", "$ ", "> ", "A a"),
    *("ab, cd ", "EHLO ", "MAIL FROM", "RCPT TO:", "=== Trying ...", "=== Trying a:1", "... while talking to ..", "< "),
    *("<- ", "-> ", "reply: b'", "'\\r\\n", "SERVER -> CLIENT: ", "C: ", "S: ", "curl: (6) ", "1.000  ", "--", "---"),
    *("2026-11-24T16:00:00.000Z ", "* connecting to ", "<p ", "</p", "<!", "{", '{"a":', '"a",', "AB", "a- ", "-a "),
    *("\n", "\n\n", "\r\n", "\n \n", "\n\t", "a\n", "550 a\n", "550-a\n", "<a@b.c>:\n", "<a@b.c>:\nab cd\n\n", "--b\n"),
    *("Final-Recipient: a\n", "Diagnostic-Code: smtp; 550 a\n", "Content-Type: message/rfc822\n\n"),
    *("Content-Type: multipart/mixed; boundary=b\n\n--b\n", "250 ok\nRCPT TO:<a@b>\n", "in 5 ", "wait 1:00:"),
]
SHORT, LONG = 8192, 65536


def seconds(reader: Callable[[str], object], unit: str, size: int) -> float:
    """Of this process's time, for ``unit`` repeated to ``size`` characters, with an end that fits nothing."""
    text = (unit * (size // len(unit) + 1))[:size] + "\x00)\n"
    begun = time.process_time()
    reader(text)
    return time.process_time() - begun


@pytest.mark.untraced  # what coverage adds is not the reader's time
@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_length_and_no_faster(name: str) -> None:
    """Eight times the text: linear is 8 times the time, quadratic 64. What is fast enough is not measured again."""
    reader = READERS[name]
    reader("550 a")  # loads what it needs
    for unit in UNITS:
        short = seconds(reader, unit, SHORT)
        if short > 0.02:
            long = seconds(reader, unit, LONG)
            assert long < max(24 * short, 0.5), f"{unit!a}: {short:.3f} s, then {long:.3f} s"


MB16 = 16 << 20


@pytest.mark.untraced
@pytest.mark.parametrize(
    "text",
    [
        b"while " * (MB16 // 6) + b"\x00)\n",
        STATUS.encode() + b"\n" * MB16,
        b"From: a\n" + b"Content-Type: message/rfc822\n\n" * (MB16 // 31),
        b"RCPT TO:<" + b"a" * (MB16 // 2) + b">\r\n550 5.1.1 " + b"b" * (MB16 // 2 - 20) + b"\r\n",
    ],
    ids=["words", "status", "nested", "command"],
)
def test_sixteen_megabytes_end(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(text)
    command = [sys.executable, "-m", "smtpscope", "explain", str(path)]
    ended = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert ended.returncode in (0, 2)
    assert b"Traceback" not in ended.stderr


# ------------------------------------------------------------------------------------------------ in little memory


def limited(megabytes: int, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A run that may have so much address space."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    command = [sys.executable, "-m", "smtpscope", *arguments]
    return subprocess.run(command, capture_output=True, timeout=300, check=False, preexec_fn=limit, input=stdin)


@pytest.mark.untraced  # coverage has its own memory
def test_a_message_of_25_megabytes_in_200(tmp_path: Path) -> None:
    path = tmp_path / "big.eml"
    path.write_bytes(b"Subject: big\r\n\r\n" + b"0123456789 0123456789 0123456789\r\n" * 735000)
    with lab_running() as lab:
        to = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com", "--no-probes"]
        ended = limited(195, "test", f"127.0.0.1:{lab.port}", *to, "--data", str(path), "-q")
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert lab.messages[0].octets == path.stat().st_size


@pytest.mark.untraced
@pytest.mark.parametrize("megabytes", [50, 75])
@pytest.mark.parametrize("arguments", [["explain", "-"], ["explain", "--batch", "-"]])
def test_too_little_memory_is_said(megabytes: int, arguments: list[str]) -> None:
    texts = (b"550 a" * (MB16 // 5), STATUS.encode() + b"\n" * (0 if "--batch" in arguments else MB16))
    for text in texts:
        ended = limited(megabytes, *arguments, stdin=text)
        assert b"Traceback" not in ended.stderr, ended.stderr.decode()
        assert ended.returncode in (0, 2, 3)
        assert (b"memory" in ended.stderr) == (ended.returncode == 3)


# ------------------------------------------------------------------------------------------- anything, and no exception

SEEDS = [
    "250-mx.fabrikam.com\n250 DSN\nMAIL FROM:<chris@contoso.com>\n250 ok\nRCPT TO:<kate@fabrikam.com>\n550 5.1.1 no\n",
    "<-  220 mx ESMTP\n -> EHLO contoso.com\n<-  250 ok\n -> AUTH PLAIN AGEAYg==\n<** 535 5.7.8 no\n",
    "postfix/smtp[1]: A: to=<kate@fabrikam.com>, relay=mx[192.0.2.1]:25, dsn=5.1.1, status=bounced (host mx[192.0.2.1] "
    "said: 550 5.1.1 no (in reply to RCPT TO command))\n",
    "2026-11-24 16:00:00 A ** kate@fabrikam.com R=dnslookup T=remote_smtp H=mx [192.0.2.1]: SMTP error from remote "
    "mail server after RCPT TO:<kate@fabrikam.com>: 550 5.1.1 no\n== a@b.test R=r defer (-44): connection refused\n",
    "delivery 7: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_no/Giving_up_on_192.0.2.1./\n",
    STATUS + "Reporting-MTA: dns; mx\nArrival-Date: Tue, 24 Nov 2026 16:00:00 +0000\n\nFinal-Recipient: utf-8; "
    "\\x{4E2D}@b\nAction: failed (x)\nStatus: 5.1.1 (no)\nDiagnostic-Code: smtp; 550\n\n--b\n"
    "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nTWVzc2FnZS1JRDogPDE+Cg==\n--b--\n",
    HEAD + "Hi. This is the qmail-send program at mx.\n\n<kate@fabrikam.com>:\nno. (#5.1.1)\n\n--- Below\n\n"
    "Message-ID: <1>\n",
    '2026-11-24T16:00:00.000Z,C,08D1,1,a:1,b:25,<,"550 5.1.1 a ""b""",\n'
    "2026-11-24T16:00:00.000Z,C,08D1,2,a,b,>,QUIT,\n",
    '{"event": "received", "at": 1, "phase": "rcpt", "reply": {"code": 550, "raw": "550 no\\r\\n", "defects": [], '
    '"dropped": 0}, "command": "RCPT TO:<a@b>", "elapsed": 0.5}\n{"event": "done", "at": 1, "host": "a"}\n',
    '{"code": 550, "enhanced": "5.1.1", "text": "no such user", "stage": "rcpt", "server": "mx"}\n',
]
PIECES = [
    *(
        "\r",
        "\n",
        "\n\n",
        "\0",
        "\x1b[31m",
        "\ud800",
        "\udcff",
        "\u202e",
        '"',
        "{",
        "}",
        "[",
        "null",
        "1e999",
        "NaN",
        "-1",
    ),
    *("true", "550 ", "550-", "5.1.1", "<", ">", "@", ":", ";", "=?utf-8?q?x?=", "base64", "x-uuencode", "boundary=b"),
    *(
        "charset=utf-16",
        "charset=idna",
        "charset=unicode_escape",
        "charset*=utf-8''%ff",
        "9" * 5000,
        "[" * 2000,
        "a" * 900,
    ),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A text of some form, with pieces cut out, doubled, and put in."""
    text = draw(st.sampled_from(SEEDS))
    for _change in range(draw(st.integers(0, 8))):
        start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 60))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.just(text[start : start + length]), st.text(max_size=5)))
        text = text[:start] + piece + text[start + draw(st.sampled_from([0, length])) :]
    return text


@contextlib.contextmanager
def silent() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@settings(max_examples=100, deadline=None)
@given(damaged())
def test_no_reader_raises(text: str) -> None:
    for reader in READERS.values():
        reader(text)


@pytest.fixture(scope="module")
def pasted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that each example writes anew."""
    return tmp_path_factory.mktemp("pasted") / "text"


@settings(max_examples=150, deadline=None)
@given(damaged(), st.sampled_from([[], ["--json"], ["--coverage"], ["--batch"]]))
def test_explain_tells_anything(pasted: Path, text: str, options: list[str]) -> None:
    pasted.write_bytes(octets(text))
    with silent():
        assert main(["explain", *options, str(pasted)]) in (0, 2)


# --------------------------------------------------------------------------------------------------------- records

JUNK: Any = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.just([]), st.just({}), st.just([[1]])
)
RECEIVED = to_json(from_json(json.loads(SEEDS[8].split("\n")[0])))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("code", value) for value in (550.5, True, "x", "5500", 5500, -1, 10**30, None, [550], {"a": 1}, "")),
        *(("dropped", value) for value in ("1", 1.5, True, None, 10**30)),
        *(("defects", value) for value in ("x", [1], [["control"]], None, {"a": 1})),
        *(("raw", value) for value in ({"base64": 1}, {"base64": "\ud800"}, {}, None)),
    ],
)
def test_a_reply_that_is_none_is_refused(field: str, value: object) -> None:
    if field == "raw" and value is None:
        return  # it is read as the text None
    record = {**RECEIVED, "reply": {**RECEIVED["reply"], field: value}}
    with pytest.raises(ValueError, match=r".+"):
        from_json(record)
    with pytest.raises(ValueError, match="line 1 is no event"):
        read_lines([json.dumps(record)])
    assert tuple(read_events([json.dumps(record)])) == ()


def test_a_record_without_a_header_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps(RECEIVED))
    assert main(["explain", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["code"] == 550


@settings(max_examples=300, deadline=None)
@given(EVENT, st.data())
def test_what_comes_out_of_a_record_has_its_types(event: Event, data: st.DataObject) -> None:
    record = to_json(event)
    record[data.draw(st.sampled_from(sorted(record)))] = data.draw(JUNK)
    try:
        found = from_json(record)
    except ValueError:
        return
    assert from_json(json.loads(dump(to_json(found)))) == found


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENT, max_size=8), st.booleans())
def test_any_transcript_is_explained(pasted: Path, events: list[Event], as_json: bool) -> None:
    pasted.write_text("".join(dump(to_json(event)) + "\n" for event in events))
    with silent():
        assert main(["explain", *(["--json"] if as_json else []), str(pasted)]) in (0, 2)


@pytest.mark.parametrize(
    "code", [550.5, True, False, "5500", "x", -550, 0, 5, 10**30, 1e999, [550], {"a": 1}, [[[]]], "５５０"]
)
def test_a_code_of_a_batch_that_is_none(code: object) -> None:
    row = batch.read_row(json.dumps({"code": code, "text": "no", "own": 1}), 7)
    assert row.exchange is None
    assert str(row.error).startswith("line 7: ")
    assert row.others["own"] == 1


@pytest.mark.parametrize("depth", [90, 99, 101, 900, 990, 100_000])
def test_a_batch_of_any_depth(depth: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "batch"
    path.write_text('{"code": 550, "own": ' + "[" * depth + "]" * depth + "}\n" + '{"code": 550}\n')
    assert main(["explain", "--batch", str(path)]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert ("error" in first) == (depth > 99)
    assert second["code"] == 550


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["code", "enhanced", "text", "stage", "server", "own"]), JUNK))
def test_any_row_of_a_batch(record: dict[str, object]) -> None:
    row = batch.read_row(json.dumps(record), 1)
    assert (row.exchange is None) == bool(row.error)
