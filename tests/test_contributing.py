"""CONTRIBUTING.md is followed to the letter: its three changes are made in a copy of the tree, and must work there.

A change begins with ``<!-- change: NAME -->`` and a list of its files. What follows is done in order: a line such as
```FILE`, new file:`` and the block behind it are applied, the commands of a console block are run and compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import ROOT, commands, difference

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

# Made from the sources, and not committed (the .gitignore of the copy).
MADE = ("/.venv", "/src/smtpscope/knowledge/compiled/", "/src/smtpscope/model/schema/*.schema.json", "*.mo")

CHANGE = re.compile(r"^<!-- change: (\w+) -->$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
STEP = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`, (?P<how>new file|at the end|(?:below|in place of) [^\n]*):\n\n)?"
    r"^```(?P<kind>\w+)\n(?P<block>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

CHANGES = {match[1]: match[2] for match in CHANGE.finditer(TEXT)}


def listed(text: str) -> set[str]:
    """The files that a change says it touches."""
    return set(re.findall(r"^- `([^`]+)`$", text, re.MULTILINE))


def steps(text: str) -> Iterator[re.Match[str]]:
    """Every block of a change, in order, with its file where it has one."""
    return STEP.finditer(text)


def edited(before: str, how: str, block: str) -> str:
    """The text of a file after a step. The line that ``how`` names must be there exactly once."""
    if how == "at the end":
        return before + block
    lines = before.splitlines(keepends=True)
    name = how[how.index("`") + 1 : how.rindex("`")]
    [place] = [number for number, line in enumerate(lines) if line.rstrip("\n") == name]
    if how.startswith("below the heading"):
        place += 2  # behind the empty line
    elif how.startswith("below the line"):
        place += 1
    elif how.startswith("in place of the line below"):
        del lines[place + 1]
        place += 1
    elif how.startswith("in place of the line"):
        del lines[place]
    else:
        raise ValueError(how)
    return "".join([*lines[:place], block, *lines[place:]])


def git(folder: Path, *words: str) -> str:
    """What Git writes in ``folder``."""
    author = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    return subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of this tree, committed, with the tools of this Python as its .venv."""
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    if (ROOT / ".mypy_cache").exists():  # it is only faster with it
        shutil.copytree(ROOT / ".mypy_cache", tmp_path / ".mypy_cache")
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".git" / "info" / "exclude").write_text("\n".join(MADE) + "\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    venv = tmp_path / ".venv"
    venv.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.is_dir() or path.name == "pyvenv.cfg":
            (venv / path.name).symlink_to(path)
    (venv / "installed").touch()
    return tmp_path


def run(line: str, folder: Path) -> tuple[int, list[str]]:
    """Run a line as its reader would. Returns the exit code and what it wrote, errors included."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST", "MAKE"))}
    environ |= {"PYTHONPATH": f"{folder}/src", "MYPYPATH": "src", "LC_ALL": "C.UTF-8", "GIT_CEILING_DIRECTORIES": ""}
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.returncode, done.stdout.decode().splitlines()


def follow(step: re.Match[str], folder: Path) -> None:
    """Do what one block says."""
    if step["kind"] == "console":
        for command in commands(step["block"]):
            code, written = run(command.line, folder)
            shown = "\n".join([command.line, *written[-60:]])
            assert difference(command.expected, written) == "", shown
            told = [line for line in command.expected if re.fullmatch(r"(?:exit code|退出码) \d+", line)]
            assert code == (int(told[0].split()[-1]) if told else 0), shown
        return
    assert step["file"], step["block"]
    path = folder / step["file"]
    assert path.exists() is (step["how"] != "new file"), path
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    how = "at the end" if step["how"] == "new file" else step["how"]
    path.write_text(edited(before, how, step["block"]), encoding="utf-8")


def test_there_are_three_changes() -> None:
    assert set(CHANGES) == {"keyword", "scenario", "probe"}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_is_followed_to_the_letter_works(name: str, tree: Path) -> None:
    for step in steps(CHANGES[name]):
        follow(step, tree)
    changed = git(tree, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert {line[3:] for line in changed} == listed(CHANGES[name])


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_checks_itself_and_shows_what_users_see(name: str) -> None:
    """What the test above relies on: the commands are there, so that following them proves something."""
    blocks = [step["block"] for step in steps(CHANGES[name]) if step["kind"] == "console"]
    lines = [command.line for block in blocks for command in commands(block)]
    assert "make generate" in lines
    assert "make check" in lines
    assert any("-m pytest" in line for line in lines)
    assert sum("-m smtpscope" in line for line in lines) >= 2
    assert any("--lang zh" in line for line in lines)


@pytest.mark.parametrize(
    ("how", "after"),
    [
        ("at the end", "# A\n\nb\nc\nX\n"),
        ("below the heading `# A`", "# A\n\nX\nb\nc\n"),
        ("below the line `b`", "# A\n\nb\nX\nc\n"),
        ("in place of the line `b`", "# A\n\nX\nc\n"),
        ("in place of the line below `b`", "# A\n\nb\nX\n"),
    ],
)
def test_how_a_block_is_applied(how: str, after: str) -> None:
    assert edited("# A\n\nb\nc\n", how, "X\n") == after


@pytest.mark.parametrize(
    ("text", "how"), [("a\n", "below the line `b`"), ("b\nb\n", "below the line `b`"), ("b\n", "around `b`")]
)
def test_a_place_that_is_not_there_or_not_certain_is_an_error(text: str, how: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        edited(text, how, "X\n")
