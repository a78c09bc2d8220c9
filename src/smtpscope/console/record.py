"""Sessions kept and typed again: from events to a script, from a script, transcript or log to lines."""

from __future__ import annotations

import re

from smtpscope.console.queue import Message, Octets, Replayed
from smtpscope.dialogue import script as marks
from smtpscope.dialogue.play import reply_text
from smtpscope.dialogue.script import ScriptStep, escape, format_acts, parse, unescape
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.model.event import Connected, Disconnected, Received, Secured, Sent
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.sasl import find_mechanism
from smtpscope.protocol.secret import HIDDEN, is_masked
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from smtpscope.console.queue import Item
    from smtpscope.model.event import Event

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


def _acts(events: Sequence[Event]) -> Iterator[ScriptStep]:
    if len(events) > 1 and isinstance(events[1], Secured):
        yield ScriptStep(0, "#", _("run it with --tls implicit"))
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
                yield ScriptStep(0, marks.CLOSE)


def _login(mechanism: list[str]) -> Iterator[ScriptStep]:
    """A login as whoever runs the script: no secret is kept."""
    if mechanism and find_mechanism(mechanism[0]):
        yield ScriptStep(0, "#", _("run it with --user NAME and --password-file FILE or --password-env VARIABLE"))
        yield ScriptStep(0, marks.LOGIN, mechanism[0].upper())


def _said(data: bytes, body: bool) -> Iterator[ScriptStep]:
    lines = data.removesuffix(b"\r\n").split(b"\r\n") if body else [data]
    for line in lines:
        if _is_plain(line):
            yield ScriptStep(0, marks.SEND, line.decode())
        else:
            yield ScriptStep(0, marks.OCTETS, escape(line + b"\r\n"))


def _is_plain(line: bytes) -> bool:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return "\n" not in text and "\r" not in text


def _expected(text: str, phase: Phase) -> ScriptStep:
    """The reply as it came, or as a pattern where a part of it will be another next time."""
    pattern = "|".join((*_VOLATILE, *(_IDS if phase in _WITH_IDS else ())))
    code = re.match(r"\d{3}[- ](?:\d\.\d+\.\d+ )?", text)
    start = code.end() if code else 0
    pieces, place = [], start
    for match in re.finditer(pattern, text[start:]):
        pieces.append(_literal(text[place : start + match.start()]))
        place = start + match.end()
    if not pieces and _is_exact(text):
        return ScriptStep(0, marks.EXACT, text)
    whole = ".+".join([*pieces, _literal(text[place:])])
    return ScriptStep(0, marks.SEARCH, f"^{_literal(text[:start])}{whole}$")


def _literal(text: str) -> str:
    """``text`` as a pattern that fits nothing else, on one line, with no more backslashes than it needs."""
    return re.escape(text).replace("\\\n", "\\n").replace("\\ ", " ").replace("\\-", "-")


def _is_exact(text: str) -> bool:
    """Whether the lines can be written as an exact reply: each with the same shape, the last without a hyphen."""
    lines = text.split("\n")
    shaped = all(re.match(r"\d{3}-", line) for line in lines[:-1]) and re.match(r"\d{3}( |$)", lines[-1])
    return bool(shaped) and text.isprintable() | ("\n" in text and text.replace("\n", "").isprintable())


# ------------------------------------------------------------------------------------------------ typing it again


class Recording(Value):
    """What is to be typed again; ``hidden`` is how many lines of a login were left out: their secrets are not kept."""

    items: tuple[Item, ...]
    hidden: int = 0


def read_session(octets: bytes, name: str, read_file: Callable[[str], bytes]) -> Recording:
    """What was typed in a recorded session: a script, a transcript (JSON Lines), a log, or plain lines to type.

    ``read_file`` gives the octets of a file that a script sends. Raises UsageError for a script with a mistake.
    """
    found = _read(octets, name, read_file)
    kept = list(_without_logins(found))
    items = tuple(Replayed(item) if isinstance(item, str) else item for item in kept)
    return Recording(items, len(found) - len(kept))


def _read(octets: bytes, name: str, read_file: Callable[[str], bytes]) -> list[Item]:
    text = octets.decode("utf-8", "surrogateescape")
    if text.startswith("{"):
        return _from_transcript(text)
    if re.match(r"\d{4}-\d\d-\d\dT[0-9:.]+Z ", text):
        return [match[1] for match in re.finditer(r"(?m)^\S+Z  \S+ +> ?(.*)$", text)]
    if re.search(r"(?m)^(C:|S:|S~|S\*|R:)( |$)", text):
        return _from_script(text, name, read_file)
    return [*text.replace("\r\n", "\n").removesuffix("\n").split("\n")]


def _without_logins(items: Sequence[Item]) -> Iterator[Item]:
    """The lines whose secrets are there. Of a login that has a hidden one, no line is left: AUTH alone would wait."""
    hidden = [_is_hidden(item) for item in items]
    in_message = False
    for place, item in enumerate(items):
        if in_message:
            in_message = item != "."
            yield item
            continue
        in_message = isinstance(item, str) and item.strip().upper() == "DATA"
        if not hidden[place] and not (_is_login(item) and hidden[place + 1 : place + 2] == [True]):
            yield item


def _is_login(item: Item) -> bool:
    return isinstance(item, str) and item[:5].upper() == "AUTH "


def _is_hidden(item: Item) -> bool:
    """Whether the mark of a secret stands in the place of what was sent."""
    octets = item.octets if isinstance(item, Octets) else b""
    octets = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else octets
    return any(is_masked(line.removesuffix(b"\r")) for line in octets.split(b"\n"))


def _from_transcript(text: str) -> list[Item]:
    from smtpscope.model.transcript import read_lines

    try:
        events = read_lines(text.splitlines())
    except ValueError as error:
        raise UsageError("replay", str(error)) from error
    return [line for event in events if isinstance(event, Sent) for line in _lines_of(event)]


def _lines_of(event: Sent) -> list[Item]:
    if event.body and event.verb == "BDAT":
        return [Octets(event.data)]  # a chunk need not have lines
    text = event.data.decode("utf-8", "surrogateescape")
    return [*text.removesuffix("\r\n").split("\r\n")] if event.body else [text]


def _from_script(text: str, name: str, read_file: Callable[[str], bytes]) -> list[Item]:
    from smtpscope.protocol.body import stuff

    found: list[Item] = []
    for act in parse(text, name).acts:
        if act.mark == marks.SEND:
            found.append(act.text)
        elif act.mark == marks.OCTETS:
            found.append(Octets(unescape(act.text)))
        elif act.mark == marks.FILE:
            found.append(Message(tuple(stuff(read_file(act.text)))))
        elif act.mark == marks.LOGIN:
            found.append(f"AUTH {act.text} {HIDDEN.decode()}")
    return found
