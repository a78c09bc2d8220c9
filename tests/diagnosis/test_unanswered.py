"""What programs say of a connection that failed."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.context import explain_exchange
from smtpscope.model.explanation import Explanation
from smtpscope.model.finding import Action
from smtpscope.reading.read import read
from smtpscope.render.explanation import word

FIVE = {
    *("connection.service-down", "connection.target-filter", "connection.source-filter"),
    *("connection.wrong-name", "connection.wrong-port"),
}


def explained(text: str) -> Explanation:
    (exchange,) = read(text.encode()).found
    return explain_exchange(exchange)


def test_windows_telnet_in_chinese() -> None:
    found = explained("正在连接mail1.fabrikam.com...无法打开到主机的连接。 在端口 25: 连接失败")
    assert {found.cause, *found.alternatives} == FIVE


def test_windows_telnet_leaves_all_five_causes_open() -> None:
    """The first row of the procedure: nothing tells them apart, so all stand, and the next step asks."""
    found = explained(
        "Connecting To mail1.fabrikam.com...Could not open connection to the host, on port 25: Connect failed"
    )
    assert {found.cause, *found.alternatives} == FIVE
    assert len(word(found).causes) == 5
    assert found.advice[0].action is Action.FIND_CAUSE


@pytest.mark.parametrize(
    ("text", "cause", "likely"),
    [
        (
            "Trying 192.0.2.1...\ntelnet: Unable to connect to remote host: Connection refused",
            "network.refused",
            "connection.service-down",
        ),
        (
            "Trying 192.0.2.1...\ntelnet: Unable to connect to remote host: Connection timed out",
            "network.timeout",
            "connection.target-filter",
        ),
        (
            "Trying 192.0.2.1...\ntelnet: Unable to connect to remote host: No route to host",
            "network.unreachable",
            "connection.host-unreachable",
        ),
        (
            "Connected to mx.fabrikam.com.\nConnection closed by foreign host.",
            "network.reset",
            "connection.restricted",
        ),
        ("=== Trying 192.0.2.1:25...\n*** Error connecting\n*** \tConnection refused", "network.refused", ""),
    ],
)
def test_a_symptom_and_what_may_stand_behind_it(text: str, cause: str, likely: str) -> None:
    found = explained(text)
    assert found.cause == cause
    assert likely in ("", *found.alternatives)
    assert found.rule == "context.no-answer"


def test_a_name_that_does_not_resolve() -> None:
    found = explained("telnet: could not resolve mail1.fabrikam.example/25: Name or service not known")
    assert found.cause == "connection.wrong-name"


def test_a_reply_is_no_failed_connection() -> None:
    assert explained("421 4.4.2 Connection timed out").rule != "context.no-answer"
