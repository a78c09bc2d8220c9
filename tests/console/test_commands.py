"""The client's commands, at a console without a server."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import pytest

from smtpscope.console.commands import COMMANDS, advise_client, find_command, read_place, run_command
from smtpscope.console.console import Console
from smtpscope.console.screen import Screen
from smtpscope.errors import UsageError
from smtpscope.render.visible import width


class FrontEnd:
    """Remembers what was shown."""

    leads = echoes = False
    width = 0

    def __init__(self) -> None:
        self.lines: list[str] = []

    def columns(self) -> int:
        return self.width

    def show(self, lines: Iterable[str]) -> None:
        self.lines += lines

    def ask_secret(self, question: str) -> str:
        return ""

    def blocking(self) -> nullcontext[None]:
        return nullcontext()


def typed(*lines: str) -> tuple[Console, str]:
    front_end = FrontEnd()
    console = Console(front_end, Screen(), run_command)
    for line in lines:
        console.take(line)
    return console, "\n".join(front_end.lines)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mx.example.net", ("mx.example.net", 25)),
        ("mx.example.net 587", ("mx.example.net", 587)),
        ("mx.example.net:587", ("mx.example.net", 587)),
        ("[2001:db8::1]:2525", ("2001:db8::1", 2525)),
        ("[IPv6:2001:db8::1] 26", ("2001:db8::1", 26)),
        ("2001:db8::1", ("2001:db8::1", 25)),
    ],
)
def test_places(text: str, place: tuple[str, int]) -> None:
    assert read_place(text) == place


@pytest.mark.parametrize("text", ["", "a b c", "mx 0", "mx x", "mx 65536", "mx ٢٥", "[]"])
def test_bad_places(text: str) -> None:
    with pytest.raises(UsageError):
        read_place(text)


@pytest.mark.parametrize(
    ("name", "found"), [("o", "open"), ("?", "help"), ("q", "quit"), ("disp", "display"), ("SET", "set")]
)
def test_a_beginning_will_do(name: str, found: str) -> None:
    assert find_command(name).name == found


@pytest.mark.parametrize("name", ["se", "st", "nonsense"])
def test_what_may_be_two_is_asked_back(name: str) -> None:
    with pytest.raises(UsageError):
        find_command(name)


def test_help_shows_every_command() -> None:
    _, shown = typed("?")
    assert all(command.syntax in shown for command in COMMANDS)
    assert "open HOST [PORT]" in typed("help open")[1]


def test_settings_are_set_and_shown() -> None:
    console, shown = typed(
        "set localecho", "unset hints", "set pipelining on", "unset crlf", "set term dumb", "display"
    )
    assert (console.settings.hints, console.settings.pipelining, console.settings.crlf) == (False, True, False)
    assert "localecho   on" in shown
    assert "dumb" in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set colour", "no setting"),
        ("set logfile", "wants a value"),
        ("set hints maybe", "on or off"),
        ("set logfile /no/such/folder/x.log", "does not exist"),
        ("set ca /no/such/file", "set ca: cannot read '/no/such/file'"),
        ("unset", "name what"),
        ("send NOOP", "not connected"),
        ("close", "not connected"),
        ("EHLO contoso.com", "is an SMTP command"),
        ("body", "not connected"),
        ("replay /no/such/file", "cannot read"),
        ("save", "save FILE"),
        ("mx", "mx DOMAIN"),
        ("nonsense", "unknown command"),
        ("open", "open HOST"),
    ],
)
def test_mistakes_say_what_to_do(line: str, said: str) -> None:
    console, shown = typed(line)
    assert said in shown
    assert console.failed


def test_a_file_without_an_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpscope.console.commands.MOST_OCTETS", 1 << 20)
    console, shown = typed("replay /dev/zero")
    assert "more than 1 MB" in shown
    assert console.failed


def test_a_bare_logfile_lies_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.log").write_text("before\n")
    console, shown = typed("set logfile test.log", "set logfile old.log", "status", "unset logfile")
    assert (tmp_path / "test.log").read_text() == ""
    assert (tmp_path / "old.log").read_text() == "before\n"
    assert f"Log: {tmp_path / 'old.log'}" in shown
    assert console.journal.log is None


def test_status_without_a_connection() -> None:
    assert typed("status")[1] == "No connection."


def test_quit_ends_it() -> None:
    console, _ = typed("quit")
    assert console.done


def test_saving_writes_a_script(tmp_path: Path) -> None:
    assert "0.0.0.0" not in typed(f"save {tmp_path / 'a.smtp'}")[1]
    assert (tmp_path / "a.smtp").exists()
    assert "cannot write" in typed(f"save {tmp_path}")[1]


def test_the_clients_prompt() -> None:
    assert "open" in advise_client("", connected=False).text
    assert advise_client("se", connected=False).text == "set NAME [VALUE], send OCTETS"
    assert advise_client("o host 25", connected=False).text.startswith("open HOST [PORT] [tls]: ")
    assert advise_client("EHLO x", connected=False).level == "warning"


@pytest.mark.parametrize("command", ["display", "help", "help send"])
def test_a_line_for_the_user_fits_the_terminal(command: str) -> None:
    front_end = FrontEnd()
    front_end.width = 60
    Console(front_end, Screen(), run_command).take(command)
    assert front_end.lines
    assert all(width(line) < 60 for line in front_end.lines)
    assert any(line.startswith("  ") for line in front_end.lines)
