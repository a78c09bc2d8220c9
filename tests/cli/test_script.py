"""``test --script``: what is shown and reported where a reply is not what the script expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running

SCRIPT = (
    "S* 220\nC: EHLO contoso.com\nS* 250\nC: MAIL FROM:<chris@contoso.com>\nS: 550 5.1.7 Invalid address\nC: QUIT\n"
)


def test_a_difference_is_shown_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script, junit = tmp_path / "mine.smtp", tmp_path / "junit.xml"
    script.write_text(SCRIPT)
    with lab_running() as lab:
        code = main(["test", f"127.0.0.1:{lab.port}", "--script", str(script), "--junit", str(junit)])
    out = capsys.readouterr().out
    assert code == Exit.EXPECTATION
    assert "line 5 of the script expected: S: 550 5.1.7 Invalid address" in out
    assert "received: 250 2.1.0 Sender OK" in out
    assert "QUIT" not in out.split("received:")[1]
    assert 'tests="4" failures="2"' in junit.read_text()


def test_the_verdict_is_about_the_last_step_before_quit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "mine.smtp"
    script.write_text("S* 220\nC: EHLO contoso.com\nS* 250\nC: QUIT\nS* 221\nX\n")
    with lab_running() as lab:
        assert main(["test", f"127.0.0.1:{lab.port}", "--script", str(script), "--quiet"]) == 0
    assert "as the script expects" in capsys.readouterr().out


def test_no_server_is_no_mistake_of_the_script(tmp_path: Path) -> None:
    script = tmp_path / "mine.smtp"
    script.write_text(SCRIPT)
    with lab_running() as lab:
        port = lab.port
    assert main(["test", f"127.0.0.1:{port}", "--script", str(script)]) == Exit.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("arguments", "wrong", "code"),
    [
        (["--script", "{script}"], "name the server", Exit.USAGE),
        (
            ["127.0.0.1:1", "--script", "{script}", "--to", "kate@fabrikam.com"],
            "--to: --to and --script cannot be used together",
            Exit.USAGE,
        ),
        (["127.0.0.1:1", "--script", "{script}.missing"], "cannot read", Exit.LOCAL),
        (["127.0.0.1:1", "--script", "{bad}"], "line 1, column 1", Exit.USAGE),
        (["127.0.0.1:1", "--script", "{sends}"], "cannot read", Exit.LOCAL),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(
    arguments: list[str], wrong: str, code: Exit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"script": SCRIPT, "bad": "HELLO", "sends": "<file missing.eml"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    paths = {name: str(tmp_path / name) for name in files}
    assert main(["test", *(argument.format_map(paths) for argument in arguments)]) == code
    assert wrong in capsys.readouterr().err
