"""Peers that behaved badly and were once called a success, or blamed for the wrong thing: each is played.

The rows are those that were found by playing peers against version 0.1.0. Exit code, status, what decided, and the
cause or the finding are held; a JUnit report never says that all went well where the exit code does not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scripted import Act, scripted
from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main

ENVELOPE = ("--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com", "--no-probes")


class Run:
    """What a run ended with: its exit code, the record of its server, what ``-q`` would show, the JUnit report."""

    def __init__(self, code: int, output: str, junit: Path) -> None:
        self.code = code
        self.events = [json.loads(line) for line in output.splitlines()]
        self.result: dict[str, Any] = self.events[-1]
        self.server: dict[str, Any] = self.result["servers"][0]
        self.failures = sum(int(suite.get("failures", "0")) for suite in ElementTree.parse(junit).getroot())

    @property
    def outcome(self) -> tuple[int, str, str, str]:
        """Exit code, status, phase, why."""
        assert self.code == self.result["exit"]
        assert (self.failures == 0) == (self.code == Exit.OK)
        if self.server["status"] == "ok":  # the converse is not so: what contradicts the proofs undoes them
            assert all(claim["proven"] for claim in self.server["claims"])
        return self.code, self.server["status"], self.server["phase"], self.server["why"] or ""

    @property
    def findings(self) -> list[str]:
        return [finding["finding"] for finding in self.server["findings"]]

    @property
    def sent(self) -> list[str]:
        """The verbs that were sent."""
        return [event["verb"] for event in self.events if event["event"] == "sent" and not event["body"]]


@pytest.fixture
def play(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """A function that plays a peer and runs a test against it."""

    def run(acts: tuple[Act, ...], *options: str) -> Run:
        junit = tmp_path / "junit.xml"
        with scripted(*acts) as server:
            where = f"127.0.0.1:{server.port}"
            code = main(["test", where, *ENVELOPE, "--timeout", "5", "--json", "--junit", str(junit), *options])
        return Run(code, capsys.readouterr().out, junit)

    return run


@pytest.fixture
def password(tmp_path: Path) -> str:
    (tmp_path / "password").write_text("practice\n")
    return str(tmp_path / "password")


def line(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode() + b"\r\n"


def peer(*replies: str | Act) -> tuple[Act, ...]:
    """A reply (a text) at once, each further one behind a line that the client sends; anything else is an act."""
    acts: list[Act] = []
    for place, item in enumerate(replies):
        if isinstance(item, str) and item not in ("line", "message", "reset"):
            acts += [*(["line"] if place and acts[-1:] != ["message"] else []), line(item)]
        else:
            acts.append(item)
    return tuple(acts)


TO_DATA = ("220 x", "250 x", "250 ok", "250 ok", "354 go")
TO_MESSAGE = (*TO_DATA, "message")
BYE = ("221 bye",)


# ----------------------------------------------------------------------------- 1: replies before the end of the message


@pytest.fixture
def big(tmp_path: Path) -> str:
    """A message that no socket takes at once."""
    head = b"From: chris@contoso.com\r\nTo: kate@fabrikam.com\r\nSubject: big\r\n\r\n"
    (tmp_path / "big.eml").write_bytes(head + b"0123456789 0123456789 0123456789\r\n" * 700_000)
    return str(tmp_path / "big.eml")


def reads(count: int) -> Any:
    """An act that reads so many octets."""

    def read(connection: Any) -> None:
        left = count
        while left > 0:
            octets = connection.recv(min(left, 65536))
            if not octets:
                raise OSError("closed")
            left -= len(octets)

    return read


def reads_message(connection: Any) -> None:
    """An act that reads up to the lone dot, in large pieces."""
    tail = b""
    while not tail.endswith(b"\r\n.\r\n"):
        octets = connection.recv(1 << 20)
        if not octets:
            raise OSError("closed")
        tail = (tail + octets)[-5:]


def reads_chunk(connection: Any) -> None:
    """An act that reads BDAT and its octets, and no more."""
    command = b""
    while not command.endswith(b"\r\n"):
        command += connection.recv(1)
    reads(int(command.split()[1]))(connection)


HUGE = ("220 x", "250-x\n250-CHUNKING\n250 SIZE 99999999", "250 ok", "250 ok")


EARLY = (*peer(*HUGE, "354 go"), reads(20_000), line("250 queued"))
EARLY_CHUNK = (*peer(*HUGE), "line", reads(20_000), line("250 ok"))
REFUSED = (*peer(*HUGE, "354 go"), reads(20_000), line("552 too big"), reads_message, "line", line("221 bye"))


@pytest.mark.parametrize(
    ("acts", "options", "outcome", "findings"),
    [
        (EARLY, (), (14, "connection-lost"), ["unasked-reply"]),
        ((*EARLY, 9.0), ("--timeout", "1"), (12, "timeout"), ["unasked-reply"]),
        ((*EARLY, reads_message, line("550 no")), (), (58, "permanent-failure"), ["unasked-reply"]),
        ((*EARLY, reads_message, line("250"), "line", line("221")), (), (70, "protocol-violation"), ["unasked-reply"]),
        ((*EARLY_CHUNK,), ("--chunking", "force"), (14, "connection-lost"), ["unasked-reply"]),
        (REFUSED, (), (58, "permanent-failure"), []),  # a refusal is believed, however early
    ],
    ids=["closes", "stops-reading", "then-550", "then-250", "bdat", "refused-early"],
)  # fmt: skip
def test_a_good_reply_before_the_end_of_the_message_is_no_acceptance(
    play: Any, big: str, acts: tuple[Act, ...], options: tuple[str, ...], outcome: tuple[int, str], findings: list[str]
) -> None:
    run = play(acts, "--data", big, *options)
    assert run.outcome[:3] == (*outcome, "end-of-data")
    assert [finding for finding in run.findings if finding == "unasked-reply"] == findings
    assert not run.server["queued"] or outcome[1] == "protocol-violation"


# -------------------------------------------------------------------------------------------------------------- 2: LMTP

LMTP = ("220 x LMTP", "250 x", "250 ok", "250 ok", "250 ok", "250 ok", "354 go", "message")
THREE = ("--protocol", "lmtp", "--to", "kim@fabrikam.com", "--to", "lee@fabrikam.com")


@pytest.mark.parametrize(
    ("said", "outcome", "accepted"),
    [
        ((), (14, "connection-lost"), [False, False, False]),
        (("250 one",), (20, "partial"), [True, False, False]),
        (("250 one\n250 two",), (20, "partial"), [True, True, False]),
        (("550 one",), (14, "connection-lost"), [False, False, False]),
        (("250 one\n250 two\n250 three", "221 bye"), (0, "ok"), [True, True, True]),
    ],
)
def test_lmtp_has_a_reply_for_each_recipient(
    play: Any, said: tuple[str, ...], outcome: tuple[int, str], accepted: list[bool]
) -> None:
    run = play(peer(*LMTP, *said), *THREE)
    assert run.outcome[:2] == outcome
    assert [item["accepted"] for item in run.server["recipients"]] == accepted
    missing = [item["reply"] is None for item in run.server["recipients"]]
    assert sum(missing) == 3 - len("\n".join(said[:1]).splitlines())


def test_a_recipient_without_a_reply_is_not_called_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(*peer(*LMTP, "250 one")) as server:
        main(["test", f"127.0.0.1:{server.port}", *ENVELOPE, *THREE, "-q"])
    shown = capsys.readouterr().out
    assert "no reply about 2 of 3 recipients" in shown
    assert "rejected" not in shown


# ------------------------------------------------------------------------------------------------------- 4, 5, 15: AUTH

PLAIN = "250-x\n250 AUTH PLAIN"
SCRAM = "250-x\n250 AUTH SCRAM-SHA-256"
MISFIT = (70, "protocol-violation", "unexpected-code")
OTHER_NONCE = "334 cj1mb28scz1jMkZzZEE9PSxpPTQwOTY="  # it does not begin with that of the client


@pytest.mark.parametrize(
    ("replies", "outcome", "cause"),
    [
        (("220 x", PLAIN, "334 QUFB", "334 QUFB", "334 QUFB", *BYE), (54, "gave-up", "auth-aborted"), "login.unproven"),
        *((("220 x", PLAIN, f"{code} go", *BYE), MISFIT, None) for code in (220, 221, 250, 251, 354)),
        (("220 x", SCRAM, OTHER_NONCE, "235 ok anyway", *BYE), (54, "gave-up", "auth-aborted"), "login.unproven"),
        (("220 x", SCRAM, OTHER_NONCE, "501 aborted", *BYE), (54, "gave-up", "auth-aborted"), "login.unproven"),
        (("220 x", SCRAM, "235 2.7.0 ok", *BYE), (54, "gave-up", "auth-unproven"), "login.unproven"),
        (("220 x", "250 x", *BYE), (54, "not-offered", "auth-not-announced"), "login.not-offered"),
        (("220 x", "250-x\n250 AUTH GSSAPI", *BYE), (54, "not-offered", "auth-not-offered"), "login.not-offered"),
        (("220 x", PLAIN, "535 5.7.8 no", *BYE), (54, "permanent-failure", ""), "login.failed"),
    ],
)  # fmt: skip
def test_a_login_is_235_and_our_own_checks(
    play: Any, password: str, replies: tuple[str, ...], outcome: tuple[int, str, str], cause: str | None
) -> None:
    """What this client gave up stays given up; no mail is handed over; the reason is the verdict."""
    run = play(peer(*replies), "--user", "kate", "--password-file", password, "--auth-in-clear")
    assert run.outcome == (*outcome[:2], "auth", outcome[2])
    assert cause is None or run.server["cause"] == cause
    assert "MAIL" not in run.sent


def test_a_password_that_was_not_sent_has_a_cause(play: Any, password: str) -> None:
    run = play(peer("220 x", PLAIN, *BYE), "--user", "kate", "--password-file", password)
    assert run.outcome == (54, "gave-up", "auth", "auth-in-clear")
    assert (run.server["cause"], run.server["actor"]) == ("login.unencrypted", "you")
    assert "AUTH" not in run.sent


# ----------------------------------------------------------------------------------------------------------- 6: a flood


def floods(connection: Any) -> None:
    """Send a reply that never ends."""
    while True:
        connection.sendall(b"250-XY\r\n" * 1000)


@pytest.mark.parametrize(
    ("before", "phase"),
    [
        ((), "banner"),
        (("220 x",), "ehlo"),
        (("220 x", "250 x"), "mail"),
        (("220 x", "250 x", "250 ok"), "rcpt"),
        (("220 x", "250 x", "250 ok", "250 ok"), "data"),
        (TO_MESSAGE, "end-of-data"),
    ],
)
def test_a_reply_without_an_end_has_no_code(play: Any, before: tuple[str, ...], phase: str) -> None:
    acts = peer(*before)
    behind = ["line"] if acts and acts[-1] != "message" else []
    run = play((*acts, *behind, floods), *(["--stop-after", "rcpt"] if phase == "rcpt" else []))
    assert run.outcome == (70, "protocol-violation", phase, "reply-flood")


# ------------------------------------------------------------------------------------------------ 7, 30: PROXY, XCLIENT

HEADER = ("--proxy", "v1", "--proxy-source", "198.51.100.7:1234")
REFUSED_HEADER = (59, "permanent-failure", "proxy", "proxy-refused")
TAKES_ALL = ("250 x", "250 ok", "250 ok", "354 go", "message", "250 queued", "221 bye")


@pytest.mark.parametrize(
    ("acts", "outcome"),
    [
        (peer(line("220 x\n500 5.5.2 not recognized"), *TAKES_ALL), REFUSED_HEADER),
        (peer(line("220 x"), "line", line("500 what"), *TAKES_ALL[:1], *BYE), REFUSED_HEADER),
        (peer(line("220 x\n421 PROXY not allowed from 127.0.0.1")), (49, "temporary-failure", *REFUSED_HEADER[2:])),
        (peer(line("421 You talk too soon")), (49, "temporary-failure", *REFUSED_HEADER[2:])),
    ],
    ids=["behind-the-banner", "at-ehlo", "421", "421-in-place-of-the-banner"],
)  # fmt: skip
def test_a_header_of_a_proxy_that_was_refused_fails_the_test(
    play: Any, acts: tuple[Act, ...], outcome: tuple[int, str, str, str]
) -> None:
    run = play(("line", *acts), *HEADER)
    assert run.outcome == outcome
    assert run.server["cause"] == "client.identity-refused"


def test_a_server_that_closes_instead_may_not_take_the_header(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted("line") as server:
        assert main(["test", f"127.0.0.1:{server.port}", *ENVELOPE, *HEADER, "-q"]) == Exit.CONNECTION_LOST
    assert "it may not accept a PROXY header" in capsys.readouterr().out


def test_a_header_that_was_taken_is_proven_by_the_reply_to_ehlo(play: Any) -> None:
    run = play(("line", *peer("220 x", *TAKES_ALL)), *HEADER)
    assert run.outcome == (0, "ok", "end-of-data", "")
    assert {claim["claim"]: claim["proven"] for claim in run.server["claims"]}["proxy-accepted"]


XCLIENT = ("--xclient", "ADDR=192.0.2.1")
REFUSED_XCLIENT = (59, "permanent-failure", "xclient", "")


@pytest.mark.parametrize(
    ("acts", "options", "outcome", "cause"),
    [
        (peer("220 x", "250 x", "550 5.7.0 no", *BYE), (), REFUSED_XCLIENT, "policy.unspecified"),
        (peer("220 x", "250 x", "550 5.7.0 no", *BYE), ("--stop-after", "ehlo"), REFUSED_XCLIENT, "policy.unspecified"),
        ((*peer("220 x", "250 x"), "line", 5.0), ("--timeout", "1"), (12, "timeout", "xclient", ""), "network.timeout"),
        ((*peer("220 x", "250 x"), "line"), (), (14, "connection-lost", "xclient", ""), "network.reset"),
        (peer("220 x", "250 x", "250 ok", *BYE), (), (70, "protocol-violation", "xclient", "unexpected-code"), None),
        (peer("220 x", "250 x", "220 x", "250 x", *BYE), ("--stop-after", "ehlo"), (0, "ok", "ehlo", ""), None),
    ],
)  # fmt: skip
def test_xclient_has_a_name_and_a_cause(
    play: Any, acts: tuple[Act, ...], options: tuple[str, ...], outcome: tuple[int, str, str, str], cause: str | None
) -> None:
    run = play(acts, *XCLIENT, *options)
    assert run.outcome == outcome
    assert cause is None or run.server["cause"] == cause
    assert "XCLIENT" in run.sent


def test_silence_at_starttls_has_a_cause(play: Any) -> None:
    run = play((*peer("220 x", "250-x\n250 STARTTLS"), "line", 5.0), "--tls", "require", "--timeout", "1")
    assert run.outcome == (12, "timeout", "starttls", "")
    assert run.server["cause"] == "network.timeout"


# ---------------------------------------------------------------------------------- 8, 9: what came unasked, on the way


def test_421_at_any_moment_ends_the_session(play: Any) -> None:
    run = play((*peer("220 x"), "line", line("250 x\n421 4.4.2 x idle too long, closing"), 0.3))
    assert run.outcome == (45, "temporary-failure", "mail", "server-closes")
    assert run.server["reply"]["code"] == 421
    assert run.sent == ["EHLO"]


def test_what_came_unasked_makes_every_reply_uncertain(play: Any) -> None:
    twice = "220 x\n500 5.5.1 Invalid command.\n500 5.5.1 Invalid command."
    run = play(peer(line(twice), *TAKES_ALL))
    assert run.outcome[:2] == (70, "protocol-violation")
    assert run.outcome[3] == "surplus-replies"
    assert run.findings == ["unasked-reply", "unasked-reply"]
    assert run.server["cause"] == "protocol.extra-reply"


def test_more_replies_than_commands_behind_the_message(play: Any) -> None:
    """A message with bare LF ends twice, and what follows its end is taken for commands."""
    run = play(peer(*TO_MESSAGE, line("250 queued\n500 what\n500 what"), *BYE))
    assert run.outcome == (70, "protocol-violation", "mail", "surplus-replies")
    assert run.findings[:2] == ["unasked-reply", "unasked-reply"]


@pytest.mark.parametrize(
    ("scenario", "options", "code", "finding"),
    [
        ("starttls-injection", (), 70, "injected-before-tls"),
        ("starttls-stripped", ("--stop-after", "rcpt"), 0, "starttls-overwritten"),
        ("certificate-self-signed", ("--stop-after", "rcpt"), 0, "certificate-unverified"),
    ],
)
def test_a_success_says_what_was_noticed_on_the_way(
    scenario: str, options: tuple[str, ...], code: int, finding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["test", "--lab", scenario, *ENVELOPE, *options]
    assert main([*where, "--json"]) == code
    (server,) = json.loads(capsys.readouterr().out.splitlines()[-1])["servers"]
    found = {item["finding"]: item["text"] for item in server["findings"]}
    assert finding in found
    assert main([*where, "-q"]) == code
    assert found[finding].split(":")[0] in " ".join(capsys.readouterr().out.split())


def test_a_proxy_that_does_not_know_bdat_is_a_finding(play: Any) -> None:
    acts = (*peer("220 x", "250-x\n250 CHUNKING", "250 ok", "250 ok"), reads_chunk, line("250 2.0.0 OK"))
    run = play(acts, "--chunking", "force", "--body", "x")
    assert run.outcome == (0, "ok", "end-of-data", "")
    assert run.findings == ["closed-after-last-chunk"]


# -------------------------------------------------------------------------------- 11: codes that RFC 5321 does not have


@pytest.mark.parametrize(
    ("replies", "phase"),
    [
        (("220 x", "250 x", "250 ok", "250 ok", "334 go", "250 ok", "250 ok"), "data"),
        ((*TO_MESSAGE, "221 bye"), "end-of-data"),
        (("220 x", "500 x", "354 go", *BYE), "ehlo"),
        (("220 x", "500 x", "hello there", *BYE), "ehlo"),
        (("220 x", "250 x", "353 what", *BYE), "mail"),
        (("250 x", *BYE), "banner"),
    ],
)
def test_the_whole_code_counts(play: Any, replies: tuple[str, ...], phase: str) -> None:
    run = play(peer(*replies))
    assert run.outcome == (70, "protocol-violation", phase, run.outcome[3])
    assert run.outcome[3] in ("unexpected-code", "")  # nothing: it was no reply at all
    assert not run.server["queued"]


# ---------------------------------------------------------------------------------------------------- 13: notifications


def test_a_bounce_fails_the_verdict_and_the_junit_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit = tmp_path / "junit.xml"
    wish = ("--notify", "success,failure", "--await-dsn", "10")
    code = main(["test", "--lab", "bounce", *ENVELOPE, *wish, "--json", "--junit", str(junit)])
    run = Run(code, capsys.readouterr().out, junit)
    assert run.outcome == (60, "dsn-failed", "closed", "failed")
    assert run.server["queued"]
    assert run.failures == 1


def test_a_rejected_recipient_counts_once_in_junit(play: Any) -> None:
    run = play(peer("220 x", "250 x", "250 ok", "550 5.1.1 User unknown", *BYE))
    assert run.outcome == (56, "permanent-failure", "rcpt", "")
    assert run.failures == 1


# -------------------------------------------------------------------------------------------------------- 31: the words


@pytest.mark.parametrize(
    ("scenario", "options", "code", "words"),
    [
        ("certificate-self-signed", ("--tls", "require"), 30, "self-signed"),
        ("certificate-expired", ("--tls", "require"), 30, "expired"),
    ],
)
def test_the_last_line_says_what_it_was(
    scenario: str, options: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", "--lab", scenario, *ENVELOPE, *options, "-q"]) == code
    assert words in capsys.readouterr().out


def test_a_test_of_the_login_ends_at_the_login(password: str, capsys: pytest.CaptureFixture[str]) -> None:
    login = ("--stop-after", "auth", "--user", "kate", "--password-file", password, "--auth-in-clear")
    with scripted(*peer("220 x", PLAIN, "235 2.7.0 welcome", *BYE)) as server:
        assert main(["test", f"127.0.0.1:{server.port}", *ENVELOPE, *login, "-q"]) == Exit.OK
    assert "OK up to AUTH; stopped there as requested: 235 2.7.0 welcome" in capsys.readouterr().out


def test_a_test_of_starttls_ends_at_starttls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "certificate-self-signed", "--stop-after", "starttls", "--no-verify", "-q"]) == 0
    assert "OK up to STARTTLS" in capsys.readouterr().out


def test_exim_says_what_became_of_the_message_in_its_second_line(play: Any) -> None:
    said = "250- 85 byte chunk, total 385\n250 OK id=1vNabc-000000001-2xyz"
    acts = (
        *peer("220 x", "250-x\n250 CHUNKING", "250 ok", "250 ok"),
        "line",
        reads(300),
        line(said),
        "line",
        line("221 bye"),
    )
    run = play(acts, "--chunking", "force", "--body", "x")
    assert run.outcome == (0, "ok", "end-of-data", "")
    assert run.server["accepted"]["text"].endswith("OK id=1vNabc-000000001-2xyz")


# ---------------------------------------------------------------------------------------------------------- 33: scripts


def test_a_script_that_differs_says_where_and_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "mine.smtp"
    script.write_text("# a remark\nS* 220\nC: EHLO contoso.com\nS~ ^550\nC: QUIT\n")
    with scripted(*peer("220 x", "250 x is here", *BYE)) as server:
        assert main(["test", f"127.0.0.1:{server.port}", "--script", str(script), "-q"]) == Exit.EXPECTATION
    shown = capsys.readouterr().out
    for part in ("line 4", "S~ ^550", "250 x is here"):
        assert part in shown


def test_a_script_that_was_played_to_its_end_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "mine.smtp"
    script.write_text("S* 220\nC: EHLO contoso.com\nS* 550\nC: QUIT\nS* 221\nX\n")
    with scripted(*peer("220 x", "550 no", *BYE)) as server:
        assert main(["test", f"127.0.0.1:{server.port}", "--script", str(script), "-q"]) == Exit.OK
    assert "every reply is as the script expects it" in capsys.readouterr().out
