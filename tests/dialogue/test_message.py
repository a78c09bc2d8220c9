"""The composed message, read back with the standard library's parser."""

from __future__ import annotations

import email
import email.policy
import email.utils
import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtpscope.dialogue.encoding import encode_words
from smtpscope.dialogue.lint import lint
from smtpscope.dialogue.message import Attachment, Draft, compose, format_date
from smtpscope.dialogue.mime import field, long_lines

DRAFT = Draft(
    sender="chris@contoso.example",
    recipients=("kate@fabrikam.example",),
    subject="A test",
    body="Hello Kate.\n",
    date="Tue, 24 Nov 2026 09:00:00 +0000",
    run_id="c0ffee",
    host="contoso.example",
)
CHINESE = "这是一封用来检查邮件服务器的测试邮件，主题很长，所以必须折成几行。" * 3

# Control characters and line separators are the parser's own weak spot, so they have tests of their own.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200)
bodies = st.text(st.characters(exclude_categories=("Cs",)), max_size=3000)


def parse(message: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(message, policy=email.policy.default)


def header_lines(message: bytes) -> list[bytes]:
    return message.partition(b"\r\n\r\n")[0].split(b"\r\n")


def unified(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n")


def test_the_plain_message_in_full() -> None:
    assert compose(DRAFT, eight_bit=False, utf8=False).decode("ascii").split("\r\n") == [
        "Date: Tue, 24 Nov 2026 09:00:00 +0000",
        "From: <chris@contoso.example>",
        "To: <kate@fabrikam.example>",
        "Subject: A test",
        "Message-ID: <c0ffee.smtpscope@contoso.example>",
        "X-Smtpscope-Run: c0ffee",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Hello Kate.",
        "",
    ]


class TestHeader:
    def test_the_null_sender_writes_as_the_tool_itself(self) -> None:
        message = parse(compose(DRAFT.replace(sender=""), eight_bit=False, utf8=False))
        assert message["From"] == "smtpscope@contoso.example"

    def test_no_recipient_gives_an_empty_group(self) -> None:
        message = parse(compose(DRAFT.replace(recipients=()), eight_bit=False, utf8=False))
        assert message["To"].groups[0].display_name == "undisclosed-recipients"

    def test_a_given_field_replaces_the_default_and_the_next_one_is_added(self) -> None:
        headers = (("subject", "mine"), ("Subject", "another"), ("X-Test", "1"), ("X-Test", "2"))
        lines = header_lines(compose(DRAFT.replace(headers=headers), eight_bit=False, utf8=False))
        assert [line for line in lines if line.lower().startswith(b"subject")] == [
            b"subject: mine",
            b"Subject: another",
        ]
        assert lines.count(b"X-Test: 1") == lines.count(b"X-Test: 2") == 1

    @pytest.mark.parametrize("name", ["Date", "From", "To", "Message-ID", "MIME-Version", "X-Smtpscope-Run"])
    def test_every_default_can_be_replaced(self, name: str) -> None:
        lines = header_lines(compose(DRAFT.replace(headers=((name, "value"),)), eight_bit=False, utf8=False))
        assert [line for line in lines if line.startswith(name.encode() + b":")] == [name.encode() + b": value"]

    def test_a_line_end_in_a_value_starts_no_other_field(self) -> None:
        message = compose(
            DRAFT.replace(subject="one\r\nBcc: kate@fabrikam.example\n\ntwo"), eight_bit=False, utf8=False
        )
        assert b"Subject: one Bcc: kate@fabrikam.example two\r\n" in message

    def test_many_recipients_are_folded(self) -> None:
        recipients = tuple(f"kate{number}@fabrikam.example" for number in range(100))
        message = compose(DRAFT.replace(recipients=recipients), eight_bit=False, utf8=False)
        assert max(map(len, header_lines(message))) <= 76
        assert [address.addr_spec for address in parse(message)["To"].addresses] == list(recipients)

    @given(texts)
    @example(CHINESE)
    @example("Grüße aus Köln und noch viel mehr Text, damit es für eine Zeile nicht reicht")
    @example("x" * 900)
    @example("x" * 989)
    @example("x" * 990)
    @example("two  spaces   between\twords " * 5)
    def test_a_subject_comes_back_as_it_was(self, subject: str) -> None:
        message = compose(DRAFT.replace(subject=subject), eight_bit=False, utf8=False)
        if "=?" not in subject:
            assert parse(message)["Subject"] == subject.strip(" \t")
        assert message.isascii()
        assert lint(message) == ()

    def test_a_subject_that_is_encoded_already_stays_so(self) -> None:
        assert field("Subject", "=?utf-8?B?5L2g5aW9?=") == b"Subject: =?utf-8?B?5L2g5aW9?=\r\n"

    def test_control_characters_are_encoded(self) -> None:
        assert field("Subject", "one\x00two\x1bthree") == b"Subject: =?utf-8?q?one=00two=1Bthree?=\r\n"

    def test_a_word_too_long_to_fold_stays_on_the_line_of_the_name(self) -> None:
        assert field("References", "x" * 900) == b"References: " + b"x" * 900 + b"\r\n"

    def test_a_field_without_text(self) -> None:
        assert field("X-Empty", "") == b"X-Empty:\r\n"


class TestEncodedWords:
    def test_mostly_ascii_text_is_quoted(self) -> None:
        assert encode_words("Café au lait", 72) == "=?utf-8?q?Caf=C3=A9_au_lait?="

    def test_other_text_is_in_base64(self) -> None:
        assert encode_words("你好", 72) == "=?utf-8?b?5L2g5aW9?="

    @given(texts, st.integers(40, 72))
    def test_each_word_is_short_and_complete(self, text: str, room: int) -> None:
        words = encode_words(text, room).split(" ")
        decoded = [email.header.decode_header(word)[0][0] for word in words if word]
        assert all(len(word) <= room for word in words)
        assert "".join(part.decode("utf-8") for part in decoded) == text  # strict: no character is split

    def test_lines_stay_within_76_columns(self) -> None:
        for name in ("Subject", "X-Quite-A-Long-Field-Name", "X-" + "Long-" * 12 + "Name"):
            assert max(map(len, field(name, CHINESE).split(b"\r\n"))) <= 76


class TestDisplayNames:
    @pytest.mark.parametrize(
        ("value", "names"),
        [
            ("张伟 <kate@fabrikam.example>", ["张伟"]),
            ('"王, 芳" <kate@fabrikam.example>, Zoë <chris@contoso.example>', ["王, 芳", "Zoë"]),
            ('"Sagt \\"grüß\\"" <kate@fabrikam.example>', ['Sagt "grüß"']),
            ("kate@fabrikam.example, 王芳 <chris@contoso.example>", ["", "王芳"]),
            ("团队: 张伟 <kate@fabrikam.example>, chris@contoso.example;", ["张伟", ""]),
        ],
    )
    def test_names_are_encoded_and_addresses_are_not(self, value: str, names: list[str]) -> None:
        message = compose(DRAFT.replace(headers=(("Cc", value),)), eight_bit=False, utf8=False)
        addresses = parse(message)["Cc"].addresses
        assert [address.display_name for address in addresses] == names
        assert {address.addr_spec for address in addresses} <= {"kate@fabrikam.example", "chris@contoso.example"}
        assert lint(message) == ()

    def test_a_long_name_takes_several_words(self) -> None:
        lines = field("Cc", f"{CHINESE} <kate@fabrikam.example>").split(b"\r\n")
        text = b"".join(lines).decode("ascii").removeprefix("Cc: ")
        assert str(email.header.make_header(email.header.decode_header(text))) == f"{CHINESE} <kate@fabrikam.example>"
        assert max(map(len, lines)) <= 76

    @pytest.mark.parametrize(
        "value", ["Kate <kate@fabrikam.example>", '"Kate" <a@[IPv6:::1]> (note), b@[192.0.2.1]', "<王@例子.example>"]
    )
    def test_what_needs_no_encoding_is_unchanged(self, value: str) -> None:
        assert field("To", value) == f"To: {value}\r\n".encode()

    def test_a_comment_is_encoded_within_its_parentheses(self) -> None:
        assert field("To", "kate@fabrikam.example (备注)") == b"To: kate@fabrikam.example (=?utf-8?b?5aSH5rOo?=)\r\n"

    @given(st.text(st.sampled_from('a张 "<>()[],:;\\@=?'), max_size=40))
    def test_any_ascii_address_list_is_kept_and_any_other_is_no_error(self, value: str) -> None:
        written = field("To", value)
        assert written.endswith(b"\r\n")
        if value.isascii() and len(value) < 70:
            assert written == f"To: {value.strip()}".rstrip().encode() + b"\r\n"


class TestInternationalAddresses:
    DRAFT = DRAFT.replace(sender="王@例子.example", recipients=("kate@bücher.example",), host="bücher.example")

    def test_with_smtputf8_they_are_raw(self) -> None:
        message = compose(self.DRAFT, eight_bit=True, utf8=True)
        assert "From: <王@例子.example>\r\nTo: <kate@bücher.example>\r\n".encode() in message

    def test_without_smtputf8_a_domain_is_in_ascii_and_a_local_part_has_no_other_form(self) -> None:
        message = compose(self.DRAFT, eight_bit=True, utf8=False)
        assert "From: <王@例子.example>\r\nTo: <kate@xn--bcher-kva.example>\r\n".encode() in message

    @pytest.mark.parametrize(
        ("host", "shown"),
        [
            ("bücher.example", "xn--bcher-kva.example"),
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("ü" * 70, "-" * 70),
            ("a b>\r\n", "a-b---"),
            ("", "localhost"),
        ],
    )
    def test_the_message_id_is_ascii(self, host: str, shown: str) -> None:
        message = compose(self.DRAFT.replace(host=host), eight_bit=True, utf8=True)
        assert f"Message-ID: <c0ffee.smtpscope@{shown}>\r\n".encode() in message


class TestBody:
    @pytest.mark.parametrize(
        ("body", "eight_bit", "transfer", "charset"),
        [
            ("plain", True, "7bit", "us-ascii"),
            ("plain", False, "7bit", "us-ascii"),
            ("你好", True, "8bit", "utf-8"),
            ("你好", False, "base64", "utf-8"),
            ("Viele Grüße aus dem Norden", False, "quoted-printable", "utf-8"),
            ("x" * 998, False, "7bit", "us-ascii"),
            ("x" * 999, True, "quoted-printable", "us-ascii"),
            ("好" * 333, True, "base64", "utf-8"),
            ("好" * 332, True, "8bit", "utf-8"),
            ("with\0NUL", True, "quoted-printable", "us-ascii"),
        ],
    )
    def test_the_encoding_follows_from_the_text(self, body: str, eight_bit: bool, transfer: str, charset: str) -> None:
        message = parse(compose(DRAFT.replace(body=body), eight_bit, utf8=False))
        assert message["Content-Transfer-Encoding"] == transfer
        assert message["Content-Type"].params["charset"] == charset

    @given(bodies, st.booleans())
    @example("x" * 998 + "\r\n" + "y" * 999, True)
    @example(".\n..\n.leading dot\n", False)
    @example("trailing blank \n\t\n=\n", False)
    @example("mixed\rline\nends\r\n", False)
    def test_a_body_comes_back_as_it_was(self, body: str, eight_bit: bool) -> None:
        message = compose(DRAFT.replace(body=body), eight_bit, utf8=False)
        sent = unified(body)
        wanted = sent if sent.endswith("\n") or not sent else sent + "\n"
        assert unified(parse(message).get_payload(decode=True).decode("utf-8")) == wanted
        assert message.endswith(b"\r\n")
        assert eight_bit or message.isascii()
        assert lint(message) == ()

    def test_lone_surrogates_are_no_error(self) -> None:
        assert compose(DRAFT.replace(body="\udcff", subject="\udcff"), eight_bit=True, utf8=True).endswith(b"\r\n?\r\n")

    def test_a_given_content_type_is_the_text_s(self) -> None:
        draft = DRAFT.replace(headers=(("Content-Type", "text/html; charset=utf-8"),), body="<p>你好</p>")
        message = parse(compose(draft, eight_bit=False, utf8=False))
        assert message.get_content_type() == "text/html"
        assert unified(message.get_content()) == "<p>你好</p>\n"

    @pytest.mark.parametrize("transfer", ["base64", "Quoted-Printable", "7bit"])
    def test_a_given_transfer_encoding_is_used(self, transfer: str) -> None:
        draft = DRAFT.replace(headers=(("Content-Transfer-Encoding", transfer),))
        message = parse(compose(draft, eight_bit=False, utf8=False))
        assert message["Content-Transfer-Encoding"] == transfer
        assert unified(message.get_content()) == "Hello Kate.\n"


class TestAttachments:
    @pytest.mark.parametrize(
        "name",
        [
            "report.pdf",
            "a b.txt",
            'say "hi"\\.txt',
            "报告 2026'年*.pdf",
            "tab\t.txt",
            "line\nend.txt",
            "x" * 255,
            "报" * 85,
        ],
    )
    def test_a_name_comes_back_as_it_was(self, name: str) -> None:
        message = compose(DRAFT.replace(attachments=(Attachment(name, b"content"),)), eight_bit=False, utf8=False)
        (attached,) = parse(message).iter_attachments()
        assert attached.get_filename() == name
        assert lint(message) == ()

    @given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), bodies, st.booleans())
    def test_everything_comes_back_as_it_was(self, contents: list[bytes], body: str, eight_bit: bool) -> None:
        files = tuple(Attachment(f"{number}.bin", content) for number, content in enumerate(contents))
        composed = compose(DRAFT.replace(attachments=files, body=body), eight_bit, utf8=False)
        message = parse(composed)
        assert [part.get_content() for part in message.iter_attachments()] == contents
        text = message.get_body().get_payload(decode=True).decode("utf-8")
        assert unified(text).rstrip("\n") == unified(body).rstrip("\n")
        assert not message.defects
        assert lint(composed) == ()

    def test_the_outer_encoding_says_whether_a_part_is_8bit(self) -> None:
        draft = DRAFT.replace(attachments=(Attachment("a", b""),), body="你好")
        assert parse(compose(draft, eight_bit=True, utf8=False))["Content-Transfer-Encoding"] == "8bit"
        assert parse(compose(draft, eight_bit=False, utf8=False))["Content-Transfer-Encoding"] == "7bit"

    def test_the_boundary_does_not_occur_in_the_text(self) -> None:
        body = "--=_smtpscope-c0ffee\n--=_smtpscope-c0ffee.1--\n"
        draft = DRAFT.replace(attachments=(Attachment("a", b"content"),), body=body)
        message = parse(compose(draft, eight_bit=False, utf8=False))
        assert message.get_boundary() == "=_smtpscope-c0ffee.2"
        assert unified(message.get_body().get_content()) == body

    def test_a_given_content_type_goes_to_the_text(self) -> None:
        draft = DRAFT.replace(headers=(("Content-Type", "text/html"),), attachments=(Attachment("a", b"content"),))
        message = parse(compose(draft, eight_bit=False, utf8=False))
        assert message.get_content_type() == "multipart/mixed"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/html", "application/octet-stream"]

    def test_the_media_type_is_kept(self) -> None:
        files = (Attachment("a.png", b"\x89PNG", "image/png"),)
        message = parse(compose(DRAFT.replace(attachments=files), eight_bit=False, utf8=False))
        assert [part.get_content_type() for part in message.iter_attachments()] == ["image/png"]

    def test_a_megabyte_takes_less_than_a_tenth_of_a_second(self) -> None:
        draft = DRAFT.replace(attachments=(Attachment("big", bytes(2**20)),))
        durations = []
        for _ in range(3):
            start = time.process_time()  # what other programs take does not count
            compose(draft, eight_bit=True, utf8=False)
            durations.append(time.process_time() - start)
        assert min(durations) < 0.1


