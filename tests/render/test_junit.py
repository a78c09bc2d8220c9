"""The JUnit report: a case for each command, whatever was said is XML."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from smtpscope.model.event import Connected, Done, Event, Failed, Noted, Received
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.junit import junit

HERE = Connected(1.0, "mx", "192.0.2.1", 25, "192.0.2.9:4")


def suites(*events: Event) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(junit(events, "a test")))


def failures(suite: ElementTree.Element) -> dict[str, str]:
    """The message of each case that failed, by name."""
    found = [(case.get("name") or "", case.find("failure")) for case in suite]
    return {name: failure.get("message") or "" for name, failure in found if failure is not None}


def test_a_case_for_each_command_and_one_for_the_verdict() -> None:
    (suite,) = suites(
        HERE,
        Received(1.0, Phase.BANNER, parse_reply(b"220 hi"), "", 0.25),
        Received(1.0, Phase.RCPT, parse_reply(b"550 5.1.1 User unknown"), "RCPT TO:<a@b.test>", 0.5),
        Done(2.0, "mx"),
    )
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in suite] == [
        ("banner", "greeting", "0.250"),
        ("rcpt", "RCPT TO:<a@b.test>", "0.500"),
        ("verdict", "verdict", "0.000"),
    ]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("mx", "3", "2")
    assert failures(suite)["RCPT TO:<a@b.test>"].startswith("550 5.1.1 User unknown -- recipient.unknown")


def test_a_suite_for_each_server() -> None:
    first, second = suites(
        *(HERE, Received(1.0, Phase.BANNER, parse_reply(b"220 hi"), "", 0.1), Done(2.0, "mx1")),
        *(Failed(3.0, Phase.CONNECT, "refused", "mx2:25", "refused"), Done(4.0, "mx2")),
    )
    assert (first.get("name"), failures(first)) == ("mx1", {})
    assert (second.get("name"), list(failures(second))) == ("mx2", ["verdict"])


def test_the_expectations_of_a_script_are_the_cases() -> None:
    differs = Noted(1.0, Phase.RCPT, "differs", (("line", "4"), ("expected", "250"), ("came", "550 no")))
    (suite,) = suites(HERE, Noted(1.0, Phase.BANNER, "met", (("line", "1"), ("expected", "220"))), differs)
    assert [case.get("name") for case in suite] == ["line 1: 220", "line 4: 250", "verdict"]
    assert "550 no" in failures(suite)["line 4: 250"]


@given(st.binary(max_size=60), st.text(st.characters(exclude_categories=()), max_size=10))
def test_whatever_was_said_is_xml(octets: bytes, text: str) -> None:
    (suite,) = suites(HERE, Received(1.0, Phase.RCPT, parse_reply(octets), text, 0.1), Done(2.0, text))
    assert suite.get("tests") == "2"
