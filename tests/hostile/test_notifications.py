"""``--await-dsn``: what a notification says of the message makes the result, whatever it lacks (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hostile.acts import Act, Plays
from hostile.peer import Talk, peer
from hostile.row import row
from hostile.run import Process, arguments_of, complaints, faults, faults_of_junit, run_views

KATE, KIM = "kate@fabrikam.com", "kim@fabrikam.com"
UNKNOWN = "smtp; 550 5.1.1 User unknown"

# The text of a mail, from the envelope id and the Message-ID of ours.
Mail = Callable[[str, str], str]

HEAD = """From: <MAILER-DAEMON@mx.fabrikam.com>
To: <chris@contoso.com>
Subject: Delivery status
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

A notification.
"""


def fields(action: str, recipient: str = KATE, status: str = "5.1.1", diagnostic: str = UNKNOWN) -> str:
    """What a notification says of one recipient."""
    who = f"Final-Recipient: rfc822; {recipient}"
    return f"\n{who}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n"


def report(*said: str, envid: str = "{envid}", message_id: str = "{message_id}") -> Mail:
    """A notification. In ``envid`` and ``message_id`` the words in braces are those of our message; empty: left out."""

    def write(own_envid: str, own_id: str) -> str:
        ours = envid.format(envid=own_envid)
        about = f"Original-Envelope-Id: {ours}\n" if ours else ""
        status = f"--b\nContent-Type: message/delivery-status\n\n{about}Reporting-MTA: dns; mx.fabrikam.com\n"
        theirs = message_id.format(message_id=own_id)
        returned = f"\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {theirs}\n" if theirs else ""
        return HEAD + status + "".join(said) + returned + "\n--b--\n"

    return write


def notify(*mails: Mail) -> Act:
    """Put these mails into the Maildir, then take the message."""

    def act(talk: Talk) -> None:
        heard = b"\n".join(talk.heard).decode()
        envid = re.search(r"ENVID=(\S+)", heard)
        own = re.search(r"(?im)^message-id: *(\S+)", heard)
        for number, mail in enumerate(mails):
            text = mail(envid[1] if envid else "none", own[1] if own else "none")
            (talk.folder / "box" / "new" / str(number)).write_text(text)
        talk.say("250 2.0.0 queued as 4711")

    return act


@dataclass(frozen=True)
class Notice:
    """A row: which mails arrive, and which exit codes are right."""

    name: str
    mails: tuple[Mail, ...]
    exits: set[int]
    options: tuple[str, ...] = ("--notify", "success,failure,delay")
    plays: Plays | None = None
    offers: tuple[str, ...] = ("DSN",)


FAILED = fields("failed")
ON_FAILURE = ("--notify", "failure")
TO_BOTH = ("--notify", "success,failure", "--to", KIM)


def _huge(_envid: str, _own: str) -> str:
    return HEAD + "x" * 70 + "\n" + ("y" * 75 + "\n") * 150_000 + "--b--\n"


def _nested(_envid: str, _own: str) -> str:
    parts = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(400))
    return "From: a@b.test\n" + "".join(parts) + "Content-Type: text/plain\n\nx\n"


def _holiday(_envid: str, own: str) -> str:
    return f"From: {KATE}\nTo: chris@contoso.com\nSubject: I am away\nIn-Reply-To: {own}\n\nBack on Monday.\n"


def _half(envid: str, own: str) -> str:
    return report(FAILED)(envid, own)[:330]


NOTICES = [
    # A failure, with less and less to know it by
    Notice("a failure with our envelope id", (report(FAILED),), {60}),
    Notice("a failure with our envelope id alone", (report(FAILED, message_id=""),), {60}),
    Notice("a failure with our Message-ID alone", (report(FAILED, envid=""),), {60}),
    Notice(
        "a failure with our Message-ID alone, where failures only are asked for",
        (report(FAILED, envid=""),),
        {60},
        ON_FAILURE,
    ),
    Notice(
        "a failure with our Message-ID alone, for a message of our own",
        (report(FAILED, envid=""),),
        {60},
        (*ON_FAILURE, "--data", "{own}"),
    ),
    Notice("a failure with nothing but our recipient", (report(FAILED, envid="", message_id=""),), {60}),
    Notice("a failure from a server that offers no DSN", (report(FAILED, envid=""),), {60}, ON_FAILURE, offers=()),
    Notice("a failure that shouts", (report(fields("FAILED")),), {60}),
    Notice("a failure whose status is that of success", (report(fields("failed", status="2.0.0")),), {60}),
    Notice("a failure without a status", (report(f"\nFinal-Recipient: rfc822; {KATE}\nAction: failed\n"),), {60}),
    Notice(
        "a failure whose words steer the terminal",
        (report(fields("failed", diagnostic="smtp; 550 \x1b[2J\u009b\u202e no")),),
        {60},
    ),
    # More than one notification, more than one recipient
    Notice("a delay, then a failure", (report(fields("delayed", status="4.4.1")), report(FAILED)), {60}),
    Notice("a success, then a failure", (report(fields("delivered", status="2.0.0")), report(FAILED)), {60}),
    Notice(
        "a failure for one, a success for the other",
        (report(FAILED, fields("delivered", KIM, "2.0.0")),),
        {60},
        TO_BOTH,
    ),
    Notice("a success for one, nothing of the other", (report(fields("delivered", KATE, "2.0.0")),), {62}, TO_BOTH),
    Notice("a failure for both", (report(FAILED, fields("failed", KIM)),), {60}, TO_BOTH),
    Notice("a delay", (report(fields("delayed", status="4.4.1")),), {61}),
    # What tells nothing of our message
    Notice("nothing", (), {62}),
    Notice("a failure of another message", (report(FAILED, envid="other", message_id="<other@x>"),), {62}),
    Notice(
        "a success of another message",
        (report(fields("delivered", status="2.0.0"), envid="other", message_id="<other@x>"),),
        {62},
    ),
    Notice(
        "a success for somebody else",
        (
            report(
                fields("delivered", "eve@fabrikam.com", "2.0.0"), fields("delivered", "mallory@fabrikam.com", "2.0.0")
            ),
        ),
        {62},
        TO_BOTH,
    ),
    Notice("an action that nobody knows", (report(fields("pondered")),), {60, 61, 62}),
    Notice("an answer from somebody on holiday", (_holiday,), {62}),
    Notice("a notification that was cut off", (_half,), {60, 62}),
    Notice("a mail of 11 MB", (_huge,), {62}),
    Notice("a mail of 400 parts, one in another", (_nested,), {62}),
    Notice("nothing, and the server offers no DSN", (), {62, 71}, ("--notify", "success,failure"), offers=()),
    # The message was refused: there is nothing to wait for
    Notice("the message is refused", (), {58}, plays={".": "554 5.6.0 no"}),
    Notice("the message is answered by 221", (), {70}, plays={".": "221 bye"}),
    # Good
    Notice("a success", (report(fields("delivered", status="2.0.0")),), {0}),
    Notice("a success with our Message-ID alone", (report(fields("delivered", status="2.0.0"), envid=""),), {0}),
    Notice("the next server sends no notifications", (report(fields("relayed", status="2.0.0")),), {0}),
    Notice("no failure where failures only are asked for", (), {0}, ON_FAILURE),
    Notice(
        "a failure of another message where failures only are asked for",
        (report(FAILED, envid="other", message_id="<other@x>"),),
        {0},
        ON_FAILURE,
    ),
]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_notice(notice: Notice, files: dict[str, str], tmp_path: Path) -> None:
    box = tmp_path / "box"
    for folder in ("new", "cur", "tmp"):
        (box / folder).mkdir(parents=True)
    wait = ("--await-dsn", "1.2", "--dsn-at", f"maildir:{box}")
    plays = notice.plays or {".": notify(*notice.mails)}
    told = row(notice.name, plays, notice.exits, *notice.options, *wait, offers=" | ".join(notice.offers))
    one_run = replace(told, variant=True)  # a second one at the same time would find the same mails
    with peer(told.plays, told.offers, tmp_path) as server:
        views = run_views(one_run, arguments_of(told, [f"127.0.0.1:{server.port}"], files), tmp_path)
        wrong = complaints(told, views, [server])
    if wrong:
        pytest.fail("\n".join([*wrong, "", views.json.stdout[-3000:]]), pytrace=False)


def test_a_failure_is_told_in_the_text_too(files: dict[str, str], tmp_path: Path) -> None:
    """The result of the quiet view does not end with "accepted": it says what the notification says."""
    box = tmp_path / "box"
    for folder in ("new", "cur", "tmp"):
        (box / folder).mkdir(parents=True)
    wait = ("--await-dsn", "5", "--dsn-at", f"maildir:{box}", "-q")
    told = row("a failure", {".": notify(report(FAILED))}, 60, *ON_FAILURE, *wait, offers="DSN")
    with peer(told.plays, told.offers, tmp_path) as server:
        run = Process(tmp_path / "quiet", arguments_of(told, [f"127.0.0.1:{server.port}"], files), ("junit",)).finish()
    assert [*faults(run, {60}), *faults_of_junit(run)] == []
    assert [line for line in run.stdout.splitlines() if "accepted" in line and "550 5.1.1" in line], run.stdout
