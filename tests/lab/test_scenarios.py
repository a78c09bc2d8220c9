"""Every shipped scenario does what it says; rules, state, chance and wanted."""

from __future__ import annotations

from typing import Any

import pytest

from smtpscope.lab.scenario.builtin import choose_scenario, find_scenario, library, names
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When

ENVELOPE = ("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>", "RCPT TO:<kate@fabrikam.com>")
MESSAGE = ("Subject: x", "", "text", ".")


def test_every_scenario_says_what_it_teaches_in_both_languages() -> None:
    assert len(library()) == len(names()) > 60
    for scenario in library():
        assert scenario.teaches, scenario.name
        assert scenario.teaches_zh, scenario.name
        assert not scenario.teaches_zh.isascii(), scenario.name


@pytest.mark.parametrize("name", names())
def test_every_scenario_but_ok_is_different_from_ok(talk: Any, name: str) -> None:
    """The same client, talking to each: its outputs differ from those of ok, unless it is ok."""
    told = _outputs(talk(name))
    scenario = find_scenario(name)
    assert scenario
    needs_more = name in ("rate-limit", "rate-limit-messages", "reject-header", "null-sender-refused")
    same = told == _outputs(talk("ok"))
    assert same == (name == "ok" or not scenario.listening or needs_more or bool(scenario.ends)), name


def _outputs(client: Any) -> list[tuple[object, ...]]:
    client.say("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>")
    client.say("HELO contoso.com")
    client.say("MAIL FROM:<chris@contoso.com>")
    for line in ("RCPT TO:<kate@fabrikam.com>", "RCPT TO:<kim@fabrikam.com>", "DATA"):
        client.say(line)
    client.send(b"Message-ID: <a@b>\r\nSubject: x\r\n\r\n" + b"text\r\n" * 200)
    client.say(".")
    client.say("MAIL FROM:<chris@contoso.com>")
    client.say("QUIT")
    return [
        (output.data, output.delay, output.trickle, output.repeat, output.end, output.outcomes)
        for output in client.outputs
    ]


@pytest.mark.parametrize(
    ("name", "line", "answer"),
    [
        ("refuse-helo", 0, "501 5.5.4 Invalid domain name"),
        ("invalid-sender", 1, "550 5.1.7 Invalid address"),
        ("authentication-required", 1, "530 5.7.1 Client was not authenticated"),
        ("user-unknown", 2, "550 5.1.1 User unknown"),
    ],
)
def test_the_failures_of_the_procedure(talk: Any, name: str, line: int, answer: str) -> None:
    client = talk(name)
    assert [client.say(said) for said in ENVELOPE[: line + 1]][-1] == answer + "\r\n"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("EHLO 501-5-5-4.contoso.com",), "501 5.5.4 Invalid domain name"),
        (("EHLO refuse-helo.contoso.com",), "501 5.5.4 Invalid domain name"),
        (("EHLO contoso.com", "MAIL FROM:<550-5.1.7@contoso.com>"), "550 5.1.7 Invalid address"),
        (("EHLO contoso.com", "MAIL FROM:<530-5.7.1@contoso.com>"), "530 5.7.1 Client was not authenticated"),
        (("EHLO contoso.com", "MAIL FROM:<authentication-required@contoso.com>"), "530 5.7.1 Client was not"),
        ((*ENVELOPE[:2], "RCPT TO:<550-5.1.1@fabrikam.com>"), "550 5.1.1 User unknown"),
        ((*ENVELOPE[:2], "RCPT TO:<user-unknown@fabrikam.com>"), "550 5.1.1 User unknown"),
        ((*ENVELOPE[:2], "RCPT TO:<451@fabrikam.com>"), "451 as the address asks"),
        ((*ENVELOPE[:2], "RCPT TO:<452-4.3.1-end@fabrikam.com>", "DATA", *MESSAGE), "452 4.3.1 Insufficient system"),
        ((*ENVELOPE[:2], "RCPT TO:<554-5.7.1-data@fabrikam.com>", "DATA"), "554 5.7.1 Message rejected"),
        ((*ENVELOPE[:2], "RCPT TO:<reject-data@fabrikam.com>", "DATA", *MESSAGE), "554 5.7.1 Message rejected as spam"),
    ],
)
def test_a_failure_chosen_by_address(talk: Any, lines: tuple[str, ...], answer: str) -> None:
    client = talk()
    assert [client.say(line) for line in lines][-1].startswith(answer)
    assert not client.mails


