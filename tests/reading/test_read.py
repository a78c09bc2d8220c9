"""What people paste: each form is recognised, and each reply in it found with its place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpscope.model.conversation import Exchange
from smtpscope.reading.read import LINE_LIMIT, SIZE_LIMIT, decode, read

Place = tuple[int, str, int, str]


def places(text: str) -> tuple[str, list[Place]]:
    """The form, and (line, stage, code, enhanced code) of each reply."""
    reading = read(text.encode())
    return reading.form, [
        (found.line, found.stage, found.reply.code, str(found.reply.enhanced or "")) for found in reading.found
    ]


def only(text: str) -> Exchange:
    """The one reply in ``text``."""
    (exchange,) = read(text.encode()).found
    return exchange


TELNET = """\
$ telnet mail1.fabrikam.com 25
Trying 192.0.2.1...
Connected to mail1.fabrikam.com.
Escape character is '^]'.
220 mail1.fabrikam.com Microsoft ESMTP MAIL Service ready at Tue, 24 Nov 2026 16:00:00 +0000
EHLO contoso.com
250-mail1.fabrikam.com Hello [192.0.2.4]
250-SIZE 37748736
250 DSN
MAIL FROM:chris@contoso.com
250 2.1.0 Sender OK
RCPT TO:kate@fabrikam.com NOTIFY=success,failure
250 2.1.5 Recipient OK
DATA
354 Start mail input; end with <CRLF>.<CRLF>
主题：来自 Contoso 的测试

