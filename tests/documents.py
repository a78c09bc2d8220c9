"""The documents as tests read them: which they are, the commands in their console blocks, and what these write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@dataclass
class Command:
    """One command of a block and the lines that it shall write."""

    line: str
    expected: list[str] = field(default_factory=list)


def commands(block: str) -> list[Command]:
    """The commands of a block: lines that begin with ``$ ``, continued after a backslash. The rest is output."""
    found: list[Command] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:]))
        elif found and found[-1].line.endswith("\\") and not found[-1].expected:
            found[-1].line = found[-1].line[:-1] + line.strip()
        else:
            found[-1].expected.append(line)
    return found


def difference(expected: list[str], written: list[str]) -> str:
    """What the first line is that was expected and not written, or the other way round; empty where all fits.

    ``...`` stands for any text within a line, and alone on a line for any number of lines.
    """
    place = 0
    for number, pattern in enumerate(expected):
        if pattern == "...":
            following = next((line for line in expected[number + 1 :] if line != "..."), None)
            if following is None:
                return ""
            while place < len(written) and not _fits(following, written[place]):
                place += 1
        elif place < len(written) and _fits(pattern, written[place]):
            place += 1
        else:
            came = repr(written[place]) if place < len(written) else "the end"
            return f"expected {pattern!r}, came {came}"
    return f"more than expected: {written[place]!r}" if place < len(written) else ""


def _fits(pattern: str, line: str) -> bool:
    return re.fullmatch(".*?".join(re.escape(part) for part in pattern.split("...")), line) is not None
