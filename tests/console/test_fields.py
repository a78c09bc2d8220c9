"""How a next step is taken at the prompts of the console."""

from __future__ import annotations

import pytest

from smtpscope.console.commands import find_command
from smtpscope.console.fields import CONSOLE
from smtpscope.model.finding import Action, NextStep
from smtpscope.protocol.command import VERBS


@pytest.mark.parametrize(
    ("settings", "target", "line"),
    [
        ((("target.port", "587"),), "mx.example", "open mx.example 587"),
        ((("target.port", "587"),), "", "open HOST 587"),
        ((("target.host", "mx2.example"),), "mx.example", "open mx2.example"),
        ((("tls.mode", "implicit"),), "mx.example", "open mx.example 465 tls"),
        ((("target.port", "465"), ("tls.mode", "implicit")), "mx.example", "open mx.example 465 tls"),
        ((("tls.mode", "require"),), "", "STARTTLS"),
        ((("tls.mode", "require"), ("login.user", "NAME")), "", "STARTTLS"),
        ((("tls.mode", "never"),), "", ""),
        ((("tls.ca", "FILE"),), "", "set ca FILE"),
        ((("tls.verify", "no"),), "", "set verify off"),
        ((("login.user", "NAME"),), "", "auth MECHANISM NAME"),
        ((("envelope.helo", "mail.example.com"),), "", "EHLO mail.example.com"),
        ((("target.source", "ADDRESS"),), "", ""),
        ((), "", ""),
    ],
)
def test_a_step_is_a_line(settings: tuple[tuple[str, str], ...], target: str, line: str) -> None:
    said = CONSOLE.command(NextStep(Action.OTHER_PORT, target=target, settings=settings))
    assert said == line
    word = said.partition(" ")[0]
    assert not word or word in VERBS or find_command(word).name == word


def test_a_command_of_the_system_stays_one() -> None:
    step = NextStep(Action.CHECK_LISTENER, target="mx.example", details=(("port", "25"),))
    assert CONSOLE.command(step) == "ss -ltnp 'sport = :25'"
