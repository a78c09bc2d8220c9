"""Sessions kept and typed again: from events to a script, from a script, transcript or log to lines."""

from __future__ import annotations

import re

from smtpscope.console.items import Message, Octets, Replayed
from smtpscope.dialogue import script as marks
from smtpscope.dialogue.play import reply_text
from smtpscope.dialogue.script import Act, escape, format_acts, parse, unescape
from smtpscope.errors import UsageError
from smtpscope.events import Connected, Disconnected, Received, Secured, Sent
from smtpscope.language import _
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.sasl import find_mechanism
from smtpscope.protocol.secret import HIDDEN, is_masked
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from smtpscope.console.items import Item
    from smtpscope.events import Event

# Parts of a reply that are another each time: dates, times, addresses with or without port, durations, ids.
_VOLATILE = (
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}(?: \([A-Z]+\))?",
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*",
    r"\b\d{1,2}:\d\d:\d\d\b",
    r"\[[0-9A-Fa-f.:]{3,}\](?::\d+)?",
    r"\b\d+\.\d+ ?(?:s|sec|seconds|ms)\b",
)
# In a greeting, a farewell and the answer to a message, words with digits in them may be ids.
_IDS = (r"<[^<>\s]+>", r"(?<![\w.-])(?=\w*\d)(?=\w*[A-Za-z])\w{8,}(?![\w.-])", r"(?<![\w.-])\d{5,}(?![\w.-])")
_WITH_IDS = (Phase.BANNER, Phase.END_OF_DATA, Phase.QUIT)


def script_lines(events: Sequence[Event]) -> Iterator[str]:
    """The lines of a script that says what was said and expects what came, of the last connection in ``events``."""
    yield _("# written by smtpscope console")
    acts = list(_acts(_last_connection(events)))
    yield from format_acts(tuple(acts))


def _last_connection(events: Sequence[Event]) -> Sequence[Event]:
    starts = [place for place, event in enumerate(events) if isinstance(event, Connected)]
    return events[starts[-1] :] if starts else ()


def _acts(events: Sequence[Event]) -> Iterator[Act]:
    if len(events) > 1 and isinstance(events[1], Secured):
        yield Act(0, "#", _("run it with --tls implicit"))
    for event in events:
        match event:
            case Sent(phase=Phase.AUTH, data=data) if data[:4].upper() == b"AUTH":
                yield from _login(data.decode("utf-8", "surrogateescape").split()[1:2])
            case Sent(phase=Phase.AUTH) | Received(phase=Phase.AUTH) | Sent(masked=True):
                pass  # the login says it all anew, with challenges of its own
            case Sent(data=data, body=body):
                yield from _said(data, body)
            case Received(reply=reply, phase=phase):
                yield _expected(reply_text(reply), phase)
            case Disconnected(by="peer"):
                yield Act(0, marks.CLOSE)


def _login(mechanism: list[str]) -> Iterator[Act]:
    """A login as whoever runs the script: no secret is kept."""
    if mechanism and find_mechanism(mechanism[0]):
        yield Act(0, "#", _("run it with --user NAME and --password-file FILE or --password-env VARIABLE"))
        yield Act(0, marks.LOGIN, mechanism[0].upper())


def _said(data: bytes, body: bool) -> Iterator[Act]:
    lines = data.removesuffix(b"\r\n").split(b"\r\n") if body else [data]
    for line in lines:
        if _is_plain(line):
            yield Act(0, marks.SEND, line.decode())
        else:
            yield Act(0, marks.OCTETS, escape(line + b"\r\n"))


def _is_plain(line: bytes) -> bool:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return "\n" not in text and "\r" not in text


def _expected(text: str, phase: Phase) -> Act:
    """The reply as it came, or as a pattern where a part of it will be another next time."""
    pattern = "|".join((*_VOLATILE, *(_IDS if phase in _WITH_IDS else ())))
    code = re.match(r"\d{3}[- ](?:\d\.\d+\.\d+ )?", text)
    start = code.end() if code else 0
    pieces, place = [], start
    for match in re.finditer(pattern, text[start:]):
        pieces.append(_literal(text[place : start + match.start()]))
        place = start + match.end()
    if not pieces and _is_exact(text):
        return Act(0, marks.EXACT, text)
    whole = ".+".join([*pieces, _literal(text[place:])])
    return Act(0, marks.SEARCH, f"^{_literal(text[:start])}{whole}$")