class TestLongLines:
    @given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"x" * 997, b"x" * 998, b"x" * 1000, b"xx"]), max_size=30))
    def test_they_are_those_that_splitting_finds(self, pieces: list[bytes]) -> None:
        octets = b"".join(pieces)
        starts, at = [], 0
        for line in octets.split(b"\r\n"):
            if len(line) > 998:
                starts.append(at)
            at += len(line) + 2
        assert list(long_lines(octets)) == starts


class TestDate:
    @pytest.mark.parametrize(
        ("timestamp", "offset", "shown"),
        [
            (0, 0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951825599.9, 0, "Tue, 29 Feb 2000 11:59:59 +0000"),
            (1795510800, 480, "Tue, 24 Nov 2026 17:00:00 +0800"),
            (1795510800, -210, "Tue, 24 Nov 2026 05:30:00 -0330"),
            (-0.5, 0, "Wed, 31 Dec 1969 23:59:59 +0000"),
        ],
    )
    def test_examples(self, timestamp: float, offset: int, shown: str) -> None:
        assert format_date(timestamp, offset) == shown

    @given(st.integers(-62_000_000_000, 250_000_000_000), st.integers(-14 * 60, 14 * 60))
    def test_as_the_standard_library_has_it(self, timestamp: int, offset: int) -> None:
        zone = timezone(timedelta(minutes=offset))
        moment = datetime(1970, 1, 1, tzinfo=zone) + timedelta(seconds=timestamp + offset * 60)
        assert format_date(timestamp, offset) == email.utils.format_datetime(moment)