550 5.1.1 is only quoted here
.
250 2.6.0 <1@mail1.fabrikam.com> Queued mail for delivery
QUIT
221 2.0.0 Service closing transmission channel
Connection closed by foreign host.
"""

WHOLE = [
    ("banner", 220),
    ("ehlo", 250),
    ("mail", 250),
    ("rcpt", 250),
    ("data", 354),
    ("end-of-data", 250),
    ("quit", 221),
]


def test_a_telnet_session_with_what_was_typed() -> None:
    form, found = places(TELNET)
    assert form == "Telnet capture"
    assert [(stage, code) for _, stage, code, _ in found] == WHOLE
    assert [line for line, *_ in found] == [5, 7, 11, 13, 15, 20, 22]


def test_the_place_of_a_reply_in_a_telnet_session() -> None:
    exchange = read(TELNET.encode()).found
    assert exchange[3].server == "mail1.fabrikam.com"
    assert exchange[3].recipient == "kate@fabrikam.com"
    assert exchange[3].command.startswith("RCPT TO:")
    assert exchange[3].announced is not None
    assert exchange[3].announced.has("DSN")
    assert exchange[0].announced is None
    assert exchange[5].message.startswith("主题：".encode())


def test_a_telnet_session_without_local_echo() -> None:
    """Only what the server said: the stages follow from the order."""
    spoken = [line for line in TELNET.split("\n") if line[:3].isdigit() and "quoted" not in line]
    _, found = places("Connected to mail1.fabrikam.com.\n" + "\n".join(spoken))
    assert [(stage, code) for _, stage, code, _ in found] == WHOLE


def test_what_was_rubbed_out_on_a_windows_screen_is_gone() -> None:
    typed = "220 mx ready\r\nEHLO contsoo\b\b\boso.com\r\n501 5.5.4 Invalid domain name\r\n"
    assert read(typed.encode()).found[1].command == "EHLO contoso.com"


def test_colours_of_a_recorded_terminal_are_gone() -> None:
    assert only("\x1b[31m550 5.1.1 User unknown\x1b[0m\x1b]0;title\x07").reply.lines == ("5.1.1 User unknown",)


@pytest.mark.parametrize(
    ("line", "server", "words"),
    [
        (
            "Connecting To mail1.fabrikam.com...Could not open connection to the host, on port 25: Connect failed",
            "mail1.fabrikam.com",
            "Connect failed",
        ),
        ("Trying 192.0.2.1...\ntelnet: Unable to connect to remote host: Connection refused", "192.0.2.1", "refused"),
        ("telnet: could not resolve mail1.fabrikam.example/25: Name or service not known", "", "not known"),
        (
            "=== Trying 192.0.2.1:25...\n*** Error connecting to 192.0.2.1:25:\n*** \tIO::Socket: connect: timeout",
            "192.0.2.1",
            "timeout",
        ),
    ],
)
def test_a_connection_that_failed(line: str, server: str, words: str) -> None:
    exchange = only(line)
    assert (exchange.stage, exchange.reply.code, exchange.server) == ("connect", 0, server)
    assert words in exchange.words


SPOKEN = [
    ("<", "220 mail1.fabrikam.com ready"),
    (">", "EHLO contoso.com"),
    ("<", "250-mail1.fabrikam.com"),
    ("<", "250 AUTH LOGIN"),
    (">", "AUTH LOGIN"),
    ("<", "334 VXNlcm5hbWU6"),
    (">", "Y2hyaXM="),
    ("<", "535 5.7.8 no"),
    (">", "MAIL FROM:<chris@contoso.com>"),
    ("<", "250 2.1.0 Sender OK"),
    (">", "RCPT TO:<kate@fabrikam.com>"),
    ("<", "550 5.1.1 User unknown"),
]


@pytest.mark.parametrize(
    ("form", "received", "sent"),
    [
        ("swaks", "<-  {}", " -> {}"),
        ("swaks", "<~* {}", " ~> {}"),
        ("curl", "< {}", "> {}"),
        ("sendmail", "<<< {}", ">>> {}"),
        ("letters", "S: {}", "C: {}"),
        ("smtplib", "reply: b'{}\\r\\n'", "send: '{}\\r\\n'"),
        ("PHPMailer", "2026-11-24 16:00:00 SERVER -> CLIENT: {}", "2026-11-24 16:00:00 CLIENT -> SERVER: {}"),
        ("smtpscope", "   0.012  ← {}", "   0.012  → {}"),
        ("smtpscope", "   0.012  <- {}", "   0.012  -> {}"),
        ("smtpscope log", "2026-11-24T16:00:00.123Z  mail         < {}", "2026-11-24T16:00:00.123Z  mail         > {}"),
        ("Telnet capture", "{}", "{}"),
        ("Telnet capture", "{}", "smtpscope> {}"),
    ],
)
def test_transcripts_with_marks(form: str, received: str, sent: str) -> None:
    text = "\n".join((received if who == "<" else sent).format(line) for who, line in SPOKEN)
    reading = read(text.encode())
    found = [(exchange.stage, exchange.reply.code) for exchange in reading.found]
    assert reading.form == form
    assert found == [("banner", 220), ("ehlo", 250), ("auth", 334), ("auth", 535), ("mail", 250), ("rcpt", 550)]
    assert reading.found[-1].recipient == "kate@fabrikam.com"
    assert "Y2hyaXM=" not in repr(reading)


def test_a_password_in_auth_plain_is_masked() -> None:
    text = "220 mx ready\nEHLO a.test\n250 AUTH PLAIN\nAUTH PLAIN AGNocmlzAHNlY3JldA==\n535 5.7.8 no\n"
    assert read(text.encode()).found[-1].command == "AUTH PLAIN ***"


def test_commands_sent_in_one_go() -> None:
    """PIPELINING: the replies come in the order of the commands (RFC 2920 section 3.2)."""
    text = "> EHLO a.test\n< 250 PIPELINING\n> MAIL FROM:<a@a.test>\n> RCPT TO:<b@b.test>\n> RCPT TO:<c@b.test>\n"
    _, found = places(text + "< 250 2.1.0 ok\n< 550 5.1.1 no\n< 250 2.1.5 ok\n")
    assert [stage for _, stage, *_ in found] == ["ehlo", "mail", "rcpt", "rcpt"]


def test_openssl_s_client() -> None:
    text = "CONNECTED(00000003)\n---\nServer certificate\n-----BEGIN CERTIFICATE-----\n---\n250 CHUNKING\nEHLO a.test\n"
    form, found = places(text + "250-mx\n250 AUTH PLAIN\nMAIL FROM:<a@a.test>\n530 5.7.1 no\nclosed\n")
    assert form == "openssl s_client"
    assert [place[1:3] for place in found] == [("ehlo", 250), ("ehlo", 250), ("mail", 530)]


def test_the_words_of_openssl_are_no_failure() -> None:
    text = "CONNECTED(00000003)\n    Timeout   : 7200 (sec)\n250 CHUNKING\n"
    assert [exchange.reply.code for exchange in read(text.encode()).found] == [250]


def test_a_remark_on_a_refusal_is_no_failure_of_its_own() -> None:
    text = (
        "=== Connected to mx.\n<-  220 mx\n -> AUTH PLAIN x\n<** 535 5.7.8 no\n*** No authentication type succeeded\n"
    )
    assert [exchange.reply.code for exchange in read(text.encode()).found] == [220, 535]


def test_a_second_conversation_in_the_same_file() -> None:
    text = "S: 220 mx\nC: EHLO a.test\nS: 250 mx\nS: 220 other.test ready\nS: 250 other.test\n"
    assert [exchange.stage for exchange in read(text.encode()).found] == ["banner", "ehlo", "banner", "ehlo"]


def test_an_exchange_protocol_log_with_two_sessions() -> None:
    head = "2026-11-24T16:00:00.123Z,FABRIKAM\\Default,{},1,192.0.2.1:25,192.0.2.4:4242,{}"
    rows = [
        ("08D1", "+,,"),
        ("08D1", '>,"220 mail1.fabrikam.com ready at Tue, 24 Nov",'),
        ("08D2", '>,"220 mail1.fabrikam.com ready at Tue, 24 Nov",'),
        ("08D1", "<,EHLO contoso.com,"),
        ("08D2", "<,EHLO other.test,"),
        ("08D1", ">,250-mail1.fabrikam.com Hello,"),
        ("08D2", ">,501 5.5.4 Invalid domain name,"),
        ("08D1", ">,250 SIZE,"),
    ]
    form, found = places("#Software: Microsoft Exchange Server\n" + "\n".join(head.format(*row) for row in rows))
    assert form == "Exchange protocol log"
    assert [place[1:3] for place in found] == [("banner", 220), ("banner", 220), ("ehlo", 250), ("ehlo", 501)]


def test_a_failed_connection_in_an_exchange_send_log() -> None:
    row = '2026-11-24T16:00:00.123Z,To Internet,08D1,0,,192.0.2.1:25,*,,"Failed to connect. Winsock error code: 10060"'
    assert (only(row).stage, only(row).reply.code) == ("connect", 0)


@pytest.mark.parametrize(
    ("text", "code", "enhanced", "words"),
    [
        ("550 5.1.1 User unknown", 550, "5.1.1", "5.1.1 User unknown"),
        ("Remote Server returned '550 5.1.1 not found'", 550, "5.1.1", "5.1.1 not found"),
        (
            "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found##",
            550,
            "5.1.1",
            "5.1.1 RESOLVER.ADR.RecipNotFound; not found",
        ),
        ("smtp; 550 5.1.1 User unknown", 550, "5.1.1", "5.1.1 User unknown"),
        ("5.7.606 Access denied, banned sending IP", 0, "5.7.606", "5.7.606 Access denied, banned sending IP"),
        ("it said: 550-5.1.1 one 550-5.1.1 two 550 5.1.1 three", 550, "5.1.1", "5.1.1 one\n5.1.1 two\n5.1.1 three"),
        ("550-5.1.1 one\n550 5.1.1 two", 550, "5.1.1", "5.1.1 one\n5.1.1 two"),
    ],
)
def test_one_reply_among_words(text: str, code: int, enhanced: str, words: str) -> None:
    reply = only(text).reply
    assert (reply.code, str(reply.enhanced), reply.text) == (code, enhanced, words)


@pytest.mark.parametrize("text", ["", " ", "hello world", "2 + 2 = 4", "\0\0", "Subject: hi\n\nhello"])
def test_nothing_to_find(text: str) -> None:
    assert read(text.encode()).found == ()


def test_a_chinese_windows_says_that_the_connection_failed() -> None:
    said = "正在连接mail1.fabrikam.com...无法打开到主机的连接。 在端口 25: 连接失败"
    for data in (said.encode(), said.encode("gbk")):
        (exchange,) = read(data).found
        assert (exchange.stage, exchange.server) == ("connect", "mail1.fabrikam.com")
        assert exchange.words.endswith("连接失败")


def test_text_of_another_encoding_is_not_taken_for_chinese() -> None:
    text = read("550 5.1.1 Empf\xe4nger unbekannt, f\xfcr diese Dom\xe4ne".encode("latin-1")).found[0].reply.text
    assert text.startswith("5.1.1 Empf\udce4nger")


def test_utf_16_as_powershell_writes_it() -> None:
    assert read("550 5.1.1 User unknown".encode("utf-16")).found[0].reply.code == 550
    assert decode(b"\xef\xbb\xbfa") == "a"


PIECES = [
    *(
        "220 mx ready",
        "250-a",
        "250 b",
        "354 go",
        "550 5.1.1 no",
        ".",
        "EHLO a",
        "DATA",
        "AUTH LOGIN",
        "QUIT",
        "< 250 a",
    ),
    *("> MAIL FROM:<a@b>", "<-  250 ok", " -> DATA", "=== Connected to a.", "*** x", '{"event": "received"}', "{", "["),
    *("From: a", "Content-Type: multipart/report; boundary=b", "--b", "Content-Type: message/delivery-status", ""),
    *("Final-Recipient: rfc822;+FF@x", "Diagnostic-Code: smtp;550", "Status: 9.9.9", "to=<a>, status=sent (", "stat="),
    *("** a@b: R=x T=y: 550 no", "delivery 1: failure: Remote_host_said:_", "Trying a...", "Connection refused"),
    *(
        '2026-11-24T16:00:00Z,a,b,1,c,d,<,"250 ""',
        "Content-Transfer-Encoding: base64",
        "Content-Type: text/plain; charset=x",
    ),
]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_are_read_without_an_exception(data: bytes) -> None:
    read(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=14), st.sampled_from(["\n", "\r\n"]))
def test_any_mixture_of_what_readers_look_for_is_read_without_an_exception(pieces: list[str], ending: str) -> None:
    for exchange in read(ending.join(pieces).encode("utf-8", "surrogatepass")).found:
        assert exchange.line >= 1


@pytest.mark.parametrize(
    "piece",
    [
        "354 go\n",
        "<" * 60000,
        "550-5.1.1 a " * 20000,
        "a: " * 40000,
        "** a@b: " * 20000,
        "to=<a>, relay=b, dsn=5.1.1, status=bounced (" * 2000,
        "\x1b[" * 60000,
        "From: a\n\n" + "<a@" * 40000,
        "From: a\n\n" + "<" * 60000 + "<br>",
        "while " * 30000 + "\n",
        "host a said: " * 20000,
        "SMTP error from remote mail server after a" * 3000,
        "'" * 60000 + "550 a",
    ],
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    text = (piece * (1 if len(piece) > 1000 else 20000)).encode()
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 10


def test_a_text_beyond_the_limit_is_cut() -> None:
    first, late = b"550 5.1.1 User unknown\n", b"550 5.1.2 late\n"
    assert len(read(first + b"\n" * LINE_LIMIT + late).found) == 1
    assert len(read(first + b"x" * SIZE_LIMIT + b"\n" + late).found) == 1
