"""The library names fields, the command line options, the console its settings: no error is left without a name."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import smtpscope
from smtpscope.cli.fields import OPTIONS, option
from smtpscope.cli.fronts import CommandLine
from smtpscope.cli.main import main
from smtpscope.cli.options import every_command
from smtpscope.errors import LocalError, UsageError, sentence
from smtpscope.render.errors import error_text
from smtpscope.testing import lab_running

SOURCE = Path(smtpscope.__file__).parent
LIBRARY = [path for path in SOURCE.rglob("*.py") if path.parent.name not in ("cli", "console", "options")]

# Where the values stand whose fields errors name.
CLASSES = {
    "Target": "smtpscope.dialogue.plan",
    "Tls": "smtpscope.dialogue.plan",
    "MaildirInbox": "smtpscope.net.inbox",
    "ImapAccount": "smtpscope.net.inbox",
}

# What a caller of Python alone can get wrong, and the arguments of ``lab mails``, which are called so there too.
PYTHON_ONLY = {"", "cause", "language", "folder", "id"}


def raised() -> set[str]:
    """The fields of every error that the library raises, as far as they are written where it is raised."""
    found = set()
    for path in LIBRARY:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = {"UsageError": 0, "LocalError": 1}.get(node.func.id)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    found.add(str(node.args[place].value))
    return found


def test_fields_are_found() -> None:
    assert raised() >= {"Target.source", "Tls.ca", "maildir", "control"}


def test_every_field_has_an_option() -> None:
    known = {name[:1].upper() + name[1:] for name in OPTIONS} | set(OPTIONS)
    assert raised() - PYTHON_ONLY <= known


def test_every_field_is_one() -> None:
    for name in raised():
        owner, dot, field = name.partition(".")
        if dot:
            cls = getattr(import_module(CLASSES[owner]), owner)
            assert field in (getattr(cls, "_fields", ()) or cls.__init__.__annotations__), name


def test_every_option_exists() -> None:
    flags = {flag for kind in every_command() for group in kind.groups for each in group.options for flag in each.flags}
    assert set(OPTIONS.values()) <= flags


def test_no_error_of_the_library_names_an_option() -> None:
    assert not [name for name in raised() if name.startswith("-")]


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("login.in_clear", "yes", "--auth-in-clear"),
        ("use.CHUNKING", "force", "--chunking force"),
        ("view.verbosity", "verbose", "-v"),
        ("tls.verify", "no", "--no-verify"),
        ("no.such", "x", ""),
    ],
)
def test_how_a_setting_is_written(field: str, value: str, written: str) -> None:
    assert CommandLine().setting(field, value) == written


def test_a_field_without_an_option_is_called_what_it_is() -> None:
    assert option("Target.source") == "--source"
    assert option("--from") == "--from"
    assert option("id") == "id"


def test_the_library_speaks_of_its_own_parameters() -> None:
    with pytest.raises(UsageError) as caught, lab_running("greylst"):
        pass
    assert str(caught.value) == "scenario: there is no 'greylst'; did you mean 'greylist'?"


def test_the_command_line_speaks_of_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "mx.example.net", "--stop-after", "ehlo", "--tls-ca", "/nowhere"]) == 3
    assert capsys.readouterr().err == "smtpscope: --tls-ca: cannot read '/nowhere': No such file or directory\n"
    assert main(["test", "--lab", "greylst"]) == 2
    assert capsys.readouterr().err == "smtpscope: --lab: there is no 'greylst'; did you mean 'greylist'?\n"


def test_an_error_is_worded_with_what_is_in_it() -> None:
    inner = sentence("must be {low} or {high}", low=1, high=2)
    error = LocalError("{key}: {why} {{so}}", "scenario", key="stage", why=inner)
    assert str(error) == "scenario: stage: must be 1 or 2 {so}"
    assert error_text(error) == "stage: must be 1 or 2 {so}"


def test_an_error_without_values_is_taken_as_it_is() -> None:
    assert str(UsageError("--data", "{not a field}")) == "--data: {not a field}"
