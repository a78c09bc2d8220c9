"""From options to a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.cli.conflicts import check_complete, check_test
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.test import TestOptions
from smtpscope.cli.planning import make_plan
from smtpscope.dialogue.plan import FORCE, Plan
from smtpscope.errors import LocalError, UsageError
from smtpscope.protocol.phase import TIMEOUTS, Phase

TO = ("mx.example.net", "--to", "kate@fabrikam.com")


def plan(*argv: str) -> Plan:
    options = parse(TestOptions, argv)
    check_test(options)
    check_complete(options)
    return make_plan(options, now=1_795_435_200.0, run_id="0123456789abcdef")


def test_a_plain_test() -> None:
    made = plan(*TO, "--helo", "contoso.com", "--from", "chris@contoso.com")
    assert (made.target.host, made.target.port, made.envelope.sender) == ("mx.example.net", 25, "chris@contoso.com")
    assert made.envelope.recipients == ("kate@fabrikam.com",)
    assert made.draft
    assert (made.draft.run_id, made.draft.host) == ("0123456789abcdef", "contoso.com")
    assert made.timeouts == TIMEOUTS


def test_every_option_of_the_envelope_arrives() -> None:
    dsn = ("--notify", "Success, failure", "--ret", "hdrs", "--envid", "run 1", "--orcpt")
    more = ("--mail-parameter", "BY=120;R", "--rcpt-parameter", "RRVS=2026", "--dsn", "force", "--stop-after", "rcpt")
    made = plan(*TO, *dsn, *more)
    envelope = made.envelope
    assert (envelope.notify, envelope.ret, envelope.envid) == (("success", "failure"), "hdrs", "run 1")
    assert (envelope.orcpt, envelope.raw_mail, envelope.raw_rcpt) == (True, ("BY=120;R",), ("RRVS=2026",))
    assert (made.extension_mode("DSN"), made.extension_mode("SIZE"), made.stop_after) == (FORCE, "auto", "rcpt")


def test_a_recipient_with_parameters_of_its_own() -> None:
    named = ("kate@fabrikam.com NOTIFY=never  ORCPT=rfc822;old@b.test", "<info@b.test>", '"a b=c"@b.test')
    envelope = plan("mx.example.net", *(word for to in named for word in ("--to", to)), "--notify", "failure").envelope
    assert envelope.recipients == ("kate@fabrikam.com", "info@b.test", '"a b=c"@b.test')
    assert envelope.own == (("NOTIFY=never", "ORCPT=rfc822;old@b.test"), (), ())
    assert [envelope.notify_of(number) for number in range(3)] == [("never",), ("failure",), ("failure",)]


def test_octets_of_a_chunk() -> None:
    assert plan(*TO, "--chunking", "force", "--chunk-size", "1000").chunk == 1000


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (("--to", "info@b.test NOTIFY=never,success"), "--to"),
        (("--to", "info@b.test NOTIFY=a\rb"), "--to"),
        (("--chunk-size", "1000"), "--chunk-size"),
        (("--chunking", "force", "--chunk-size", "0"), "--chunk-size"),
        (("--chunking", "force", "--chunk-size", "many"), "--chunk-size"),
    ],
)
def test_mistakes_in_them_are_named(argv: tuple[str, ...], option: str) -> None:
    with pytest.raises(UsageError) as raised:
        plan(*TO, *argv)
    assert raised.value.field == option


@pytest.mark.parametrize(("given", "sender"), [("<>", ""), ("", ""), ("<chris@contoso.com>", "chris@contoso.com")])
def test_forms_of_the_sender(given: str, sender: str) -> None:
    assert plan(*TO, "--from", given).envelope.sender == sender


def test_without_a_name_of_ours_there_is_one_all_the_same() -> None:
    made = plan(*TO)
    assert made.envelope.helo
    assert made.envelope.sender.startswith("smtpscope@")
    assert plan(*TO, "--helo", "[192.0.2.1]").envelope.sender == "smtpscope@192.0.2.1"


def test_the_message(tmp_path: Path) -> None:
    attached = tmp_path / "photo.png"
    attached.write_bytes(b"\x89PNG")
    composed = plan(*TO, "--subject", "", "--body", "你好", "--header", "X-A: b : c", "--attach", str(attached))
    draft = composed.draft
    assert draft
    assert (draft.subject, draft.body, draft.headers) == ("", "你好", (("X-A", "b : c"),))
    assert [(item.name, item.content) for item in draft.attachments] == [("photo.png", b"\x89PNG")]
    ready = tmp_path / "ready.eml"
    ready.write_bytes(b"Subject: x\n\nhi\n")
    made = plan(*TO, "--data", str(ready))
    assert (made.message, made.draft) == (b"Subject: x\n\nhi\n", None)


def test_one_limit_for_every_wait() -> None:
    limits = plan(*TO, "--timeout", "30").timeouts
    assert (limits[Phase.BANNER], limits[Phase.END_OF_DATA], limits[Phase.QUIT]) == (30, 30, 10)


@pytest.mark.parametrize(
    ("options", "family"),
    [((), 0), (("-4",), 4), (("-6",), 6), (("--source", "127.0.0.1"), 4), (("--source", "::1"), 6)],
)
def test_our_own_address_decides_about_the_family(options: tuple[str, ...], family: int) -> None:
    assert plan(*TO, *options).target.family == family


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        ((*TO, "--source", "::1", "-4"), "--source"),
        ((*TO, "--source", "eth0"), "--source"),
        (("192.0.2.1", *TO[1:], "-6"), "server"),
        (("[2001:db8::1]", *TO[1:], "--source", "192.0.2.9"), "server"),
        ((*TO, "--resolver", "192.0.2.53:dns"), "--resolver"),
        ((*TO, "--header", ": no name"), "--header"),
        ((*TO, "--header", "no colon"), "--header"),
        ((*TO, "--ret", "some"), "--ret"),
        (("--stop-after", "banner"), "server"),
    ],
)
def test_a_mistake_names_its_option(argv: tuple[str, ...], option: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(*argv)
    assert caught.value.field == option


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    empty = tmp_path / "empty.eml"
    empty.touch()
    with pytest.raises(UsageError, match="empty"):
        plan(*TO, "--data", str(empty))
    for option in ("--data", "--attach"):
        with pytest.raises(LocalError, match=option):
            plan(*TO, option, str(tmp_path))


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (("mx.example.net",), "--to"),
        (("--stop-after", "ehlo"), "server"),
        (("--script", "session.smtp"), "server"),
        ((*TO, "--proxy", "v1", "--proxy-source", "192.0.2.1"), "--proxy-destination"),
        (("192.0.2.9", "--proxy", "v1", "--proxy-source", "192.0.2.1"), "--to"),
    ],
)
def test_what_is_missing_is_named(argv: tuple[str, ...], option: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_complete(parse(TestOptions, argv))
    assert caught.value.field == option


@pytest.mark.parametrize(
    "argv",
    [
        (*TO, "--proxy", "v1", "--proxy-source", "192.0.2.1", "--proxy-destination", "192.0.2.9"),
        ("192.0.2.9", *TO[1:], "--proxy", "v1", "--proxy-source", "192.0.2.1"),
        ("--lab", "ok", "--proxy", "v1", "--proxy-source", "192.0.2.1"),
        TO[1:],
    ],
)
def test_what_is_enough(argv: tuple[str, ...]) -> None:
    options = parse(TestOptions, argv)
    check_complete(options)
    assert options.server or options.to or options.lab
