"""What is made when the package is built: a tree without it says what to run, and the build hook makes all of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import smtpscope

ROOT = Path(__file__).parent.parent
PACKAGE = Path(smtpscope.__file__).parent
MADE = ("knowledge/compiled/*.json", "model/schema/*.schema.json", "locale/**/*.mo")


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A source tree in which nothing was made."""
    made = [str(path.relative_to(PACKAGE)) for pattern in MADE for path in PACKAGE.glob(pattern)]
    assert len(made) >= 10
    shutil.copytree(PACKAGE, tmp_path / "src" / "smtpscope", ignore=shutil.ignore_patterns("__pycache__"))
    for name in made:
        (tmp_path / "src" / "smtpscope" / name).unlink()
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(tree / "src"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environ, cwd=tree, check=False
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_tree_that_is_not_built_says_what_to_run(unbuilt: Path, language: str) -> None:
    said = run(unbuilt, "-m", "smtpscope", "explain", "550 5.1.1 User unknown", "--lang", language)
    assert said.returncode == 3
    assert said.stdout == ""
    assert "pip install -e ." in said.stderr
    assert "Traceback" not in said.stderr
    assert said.stderr.count("\n") == 1


def test_the_hook_makes_what_is_missing(unbuilt: Path) -> None:
    shutil.copy(ROOT / "hatch_build.py", unbuilt)
    said = run(unbuilt, "hatch_build.py")
    assert (said.returncode, said.stderr) == (0, "")
    for pattern in MADE:
        for path in PACKAGE.glob(pattern):
            assert (unbuilt / "src" / "smtpscope" / path.relative_to(PACKAGE)).read_bytes() == path.read_bytes()
    said = run(unbuilt, "-m", "smtpscope", "explain", "550 5.1.1 User unknown", "--lang", "zh")
    assert (said.returncode, said.stderr) == (0, "")
    assert "收件人" in said.stdout
