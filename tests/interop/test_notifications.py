"""Notifications of real servers, waited for in a Maildir and through a real IMAP server."""

from __future__ import annotations

from pathlib import Path

import pytest

from interop.probe import Outcome, probe
from interop.servers.imap import imap
from interop.servers.server import BOUNCES, LOGIN, PASSWORD, Server
from smtpscope.model.event import Notified

CHRIS = "chris@contoso.com"
ASKED = ("--notify=success,failure", "--await-dsn=40")


@pytest.fixture(params=["postfix", "exim"])
def server(request: pytest.FixtureRequest) -> Server:
    """The two that send notifications as RFC 3464 has them; each has Chris's mailbox."""
    found: Server = request.getfixturevalue(request.param)
    for name in ("new", "cur", "tmp"):
        (found.maildir(CHRIS) / name).mkdir(parents=True, exist_ok=True)
    _own(found.maildir(CHRIS))
    return found


def _own(maildir: Path) -> None:
    """Give what was made just now to the user that the server delivers as."""
    import shutil

    owner = next(folder for folder in maildir.parents if folder.name == "mail").stat()
    for folder in (maildir.parent, maildir, *maildir.iterdir()):
        shutil.chown(folder, owner.st_uid, owner.st_gid)


def told(outcome: Outcome) -> dict[str, str]:
    """What the last notification says of each recipient."""
    return {event.recipient: event.action.value for event in outcome.events if isinstance(event, Notified)}


def test_success_and_failure_in_a_maildir(server: Server) -> None:
    place = f"--dsn-at=maildir:{server.maildir(CHRIS)}"
    outcome = probe(server, "--to=kate@fabrikam.com", f"--to={BOUNCES}", *ASKED, place)
    assert told(outcome) == {"kate@fabrikam.com": "delivered", BOUNCES: "failed"}
    assert outcome.code == 60


def test_through_imap(server: Server, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    with imap(server.maildir(CHRIS)) as box:
        user = LOGIN.replace("@", "%40")
        place = f"--dsn-at=imap://{user}@127.0.0.1:{box.smtp}/INBOX"
        outcome = probe(server, f"--to={BOUNCES}", *ASKED, place, f"--dsn-password-file={password}")
        assert told(outcome) == {BOUNCES: "failed"}


def test_through_imap_with_tls(server: Server, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    with imap(server.maildir(CHRIS)) as box:
        user = LOGIN.replace("@", "%40")
        for place in (f"imaps://{user}@127.0.0.1:{box.submissions}", f"imap://{user}@127.0.0.1:{box.smtp}"):
            options = (f"--dsn-at={place}", f"--dsn-password-file={password}", f"--tls-ca={box.certificate}")
            outcome = probe(server, "--to=kate@fabrikam.com", *ASKED, "--tls=never", *options)
            assert told(outcome) == {"kate@fabrikam.com": "delivered"}


def test_a_wrong_password_is_said_before_anything_is_sent(server: Server, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("wrong\n")
    with imap(server.maildir(CHRIS)) as box:
        place = f"--dsn-at=imap://{LOGIN.replace('@', '%40')}@127.0.0.1:{box.smtp}"
        with pytest.raises(AssertionError, match="AUTHENTICATIONFAILED"):
            probe(server, "--to=kate@fabrikam.com", *ASKED, place, f"--dsn-password-file={password}")
