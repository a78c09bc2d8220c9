"""The lab as people use it in their own tests: the fixture, the context manager, assertions that show what was said."""

from __future__ import annotations

import contextlib
import re
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

import smtpscope
from smtpscope.testing import NOBODY, SmtpLab


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
    with pytest.raises(AssertionError, match=r"received 0 messages within 0\.2 s, expected 1\n") as caught:
        smtp_lab.wait_for(1, timeout=0.2)
    assert "← 550 5.1.1 User unknown" in str(caught.value)
    with pytest.raises(AssertionError, match=r"no message has to='kate@fabrikam\.com'") as caught:
        smtp_lab.assert_received(to="kate@fabrikam.com")
    assert "← 550 5.1.1 User unknown" in str(caught.value)


def test_nothing_received_is_asserted_too(smtp_lab: SmtpLab) -> None:
    assert smtp_lab.conversation() == NOBODY
    send(smtp_lab)
    with pytest.raises(AssertionError, match="received: "):
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


def test_an_open_session_is_read_too(smtp_lab: SmtpLab) -> None:
    """A client that hangs, or keeps its connection: what it said so far is shown, and that it is still there."""
    with smtplib.SMTP(smtp_lab.host, smtp_lab.port, "contoso.com", timeout=20) as client:
        client.ehlo()
        client.docmd("MAIL FROM:<chris@contoso.com>")
        with pytest.raises(AssertionError) as caught:
            smtp_lab.wait_for(1, timeout=0.1)
        assert "→ MAIL FROM:<chris@contoso.com>" in str(caught.value)
        assert re.search(r"\(the session is still open; last event [0-9.]+ s ago\)$", str(caught.value))
        assert smtp_lab.attempts == []
        [session] = smtp_lab.open_sessions
        assert session.peer == "127.0.0.1"
        client.rset()
        client.docmd("MAIL FROM:<550@contoso.com>")
        assert [attempt.outcome for attempt in smtp_lab.attempts] == ["broken", "refused"]
    end = time.monotonic() + 20
    while smtp_lab.open_sessions and time.monotonic() < end:
        time.sleep(0.01)
    assert "still open" not in smtp_lab.conversation()
    assert [attempt.outcome for attempt in smtp_lab.attempts] == ["broken", "refused"]


def test_only_what_was_said_since(smtp_lab: SmtpLab) -> None:
    send(smtp_lab, to="kate@fabrikam.com")
    end = time.monotonic() + 20
    while smtp_lab.open_sessions and time.monotonic() < end:
        time.sleep(0.01)
    now = time.time()
    assert smtp_lab.conversation(since=now) == NOBODY
    send(smtp_lab, to="kim@fabrikam.com")
    assert "kim@" in smtp_lab.conversation(since=now)
    assert "kate@" not in smtp_lab.conversation(since=now)


# ------------------------------------------------------------------------------------------------------- the plugin


