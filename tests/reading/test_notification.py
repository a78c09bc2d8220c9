"""Which notification is ours: by envelope id, by Message-ID, by our own mark, or by recipient and time."""

from __future__ import annotations

from base64 import b64encode
from quopri import encodestring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpscope.lab.delivery import Outcome
from smtpscope.lab.dsn import Notice, compose_notice
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.reading.notification import Awaited, RecipientStatus, read_notification

SENT_AT = 1795536000.0  # Tue, 24 Nov 2026 16:00:00 +0000
OURS = Awaited("run-1", "m1@contoso.com", ("kate@fabrikam.com", "kim@fabrikam.com"), SENT_AT)


def notification(
    envid: str = "run-1", message_id: str = "m1", final: str = "kate@fabrikam.com", orcpt: str = ""
) -> bytes:
    parameters = (("ENVID", envid),) if envid else ()
    mail = Mail("id", "contoso.com", "192.0.2.1", "chris@contoso.com", parameters, (), SENT_AT)
    whom = Recipient(final, (("ORCPT", f"rfc822;{orcpt}"),) if orcpt else ())
    returned = f"Message-ID: <{message_id}@contoso.com>\r\n\r\ntext\r\n".encode()
    outcome = Outcome(whom, "failed", "5.1.1", "550 5.1.1 User unknown")
    return compose_notice(Notice("n", "edge", "mx.example.test", SENT_AT, mail, (outcome,), returned))


def by(data: bytes, awaited: Awaited = OURS) -> list[str]:
    return [told.by for told in read_notification(data, awaited)]


def test_ours_by_the_envelope_id() -> None:
    [told] = read_notification(notification(message_id="other"), OURS)
    assert (told.recipient, told.reporter, told.by) == ("kate@fabrikam.com", "mx.example.test", "envelope-id")
    assert told.report.action == "failed"


def test_another_envelope_id_is_anothers_message() -> None:
    assert by(notification(envid="run-2")) == []


def test_ours_by_the_message_id_where_the_envelope_id_is_lost() -> None:
    assert by(notification(envid="")) == ["message-id"]
    assert by(notification(envid="", message_id="m2")) == []


@pytest.mark.parametrize(
    ("final", "orcpt", "whom"),
    [
        ("KATE@fabrikam.com", "", "kate@fabrikam.com"),
        ("kathrin@mail2.example.test", "kim@fabrikam.com", "kim@fabrikam.com"),
        ("kim@fabrikam.com", "list@fabrikam.com", "kim@fabrikam.com"),
    ],
)
def test_the_recipient_meant(final: str, orcpt: str, whom: str) -> None:
    [told] = read_notification(notification(final=final, orcpt=orcpt), OURS)
    assert told.recipient == whom


def test_a_stranger_is_nobody_unless_there_was_one_recipient_only() -> None:
    stranger = notification(final="alias@other.test")
    assert read_notification(stranger, OURS) == ()
    alone = OURS.replace(recipients=("kate@fabrikam.com",))
    assert read_notification(stranger, alone)[0].recipient == "kate@fabrikam.com"


# What servers send, shortened. {id}: the field with the Message-ID, as it came back.
POSTFIX = """\
From: MAILER-DAEMON@mx.fabrikam.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: chris@contoso.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4B1C2.1795536001/mx.fabrikam.com"

This is a MIME-encapsulated message.

--4B1C2.1795536001/mx.fabrikam.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4B1C2.1795536001/mx.fabrikam.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.fabrikam.com
X-Postfix-Queue-ID: 4B1C2
X-Postfix-Sender: rfc822; chris@contoso.com
Arrival-Date: Tue, 24 Nov 2026 16:00:01 +0000 (UTC)

Final-Recipient: rfc822; kate@fabrikam.com
Original-Recipient: rfc822;kate@fabrikam.com
Action: failed
Status: 5.1.1
Diagnostic-Code: X-Postfix; unknown user: "kate"

--4B1C2.1795536001/mx.fabrikam.com
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <chris@contoso.com>
From: chris@contoso.com
{id}
Subject: test

text

--4B1C2.1795536001/mx.fabrikam.com--
"""

