"""What SECURITY.md promises of the code as a whole: no code from data, and no secret on a command line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import smtpscope
from smtpscope.cli.options import every_command

PACKAGE = Path(smtpscope.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# They make objects or run code from what they read.
LOADERS = {"pickle", "marshal", "shelve", "code", "codeop", "runpy", "zipfile", "tarfile", "gzip", "bz2", "lzma"}
CALLS = {"eval", "exec", "compile", "system", "popen", "create_subprocess_shell", "create_subprocess_exec", "Popen"}

# The command that the user of the lab types behind --run.
ALLOWED = {("lab/runner.py", "create_subprocess_shell")}


def runs_code(source: str) -> set[str]:
    """The calls and imports of a module that can run code, start a program, or unpack an archive."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in {*LOADERS, "subprocess"}}
        elif isinstance(node, ast.ImportFrom) and node.module in {*LOADERS, "subprocess"}:
            found.add(node.module)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            module = node.func.value.id if isinstance(getattr(node.func, "value", None), ast.Name) else ""  # type: ignore[union-attr]
            if name in CALLS and (module, name) != ("re", "compile"):
                found.add(name)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_runs_code_from_data(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    assert runs_code(path.read_text(encoding="utf-8")) - {call for file, call in ALLOWED if file == name} == set()


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "import pickle",
        "from subprocess import run",
        "os.system('x')",
        "compile('1', '', 'eval')",
        "x.Popen([])",
    ],
)
def test_what_runs_code_is_found(source: str) -> None:
    assert runs_code(source)
    assert not runs_code("re.compile('x')")


def test_no_option_of_a_client_takes_a_secret() -> None:
    """A password on a command line is seen by everybody who lists the processes."""
    named = {
        flag: option.metavar
        for options in every_command()
        if options.command.name in ("test", "console", "explain")
        for group in options.groups
        for option in group.options
        for flag in option.flags
        if any(word in flag for word in ("password", "secret", "token"))
    }
    assert named
    assert {flag: metavar for flag, metavar in named.items() if metavar not in ("FILE", "VARIABLE")} == {}
