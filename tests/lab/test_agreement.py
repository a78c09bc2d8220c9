"""What the lab says of a session is what the client was told: each scenario, tested, and looked up at the lab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.dialogue.message import Draft
from smtpscope.dialogue.plan import Envelope, Login, Plan, Target, Tls
from smtpscope.lab.options import Security, Service
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.builtin import find_scenario, names
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.store.archive import Archive, Entry
from smtpscope.lab.store.attempts import Attempt, attempts
from smtpscope.model.event import Event, Received, Sent, TimedOut
from smtpscope.model.report import RecipientResult, ServerReport, Status
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Reply
from smtpscope.protocol.sasl import Credentials
from smtpscope.services.test import run_test

TO = ("kate@fabrikam.com", "kim@fabrikam.com")
DRAFT = Draft("chris@contoso.com", TO, "agreed", "text\n" * 60, "Mon, 23 Nov 2026 12:00:00 +0000", "run", "contoso.com")
LISTENING = [name for name in names() if (find_scenario(name) or Scenario(name)).listening]

WAYS: dict[str, dict[str, object]] = {
    "in groups": {},
    "one by one": {"use": {"PIPELINING": "forbid"}},
    "in chunks": {"use": {"CHUNKING": "force"}, "chunk": 150},
    "LMTP": {"protocol": "lmtp"},
    "with a login": {"login": Login(Credentials("kate", "practice", nonce="n0nce"), in_clear=True)},
    "without a message": {"stop_after": "rcpt"},
}

# The phase in which a client waits for the answer at a stage.
_PHASES = {"connect": Phase.BANNER, "helo": Phase.EHLO, "content": Phase.END_OF_DATA}


def limits(scenario: Scenario) -> dict[Phase, float]:
    """Patience for all, but not where the scenario makes a client wait in vain."""
    slow = {stage for rule in scenario.rules if rule.then.silent or rule.then.delay for stage in rule.when.stages}
    short = {_PHASES.get(stage) or Phase(stage) for stage in slow}
    if scenario.discards:
        short |= {Phase.RCPT, Phase.DATA}
    return {phase: 0.3 if phase in short else 30.0 for phase in TIMEOUTS}


class Looked:
    """A test of a lab: what the client's report says, and what the lab says afterwards."""

    def __init__(self, scenario: Scenario, way: dict[str, object], folder: Path, to: tuple[str, ...] = TO) -> None:
        service = Service(str(way.get("protocol", "smtp")))
        security = Security(users=(("kate", "practice"),), auth_in_clear=True) if "login" in way else Security()
        with lab_running(scenario, maildir=str(folder), service=service, security=security) as lab:
            plan = Plan(
                target=Target("127.0.0.1", lab.port),
                envelope=Envelope("contoso.com", "chris@contoso.com", to),
                draft=DRAFT,
                timeouts=limits(scenario),
                tls=Tls(ca=lab.ca_file) if lab.encrypts else Tls(),
            )
            run = run_test(plan.replace(**way))
            for _event in run:
                pass
            [self.report] = run.report.servers
        archive = Archive(str(folder))
        self.entries = [entry for entry in archive.entries() if not (entry.mail and entry.mail.about)]  # no bounces
        self.tried = [tried for session in lab.sessions for tried in attempts(archive.events(session))]


def said(reply: Reply) -> str:
    return f"{reply.code} {reply.text}"


def expected_of(one: RecipientResult) -> tuple[str, str]:
    if one.reply and (one.accepted or one.reply.kind in (4, 5)):
        return "taken" if one.accepted else "refused", said(one.reply)
    return "broken", ""


def expected(report: ServerReport) -> list[tuple[str, str]]:
    """What became of each attempt, by the client's report: the outcome, and the reply that decided it."""
    if any(isinstance(event, Received) and event.last and event.recipient for event in report.events):  # LMTP
        return [expected_of(one) for one in report.recipients]
    if report.accepted:
        return [("taken", said(report.accepted))]
    if report.status in (Status.TEMPORARY, Status.PERMANENT, Status.PARTIAL):
        assert report.reply
        return [("refused", said(report.reply))]
    return [] if report.status is Status.NOT_OFFERED else [("broken", "")]


def named(events: tuple[Event, ...]) -> list[str]:
    return [event.recipient for event in events if isinstance(event, Sent) and event.verb == "RCPT"]


def outcomes(tried: list[Attempt]) -> list[tuple[str, str]]:
    return [(attempt.outcome, attempt.reply) for attempt in tried]


def listed(entries: list[Entry]) -> list[tuple[str, ...]]:
    """Each entry of the list: its outcome with the recipients it is about."""
    return sorted((entry.attempt.outcome, *entry.attempt.recipients) for entry in entries)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LISTENING)
def test_the_lab_agrees_with_the_client(name: str, way: str, tmp_path: Path) -> None:
    scenario = find_scenario(name)
    assert scenario
    quick = (rule.replace(then=rule.then.replace(trickle=rule.then.trickle / 50)) for rule in scenario.rules)
    looked = Looked(scenario.replace(rules=tuple(quick)), WAYS[way], tmp_path)
    agree(looked)
    assert name != "ok" or looked.report.status is Status.OK