OPENSMTPD = """\
Subject: Delivery status notification: failed
From: Mailer Daemon <MAILER-DAEMON@mx.fabrikam.com>
To: chris@contoso.com
MIME-Version: 1.0
Content-Type: multipart/mixed;boundary="177b5b4a3d2e1f00/mx.fabrikam.com"

This is a MIME-encapsulated message.

--177b5b4a3d2e1f00/mx.fabrikam.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

--177b5b4a3d2e1f00/mx.fabrikam.com
Content-Description: Delivery Report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.fabrikam.com

Final-Recipient: rfc822; kate@fabrikam.com
Action: failed
Status: 5.0.0

--177b5b4a3d2e1f00/mx.fabrikam.com
Content-Description: Message headers
Content-Type: text/rfc822-headers

From: chris@contoso.com
{id}
To: kate@fabrikam.com

--177b5b4a3d2e1f00/mx.fabrikam.com--
"""

EXIM = """\
From: Mail Delivery System <Mailer-Daemon@mx.fabrikam.com>
To: chris@contoso.com
X-Failed-Recipients: kate@fabrikam.com
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=1795536001-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795536001-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1795536001-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mx.fabrikam.com

Action: failed
Final-Recipient: rfc822;kate@fabrikam.com
Status: 5.0.0
Remote-MTA: dns; mx.fabrikam.com
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--1795536001-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <chris@contoso.com>
{id}
From: chris@contoso.com

text

--1795536001-eximdsn-1804289383--
"""

SENDMAIL = """\
From: Mail Delivery Subsystem <MAILER-DAEMON@mx.fabrikam.com>
To: <chris@contoso.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4AOG01.1795536001/mx.fabrikam.com"
Subject: Returned mail: see transcript for details

This is a MIME-encapsulated message

--4AOG01.1795536001/mx.fabrikam.com

The original message was received at Tue, 24 Nov 2026 16:00:01 GMT

--4AOG01.1795536001/mx.fabrikam.com
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.fabrikam.com
Received-From-MTA: DNS; contoso.com
Arrival-Date: Tue, 24 Nov 2026 16:00:01 GMT

Final-Recipient: RFC822; kate@fabrikam.com
Action: failed
Status: 5.1.1
Diagnostic-Code: SMTP; 550 5.1.1 <kate@fabrikam.com>... User unknown
Last-Attempt-Date: Tue, 24 Nov 2026 16:00:02 GMT

--4AOG01.1795536001/mx.fabrikam.com
Content-Type: text/rfc822-headers

Return-Path: <chris@contoso.com>
Received: from contoso.com ([192.0.2.1])
\tby mx.fabrikam.com; Tue, 24 Nov 2026 16:00:01 GMT
{id}

--4AOG01.1795536001/mx.fabrikam.com--
"""

EXCHANGE = """\
MIME-Version: 1.0
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@fabrikam.com>
To: <chris@contoso.com>
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="af1c"
Subject: Undeliverable: test

--af1c
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="af1d"

--af1d
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Delivery has failed to these recipients or groups:

--af1d
Content-Type: text/html; charset="us-ascii"

<html></html>

--af1d--

--af1c
Content-Type: message/delivery-status

Reporting-MTA: dns;mx.fabrikam.com
Received-From-MTA: dns;contoso.com
Arrival-Date: Tue, 24 Nov 2026 16:00:01 +0000

Original-Recipient: rfc822;kate@fabrikam.com
Final-Recipient: rfc822;kate@fabrikam.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
X-Display-Name: Kate

--af1c
Content-Type: message/rfc822

Received: from contoso.com (192.0.2.1) by mx.fabrikam.com (192.0.2.2) with SMTP
{id}

--af1c--
"""

QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@mx.fabrikam.com
To: chris@contoso.com
Subject: failure notice

