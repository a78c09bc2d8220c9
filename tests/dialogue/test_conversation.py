"""The conversation, played against scripted answers: what is said, in what order, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.envelope import choose
from smtpscope.dialogue.message import Draft
from smtpscope.dialogue.plan import FORBID, FORCE, Envelope, Plan, Target, Tls
from smtpscope.dialogue.step import (
    Burst,
    Closed,
    Drain,
    HangUp,
    Listen,
    Payload,
    Preface,
    Send,
    Silence,
    StartTls,
    Step,
    Tell,
)
from smtpscope.model.event import Noted, Secured
from smtpscope.protocol.capability import parse_capabilities
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from told import told

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Answer

SECURED = Secured(0.0, Phase.TLS, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 128, "mx.example.net", True)
EXCHANGE = (
    "250-mail1.fabrikam.com Hello [192.0.2.1]\r\n250-SIZE 37748736\r\n250-PIPELINING\r\n250-DSN\r\n"
    "250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING"
)
PLAIN = "250 mx.example.net"
MESSAGE = b"Subject: test\r\nFrom: chris@contoso.com\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nhello\r\n"


def plan(**changes: object) -> Plan:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",), notify=("success", "failure"))
    return Plan(Target("mail1.fabrikam.com"), envelope, message=MESSAGE).replace(**changes)


def play(what: Plan, script: Sequence[str | Answer]) -> tuple[list[str], list[str]]:
    """What the client said (``<body>`` for the message, ``<hang up>``) and the topics of its notes."""
    answers = iter(script)
    said: list[str] = []
    notes: list[str] = []
    dialogue = conversation(what)
    step: Step = next(dialogue)
    try:
        while True:
            step = dialogue.send(_answer(step, answers, said, notes))
    except StopIteration:
        return said, notes


def _answer(step: Step, answers: object, said: list[str], notes: list[str]) -> Answer:
    match step:
        case Tell():
            notes.append(told(step))
            return Silence(0)
        case Preface(data=data):
            said.append(data.decode().rstrip())
            return Silence(0)
        case Drain(seconds=seconds):
            return Silence(seconds)
        case HangUp():
            said.append("<hang up>")
            return Closed()
        case Send(line=line):
            said.append(line.decode())
        case Burst(sends=sends):
            said.extend(send.line.decode() for send in sends)
        case Payload(body=body, command=command):
            said.append(command.decode() or "<body>")
            assert b"".join(body).startswith(b"Subject: test")
        case StartTls():
            said.append("<tls>")
        case Listen():
            pass
    answer = next(answers)  # type: ignore[call-overload]
    return parse_reply(f"{answer}\r\n".encode()) if isinstance(answer, str) else answer


def test_the_procedure() -> None:
    said, notes = play(
        plan(),
        [
            "220 hi",
            EXCHANGE,
            "250 2.1.0 Sender OK",
            "250 2.1.5 Recipient OK",
            "354 go",
            "250 2.6.0 <id> Queued",
            "221 bye",
        ],
    )
    assert said == [
        "EHLO contoso.com",
        f"MAIL FROM:<chris@contoso.com> SIZE={len(MESSAGE)}",
        "RCPT TO:<kate@fabrikam.com> NOTIFY=SUCCESS,FAILURE",
        "DATA",
        "<body>",
        "QUIT",
    ]
    assert sorted(notes) == [
        *["not-using"] * 2,  # CHUNKING: DATA is sufficient; 8BITMIME: the message is ASCII
        *["using"] * 3,  # SIZE, PIPELINING, DSN
    ]
    assert reasons(plan(), EXCHANGE, "CHUNKING") == ["data-is-sufficient"]
    assert reasons(plan(), EXCHANGE, "8BITMIME") == ["message-ascii"]
    assert [reasons(plan(), EXCHANGE, name) for name in ("SIZE", "PIPELINING", "DSN")] == [["advertised"]] * 3


def test_helo_where_ehlo_is_refused_and_no_dsn_without_its_announcement() -> None:
    said, notes = play(plan(), ["220 hi", "502 no", PLAIN, "250 ok", "250 ok", "354 go", "250 ok", "221 bye"])
    assert said[:4] == [
        "EHLO contoso.com",
        "HELO contoso.com",
        "MAIL FROM:<chris@contoso.com>",
        "RCPT TO:<kate@fabrikam.com>",
    ]
    assert {"helo-fallback", "dsn-unavailable"} <= set(notes)


def test_dsn_is_forced_or_forbidden() -> None:
    script = ["220 hi", PLAIN, "250 ok", "555 5.5.4 no", "221 bye"]
    said, _ = play(plan(use={"DSN": FORCE}), script)
    assert said[2] == "RCPT TO:<kate@fabrikam.com> NOTIFY=SUCCESS,FAILURE"
    said, _ = play(plan(use={"DSN": FORBID}), ["220 hi", EXCHANGE, "250 ok", "550 no", "221 bye"])
    assert said[2] == "RCPT TO:<kate@fabrikam.com>"


def test_bdat_when_it_is_asked_for() -> None:
    said, _ = play(plan(use={"CHUNKING": FORCE}), ["220 hi", EXCHANGE, "250 ok", "250 ok", "250 queued", "221 bye"])
    assert said[3:] == [f"BDAT {len(MESSAGE)} LAST", "QUIT"]


def test_each_stop_leaves_no_mail() -> None:
    script = ["220 hi", EXCHANGE, "250 ok", "250 ok", "354 go", "221 bye"]
    ends = {
        "connect": [],
        "banner": ["QUIT"],
        "ehlo": ["QUIT"],
        "mail": ["QUIT"],
        "rcpt": ["QUIT"],
        "data": ["<hang up>"],
    }
    counts = {"connect": 0, "banner": 1, "ehlo": 2, "mail": 3, "rcpt": 4, "data": 5}
    for stop, end in ends.items():
        answers = [*script[: counts[stop]], "221 bye"]
        said, notes = play(plan(stop_after=stop), answers)
        assert said[-1:] == end, stop
        assert "<body>" not in said
        assert notes[-1] == "stopped"


def test_a_refusal_ends_with_quit() -> None:
    assert play(plan(), ["554 no", "221 bye"])[0] == ["QUIT"]
    assert play(plan(), ["220 hi", "501 a", "501 b", "221 bye"])[0][-1] == "QUIT"
    assert play(plan(), ["220 hi", EXCHANGE, "550 5.1.7 Invalid address", "503 no", "221 bye"])[0][-1] == "QUIT"
    assert play(plan(), ["220 hi", EXCHANGE, "250 ok", "550 5.1.1 User unknown", "221 bye"])[0][-1] == "QUIT"


def test_nothing_but_quit_is_said_behind_421() -> None:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("a@x.test", "b@x.test"))
    for hello in (EXCHANGE, PLAIN):
        said, _ = play(plan(envelope=envelope), ["220 hi", hello, "250 ok", "250 ok", "421 going down", "221 bye"])
        assert said[-2:] == ["RCPT TO:<b@x.test>", "QUIT"]


def test_part_of_the_recipients_is_enough_to_go_on() -> None:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("a@x.test", "b@x.test"))
    script = ["220 hi", EXCHANGE, "250 ok", "550 no", "250 ok", "354 go", "250 ok", "221 bye"]
    said, notes = play(plan(envelope=envelope), script)
    assert "<body>" in said
    assert "partial" in notes


def test_nobody_there_is_not_told_quit() -> None:
    assert play(plan(), [Silence(1.0)])[0] == []
    assert play(plan(), ["220 hi", EXCHANGE, Closed()])[0][-1] != "QUIT"


def test_a_message_over_the_announced_size_is_said() -> None:
    small = "250-mx\r\n250 SIZE 10"
    said, notes = play(plan(), ["220 hi", small, "552 5.3.4 too big", "221 bye"])
    assert "size-exceeded" in notes
    assert said[1].endswith(f"SIZE={len(MESSAGE)}")


def test_a_header_in_utf8_is_no_slip_where_smtputf8_is_used() -> None:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("用户@fabrikam.com",))
    what = plan(envelope=envelope, message="To: <用户@fabrikam.com>\r\n".encode() + MESSAGE)
    assert "lint" not in play(what, ["220 hi", EXCHANGE, "550 no", "503 no", "221 bye"])[1]
    assert "lint" in play(what, ["220 hi", PLAIN, "550 no", "221 bye"])[1]


def test_chunks() -> None:
    message = b"Subject: test\r\n" * 10
    chunked = plan(message=message, use={"CHUNKING": FORCE}, chunk=60)
    script = ["220 hi", EXCHANGE, "250 ok", "250 ok", "250 chunk", "250 chunk", "250 queued", "221 bye"]
    assert play(chunked, script)[0][3:] == ["BDAT 60", "BDAT 60", "BDAT 30 LAST", "QUIT"]
    exactly = chunked.replace(chunk=75)
    assert play(exactly, [*script[:5], *script[6:]])[0][3:] == ["BDAT 75", "BDAT 75 LAST", "QUIT"]


@pytest.mark.parametrize("reply", ["250 ok", "220 go", "334 go", "350 go", "451 later", "554 no", "354-go\r\n250 ok"])
def test_only_354_is_followed_by_the_message(reply: str) -> None:
    said, _ = play(plan(), ["220 hi", PLAIN, "250 ok", "250 ok", reply, "221 bye"])
    assert said[-2:] == ["DATA", "QUIT"]


def test_an_envelope_id_is_sent_as_xtext() -> None:
    """RFC 3461 section 4.4: what people type may hold a + or =, or letters that are not ASCII."""
    envelope = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",), ret="hdrs", envid="a+b=测 c")
    said, _ = play(plan(envelope=envelope), ["220 hi", EXCHANGE, "550 no", "221 bye"])
    assert said[1].endswith(" RET=HDRS ENVID=a+2Bb+3D+E6+B5+8B+20c")


def test_a_refused_chunk_is_the_last() -> None:
    chunked = plan(message=b"Subject: test\r\n" * 10, use={"CHUNKING": FORCE}, chunk=60)
    said, _ = play(chunked, ["220 hi", EXCHANGE, "250 ok", "250 ok", "250 chunk", "552 too large", "221 bye"])
    assert said[3:] == ["BDAT 60", "BDAT 60", "QUIT"]


DATE = "Mon, 23 Nov 2026 12:00:00 +0000"
EIGHT_BIT = MESSAGE + "这是一封测试邮件\r\n".encode()


@pytest.mark.parametrize(
    ("message", "hello", "use", "declared"),
    [
        (EIGHT_BIT, EXCHANGE, {}, True),
        (EIGHT_BIT, PLAIN, {}, False),  # a parameter of an extension needs its advertisement (RFC 5321 section 2.2.1)
        (EIGHT_BIT, PLAIN, {"8BITMIME": FORCE}, True),
        (EIGHT_BIT, EXCHANGE, {"8BITMIME": FORBID}, False),
        (MESSAGE, EXCHANGE, {}, False),
        (MESSAGE, EXCHANGE, {"8BITMIME": FORCE}, True),
    ],
)
def test_an_8bit_message_is_declared(message: bytes, hello: str, use: dict[str, str], declared: bool) -> None:
    """BODY=8BITMIME (RFC 6152 section 3), where the server supports it."""
    said, _ = play(plan(message=message, use=use), ["220 hi", hello, "550 no", "221 bye"])
    assert said[1].startswith("MAIL FROM:<chris@contoso.com>")
    assert ("BODY=8BITMIME" in said[1].split()) == declared


def test_a_message_that_is_composed_is_declared_as_what_it_became() -> None:
    """Where 8 bits are not possible, the message is encoded, and is an ASCII one."""
    draft = Draft("chris@contoso.com", ("kate@fabrikam.com",), "测试", "这是一封测试邮件", DATE, "1", "contoso.com")
    for hello, declared in ((EXCHANGE, True), (PLAIN, False)):
        composed = plan(message=b"", draft=draft)
        choices = choose(composed, parse_capabilities(parse_reply(f"{hello}\r\n".encode())))
        assert choices.message.isascii() != declared
        said, _ = play(composed, ["220 hi", hello, "550 no", "221 bye"])
        assert ("BODY=8BITMIME" in said[1].split()) == declared


def test_what_is_said_of_smtputf8_is_true() -> None:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("用户@b.test",))
    forbidden = plan(envelope=envelope, use={"SMTPUTF8": FORBID})
    assert reasons(forbidden, EXCHANGE, "SMTPUTF8") == ["forbidden"]
    assert reasons(forbidden, PLAIN, "SMTPUTF8") == ["address-not-ascii"]
    assert reasons(plan(envelope=envelope), EXCHANGE, "SMTPUTF8") == ["advertised"]


def reasons(what: Plan, hello: str, extension: str) -> list[str]:
    """Why ``extension`` is used or not, after this answer to EHLO."""
    capabilities = parse_capabilities(parse_reply(f"{hello}\r\n".encode()))
    notes = [step.event for step in choose(what, capabilities).notes if isinstance(step.event, Noted)]
    details = [dict(note.details) for note in notes]
    return [detail["why"] for detail in details if detail.get("extension") == extension]


def test_recipients_with_wishes_of_their_own() -> None:
    envelope = Envelope(
        "contoso.com",
        "chris@contoso.com",
        ("a@b.test", "c@b.test", "d@b.test"),
        notify=("failure",),
        orcpt=True,
        raw_rcpt=("X-ALL=1",),
        own=(("NOTIFY=never",), (), ("ORCPT=rfc822;old@b.test", "X-OWN=2")),
    )
    script = ["220 hi", EXCHANGE, "250 ok", "250 ok", "250 ok", "250 ok", "221 bye"]
    said, _ = play(plan(envelope=envelope, stop_after="rcpt"), script)
    assert said[2:5] == [
        "RCPT TO:<a@b.test> NOTIFY=NEVER ORCPT=rfc822;a@b.test X-ALL=1",
        "RCPT TO:<c@b.test> NOTIFY=FAILURE ORCPT=rfc822;c@b.test X-ALL=1",
        "RCPT TO:<d@b.test> NOTIFY=FAILURE ORCPT=rfc822;old@b.test X-OWN=2 X-ALL=1",
    ]
    said, _ = play(plan(envelope=envelope, stop_after="rcpt", use={"DSN": FORBID}), script)
    assert said[2:5] == [f"RCPT TO:<{to}@b.test>{own} X-ALL=1" for to, own in (("a", ""), ("c", ""), ("d", " X-OWN=2"))]


def test_a_wish_of_one_recipient_alone_is_a_wish_for_dsn() -> None:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("a@b.test",), own=(("NOTIFY=never",),))
    _, notes = play(plan(envelope=envelope, stop_after="rcpt"), ["220 hi", PLAIN, "250 ok", "250 ok", "221 bye"])
    assert "dsn-unavailable" in notes


def test_lmtp_has_an_answer_for_each_recipient() -> None:
    envelope = Envelope(
        "contoso.com", "chris@contoso.com", ("kate@fabrikam.com", "no@fabrikam.com", "info@fabrikam.com")
    )
    script = ["220 hi", "250 hi", "250 ok", "250 ok", "550 no", "250 ok", "354 go", "250 kept", "452 full", "221 bye"]
    said, _notes = play(plan(protocol="lmtp", envelope=envelope), script)
    assert said[0] == "LHLO contoso.com"
    assert said[-3:] == ["DATA", "<body>", "QUIT"]


def test_lmtp_has_one_answer_where_data_or_a_chunk_is_refused() -> None:
    two = plan(protocol="lmtp", envelope=Envelope("contoso.com", "chris@contoso.com", ("a@b.test", "c@b.test")))
    begin = ["220 hi", PLAIN, "250 ok", "250 ok", "250 ok"]
    assert play(two, [*begin, "503 no", "221 bye"])[0][-2:] == ["DATA", "QUIT"]
    chunked = two.replace(use={"CHUNKING": FORCE}, chunk=60)
    assert play(chunked, [*begin, "552 no", "221 bye"])[0][-2:] == ["BDAT 60", "QUIT"]


def test_lmtp_has_no_other_hello() -> None:
    said, notes = play(plan(protocol="lmtp"), ["220 hi", "500 what?", "221 bye"])
    assert said == ["LHLO contoso.com", "QUIT"]
    assert notes == []


def test_xclient_comes_behind_ehlo_which_is_said_again() -> None:
    said, _notes = play(
        plan(xclient="ADDR=192.0.2.1"),
        ["220 x", PLAIN, "220 anew", EXCHANGE, "250 x", "250 x", "354 x", "250 x", "221 x"],
    )
    assert said[:3] == ["EHLO contoso.com", "XCLIENT ADDR=192.0.2.1", "EHLO contoso.com"]
    assert any("SIZE=" in line for line in said)  # what the second answer announces counts


@pytest.mark.parametrize("stop", ["ehlo", "starttls"])
def test_the_ehlo_behind_xclient_is_the_last_one(stop: str) -> None:
    """What was asked for is done before the end that was asked for."""
    hello = "250-mx\r\n250 STARTTLS"
    answers = ["220 x", hello, *(["220 go", SECURED, hello] if stop == "starttls" else []), "220 anew", hello, "221 x"]
    said, notes = play(plan(xclient="ADDR=192.0.2.1", stop_after=stop), answers)
    assert said[-3:] == ["XCLIENT ADDR=192.0.2.1", "EHLO contoso.com", "QUIT"]
    assert ("STARTTLS" in said) is (stop == "starttls")
    assert notes[-1] == "stopped"


def test_the_ehlo_behind_required_tls_is_the_last_one() -> None:
    hello = "250-mx\r\n250 STARTTLS"
    required = plan(tls=Tls("require"), stop_after="ehlo")
    said, notes = play(required, ["220 x", hello, "220 go", SECURED, hello, "221 x"])
    assert said == ["EHLO contoso.com", "STARTTLS", "<tls>", "EHLO contoso.com", "QUIT"]
    assert notes[-1] == "stopped"
    said, _notes = play(plan(stop_after="ehlo"), ["220 x", hello, "221 x"])
    assert said == ["EHLO contoso.com", "QUIT"]


def test_a_refused_xclient_ends_it() -> None:
    said, _notes = play(plan(xclient="ADDR=192.0.2.1"), ["220 x", EXCHANGE, "550 no", "221 x"])
    assert said == ["EHLO contoso.com", "XCLIENT ADDR=192.0.2.1", "QUIT"]
