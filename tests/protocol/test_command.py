"""Commands both ways: what people type is understood, what is wrong has a column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.command import (
    Line,
    LineReader,
    check_notify,
    mail_line,
    parse_command,
    parse_path_argument,
    rcpt_line,
    xtext_decode,
    xtext_encode,
)
from smtpscope.protocol.fault import Fault, FaultId


def test_a_command_is_verb_and_argument() -> None:
    command = parse_command(b"ehlo  contoso.com ")
    assert (command.verb, command.argument) == ("EHLO", "contoso.com")
    assert parse_command(b"").verb == ""


@pytest.mark.parametrize(
    ("argument", "path", "parameters"),
    [
        ("FROM:<>", "", ()),
        ("from:<a@x.test> SIZE=10 BODY=8BITMIME", "a@x.test", (("SIZE", "10"), ("BODY", "8BITMIME"))),
        ("FROM:<@r.test,@s.test:a@x.test>", "a@x.test", ()),
        ('FROM:<"a>b c"@x.test> smtputf8', '"a>b c"@x.test', (("SMTPUTF8", ""),)),
        ("FROM: <a@x.test>", "a@x.test", ()),
    ],
)
def test_well_formed_paths(argument: str, path: str, parameters: tuple[tuple[str, str], ...]) -> None:
    read = parse_path_argument(argument, "FROM")
    assert (read.path, read.parameters, read.fault) == (path, parameters, None)


@pytest.mark.parametrize(
    ("argument", "path", "column", "fault"),
    [
        ("<a@x.test>", "", 1, "keyword-missing"),
        ("TO:a@x.test NOTIFY=NEVER", "a@x.test", 4, "path-unbracketed"),
        ("TO:<a@@x.test>", "a@@x.test", 7, "domain-character"),
        ("TO:<a@x.test", "a@x.test", 13, "path-unclosed"),
        ("TO:<>", "", 5, "address-empty"),
        ("TO:<a@x.test>X", "a@x.test", 14, "path-followed"),
        ("TO:<a@x.test> =1", "a@x.test", 15, "parameter"),
    ],
)
def test_faults_have_a_column(argument: str, path: str, column: int, fault: str) -> None:
    read = parse_path_argument(argument, "TO")
    assert read.path == path
    assert read.fault is not None
    assert (read.fault.column, read.fault.id) == (column, fault)


def test_postmaster_needs_no_domain_as_a_recipient() -> None:
    assert parse_path_argument("TO:<Postmaster>", "TO").fault is None
    assert parse_path_argument("FROM:<Postmaster>", "FROM").fault is not None


def test_lines_of_the_client() -> None:
    assert mail_line("", []) == b"MAIL FROM:<>"
    assert rcpt_line("王@x.test", ["NOTIFY=NEVER"]) == "RCPT TO:<王@x.test> NOTIFY=NEVER".encode()


@given(st.text())
def test_xtext_is_undone(text: str) -> None:
    encoded = xtext_encode(text)
    assert xtext_decode(encoded) == text
    assert encoded.isascii()
    assert not set(encoded) & set(" =\r\n")


@pytest.mark.parametrize("value", ["NEVER", "SUCCESS,FAILURE", "delay"])
def test_good_notify(value: str) -> None:
    assert check_notify(value) is None


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("NEVER,SUCCESS", Fault(7, FaultId.NOTIFY_NEVER)),
        ("SUCCESS,DELAY,NEVER", Fault(15, FaultId.NOTIFY_NEVER)),
        ("", Fault(1, FaultId.NOTIFY_WORD, (("word", ""),))),
        ("SUCESS", Fault(1, FaultId.NOTIFY_WORD, (("word", "sucess"),))),
        ("SUCCESS,SUCCESS", Fault(9, FaultId.NOTIFY_TWICE)),
        ("SUCCESS,", Fault(9, FaultId.NOTIFY_WORD, (("word", ""),))),
    ],
)
def test_bad_notify(value: str, fault: Fault) -> None:
    assert check_notify(value) == fault


def lines(data: bytes, sizes: list[int], limit: int = 10) -> tuple[list[Line], bytes]:
    reader = LineReader(limit)
    found: list[Line] = []
    start = 0
    for size in [*sizes, len(data)]:
        reader.feed(data[start : start + size])
        start += size
        while line := reader.next_line():
            found.append(line)
    return found, reader.take_rest()


def test_lines_of_a_client_are_kept_to_the_limit() -> None:
    found, rest = lines(b"EHLO a\r\n" + b"x" * 50 + b"\r\nQUIT\nrest", [])
    assert found == [Line(b"EHLO a", b"\r\n"), Line(b"x" * 10, b"\r\n", True), Line(b"QUIT", b"\n")]
    assert rest == b"rest"


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"ab", b"x" * 9, b"y" * 12])).map(b"".join),
    st.lists(st.integers(1, 4)),
)
def test_lines_are_the_same_in_pieces(data: bytes, sizes: list[int]) -> None:
    assert lines(data, sizes)[0] == lines(data, [])[0] == lines(data, [1] * len(data))[0]


@given(st.text(), st.sampled_from(["FROM", "TO"]))
def test_any_argument_is_read(argument: str, keyword: str) -> None:
    for text in (argument, f"{keyword}:{argument}", f"{keyword}:<{argument}>"):
        parse_path_argument(text, keyword)
