"""Each row of the procedure's table of failures, played by the lab: the cause that ``test`` names."""

from __future__ import annotations

import json

import pytest

from smtpscope.cli.main import main

pytestmark = pytest.mark.usefixtures("no_mail_here")

GOOD = ("--from", "chris@contoso.com", "--helo", "contoso.com")


@pytest.mark.parametrize(
    ("scenario", "who", "reply", "cause"),
    [
        ("no-service", GOOD, None, "connection.service-down"),
        ("ok", (*GOOD[:2], "--helo", "bad_domain!"), (501, "5.5.4"), "helo.invalid"),
        ("refuse-helo", GOOD, (501, "5.5.4"), "connection.restricted"),
        ("ok", ("--from", "chris<contoso", *GOOD[2:]), (550, "5.1.7"), "sender.syntax"),
        ("invalid-sender", GOOD, (550, "5.1.7"), "sender.syntax"),
        ("authentication-required", GOOD, (530, "5.7.1"), "login.required"),
        ("user-unknown", GOOD, (550, "5.1.1"), "recipient.unknown"),
        ("ok", GOOD, (250, "2.6.0"), None),
    ],
)
def test_a_row_has_its_cause(
    scenario: str,
    who: tuple[str, ...],
    reply: tuple[int, str] | None,
    cause: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["test", "--lab", scenario, "--to", "kate@fabrikam.com", "--as-is", "--json", *who])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    [server] = result["servers"]
    assert result["exit"] == code
    assert (server["cause"], bool(server["actor"])) == (cause, cause is not None)
    assert (server["reply"] and (server["reply"]["code"], server["reply"]["enhanced"])) == reply