def _literal(text: str) -> str:
    """``text`` as a pattern that fits nothing else, on one line, with no more backslashes than it needs."""
    return re.escape(text).replace("\\\n", "\\n").replace("\\ ", " ").replace("\\-", "-")


def _is_exact(text: str) -> bool:
    """Whether the lines can be written as an exact reply: each with the same shape, the last without a hyphen."""
    lines = text.split("\n")
    shaped = all(re.match(r"\d{3}-", line) for line in lines[:-1]) and re.match(r"\d{3}( |$)", lines[-1])
    return bool(shaped) and text.isprintable() | ("\n" in text and text.replace("\n", "").isprintable())


# ------------------------------------------------------------------------------------------------ typing it again


def read_session(octets: bytes, name: str, read_file: Callable[[str], bytes]) -> tuple[list[Item], tuple[str, ...]]:
    """What was typed in a recorded session (a script, a transcript, a log, or plain lines), and what is left out of it.

    No recording keeps a secret, so a login cannot be typed again: its lines are left out, as they were shown.
    ``read_file`` gives the octets of a file that a script sends. Raises UsageError for a script with a mistake.
    """
    kept, left_out = _sorted(_read(octets, name, read_file))
    return [Replayed(item) if isinstance(item, str) else item for item in kept], tuple(left_out)


class _Login(Value):
    """A line of a login that a recording tells apart."""

    line: str


def _sorted(items: Iterable[Item | _Login]) -> tuple[list[Item], list[str]]:
    """The lines that can be typed, and those of a login whose secret was not kept."""
    kept: list[Item] = []
    left_out: list[str] = []
    content = False
    for item in items:
        if isinstance(item, _Login):
            left_out.append(item.line)
        elif not content and _is_hidden(item):
            if kept and _begins_login(kept[-1]):
                left_out.append(str(kept.pop()))
            left_out.append(item if isinstance(item, str) else HIDDEN.decode())
        else:
            content = isinstance(item, str) and (item != "." if content else item.upper() == "DATA")
            kept.append(item)
    return kept, left_out


def _is_hidden(item: Item) -> bool:
    """Whether a line that somebody wrote down is one that was masked: it was copied from a screen."""
    octets = item.octets if isinstance(item, Octets) else b""
    octets = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else octets
    return any(is_masked(line) for line in octets.split(b"\n"))


def _begins_login(item: Item) -> bool:
    return isinstance(item, str) and item[:5].upper() == "AUTH "


def _read(octets: bytes, name: str, read_file: Callable[[str], bytes]) -> Iterable[Item | _Login]:
    text = octets.decode("utf-8", "surrogateescape")
    if text.startswith("{"):
        return _from_transcript(text)
    if re.match(r"\d{4}-\d\d-\d\dT[0-9:.]+Z ", text):
        return _from_log(text)
    if re.search(r"(?m)^(C:|S:|S~|S\*|R:)( |$)", text):
        return _from_script(text, name, read_file)
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _from_transcript(text: str) -> Iterator[Item | _Login]:
    from smtpscope.transcript import read_lines

    try:
        events = read_lines(text.splitlines())
    except ValueError as error:
        raise UsageError("replay", str(error)) from error
    for event in events:
        if isinstance(event, Sent):
            kind = _Login if event.masked or event.phase is Phase.AUTH else Replayed
            yield from map(kind, _lines_of(event))


def _lines_of(event: Sent) -> list[str]:
    text = event.data.decode("utf-8", "surrogateescape")
    return text.removesuffix("\r\n").split("\r\n") if event.body else [text]


def _from_log(text: str) -> Iterator[Item | _Login]:
    for match in re.finditer(r"(?m)^\S+Z  (\S+) +> ?(.*)$", text):
        hidden = match[1] != Phase.END_OF_DATA and is_masked(match[2].encode("utf-8", "surrogateescape"))
        yield _Login(match[2]) if hidden or match[1] == Phase.AUTH else Replayed(match[2])


def _from_script(text: str, name: str, read_file: Callable[[str], bytes]) -> Iterator[Item | _Login]:
    from smtpscope.protocol.body import stuff

    for act in parse(text, name).acts:
        if act.mark == marks.SEND:
            yield act.text
        elif act.mark == marks.OCTETS:
            yield Octets(unescape(act.text))
        elif act.mark == marks.FILE:
            yield Message(b"".join(stuff(read_file(act.text))))
        elif act.mark == marks.LOGIN:
            yield _Login(str(act))