def run_pytest(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests in ``text`` as a project of its own, with the plugin. A connection has 20 s."""
    (folder / "test_mine.py").write_text(PROJECT + text)
    command = [sys.executable, "-m", "pytest", "-q", "-rN", "-p", "no:cacheprovider", *options, str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


# What the tests in these projects begin with.
PROJECT = """
import smtplib, socket, sys, time, unittest
import pytest
import smtpscope

def send(lab, to="kate@fabrikam.com"):
    with smtplib.SMTP(lab.host, lab.port, "contoso.com", timeout=20) as client:
        client.sendmail("chris@contoso.com", [to], "Subject: x\\r\\n\\r\\ny")

def hang(lab):
    client = socket.create_connection((lab.host, lab.port), timeout=0.5)
    client.recv(1000)
    client.sendall(b"EHLO hanging.test\\r\\n")
    while client.recv(1000):
        pass
"""


def test_the_plugin_in_a_project_of_its_own(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path,
        "def test_one(smtp_lab, smtp_lab_session):\n"
        "    for lab in (smtp_lab, smtp_lab_session):\n"
        "        send(lab)\n"
        "        assert lab.wait_for(1)[0].subject == 'x'\n",
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


# Tests that fail: (what is in the file, what the report of the failure must have, beside the title).
FAILURES: dict[str, tuple[str, list[str]]] = {
    "a plain assertion": (
        "def test_one(smtp_lab):\n    send(smtp_lab)\n    assert len(smtp_lab.messages) == 2\n",
        ["→ data", "← 250 2.1.5 Recipient OK"],
    ),
    "the lab of the whole run": (
        "def test_one(smtp_lab_session):\n    send(smtp_lab_session)\n    assert 0\n",
        ["→ data"],
    ),
    "nobody came": ("def test_one(smtp_lab):\n    assert 0\n", [NOBODY]),
    "a time limit": (
        "def test_one(smtp_lab):\n    hang(smtp_lab)\n",
        ["TimeoutError", "→ EHLO hanging.test", "(the session is still open; last event "],
    ),
    "an exception": (
        "def test_one(smtp_lab):\n    smtp_lab.scenario('user-unknown')\n    send(smtp_lab)\n",
        ["SMTPRecipientsRefused", "← 550 5.1.1 User unknown"],
    ),
    "pytest.fail": ("def test_one(smtp_lab):\n    send(smtp_lab)\n    pytest.fail('no')\n", ["→ data"]),
    "a lab that the test has started": (
        "def test_one():\n    with smtpscope.lab_running() as lab:\n        send(lab)\n        assert 0\n",
        ["→ data"],
    ),
    "a lab that has ended": (
        "def test_one():\n    with smtpscope.lab_running() as lab:\n        send(lab)\n    assert 0\n",
        ["→ data"],
    ),
    "a session that hangs at a lab that has ended": (
        "def test_one():\n    with smtpscope.lab_running() as lab:\n        hang(lab)\n",
        ["→ EHLO hanging.test"],
    ),
    "a lab within another fixture": (
        "@pytest.fixture(scope='module')\ndef port():\n"
        "    with smtpscope.lab_running() as lab:\n        yield lab.port\n"
        "def test_one(port):\n    with smtplib.SMTP('127.0.0.1', port) as client:\n        client.noop()\n"
        "    assert 0\n",
        ["→ noop"],
    ),
    "setup": (
        "@pytest.fixture\ndef mail(smtp_lab):\n    send(smtp_lab)\n    assert 0\ndef test_one(mail):\n    pass\n",
        ["ERROR at setup", "→ data"],
    ),
    "setup of a lab of its own": (
        "@pytest.fixture\ndef mail():\n    with smtpscope.lab_running() as lab:\n        send(lab)\n        assert 0\n"
        "def test_one(mail):\n    pass\n",
        ["ERROR at setup", "→ data"],
    ),
    "teardown": (
        "@pytest.fixture\ndef mail(smtp_lab):\n    yield\n    assert 0\n"
        "def test_one(mail, smtp_lab):\n    send(smtp_lab)\n",
        ["ERROR at teardown", "→ data"],
    ),
    "teardown behind the lab": (
        "@pytest.fixture\ndef mail():\n    yield\n    assert 0\ndef test_one(mail, smtp_lab):\n    send(smtp_lab)\n",
        ["ERROR at teardown", "→ data"],
    ),
    "unittest": (
        "class TestMine(unittest.TestCase):\n    def test_one(self):\n"
        "        with smtpscope.lab_running() as lab:\n            send(lab)\n            self.fail()\n",
        ["→ data"],
    ),
    "octets that are no UTF-8": (
        "def test_one(smtp_lab):\n    with smtplib.SMTP(smtp_lab.host, smtp_lab.port) as client:\n"
        "        client.send(b'EHLO \\xff\\xfe\\x1b[31m\\r\\n')\n        client.getreply()\n    assert 0\n",
        ["→ EHLO "],
    ),
}


@pytest.fixture(name="reports", scope="module")
def reports_of_failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest writes of each of the failures; they are run together, one file each."""
    folder = tmp_path_factory.mktemp("failures")
    for place, (text, _shown) in enumerate(FAILURES.values()):
        (folder / f"test_{place}.py").write_text(PROJECT + text.replace("test_one", f"test_{place}"))
    done = run_pytest(folder, "")
    assert done.returncode == 1, done.stdout + done.stderr
    parts = re.split(r"^(?=_{3,} .*test_[0-9]+ _{3,}$)", done.stdout, flags=re.MULTILINE)[1:]
    places = [re.search(r"test_([0-9]+)", part) for part in parts]
    names = list(FAILURES)
    return {names[int(place[1])]: part for place, part in zip(places, parts, strict=True) if place}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_shows_the_conversation_once(reports: dict[str, str], name: str) -> None:
    report = reports[name]
    assert report.count("conversation at 127.0.0.1:") == 1, report
    assert [part for part in FAILURES[name][1] if part not in report] == []


@pytest.mark.parametrize("option", ["-n2", "--show-capture=no", "--tb=short", "--tb=native"])
def test_a_failure_shows_the_conversation_however_it_is_run(tmp_path: Path, option: str) -> None:
    names = ("a plain assertion", "a time limit", "octets that are no UTF-8", "a lab that has ended", "setup")
    text = "".join(FAILURES[name][0].replace("test_one", f"test_{place}") for place, name in enumerate(names))
    done = run_pytest(tmp_path, text, option)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("conversation at 127.0.0.1:") == len(names), done.stdout
    assert "(the session is still open; last event " in done.stdout


def test_a_junit_file_has_the_conversation(tmp_path: Path) -> None:
    run_pytest(tmp_path, FAILURES["a plain assertion"][0], "--junitxml=report.xml")
    assert "→ data" in (tmp_path / "report.xml").read_text("utf-8")


def test_what_the_assertion_shows_is_not_shown_again(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path,
        "def test_one(smtp_lab):\n    send(smtp_lab)\n    smtp_lab.wait_for(2, timeout=0.1)\n"
        "def test_two(smtp_lab):\n    smtp_lab.wait_for(1, timeout=0.1)\n",
    )
    assert done.returncode == 1, done.stdout
    assert "conversation at" not in done.stdout
    assert done.stdout.count("→ data") == 1
    assert done.stdout.count(NOBODY) == 1


def test_other_labs_are_shown_with_the_sessions_of_the_test(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path,
        "@pytest.fixture(scope='module', autouse=True)\ndef labs():\n"
        "    with smtpscope.lab_running() as one, smtpscope.lab_running() as two:\n        yield [one, two]\n"
        "def test_one(labs):\n    send(labs[0], 'kate@fabrikam.com')\n    time.sleep(0.3)\n"
        "def test_two(labs):\n    send(labs[1], 'kim@fabrikam.com')\n    assert 0\n"
        "def test_three():\n    assert 0\n",
    )
    assert done.stdout.count("conversation at 127.0.0.1:") == 1, done.stdout
    assert "kim@fabrikam.com" in done.stdout
    assert "kate@fabrikam.com" not in done.stdout.replace('to="kate@fabrikam.com"', "")


def test_a_failure_that_has_no_lab_is_left_alone(tmp_path: Path) -> None:
    """And a test run without a lab does not load it."""
    done = run_pytest(
        tmp_path,
        "def test_one():\n    assert 0\n"
        "def test_two():\n    assert not [name for name in sys.modules if name.startswith('smtpscope.lab')]\n",
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "conversation" not in done.stdout


def test_labs_that_have_ended_are_forgotten_with_their_test(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path,
        "from smtpscope.testing import recent_labs\n"
        "def test_one(smtp_lab, smtp_lab_session):\n"
        "    with smtpscope.lab_running() as lab:\n        pass\n"
        "    assert recent_labs() == (smtp_lab_session, smtp_lab, lab)\n"
        "def test_two(smtp_lab_session):\n    assert recent_labs() == (smtp_lab_session,)\n",
    )
    assert "2 passed" in done.stdout, done.stdout


def test_without_the_plugin_no_lab_is_kept(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path,
        "from smtpscope.testing import recent_labs\n"
        "def test_one():\n"
        "    with smtpscope.lab_running() as lab:\n        assert recent_labs() == (lab,)\n"
        "    assert recent_labs() == ()\n",
        "-p",
        "no:smtpscope",
    )
    assert "1 passed" in done.stdout, done.stdout


def test_transcripts_that_cannot_be_read_do_not_break_the_report(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path,
        "import pathlib\n"
        "def test_one(smtp_lab):\n    send(smtp_lab)\n"
        "    while smtp_lab.open_sessions:\n        time.sleep(0.01)\n"
        "    for path in pathlib.Path(smtp_lab.lab.maildir, 'sessions').iterdir():\n"
        "        path.write_text('no JSON\\n')\n"
        "    assert 0\n",
    )
    assert done.returncode == 1, done.stdout
    assert "cannot read the transcripts: " in done.stdout
    assert "INTERNALERROR" not in done.stdout