@pytest.mark.parametrize(
    ("address", "stage", "output"),
    [
        ("drop@x.test", "rcpt", {"end": "drop", "data": b""}),
        ("reset@x.test", "rcpt", {"end": "reset"}),
        ("half-close@x.test", "rcpt", {"end": "half-close"}),
        ("slow10@x.test", "rcpt", {"delay": 10.0, "data": b"250 2.1.5 Recipient OK\r\n"}),
        ("trickle@x.test", "rcpt", {"trickle": 0.2}),
        ("drop-rcpt@x.test", "rcpt", {"end": "drop", "data": b""}),
        ("silence@x.test", "rcpt", {"end": "silence", "data": b""}),
        ("silence-data@x.test", "data", {"end": "silence", "data": b""}),
        ("drop-data@x.test", "data", {"end": "drop", "data": b""}),
        ("reset-end@x.test", "end", {"end": "reset", "data": b"", "mail": None}),
        ("slow3-end@x.test", "end", {"delay": 3.0}),
    ],
)
def test_what_happens_chosen_by_address(talk: Any, address: str, stage: str, output: dict[str, object]) -> None:
    client = talk()
    client.say(*ENVELOPE[:2])
    client.say(f"RCPT TO:<{address}>")
    if stage in ("data", "end"):
        client.say("DATA")
    if stage == "end":
        client.say(*MESSAGE)
    assert {key: getattr(client.outputs[-1], key) for key in output} == output


def test_a_trigger_is_for_its_own_recipient_only(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE[:2])
    assert client.codes("RCPT TO:<550-5.1.1@x.test>", "RCPT TO:<kate@x.test>", "RCPT TO:<slow1@x.test>") == [
        "550 5.1.1",
        "250 2.1.5",
        "250 2.1.5",
    ]
    client.say("RCPT TO:<kim@x.test>")
    assert client.outputs[-1].delay == 0


def test_greylisting_by_triplet(talk: Any) -> None:
    client = talk("greylist")
    client.say(*ENVELOPE[:2])
    assert client.codes(ENVELOPE[2], "RCPT TO:<kim@fabrikam.com>") == ["450 4.7.1", "450 4.7.1"]
    client.connect("192.0.2.2")
    client.say(*ENVELOPE[:2])
    assert client.codes(ENVELOPE[2]) == ["450 4.7.1"]
    client.connect("192.0.2.1")
    client.say(*ENVELOPE[:2])
    assert client.codes(ENVELOPE[2]) == ["250 2.1.5"]


def test_greylisting_for_five_minutes(talk: Any, now: list[float]) -> None:
    client = talk("greylist-5-minutes")
    client.say(*ENVELOPE[:2])
    assert client.codes(ENVELOPE[2], ENVELOPE[2]) == ["450 4.7.1", "450 4.7.1"]
    now[0] += 299
    assert client.codes(ENVELOPE[2]) == ["450 4.7.1"]
    now[0] += 1
    assert client.codes(ENVELOPE[2]) == ["250 2.1.5"]


def test_fail_twice_and_then_succeed(talk: Any) -> None:
    client = talk("fail-twice")
    answers = []
    for _ in range(3):
        client.connect()
        client.say(*ENVELOPE, "DATA")
        answers.append(client.say(*MESSAGE)[:3])
    assert answers == ["451", "451", "250"]
    assert len(client.mails) == 1


def test_a_rate_is_a_function_of_the_rate(talk: Any, now: list[float]) -> None:
    client = talk("rate-limit")
    greetings = [client.connect()[:3] for _ in range(11)]
    assert greetings == ["220"] * 9 + ["421"] * 2  # the fixture connected once
    assert client.connect("192.0.2.9")[:3] == "220"
    now[0] += 61
    assert client.connect()[:3] == "220"


