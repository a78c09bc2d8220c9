"""The conversations of this folder, and the server that plays one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripted import Act, Scripted, scripted

FILE = Path(__file__).with_name("conversations.txt")


@dataclass(frozen=True)
class Finding:
    """What one reply must mean."""

    stage: str
    cause: str
    actor: str
    retry: str

    def __str__(self) -> str:
        return f"{self.stage} {self.cause} {self.actor} {self.retry}"


@dataclass
class Turn:
    """The lines of the client, and what the server says behind the last of them: replies of one or more lines."""

    said: list[str] = field(default_factory=list)
    replies: list[list[str]] = field(default_factory=list)

    @property
    def octets(self) -> bytes:
        """What the server sends."""
        return "".join(f"{line}\r\n" for reply in self.replies for line in reply).encode()


@dataclass
class Conversation:
    """One conversation: its turns, the banner first, and what each reply must mean that is no success."""

    name: str
    turns: list[Turn] = field(default_factory=lambda: [Turn()])
    findings: list[Finding] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Everything that the client says."""
        return [line for turn in self.turns for line in turn.said]

    @property
    def text(self) -> str:
        """The conversation as people paste it."""
        pieces = [
            [*(f"C: {line}" for line in turn.said), *(f"S: {line}" for reply in turn.replies for line in reply)]
            for turn in self.turns
        ]
        return "\n".join(line for piece in pieces for line in piece) + "\n"

    @contextmanager
    def played(self) -> Iterator[Scripted]:
        """A server that plays it, for as long as the block runs."""
        acts: list[Act] = []
        for turn in self.turns:
            acts += ["line"] * len(turn.said)
            acts += [turn.octets] if turn.replies else []
        with scripted(*acts) as server:
            yield server


def read() -> list[Conversation]:
    """Every conversation of the file."""
    found: list[Conversation] = []
    for line in FILE.read_text("utf-8").splitlines():
        mark, _blank, text = line.partition(" ")
        if mark == "==":
            found.append(Conversation(text))
        elif mark == "C:":
            _say(found[-1], text)
        elif mark == "S:":
            _reply(found[-1].turns[-1], text)
        elif mark == "=":
            found[-1].findings.append(Finding(*text.split()))
        else:
            assert not line or mark == "#", line
    return found


def _say(conversation: Conversation, line: str) -> None:
    if conversation.turns[-1].replies:
        conversation.turns.append(Turn())
    conversation.turns[-1].said.append(line)


def _reply(turn: Turn, line: str) -> None:
    if turn.replies and turn.replies[-1][-1][3:4] == "-":
        turn.replies[-1].append(line)
    else:
        turn.replies.append([line])