Hi. This is the qmail-send program at mx.fabrikam.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<kate@fabrikam.com>:
192.0.2.9 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.9.

--- Below this line is a copy of the message.

Return-Path: <chris@contoso.com>
Received: (qmail 4711 invoked from network); 24 Nov 2026 16:00:01 -0000
From: chris@contoso.com
{id}
Subject: test

text
"""

SHAPES = {
    "Postfix": POSTFIX,
    "OpenSMTPD": OPENSMTPD,
    "Exim": EXIM,
    "Sendmail": SENDMAIL,
    "Exchange": EXCHANGE,
    "qmail": QMAIL,
}

each_shape = pytest.mark.parametrize("shape", SHAPES)


def bounce(shape: str, field: str = "Message-ID: <m1@contoso.com>") -> bytes:
    return SHAPES[shape].replace("{id}\n", field + "\n" if field else "").encode()


def only(data: bytes, awaited: Awaited = OURS) -> RecipientStatus:
    [told] = read_notification(data, awaited)
    return told


@each_shape
@pytest.mark.parametrize(
    "field",
    [
        "Message-ID: <m1@contoso.com>",
        "Message-Id:<m1@contoso.com>",
        "message-id: m1@contoso.com",
        "Message-ID:\n <m1@contoso.com>",
        "Message-ID: \t\n\t<m1@contoso.com>  ",
        "Message-ID: <m1@contoso.com> (added by relay.example.net)",
        "Message-ID: (by hand) <m1@contoso.com>",
    ],
)
def test_each_server_gives_back_the_message_id(shape: str, field: str) -> None:
    told = only(bounce(shape, field))
    assert (told.recipient, told.by) == ("kate@fabrikam.com", "message-id")
    assert told.reporter == "mx.fabrikam.com"


@each_shape
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_line_ends_of_the_mailbox_do_not_matter(shape: str, ending: str) -> None:
    assert by(bounce(shape).replace(b"\n", ending.encode())) == ["message-id"]


@each_shape
@pytest.mark.parametrize(
    "field", ["Message-ID: <m2@contoso.com>", "Message-ID: <m1@contoso.com.test>", "Message-ID: <1@contoso.com>"]
)
def test_another_message_id_is_anothers_message(shape: str, field: str) -> None:
    assert by(bounce(shape, field)) == []


@each_shape
@pytest.mark.parametrize("field", ["", "Message-ID:", "X-Message-ID: <m2@contoso.com>", "Message-ID:\nX-M: m2"])
def test_without_any_id_the_recipient_tells(shape: str, field: str) -> None:
    told = only(bounce(shape, field))
    assert (told.recipient, told.by) == ("kate@fabrikam.com", "recipient")


@each_shape
def test_without_any_id_a_strangers_bounce_is_not_ours(shape: str) -> None:
    """Also where there was one recipient only: an alias can be told by an id, not by guessing."""
    stranger = bounce(shape, "").replace(b"kate@fabrikam.com", b"lee@fabrikam.com")
    assert by(stranger) == by(stranger, OURS.replace(recipients=("kate@fabrikam.com",))) == []


@pytest.mark.parametrize("shape", ["Postfix", "Sendmail", "Exchange"])
def test_without_any_id_a_bounce_of_an_earlier_message_is_not_ours(shape: str) -> None:
    """Arrival-Date (RFC 3464 section 2.2.5) says when the message arrived; the server's clock may be a little off."""
    earlier = bounce(shape, "").replace(b"Arrival-Date: Tue, 24 Nov", b"Arrival-Date: Fri, 20 Nov")
    assert by(earlier) == []
    assert by(earlier, OURS.replace(since=0.0)) == ["recipient"]
    assert by(bounce(shape, "").replace(b"16:00:01", b"15:57:00")) == ["recipient"]
    assert by(bounce(shape, "").replace(b"Arrival-Date: Tue, 24 Nov", b"Arrival-Date: 99 Foo")) == ["recipient"]


