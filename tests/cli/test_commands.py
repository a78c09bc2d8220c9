"""The command that takes a next step: the user's own, with only that changed which the step changes."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path

import pytest

import smtpscope.diagnosis
from smtpscope.cli.commands import command_line, words
from smtpscope.cli.conflicts import check_test
from smtpscope.cli.fields import OPTIONS
from smtpscope.cli.fronts import ExplainLine, TestLine
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.test import TestOptions
from smtpscope.knowledge.catalogue import load
from smtpscope.model.finding import Action, NextStep

WHOLE = (
    "mx1.fabrikam.com:2525 -t kate@fabrikam.com -t 'lee@fabrikam.com NOTIFY=never' -f '' --helo contoso.com "
    "--tls require --tls-ca 'our ca.pem' --user 'o neill' --password-file secret --stop-after rcpt --retry "
    "--timeout 1.5 --header 'X-A: b: c' --log session.log -v --raw --control a.example:26 --subject=--dashes "
    "--xclient 'ADDR=192.0.2.1'"
)


def made(line: str, *settings: tuple[str, str], action: Action = Action.OTHER_PORT, target: str = "") -> str:
    """The command for a step, given the words behind ``smtpscope test``."""
    return command_line(parse(TestOptions, shlex.split(line)), NextStep(action, target=target, settings=settings))


def test_what_was_given_is_written_as_it_was_given() -> None:
    options = parse(TestOptions, shlex.split(WHOLE))
    again = parse(TestOptions, words(options))
    assert again == options
    assert words(again) == words(options)
    assert words(options)[0] == "mx1.fabrikam.com:2525"
    assert "--subject=--dashes" in words(options)


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ((("target.port", "587"),), {"server": "mx1.fabrikam.com:587"}),
        ((("target.port", "25"),), {"server": "mx1.fabrikam.com"}),
        ((("target.host", "mx2.fabrikam.com"),), {"server": "mx2.fabrikam.com:2525"}),
        ((("target.host", ""),), {"server": None}),
        ((("target.source", "ADDRESS"),), {"source": "ADDRESS"}),
        ((("target.resolver", "ADDRESS"),), {"resolver": "ADDRESS"}),
        ((("tls.mode", "implicit"),), {"tls": "implicit"}),
        ((("tls.ca", "FILE"),), {"tls_ca": "FILE"}),
        ((("tls.name", "mx.example"),), {"tls_name": "mx.example"}),
        ((("tls.verify", "no"),), {"no_verify": True}),
        ((("tls.version", "1.1"),), {"tls_version": "1.1"}),
        ((("login.user", "NAME"),), {"user": "NAME"}),
        ((("envelope.helo", "mail.example.com"),), {"helo": "mail.example.com"}),
        ((("plan.timeouts", "300"),), {"timeout": "300"}),
        ((("plan.stop_after", "rcpt"),), None),
        ((("probes.level", "network"),), {"probes": "network"}),
        ((("probes.controls", "HOST:25"),), {"control": ("HOST:25",)}),
        ((("tls.certificate", ""), ("tls.key", "")), None),
        ((("envelope.notify", ""),), None),
    ],
)
def test_only_what_the_step_says_changes(settings: tuple[tuple[str, str], ...], changed: dict[str, object]) -> None:
    command = made(WHOLE, *settings)
    if changed is None:  # nothing would: a command that was just typed is no advice
        assert command == ""
        return
    program, test, *rest = shlex.split(command)
    assert (program, test) == ("smtpscope", "test")
    before = parse(TestOptions, shlex.split(WHOLE))
    plain = before.replace(**{field: before.option(field).default for field in changed})
    kept = words(plain.replace(sources={f: s for f, s in before.sources.items() if f not in changed}))
    assert [word for word in rest if word in kept] == kept
    for field, value in changed.items():
        if value is None:  # there is no server any more
            assert rest[0].startswith("-")
        elif value is True:
            assert f"--{field.replace('_', '-')}" in rest
        else:
            assert set(value if isinstance(value, tuple) else (value,)) <= set(rest)


def test_a_recipient_whose_domain_is_wrong_takes_those_at_that_domain_along() -> None:
    line = "--to kate@fabrikan.com --to 'lee@fabrikan.com NOTIFY=never' --stop-after rcpt"
    command = made(line, ("envelope.recipients", "kate@fabrikam.com"), target="fabrikan.com")
    expected = "smtpscope test --to kate@fabrikam.com --to 'lee@fabrikam.com NOTIFY=never' --stop-after rcpt"
    assert command == expected


def test_a_recipient_that_was_named_stays() -> None:
    assert made("mx.example", ("envelope.recipients", "ADDRESS")) == "smtpscope test mx.example --to ADDRESS"
    assert made("mx.example --to kate@fabrikam.com", ("envelope.recipients", "ADDRESS")) == ""


def test_an_mx_of_the_domain_is_named_where_the_test_named_none() -> None:
    command = made("--to kate@fabrikam.com", ("target.port", "587"), target="mx1.fabrikam.com")
    assert command == "smtpscope test mx1.fabrikam.com:587 --to kate@fabrikam.com"


def test_an_ipv6_server_keeps_its_brackets() -> None:
    assert made("2001:db8::10 --to a@b.test", ("target.port", "587")).startswith("smtpscope test '[2001:db8::10]:587' ")


def test_the_port_stays_where_it_was_written() -> None:
    assert made("mx.example -p 2525 -t a@b.test", ("target.port", "587")) == (
        "smtpscope test mx.example --port 587 --to a@b.test"
    )


@pytest.mark.parametrize("name", ["a`id`.fabrikam.com", "a|id.fabrikam.com", "a'b.fabrikam.com", "a b.fabrikam.com"])
def test_a_name_from_dns_is_one_word_of_the_shell(name: str) -> None:
    assert shlex.split(made("mx.example -t a@b.test", ("target.host", name)))[2] == name


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ("mx.example -t a@b.test --tls never", (("tls.ca", "FILE"),)),
        ("mx.example -t a@b.test --tls never", (("login.user", "NAME"),)),
        ("mx.example -t a@b.test --stop-after starttls", (("tls.mode", "never"),)),
        ("--lab greylist", (("target.port", "587"),)),
        ("--lab greylist", (("target.source", "ADDRESS"),)),
        ("--lab greylist", (("target.host", "mx.example"),)),
    ],
)
def test_what_the_options_forbid_is_not_advised(line: str, settings: tuple[tuple[str, str], ...]) -> None:
    check_test(parse(TestOptions, shlex.split(line)))
    assert made(line, *settings) == ""


def test_a_lab_is_named_by_its_scenario() -> None:
    options = parse(TestOptions, ["--lab", "two words", "--timeout", "1"])
    step = NextStep(Action.REQUIRE_TLS, settings=(("tls.mode", "require"),))
    assert TestLine(options).command(step) == "smtpscope test --lab 'two words' --timeout 1 --tls require"
    here = NextStep(Action.CHECK_LISTENER, target="127.0.0.1", details=(("port", "40123"),))
    assert not TestLine(options).applies(here)
    assert TestLine(options).command(here) == ""


def test_tls_that_is_turned_off_needs_no_certificates() -> None:
    command = made("mx.example -t a@b.test --tls require --tls-ca x --tls-name y", ("tls.mode", "never"))
    assert command == "smtpscope test mx.example --to a@b.test --tls never"


@pytest.mark.parametrize(
    ("about", "command"),
    [
        (("mx.example", 0, "kate@fabrikam.com", "mail"), "mx.example --to kate@fabrikam.com"),
        (("mx.example", 25, "", "mail"), "mx.example --to ADDRESS"),
        (("mx.example", 2525, "", "mail"), "mx.example:2525 --to ADDRESS"),
        (("2001:db8::1", 2525, "", "mail"), "'[2001:db8::1]:2525' --to ADDRESS"),
        (("", 2525, "", "mail"), "SERVER:2525 --to ADDRESS"),
    ],
)
def test_what_is_pasted_makes_a_command(about: tuple[str, int, str, str], command: str) -> None:
    step = NextStep(Action.LOG_IN, settings=(("login.user", "NAME"),))
    assert ExplainLine().about(*about).command(step) == f"smtpscope test {command} --user NAME --stop-after rcpt"


def test_a_message_that_was_rejected_is_sent_again() -> None:
    step = NextStep(Action.REQUIRE_TLS, settings=(("tls.mode", "require"),))
    front = ExplainLine().about("mx.example", 25, "", "end-of-data")
    assert front.command(step) == "smtpscope test mx.example --to ADDRESS --tls require"


HEADS = ("target", "tls", "login", "envelope", "plan", "probes", "use")


def test_every_setting_of_a_step_is_known_on_the_command_line() -> None:
    """What the diagnosis advises, wherever it stands in its code: a field that is not known could not be typed."""
    found = set()
    for path in Path(smtpscope.diagnosis.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            head, _dot, tail = text.partition(".")
            if head in HEADS and tail.isidentifier():
                found.add(text)
    assert "envelope.helo" in found
    assert found - set(load().causes) <= set(OPTIONS)
