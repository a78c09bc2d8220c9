"""The extensions with real servers: used as announced, forced, forbidden."""

from __future__ import annotations

import pytest

from interop.probe import probe
from interop.servers.postfix import postfix
from interop.servers.server import BOUNCES, Server
from interop.test_procedure import BODY, SUBJECT, assert_delivered, parse, run_id
from smtpscope.protocol.phase import Phase


@pytest.fixture(params=["postfix", "exim"])
def modern(request: pytest.FixtureRequest) -> Server:
    """The servers that announce PIPELINING, CHUNKING and SMTPUTF8."""
    found: Server = request.getfixturevalue(request.param)
    return found


def test_chunking(modern: Server) -> None:
    outcome = probe(modern, "--to=kate@fabrikam.com", f"--body={BODY}\n.\n..", "--chunking=force")
    assert outcome.code == 0
    assert outcome.said[3] == f"BDAT {len(outcome.message)} LAST"
    assert b"\r\n.\r\n" in outcome.message
    [delivered] = modern.wait_for("kate@fabrikam.com", run_id(outcome))
    assert_delivered(outcome.message, delivered)


def test_bdat_to_a_server_that_does_not_know_it(opensmtpd: Server) -> None:
    outcome = probe(opensmtpd, "--to=kate@fabrikam.com", "--chunking=force")
    assert (outcome.code, outcome.server["reply"]["code"]) == (58, 500)


@pytest.mark.parametrize("wish", ["auto", "force", "forbid"])
def test_pipelining(modern: Server, wish: str) -> None:
    recipients = ("--to=kate@fabrikam.com", "--to=info@fabrikam.com", "--to=postmaster@fabrikam.com")
    outcome = probe(modern, *recipients, f"--pipelining={wish}")
    assert outcome.code == 0
    kinds = [
        type(event).__name__
        for event in outcome.events
        if type(event).__name__ in ("Sent", "Received") and getattr(event, "phase", None) in (Phase.MAIL, Phase.RCPT)
    ]
    together = ["Sent"] * 4 + ["Received"] * 4
    assert kinds == (["Sent", "Received"] * 4 if wish == "forbid" else together)
    for address in ("kate@fabrikam.com", "info@fabrikam.com", "postmaster@fabrikam.com"):
        [delivered] = modern.wait_for(address, run_id(outcome))
        assert_delivered(outcome.message, delivered)


def test_pipelining_to_a_server_that_forbids_it(opensmtpd: Server) -> None:
    outcome = probe(opensmtpd, "--to=kate@fabrikam.com", "--pipelining=force")
    assert (outcome.code, outcome.server["reply"]["code"]) == (55, 500)
    assert "Pipelining not supported" in outcome.server["reply"]["text"]


def test_an_address_in_chinese(modern: Server) -> None:
    outcome = probe(modern, "--to=用户@fabrikam.com", f"--subject={SUBJECT}")
    assert outcome.code == 0
    assert outcome.said[1].endswith(" SMTPUTF8")
    assert outcome.said[2] == "RCPT TO:<用户@fabrikam.com>"
    assert outcome.notes("lint") == []
    [delivered] = modern.wait_for("用户@fabrikam.com", run_id(outcome))
    assert_delivered(outcome.message, delivered)
    assert parse(delivered)["To"] == "用户@fabrikam.com"


def test_an_address_in_chinese_for_a_server_that_takes_ascii_only(opensmtpd: Server) -> None:
    outcome = probe(opensmtpd, "--to=用户@fabrikam.com")
    assert (outcome.code, outcome.server["reply"]["code"]) == (56, 501)
    assert "SMTPUTF8" in outcome.notes("not-using")


@pytest.mark.parametrize("notify", ["never", "success", "failure", "delay", "success,failure,delay"])
def test_dsn_parameters_are_taken(server: Server, notify: str) -> None:
    options = (f"--notify={notify}", "--ret=hdrs", "--envid=QQ+314=159", "--orcpt")
    outcome = probe(server, "--to=info@fabrikam.com", *options)
    assert outcome.code == 0
    assert "RET=HDRS ENVID=QQ+2B314+3D159" in outcome.said[1]
    wanted = f"RCPT TO:<info@fabrikam.com> NOTIFY={notify.upper()} ORCPT=rfc822;info@fabrikam.com"
    assert outcome.said[2] == wanted


def test_dsn_comes_back(modern: Server) -> None:
    wishes = ("--notify=success,failure", "--ret=hdrs", "--envid=QQ314159")
    outcome = probe(modern, "--to=kate@fabrikam.com", f"--to={BOUNCES}", *wishes)
    assert outcome.code == 0
    reports = modern.wait_for("chris@contoso.com", run_id(outcome), count=2)
    parts = [part for report in reports for part in parse(report).walk()]
    told = [part.get_payload() for part in parts if part.get_content_type() == "message/delivery-status"]
    fields = [
        (
            str(block["Final-Recipient"]).partition(";")[2].strip(),
            str(block["Action"]),
            str(first["Original-Envelope-Id"]),
        )
        for first, *blocks in told
        for block in blocks
    ]
    assert sorted(fields) == [(BOUNCES, "failed", "QQ314159"), ("kate@fabrikam.com", "delivered", "QQ314159")]


def test_postfix_believes_xclient() -> None:
    settings = {
        "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
        "smtpd_client_restrictions": "check_client_access inline:{ { 198.51.100.7 = 554 5.7.1 not from there } }",
    }
    with postfix(settings=settings) as server:
        taken = probe(server, "--to=kate@fabrikam.com", "--xclient=ADDR=198.51.100.8 NAME=[UNAVAILABLE]")
        refused = probe(server, "--to=kate@fabrikam.com", "--xclient=ADDR=198.51.100.7 NAME=mail.contoso.com")
    assert (taken.code, taken.queued) == (0, True)
    assert refused.codes(Phase.XCLIENT) == [554]
