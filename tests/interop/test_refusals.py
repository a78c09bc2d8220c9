"""The canonical failures, as each real server plays them: exit code, status, and the words that decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from interop.probe import probe
from interop.servers.server import SIZE_LIMIT, Server
from smtpscope.protocol.phase import Phase

EHLO, MAIL, RCPT, MESSAGE = 52, 55, 56, 58

# What is wrong: options, sender, EHLO name; then for each server the exit code and the first reply's code and text.
FAILURES = {
    "EHLO name": (
        (),
        ("chris@contoso.com", "bad_domain!"),
        {
            "postfix": (EHLO, 501, "Invalid name"),
            "exim": (EHLO, 501, "Syntactically invalid HELO"),
            "opensmtpd": (EHLO, 501, "Invalid domain name"),
        },
    ),
    "sender without a domain": (
        (),
        ("chris<contoso", "contoso.com"),
        {
            "postfix": (MAIL, 501, "Bad sender address syntax"),
            "exim": (MAIL, 501, "expected after"),
            "opensmtpd": (MAIL, 553, "Sender address syntax error"),
        },
    ),
    "sender with two at signs": (
        ("--stop-after=mail",),
        ("chris@@contoso.com", "contoso.com"),
        {
            "postfix": (0, 250, "Ok"),  # it takes this one
            "exim": (MAIL, 501, "domain missing or malformed"),
            "opensmtpd": (MAIL, 553, "Sender address syntax error"),
        },
    ),
    "unknown user": (
        ("--to=nobody@fabrikam.com",),
        ("chris@contoso.com", "contoso.com"),
        {
            "postfix": (RCPT, 550, "User unknown"),
            "exim": (RCPT, 550, "Unknown user"),
            "opensmtpd": (RCPT, 524, "Mailing list expansion problem"),
        },
    ),
    "relay": (
        ("--to=kate@example.net",),
        ("chris@contoso.com", "contoso.com"),
        {
            "postfix": (RCPT, 554, "Relay access denied"),
            "exim": (RCPT, 550, "relay not permitted"),
            "opensmtpd": (RCPT, 550, "Invalid recipient"),
        },
    ),
    "NOTIFY=NEVER,SUCCESS": (
        ("--notify=never,success",),
        ("chris@contoso.com", "contoso.com"),
        {
            "postfix": (RCPT, 501, "Bad NOTIFY parameter syntax"),
            "exim": (RCPT, 501, "Invalid value for NOTIFY"),
            "opensmtpd": (RCPT, 553, "NEVER cannot be combined"),
        },
    ),
    "unknown MAIL parameter": (
        ("--mail-parameter=X-NONE=1",),
        ("chris@contoso.com", "contoso.com"),
        {
            "postfix": (MAIL, 555, "Unsupported option"),
            "exim": (MAIL, 501, "may not follow"),
            "opensmtpd": (MAIL, 503, "Unsupported option"),
        },
    ),
    "SMTPUTF8 to a server without it": (
        ("--smtputf8=force",),
        ("chris@contoso.com", "contoso.com"),
        {
            "postfix": (0, 250, ""),
            "exim": (0, 250, ""),
            "opensmtpd": (MAIL, 503, "Unsupported option SMTPUTF8"),
        },
    ),
}

# What the catalogue makes of the words of each server.
CAUSES = {
    ("postfix", "EHLO name"): "helo.invalid",
    ("exim", "EHLO name"): "helo.invalid",
    ("opensmtpd", "EHLO name"): "helo.invalid",
    ("postfix", "sender without a domain"): "sender.syntax",
    ("exim", "sender without a domain"): "sender.syntax",
    ("opensmtpd", "sender without a domain"): "sender.syntax",
    ("exim", "sender with two at signs"): "sender.syntax",
    ("opensmtpd", "sender with two at signs"): "sender.syntax",
    ("postfix", "unknown user"): "recipient.unknown",
    ("exim", "unknown user"): "recipient.unknown",
    ("opensmtpd", "unknown user"): "recipient.unknown",
    ("postfix", "relay"): "relay.denied",
    ("exim", "relay"): "relay.denied",
    ("postfix", "NOTIFY=NEVER,SUCCESS"): "protocol.argument",
    ("exim", "NOTIFY=NEVER,SUCCESS"): "protocol.argument",
    ("opensmtpd", "NOTIFY=NEVER,SUCCESS"): "protocol.argument",
    ("postfix", "unknown MAIL parameter"): "protocol.parameter",
    ("exim", "unknown MAIL parameter"): "protocol.parameter",
    ("opensmtpd", "unknown MAIL parameter"): "protocol.parameter",
    ("opensmtpd", "SMTPUTF8 to a server without it"): "protocol.parameter",
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_has_its_exit_code(server: Server, what: str) -> None:
    options, (sender, helo), expected = FAILURES[what]
    recipient = () if any(option.startswith("--to") for option in options) else ("--to=kate@fabrikam.com",)
    outcome = probe(server, "--as-is", *recipient, *options, sender=sender, helo=helo)
    code, reply, text = expected[server.name]
    assert outcome.code == code
    assert outcome.status == ("permanent-failure" if code else "ok")
    assert outcome.server["reply"]["code"] == reply
    assert text in outcome.server["reply"]["text"]
    assert outcome.said[-1] == "QUIT"
    if (server.name, what) in CAUSES:
        assert outcome.causes[0] == CAUSES[server.name, what]


@pytest.mark.parametrize("wish", ["auto", "forbid"])
def test_a_message_that_is_too_large(server: Server, tmp_path: Path, wish: str) -> None:
    large = b"From: <chris@contoso.com>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\n"
    large += (b"x" * 70 + b"\r\n") * (SIZE_LIMIT // 64)
    (tmp_path / "large.eml").write_bytes(large)
    outcome = probe(server, "--to=kate@fabrikam.com", f"--data={tmp_path}/large.eml", f"--size={wish}")
    # OpenSMTPD looks at the size only when it has the whole message.
    at_mail = wish == "auto" and server.name != "opensmtpd"
    assert outcome.code == (MAIL if at_mail else MESSAGE)
    assert outcome.server["reply"]["code"] == (554 if server.name == "opensmtpd" else 552)
    assert outcome.notes("size-exceeded") == [str(len(large))]
    assert bool(outcome.codes(Phase.DATA)) is not at_mail


def test_mail_before_login_on_the_submission_port(postfix: Server, exim: Server) -> None:
    for server, words in ((postfix, "Must issue a STARTTLS command first"), (exim, "Authentication required")):
        outcome = probe(server, "--to=kate@fabrikam.com", port=server.submission)
        assert (outcome.code, outcome.server["reply"]["code"]) == (MAIL, 530)
        assert words in outcome.server["reply"]["text"]