def test_chance_repeats_with_its_seed(talk: Any) -> None:
    assert _outputs(talk("chaos")) == _outputs(talk("chaos"))


def _rule(then: Action, stage: str = "rcpt", **more: Any) -> Rule:
    fields = {name: more.pop(name) for name in tuple(more) if name in When.fields()}
    return Rule(When((stage,), **fields), then, **more)


def test_after_lets_pass_and_times_ends(talk: Any) -> None:
    client = talk(Scenario("x", rules=(_rule(Action(450, ("wait",)), after=1, times=2),)))
    client.say(*ENVELOPE[:2])
    assert [client.say(ENVELOPE[2])[:3] for _ in range(5)] == ["250", "450", "450", "250", "250"]


@pytest.mark.parametrize(
    ("match", "applies"),
    [
        ({"peer": "^192"}, True),
        ({"peer": "^10"}, False),
        ({"helo": "CONTOSO"}, True),
        ({"sender": "^chris@"}, True),
        ({"sender": "^kate@"}, False),
        ({"recipient": "^kate@"}, True),
        ({"recipients": 1}, False),
        ({"messages": 1}, False),
        ({"tls": True}, False),
        ({"tls": False}, True),
        ({"login": ""}, True),
        ({"login": "."}, False),
    ],
)
def test_what_a_rule_matches_on(talk: Any, match: dict[str, Any], applies: bool) -> None:
    client = talk(Scenario("x", rules=(_rule(Action(450, ("4.0.0 matched {host} {peer} {argument}",)), **match),)))
    client.say(*ENVELOPE[:2])
    matched = "450 4.0.0 matched mail1.fabrikam.com 192.0.2.1 kate@fabrikam.com\r\n"
    assert (client.say(ENVELOPE[2]) == matched) == applies


@pytest.mark.parametrize(
    ("match", "applies"),
    [
        ({"header": "^subject: x$"}, True),
        ({"header": "text"}, False),
        ({"text": "text"}, True),
        ({"octets": 10}, True),
        ({"octets": 1000}, False),
        ({"recipient": "kate"}, True),
    ],
)
def test_what_a_rule_matches_on_in_a_message(talk: Any, match: dict[str, Any], applies: bool) -> None:
    client = talk(Scenario("x", rules=(_rule(Action(554, ("no",)), "end-of-data", **match),)))
    client.say(*ENVELOPE, "DATA")
    assert client.say(*MESSAGE).startswith("554" if applies else "250")


def test_capabilities_changed_by_a_rule(talk: Any) -> None:
    changed = Action(without=("DSN",), announce=("SIZE 500", "XYZZY"))
    client = talk(Scenario("x", rules=(_rule(changed, "ehlo", helo="contoso"),)))
    assert "DSN" in client.say("EHLO example.net")
    answer = client.say("EHLO contoso.com")
    assert "XYZZY" in answer
    assert "DSN" not in answer
    assert answer.count("SIZE") == 1
    assert client.codes("MAIL FROM:<a@b.test> SIZE=501", "MAIL FROM:<a@b.test> RET=FULL") == ["552 5.3.4", "501 5.5.4"]


def test_the_smuggled_message_is_taken_by_the_tolerant_server_only(talk: Any) -> None:
    smuggled = b"one\r\n\n.\r\nMAIL FROM:<x@y.test>\r\nRCPT TO:<x@y.test>\r\nDATA\r\ntwo\r\n.\r\n"
    for name, count in (("ok", 1), ("smuggling", 2)):
        client = talk(name)
        client.say(*ENVELOPE, "DATA")
        client.send(smuggled)
        assert len(client.mails) == count


def test_what_is_sent_ahead_is_lost_where_pipelining_is_broken(talk: Any) -> None:
    client = talk("pipelining-broken")
    assert client.say(*ENVELOPE).count("\r\n250 ") == 1
    assert not client.session.transaction.recipients


def test_a_scenario_is_chosen_by_name_or_file(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('teaches = "mine"\n')
    assert choose_scenario(str(file)).name == "mine"
    assert choose_scenario("greylist").name == "greylist"