def agree(looked: Looked) -> None:
    report = looked.report
    assert outcomes(looked.tried) == expected(report)
    assert [name for attempt in looked.tried for name in attempt.recipients] == named(report.events)
    accepted = tuple(one.recipient for one in report.recipients if one.accepted) if report.queued else ()
    mails = [entry.mail for entry in looked.entries if entry.mail]
    assert [tuple(recipient.address for recipient in mail.recipients) for mail in mails] == (
        [accepted] if mails else []
    )
    assert bool(mails) is report.queued
    failed = [attempt for attempt in looked.tried if attempt.outcome != "taken"]
    taken = [("taken", *accepted)] if report.queued else []
    assert listed(looked.entries) == sorted([*taken, *((one.outcome, *one.recipients) for one in failed)])


# Failures that no scenario has: (stage, what the lab does there).
ODD: dict[str, tuple[str, Action]] = {
    "354 to the end of the data": ("end-of-data", Action(354, ("go on",))),
    "221 to the end of the data": ("end-of-data", Action(221, ("bye",), end="drop")),
    "251 to the end of the data": ("end-of-data", Action(251, ("will forward",))),
    "no code at the end of the data": ("end-of-data", Action(raw=b"what?\r\n")),
    "two codes at the end of the data": ("end-of-data", Action(raw=b"250-ok\r\n550 no\r\n")),
    "the 250 comes twice": ("end-of-data", Action(raw=b"250 2.0.0 ok\r\n250 2.0.0 ok\r\n")),
    "the 250 comes, and then 421": ("end-of-data", Action(raw=b"250 2.0.0 ok\r\n421 4.3.2 bye\r\n", end="drop")),
    "half a reply": ("end-of-data", Action(raw=b"250 2.0.0 o", end="drop")),
    "half a reply of two lines": ("end-of-data", Action(raw=b"250-2.0.0 ok\r\n", end="drop")),
    "the 250, and the end": ("end-of-data", Action(250, ("2.0.0 ok",), end="drop")),
    "a refusal, and the end": ("end-of-data", Action(554, ("5.7.1 no",), end="reset")),
    "554 to DATA": ("data", Action(554, ("5.7.1 no",))),
    "334 to DATA": ("data", Action(334, ("go on",))),
    "421 to DATA": ("data", Action(421, ("4.3.2 bye",), end="drop")),
    "421 to RCPT, and it goes on": ("rcpt", Action(421, ("4.3.2 bye",))),
    "421 to MAIL": ("mail", Action(421, ("4.3.2 bye",), end="drop")),
    "354 to RCPT": ("rcpt", Action(354, ("go on",))),
    "150 to MAIL": ("mail", Action(150, ("wait",))),
    "a refusal in the middle": ("content", Action(552, ("5.3.4 enough",), end="drop")),
    "a refusal of a chunk": ("bdat", Action(552, ("5.3.4 enough",))),
    "QUIT refused": ("quit", Action(502, ("5.5.1 no",))),
}


@pytest.mark.parametrize("way", ["in groups", "one by one", "in chunks", "LMTP"])
@pytest.mark.parametrize("odd", ODD)
def test_they_agree_on_what_is_no_answer(odd: str, way: str, tmp_path: Path) -> None:
    stage, action = ODD[odd]
    looked = Looked(Scenario("odd", rules=(Rule(When((stage,)), action),)), WAYS[way], tmp_path)
    agree(looked)
    assert not any(isinstance(event, TimedOut) for event in looked.report.events)  # nobody waits in vain


@pytest.mark.parametrize(
    "to",
    [
        ("kate@fabrikam.com", "550-5.1.1@fabrikam.com", "kim@fabrikam.com"),
        ("550-5.1.1@fabrikam.com", "kate@fabrikam.com"),
        ("450-4.7.1@fabrikam.com", "550-5.1.1@fabrikam.com"),
        ("kate@fabrikam.com", "452-4.2.2-end@fabrikam.com", "kim@fabrikam.com"),
        ("kate@fabrikam.com", "drop-end@fabrikam.com", "kim@fabrikam.com"),
        ("kate@fabrikam.com", "kate@fabrikam.com"),
        ('"a>b"@fabrikam.com', "kate@fabrikam.com"),
    ],
)
@pytest.mark.parametrize("way", ["in groups", "LMTP"])
def test_they_agree_on_each_recipient(to: tuple[str, ...], way: str, tmp_path: Path) -> None:
    agree(Looked(Scenario("ok"), WAYS[way], tmp_path, to))


@pytest.mark.parametrize(
    ("name", "outcome"), [("ok", "taken"), ("user-unknown", "refused"), ("drop-at-data", "broken")]
)
def test_the_list_says_so_too(name: str, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", "--lab", name, "--lab-maildir", str(tmp_path), "--no-probes", "--json"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["lab", "mails", str(tmp_path), "--json"]) == 0
    [entry] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert entry["outcome"] == outcome
    assert (outcome == "taken") is (code == 0) is result["servers"][0]["queued"]
