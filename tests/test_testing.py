"""The lab as people use it in their own tests: the fixture, the context manager, assertions that show what was said."""

from __future__ import annotations

import contextlib
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

import smtpscope
from smtpscope.testing import SmtpLab


def send(lab: SmtpLab, subject: str = "来自 Contoso 的测试", to: str = "kate@fabrikam.com") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "chris@contoso.com", to, subject
    message.set_content("这是一封测试邮件\n")
    with smtplib.SMTP(lab.host, lab.port, "contoso.com", timeout=20) as client:
        client.send_message(message)


def test_what_was_sent_is_read_as_it_was_meant(smtp_lab: SmtpLab) -> None:
    send(smtp_lab)
    [message] = smtp_lab.wait_for(1)
    assert (message.sender, message.recipients) == ("chris@contoso.com", ("kate@fabrikam.com",))
    assert (message.subject, message.text) == ("来自 Contoso 的测试", "这是一封测试邮件\n")
    assert repr(message).startswith("Message('chris@contoso.com' -> ('kate@fabrikam.com',)")
    assert smtp_lab.assert_received("chris@contoso.com", to="kate@fabrikam.com", text="测试").content == message.content


def test_each_test_has_a_lab_of_its_own(smtp_lab: SmtpLab) -> None:
    smtp_lab.assert_nothing_received()


def test_a_scenario_from_the_next_connection_on(smtp_lab: SmtpLab) -> None:
    smtp_lab.scenario("greylist")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_lab)
    send(smtp_lab)
    smtp_lab.wait_for(1)
    end = time.monotonic() + 20
    while len(smtp_lab.attempts) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert [attempt.outcome for attempt in smtp_lab.attempts] == ["refused", "taken"]


def test_a_failure_shows_the_conversation(smtp_lab: SmtpLab) -> None:
    smtp_lab.scenario("user-unknown")
    with contextlib.suppress(smtplib.SMTPRecipientsRefused):
        send(smtp_lab)
    with pytest.raises(AssertionError, match=r"0 messages within 0\.2 s, not 1\n") as caught:
        smtp_lab.wait_for(1, timeout=0.2)
    assert "← 550 5.1.1 User unknown" in str(caught.value)
    with pytest.raises(AssertionError, match=r"no message has to='kate@fabrikam\.com'") as caught:
        smtp_lab.assert_received(to="kate@fabrikam.com")
    assert "← 550 5.1.1 User unknown" in str(caught.value)


def test_nothing_received_is_asserted_too(smtp_lab: SmtpLab) -> None:
    assert smtp_lab.conversation() == "nobody talked to the lab"
    send(smtp_lab)
    with pytest.raises(AssertionError, match="taken: "):
        smtp_lab.assert_nothing_received()
    smtp_lab.clear()
    smtp_lab.assert_nothing_received()


@pytest.mark.parametrize("wanted", [{"sender": "x"}, {"to": "x"}, {"subject": "x"}, {"text": "x"}])
def test_every_wish_must_fit(smtp_lab: SmtpLab, wanted: dict[str, str]) -> None:
    send(smtp_lab)
    with pytest.raises(AssertionError):
        smtp_lab.assert_received(**wanted)


def test_notifications_are_beside_the_messages(smtp_lab: SmtpLab) -> None:
    send(smtp_lab, to="failed@fabrikam.com")
    assert len(smtp_lab.wait_for(1)) == 1
    assert [notice.subject for notice in smtp_lab.notices] == ["Delivery Status Notification (Failure)"]


def test_a_block_of_plain_code() -> None:
    with smtpscope.lab_running("mailbox-full") as lab, pytest.raises(smtplib.SMTPRecipientsRefused):
        send(lab)


def test_tls_can_be_trusted() -> None:
    import ssl

    from smtpscope.lab.options import Security

    with (
        smtpscope.lab_running(security=Security(starttls=True)) as lab,
        smtplib.SMTP("localhost", lab.port, timeout=20) as client,
    ):
        client.starttls(context=ssl.create_default_context(cafile=lab.ca_file))
        assert client.noop()[0] == 250


def test_the_plugin_in_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import smtplib\n"
        "def test_one(smtp_lab, smtp_lab_session):\n"
        "    for lab in (smtp_lab, smtp_lab_session):\n"
        "        with smtplib.SMTP(lab.host, lab.port) as client:\n"
        "            client.sendmail('a@b.test', ['c@d.test'], 'Subject: x\\r\\n\\r\\ny')\n"
        "        assert lab.wait_for(1)[0].subject == 'x'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_plain_assertion_that_fails_shows_the_conversation_once(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import smtplib\n"
        "def test_one(smtp_lab):\n"
        "    with smtplib.SMTP(smtp_lab.host, smtp_lab.port) as client:\n"
        "        client.sendmail('a@b.test', ['c@d.test'], 'Subject: x')\n"
        "    assert len(smtp_lab.messages) == 2\n"
        "def test_two(smtp_lab):\n"
        "    smtp_lab.wait_for(1, timeout=0.1)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-rN", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stdout
    assert done.stdout.count("conversation at 127.0.0.1:") == 1
    assert "→ data" in done.stdout
    assert done.stdout.count("nobody talked to the lab") == 1
