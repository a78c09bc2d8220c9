"""Options as data: what argparse makes of all of them is what it makes of those that are named."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.cli.main import COMMANDS, main
from smtpscope.cli.options.spec import CommandSpec, Option, parse, read
from smtpscope.errors import UsageError

SPECS: list[CommandSpec] = [import_module(f"smtpscope.cli.options.{name}").SPEC for name in COMMANDS]
TEST = next(spec for spec in SPECS if spec.name == "test")
FLAGS = [flag for group in TEST.groups for option in group.options for flag in option.flags]
WORD = st.one_of(
    st.sampled_from(FLAGS),
    st.sampled_from(["x", "--", "-", "-qv", "-tkate", "--to=kate", "--no-such", "-4q", "a b", "-a b", "-1", "force"]),
)


def outcome(whole: bool, argv: list[str]) -> object:
    """The values, or the mistake."""
    try:
        return read(TEST, argv, UsageError) if whole else parse(TEST, argv, UsageError)
    except UsageError as error:
        return str(error)


@given(st.lists(WORD, max_size=6))
def test_only_the_options_that_are_named_are_told_to_argparse_and_it_makes_no_difference(argv: list[str]) -> None:
    assert outcome(False, argv) == outcome(True, argv)


@pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])
def test_what_is_not_given_has_its_default(spec: CommandSpec) -> None:
    whole = read(spec, [], UsageError)
    assert parse(spec, [], UsageError) == whole
    assert {option.name for group in spec.groups for option in group.options} == set(whole)


def test_a_list_is_not_shared_between_runs() -> None:
    first = parse(TEST, ["--to", "kate@fabrikam.com"], UsageError)
    assert first["to"] == ["kate@fabrikam.com"]
    assert parse(TEST, [], UsageError)["to"] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option_and_every_group(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    spec: CommandSpec = import_module(f"smtpscope.cli.options.{name}").SPEC
    assert all(group.title in shown for group in spec.groups)
    assert all(flag in shown for group in spec.groups for option in group.options for flag in option.flags)


@pytest.mark.parametrize(
    ("word", "named"),
    [("--to", True), ("--to=x", True), ("-t", True), ("-tx", True), ("-qt", True), ("--tox", False), ("t", False)],
)
def test_which_words_may_name_an_option(word: str, named: bool) -> None:
    assert Option(("-t", "--to"), "recipient").is_named(word) is named


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--ret", "x"], "--ret: 'x' is none of full, hdrs"),
        (["--timeout"], "--timeout: needs a value; one that begins with a hyphen is written --timeout=VALUE"),
        (["--subject", "-x"], "--subject: needs a value; one that begins with a hyphen is written --subject=VALUE"),
        (["--quiet=yes"], "--quiet: takes no value"),
        (["--no-such", "x"], "--no-such"),
    ],
)
def test_a_mistake_names_its_option_first(argv: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
        parse(TEST, argv, UsageError)


@pytest.mark.parametrize(
    ("argv", "name", "value"),
    [
        (["--timeout", "-1"], "timeout", "-1"),
        (["-4", "-p", "-25"], "port", "-25"),
        (["--retry", "-.5"], "retry", "-.5"),
        (["--retry", "-4"], "retry", "-4"),
        (["--auth", "scram-sha-256"], "auth", "SCRAM-SHA-256"),
        (["--auth"], "auth", "auto"),
        (["--ret", "FULL"], "ret", "full"),
    ],
)
def test_numbers_below_nothing_and_choices_in_any_case_are_taken(argv: list[str], name: str, value: str) -> None:
    assert parse(TEST, argv, UsageError)[name] == value
