"""The JUnit report: a case for each command, whatever was said is XML."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sessions import BEGIN, BYE, CLOSED, GOOD, KATE, KIM, SENDER, TRANSACTION, claims, rcpt, session
from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import Connected, Done, Event, Expected, Failed, Notified, Planned, Received
from smtpscope.model.vocabulary import DsnAction, FailureKind
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.junit import junit

HERE = Connected(1.0, "mx", "192.0.2.1", 25, "192.0.2.9:4")


def suites(*events: Event) -> list[ElementTree.Element]:
    interpreter = Interpreter()
    for event in events:
        interpreter.take(event)
    return list(ElementTree.fromstring(junit(interpreter.explain(judge(events)), "a test")))


def cases(suite: ElementTree.Element) -> list[tuple[str | None, str | None]]:
    return [(case.get("classname"), case.get("name")) for case in suite]


def failures(suite: ElementTree.Element) -> dict[str, str]:
    """The message of each case that failed, by name."""
    found = [(case.get("name") or "", case.find("failure")) for case in suite]
    return {name: failure.get("message") or "" for name, failure in found if failure is not None}


def test_a_case_for_each_reply_and_one_for_the_result() -> None:
    (suite,) = suites(*session(*BEGIN, *SENDER, *rcpt(KATE, "550 5.1.1 User unknown"), *BYE, CLOSED))
    assert cases(suite) == [
        ("banner", "banner"),
        ("ehlo", "EHLO contoso.com"),
        ("mail", "MAIL FROM:<chris@contoso.com>"),
        ("rcpt", f"RCPT TO:<{KATE}>"),
        ("quit", "QUIT"),
        ("result", "result"),
    ]
    assert {case.get("time") for case in suite} == {"0.100", "0.000"}
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("mx.fabrikam.com", "6", "1")
    assert (suite.get("hostname"), suite.get("timestamp")) == ("mx.fabrikam.com", "1970-01-01T00:00:00")
    assert list(failures(suite)) == ["result"]  # what decided counts once
    assert "recipient.unknown" in failures(suite)["result"]


def test_each_rejection_beside_the_deciding_one_is_a_failure_of_its_own() -> None:
    acts = (*BEGIN, *SENDER, *rcpt(KATE, "550 5.1.1 User unknown"), *rcpt(KIM, "550 5.1.1 User unknown"), *BYE)
    (suite,) = suites(*session(*acts, claim=claims(*TRANSACTION, to=(KATE, KIM))))
    assert list(failures(suite)) == [f"RCPT TO:<{KIM}>", "result"]
    assert failures(suite)[f"RCPT TO:<{KIM}>"].startswith("550 5.1.1 User unknown -- recipient.unknown")


def test_a_suite_for_each_server_and_one_for_what_they_make_together() -> None:
    good = session(*GOOD, CLOSED, host="mx1")
    claim = claims(*TRANSACTION)
    bad = [
        Planned(3.0, "mx2", claim),
        Failed(3.0, Phase.CONNECT, FailureKind.REFUSED, "mx2:25", "no"),
        Done(4.0, "mx2"),
    ]
    first, second, whole = suites(*good, *bad)
    assert (first.get("name"), failures(first)) == ("mx1", {})
    assert (second.get("name"), list(failures(second))) == ("mx2", ["result"])
    assert (whole.get("failures"), list(failures(whole))) == ("1", ["result"])


def test_a_notification_of_failure_fails() -> None:
    told = Notified(9.5, KATE, DsnAction.FAILED, "failed", "5.1.1", "550 5.1.1 User unknown", "mx", "", 0.5)
    (suite,) = suites(*session(*GOOD, CLOSED, told, claim=claims(*TRANSACTION, Goal.NOT_FAILED)))
    assert suite.get("failures") == "1"
    assert "550 5.1.1 User unknown" in failures(suite)["result"]


def test_the_expectations_of_a_script_are_the_cases() -> None:
    claim = (Claim(Goal.CONNECTED), Claim(Goal.EXPECTATION, "1"), Claim(Goal.EXPECTATION, "4"))
    met = Expected(1.0, Phase.OTHER, 1, "S: 220 hi", "220 hi", True)
    differs = Expected(1.0, Phase.OTHER, 4, "S: 250 ok", "550 no", False)
    (suite,) = suites(*session("S: 220 hi", met, "C: NOOP", "S: 550 no", differs, CLOSED, claim=claim))
    assert cases(suite) == [("script", "line 1: S: 220 hi"), ("script", "line 4: S: 250 ok"), ("result", "result")]
    assert "550 no" in failures(suite)["line 4: S: 250 ok"]
    assert "result" in failures(suite)


def test_no_server_at_all() -> None:
    (suite,) = suites()
    assert suite.get("failures") == "1"


@given(st.binary(max_size=60), st.text(st.characters(exclude_categories=()), max_size=10))
def test_whatever_was_said_is_xml(octets: bytes, text: str) -> None:
    said = Received(1.0, Phase.RCPT, parse_reply(octets), text, 0.1, "RCPT", text, 1)
    (suite,) = suites(HERE, said, Done(2.0, text))
    assert suite.get("tests") == "2"
    assert suite.get("failures") != "0"