@each_shape
def test_a_message_without_an_id_of_its_own_goes_by_the_recipient(shape: str) -> None:
    """Some server has given it one, which we cannot know."""
    assert by(bounce(shape, "Message-ID: <added@mx.fabrikam.com>"), OURS.replace(message_id="")) == ["recipient"]


@each_shape
def test_our_own_mark_survives_a_server_that_changes_the_message_id(shape: str) -> None:
    marked = OURS.replace(run_id="abc")
    changed = "Message-ID: <added@mx.fabrikam.com>\nX-Smtpscope-Run: {}"
    assert by(bounce(shape, changed.format("abc")), marked) == ["run-id"]
    assert by(bounce(shape, changed.format("abd")), marked) == []


@each_shape
def test_the_envelope_id_decides_where_a_server_gives_it_back(shape: str) -> None:
    if shape == "qmail":  # its format has no place for it
        return
    ours = bounce(shape, "Message-ID: <m2@contoso.com>").replace(
        b"Reporting-MTA:", b"Original-Envelope-Id: run-1\nReporting-MTA:"
    )
    assert by(ours) == ["envelope-id"]
    anothers = bounce(shape).replace(b"Reporting-MTA:", b"original-envelope-id: run-2\nReporting-MTA:")
    assert by(anothers) == []


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "qmail"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_parts_that_are_encoded(shape: str, encoding: str) -> None:
    """Against RFC 2046 section 5.2.1 for the ASCII forms, allowed for those of RFC 6533; the header part too."""
    text, changed = bounce(shape).decode(), 0
    for kind in ("message/delivery-status", "text/rfc822-headers", "message/rfc822"):
        head, found, rest = text.partition(f"ype: {kind}\n\n")
        if found:
            body, edge, tail = rest.partition("\n--")
            octets = body.encode()
            encoded = b64encode(octets) + b"\n" if encoding == "base64" else encodestring(octets, quotetabs=True)
            text = f"{head}ype: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{encoded.decode()}{edge}{tail}"
            changed += 1
    assert changed == 2
    told = only(text.encode())
    assert (told.recipient, told.by, told.reporter) == ("kate@fabrikam.com", "message-id", "mx.fabrikam.com")


def test_what_qmail_says_of_each_recipient() -> None:
    two = QMAIL.replace(
        "\n--- Below", "\n<kim@fabrikam.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below"
    )
    kate, kim = read_notification(two.replace("{id}", "Message-ID: <m1@contoso.com>").encode(), OURS)
    assert (kate.report.action, kate.report.status, kate.report.reply.code) == ("failed", "5.1.1", 550)
    assert kate.report.reply.text == "5.1.1 User unknown"
    assert (kim.recipient, kim.report.status, str(kim.report.reply.enhanced)) == ("kim@fabrikam.com", "5.1.1", "5.1.1")


def test_a_letter_that_quotes_qmail_is_no_notification() -> None:
    quoted = QMAIL.replace("Hi. This is", "Kate, look at this:\n\nHi. This is")
    assert by(quoted.encode()) == []


def test_a_final_recipient_with_a_comment_or_brackets() -> None:
    for written in ("rfc822; <kate@fabrikam.com>", "rfc822;kate@fabrikam.com ", "RFC822 ; KATE@Fabrikam.com"):
        changed = bounce("Exim", "").replace(b"rfc822;kate@fabrikam.com", written.encode())
        assert by(changed) == ["recipient"], written


@pytest.mark.parametrize("data", [b"", b"Subject: x\r\n\r\nrun-1", b"\x00\xff" * 100])
def test_what_is_no_notification(data: bytes) -> None:
    assert read_notification(data, OURS) == ()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_a_damaged_notification_never_raises(shape: str, data: st.DataObject) -> None:
    octets = bytearray(bounce(shape))
    for _change in range(data.draw(st.integers(0, 8))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12)) or b" "
    for told in read_notification(bytes(octets), OURS):
        assert told.by in ("envelope-id", "message-id", "run-id", "recipient")
        assert told.recipient in OURS.recipients
        told.report.exchange  # noqa: B018 - it must not raise
