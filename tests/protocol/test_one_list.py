"""Each list of words of the protocol stands in one module; whoever needs it takes it from there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import smtpscope
from smtpscope.cli.options.test import TestOptions
from smtpscope.diagnosis.broken import STEPS
from smtpscope.dialogue.plan import EXTENSIONS, TLS_MODES, TLS_VERSIONS, WISHES
from smtpscope.lab.scenario.model import STAGES as SCENARIO_STAGES
from smtpscope.lab.smtp.verbs import HANDLERS
from smtpscope.probes.options import LEVELS
from smtpscope.protocol.command import BODIES, HELLOS, MAIL_PARAMETERS, RCPT_PARAMETERS, RETURNS, VERBS
from smtpscope.protocol.phase import STAGES, STOPS
from smtpscope.protocol.sasl import MECHANISMS
from smtpscope.protocol.secret import HIDDEN

SOURCE = Path(smtpscope.__file__).parent

# A list: its words, how many of them make another list a copy, and the modules that may have so many of them.
LISTS: dict[str, tuple[Iterable[str], int, tuple[str, ...]]] = {
    "TLS modes": (TLS_MODES, 3, ("dialogue/plan.py",)),
    "TLS versions": (TLS_VERSIONS, 3, ("dialogue/plan.py",)),
    "wishes": (WISHES, 3, ("dialogue/plan.py",)),
    "levels of probes": (LEVELS, 3, ("probes/options.py",)),
    "mechanisms": ([mechanism.name for mechanism in MECHANISMS], 3, ()),
    # What a step needs before it are a few stages; more of them is a list of its own.
    "stages": ([*STAGES, *SCENARIO_STAGES], 6, ()),
    "parameters": ([*MAIL_PARAMETERS, *RCPT_PARAMETERS], 3, ()),
    "values of BODY": (BODIES, 2, ("protocol/command.py",)),
    "values of RET": ([*RETURNS, *(value.upper() for value in RETURNS)], 2, ("protocol/command.py",)),
    # What each server that the lab plays announces is its own affair.
    "extensions": (EXTENSIONS, 3, ("dialogue/plan.py", "lab/smtp/personality.py")),
    "hellos": (HELLOS, 3, ("protocol/command.py",)),
    "verbs": (VERBS, 5, ("protocol/command.py",)),
}


@pytest.mark.parametrize("name", LISTS)
def test_no_module_has_a_copy(name: str) -> None:
    words, most, homes = LISTS[name]
    copies = [f"{path}:{line}" for path, line, found in literals() if len(found & set(words)) >= most]
    assert sorted({copy.partition(":")[0] for copy in copies} - set(homes)) == [], copies


def literals() -> Iterator[tuple[str, int, set[str]]]:
    """Every tuple, list and set of texts in the source: module, line, texts."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set):
                found = {item.value for item in node.elts if isinstance(item, ast.Constant)}
                yield path.relative_to(SOURCE).as_posix(), node.lineno, {one for one in found if isinstance(one, str)}


def test_the_stages_in_their_order() -> None:
    assert STOPS == ("connect", "banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data")
    assert STEPS == ("ehlo", "starttls", "xclient", "auth", "mail", "rcpt", "data", "end-of-data")
    assert (
        *("connect", "ehlo", "helo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "content", "end-of-data"),
        *("delivery", "rset", "noop", "vrfy", "expn", "help", "quit", "unknown"),
    ) == SCENARIO_STAGES


def test_the_lab_understands_every_command_that_a_rule_can_be_for() -> None:
    assert {verb for verb in HANDLERS if verb.lower() not in SCENARIO_STAGES} == {"XCLIENT"}


def test_there_is_an_option_for_the_use_of_each_extension() -> None:
    options = {
        flag.strip("-").upper() for group in TestOptions.groups for option in group.options for flag in option.flags
    }
    assert set(EXTENSIONS) <= options


def test_nothing_else_stands_for_a_secret() -> None:
    masks = [
        f"{path.relative_to(SOURCE).as_posix()}:{node.lineno}"
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and _is_mask(node.value)
    ]
    assert [place.partition(":")[0] for place in masks] == ["protocol/secret.py"]
    assert HIDDEN == b"***"


def _is_mask(value: object) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and "\n" not in text and ("***" in text or text in ("<secret>", "(secret)"))
