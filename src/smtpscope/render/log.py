"""The log file: every line with its time (UTC) and phase, easy to grep."""

from __future__ import annotations

from smtpscope.dialogue.message import civil
from smtpscope.model.event import Diagnosing, Received, Sent, Unsolicited
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.text import TextView
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.render.front import Front


@in_its_language
def log_lines(event: Event, front: Front = LIBRARY) -> list[str]:
    """The lines for ``event``: ``2026-11-24T16:00:00.123Z  rcpt  > RCPT TO:<...>``."""
    phase = getattr(event, "phase", None)
    start = f"{_time(event.at)}  {phase.value if phase else '-':11}  "
    return [start + text for text in _texts(event, front)]


@in_its_language
def explanation_line(explained: Explained, front: Front = LIBRARY) -> str:
    """The explanation of a rejected reply in one line: ``...  rcpt  ! recipient.unknown: ...``."""
    from smtpscope.render.explanation import one_line

    return f"{_time(explained.at)}  {explained.exchange.stage:11}  ! {one_line(explained.explanation, front)}"


def _texts(event: Event, front: Front) -> Iterator[str]:
    """The lines of an event, each with its mark. Commands and replies as is, other events as in the terminal view."""
    match event:
        case Sent(data=data):
            yield from (f"> {line}" for line in _lines(data))
        case Received(reply=reply) | Unsolicited(reply=reply):
            mark = "<" if isinstance(event, Received) else "< (unasked)"
            yield from (f"{mark} {line}" for line in _lines(reply.raw))
        case _:
            for line in TextView(ascii_only=True, front=front).lines(event):
                if line[8:10] == "  ":  # after the elapsed time, which a log does not have
                    yield line[10:]
                elif isinstance(event, Diagnosing) and line:
                    yield line


def _lines(data: bytes) -> list[str]:
    """The lines of a command or a reply, safe to show."""
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").removesuffix("\n")
    return [visible(line) for line in text.split("\n")]


def _time(at: float) -> str:
    """``2026-11-24T16:00:00.123Z`` for seconds since the epoch."""
    days, thousandths = divmod(int(at * 1000), 86_400_000)
    year, month, day = civil(days)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{year:04}-{month:02}-{day:02}T{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}Z"
