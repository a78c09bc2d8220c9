"""Remarks on messages: one case for each id, harmless neighbours, and any octets at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtpscope.dialogue.lint import Remark, RemarkId, lint
from smtpscope.render.lint import REMARKS, remark_text

FINE = b"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nFrom: <chris@contoso.example>\r\n"


def ids(message: bytes) -> list[str]:
    return [remark.id for remark in lint(message)]


def only(message: bytes) -> Remark:
    (remark,) = lint(message)
    return remark


def test_a_correct_message_has_no_remarks() -> None:
    assert (
        lint(FINE + b"Subject: A\r\n folded one\r\nX-Empty:\r\n\r\nHello.\r\n\r\nNo: colon\r\nmatters here\r\n") == ()
    )


def test_a_correct_message_needs_no_text() -> None:
    assert lint(FINE + b"\r\n") == ()


class TestTranslatedNames:
    @pytest.mark.parametrize(
        ("line", "meant"),
        [
            ("主题：你好", "Subject"),
            ("主题:你好", "Subject"),
            ("主題： 你好", "Subject"),
            ("发件人：chris@contoso.example", "From"),
            ("收件人 : kate@fabrikam.example", "To"),
            ("抄送：kate@fabrikam.example", "Cc"),
            ("日期：今天", "Date"),
            ("回复：kate@fabrikam.example", "Reply-To"),
            ("Subject：Hello", "Subject"),
            ("ｓｕｂｊｅｃｔ：Hello", "Subject"),
        ],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
    def test_the_real_name_is_told(self, line: str, meant: str, encoding: str) -> None:
        remark = only(FINE + line.encode(encoding) + b"\r\n\r\nHello.\r\n")
        assert (remark.id, remark.line, remark.severity) == ("header-translated", 3, "error")
        details = dict(remark.details)
        assert (details["meant"], details["count"]) == (meant, "1")
        assert details["written"].rstrip(":： ") == line.translate({0xFF1A: ":"}).split(":")[0].rstrip()

    def test_all_of_them_are_one_remark_and_count_as_present(self) -> None:
        header = "发件人：chris@contoso.example\r\n收件人：kate@fabrikam.example\r\n日期：今天\r\n"
        remark = only(header.encode() + b"Subject: x\r\n\r\nHello.\r\n")
        assert remark.line == 1
        assert dict(remark.details) == {"written": "发件人：", "meant": "From", "count": "3"}

    def test_a_greeting_is_no_field(self) -> None:
        assert ids(FINE + "\r\n主题：你好\r\n".encode()) == []
        assert ids(FINE + "你好：\r\n这是测试。\r\n".encode()) == ["no-empty-line"]


class TestHeaderSyntax:
    def test_a_line_without_colon(self) -> None:
        remark = only(FINE + b"Subject hello\r\nTo: kate@fabrikam.example\r\n\r\nHello.\r\n")
        assert (remark.id, remark.line, remark.severity) == ("header-syntax", 3, "error")

    def test_the_last_line_of_the_header(self) -> None:
        assert only(FINE + b"Subject hello\r\n\r\nHello.\r\n").line == 3

    def test_a_continuation_of_nothing(self) -> None:
        assert only(b" folded\r\n" + FINE + b"\r\n").id == "header-syntax"

    def test_a_byte_order_mark(self) -> None:
        remark = only(b"\xef\xbb\xbf" + FINE + b"\r\nHello.\r\n")
        assert (remark.id, remark.line, remark.details) == ("byte-order-mark", 1, ())

    def test_the_count(self) -> None:
        remark = only(FINE + b"one\r\ntwo\r\nTo: kate@fabrikam.example\r\n\r\n")
        assert remark.details == (("count", "2"),)


class TestNoEmptyLine:
    def test_the_message_ends_within_its_header(self) -> None:
        remark = only(FINE)
        assert (remark.id, remark.line, remark.severity) == ("no-body", 2, "warning")

    @pytest.mark.parametrize(
        "text", [b"Hello Kate.\r\nNote: this is text.\r\n", b"One line\r\n", b"a b\r\nc d\r\n\r\ne\r\n"]
    )
    def test_text_follows_at_once(self, text: bytes) -> None:
        remark = only(FINE + text)
        assert (remark.id, remark.line, remark.severity) == ("no-empty-line", 3, "error")


class TestFields:
    @pytest.mark.parametrize(
        ("message", "missing", "severity"),
        [
            (b"From: <chris@contoso.example>\r\n\r\n", "Date", "warning"),
            (b"Date: today\r\n\r\n", "From", "error"),
            (b"\r\nHello.\r\n", "Date, From", "error"),
        ],
    )
    def test_required_ones(self, message: bytes, missing: str, severity: str) -> None:
        remark = only(message)
        assert (remark.id, remark.line, remark.severity) == ("missing-header", 1, severity)
        assert remark.details == (("names", missing),)

    def test_those_that_occur_once(self) -> None:
        remark = only(FINE + b"Subject: a\r\nsubject: b\r\nSUBJECT : c\r\nReceived: x\r\nReceived: y\r\n\r\n")
        assert (remark.id, remark.line, remark.severity) == ("duplicate-header", 4, "error")
        assert remark.details == (("names", "Subject (3)"),)

    def test_8_bit_octets(self) -> None:
        message = FINE + "Subject: Grüße\r\n und Küsse\r\n\r\nGrüße\r\n".encode()
        remark = only(message)
        assert (remark.id, remark.line, remark.severity) == ("header-8bit", 3, "warning")
        assert remark.details == (("count", "2"),)
        assert lint(message, utf8=True) == ()

    def test_8_bit_octets_that_are_not_utf8_are_wrong_even_with_smtputf8(self) -> None:
        remark = lint(FINE + "Subject: Grüße\r\n\r\n".encode("latin-1"), utf8=True)[0]
        assert (remark.id, remark.line, remark.severity) == ("header-8bit", 3, "error")


class TestOctets:
    @pytest.mark.parametrize(
        ("text", "id_", "details"),
        [
            (b"a\r\nb\nc\n", "bare-lf", {"count": "2"}),
            (b"a\r\nb\rc\r\nd\r\r\n", "bare-cr", {"count": "2"}),
            (b"a\r\nb\0c\r\n", "nul", {"count": "1"}),
            (
                b"a\r\n" + b"x" * 999 + b"\r\n" + b"y" * 998 + b"\r\n",
                "long-line",
                {"count": "1", "limit": "998", "length": "999"},
            ),
            (b"a\r\n" + b"x" * 2000, "long-line", {"count": "1", "limit": "998", "length": "2000"}),
        ],
    )
    def test_one_remark_with_the_first_line_and_the_count(self, text: bytes, id_: str, details: dict[str, str]) -> None:
        remark = only(FINE + b"\r\n" + text)
        assert (remark.id, remark.line, remark.severity) == (id_, 5, "error")
        assert dict(remark.details) == details

    def test_a_file_with_unix_line_ends_is_read_all_the_same(self) -> None:
        assert ids(FINE.replace(b"\r\n", b"\n") + b"\nHello.\n") == ["bare-lf"]

    def test_the_last_line_needs_no_end(self) -> None:
        assert ids(FINE + b"\r\nHello.") == []


@given(
    st.binary(max_size=500)
    | st.lists(
        st.sampled_from([b"\r", b"\n", b"\r\n", b":", b" ", b"From", b"\0", b"\xef\xbb\xbf", b"\xb5", b"x" * 999])
    ).map(b"".join)
)
@example(b"")
@example(b"\r\n")
@example("主题：".encode("gb18030"))
@example("主题：".encode("big5", "ignore"))
@example("：".encode() * 500)
def test_any_octets_give_remarks_that_fit_them(message: bytes) -> None:
    remarks = lint(message)
    lines = message.count(b"\n") + 1
    assert all(1 <= remark.line <= lines for remark in remarks)
    assert [remark.line for remark in remarks] == sorted(remark.line for remark in remarks)
    assert len({remark.id for remark in remarks}) == len(remarks)
    assert all(remark.severity in ("error", "warning") for remark in remarks)
    assert all(remark_text(remark) for remark in remarks)


@pytest.mark.parametrize("text", [b"A" * 76 + b"\r\n", b"\r\n", b"\n", b"x"], ids=["base64", "CRLF", "LF", "one line"])
def test_a_large_message_is_looked_at_quickly(text: bytes) -> None:
    message = FINE + b"\r\n" + text * (25 * 2**20 // len(text))
    start = time.process_time()
    lint(message)
    assert time.process_time() - start < 0.5


def test_a_header_without_end_is_looked_at_quickly() -> None:
    message = "主：\n".encode() * (25 * 2**20 // 7)
    start = time.process_time()
    assert "no-empty-line" in ids(message)
    assert time.process_time() - start < 1


def test_every_remark_has_a_sentence() -> None:
    assert set(REMARKS) == {*RemarkId, "header-translated-more"}
