"""``save`` and ``replay``: from events to a script, and from a script, transcript, or log to lines."""

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

# Parts of a reply that change each time: dates, times, addresses with or without port, durations.
_VOLATILE = (
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}(?: \([A-Z]+\))?",
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*",
    r"\b\d{1,2}:\d\d:\d\d\b",
    r"\[[0-9A-Fa-f.:]{3,}\](?::\d+)?",
    r"\b\d+\.\d+ ?(?:s|sec|seconds|ms)\b",
)
# In these replies, words with digits can be ids: the banner, the reply to the message, the reply to QUIT.
_IDS = (r"<[^<>\s]+>", r"(?<![\w.-])(?=\w*\d)(?=\w*[A-Za-z])\w{8,}(?![\w.-])", r"(?<![\w.-])\d{5,}(?![\w.-])")
_WITH_IDS = (Phase.BANNER, Phase.END_OF_DATA, Phase.QUIT)


def script_lines(events: Sequence[Event]) -> Iterator[str]:
    """The lines of a script that repeats the last session in ``events`` and expects the same replies."""
    yield _("# written by smtpscope console")
    starts = [index for index, event in enumerate(events) if isinstance(event, Connected)]
    last_session = events[starts[-1] :] if starts else ()
    yield from format_acts(tuple(_script_steps(last_session)))


def _script_steps(events: Sequence[Event]) -> Iterator[ScriptStep]:
    """The steps of a script for the events of one session. Logins are replaced: no secret is stored."""
    if len(events) > 1 and isinstance(events[1], Secured):
        yield ScriptStep(0, "#", _("run it with --tls implicit"))
    for event in events:
        match event:
            case Sent(phase=Phase.AUTH, data=data) if data[:4].upper() == b"AUTH":
                mechanism = data.decode("utf-8", "surrogateescape").split()[1:2]
                if mechanism and find_mechanism(mechanism[0]):
                    text = _("run it with --user NAME and --password-file FILE or --password-env VARIABLE")
                    yield ScriptStep(0, "#", text)
                    yield ScriptStep(0, marks.LOGIN, mechanism[0].upper())
            case Sent(phase=Phase.AUTH) | Received(phase=Phase.AUTH) | Sent(masked=True):
                pass  # the LOGIN step runs the whole exchange, with new challenges
            case Sent(data=data, body=body):
                yield from _sent_steps(data, body)
            case Received(reply=reply, phase=phase):
                yield _expectation(reply_text(reply), phase)
            case Disconnected(by="peer"):
                yield ScriptStep(0, marks.CLOSE)


def _sent_steps(data: bytes, body: bool) -> Iterator[ScriptStep]:
    """Each line as text; as bytes with escapes if it is not UTF-8, or has a bare CR or LF."""
    for line in data.removesuffix(b"\r\n").split(b"\r\n") if body else [data]:
        try:
            text: str | None = line.decode()
        except UnicodeDecodeError:
            text = None
        if text is None or "\n" in text or "\r" in text:
            yield ScriptStep(0, marks.OCTETS, escape(line + b"\r\n"))
        else:
            yield ScriptStep(0, marks.SEND, text)


def _expectation(text: str, phase: Phase) -> ScriptStep:
    """The reply as is, or a pattern if a part of it changes each time."""
    pattern = "|".join((*_VOLATILE, *(_IDS if phase in _WITH_IDS else ())))
    code = re.match(r"\d{3}[- ](?:\d\.\d+\.\d+ )?", text)
    start = code.end() if code else 0
    pieces, position = [], start
    for match in re.finditer(pattern, text[start:]):
        pieces.append(_literal(text[position : start + match.start()]))
        position = start + match.end()
    if not pieces and _is_exact(text):
        return ScriptStep(0, marks.EXACT, text)
    rest = ".+".join([*pieces, _literal(text[position:])])
    return ScriptStep(0, marks.SEARCH, f"^{_literal(text[:start])}{rest}$")


def _literal(text: str) -> str:
    """A regular expression that matches only ``text``, on one line, with few backslashes."""
    return re.escape(text).replace("\\\n", "\\n").replace("\\ ", " ").replace("\\-", "-")


def _is_exact(text: str) -> bool:
    """Whether ``text`` can be an exact expectation: a well-formed reply with printable characters only."""
    *first, last = text.split("\n")
    is_reply = all(re.match(r"\d{3}-", line) for line in first) and re.match(r"\d{3}( |$)", last)
    return bool(is_reply) and text.replace("\n", "").isprintable()


# -------------------------------------------------------------------------------------------------------- replay


class Recording(Value):
    """The lines of a recorded session. ``hidden``: how many lines of logins are left out, as secrets are not stored."""

    items: tuple[Item, ...]
    hidden: int = 0


def read_session(octets: bytes, name: str, read_file: Callable[[str], bytes]) -> Recording:
    """The client's part of a recorded session: a script, a transcript (JSON Lines), a log, or plain lines.

    ``name`` is for error messages. ``read_file`` returns the content of a file that a script sends. Raises UsageError
    for a mistake in a script or transcript, and what ``read_file`` raises.
    """
    items = _read(octets, name, read_file)
    complete = list(_without_hidden_logins(items))
    replayed = tuple(Replayed(item) if isinstance(item, str) else item for item in complete)
    return Recording(replayed, len(items) - len(complete))


def _read(octets: bytes, name: str, read_file: Callable[[str], bytes]) -> list[Item]:
    """The items of a recorded session in the format that its content shows."""
    text = octets.decode("utf-8", "surrogateescape")
    if text.startswith("{"):
        return _from_transcript(text)
    if re.match(r"\d{4}-\d\d-\d\dT[0-9:.]+Z ", text):
        return [match[1] for match in re.finditer(r"(?m)^\S+Z  \S+ +> ?(.*)$", text)]
    if re.search(r"(?m)^(C:|S:|S~|S\*|R:)( |$)", text):
        return _from_script(text, name, read_file)
    return [*text.replace("\r\n", "\n").removesuffix("\n").split("\n")]


def _without_hidden_logins(items: Sequence[Item]) -> Iterator[Item]:
    """The items without logins that have a hidden secret. AUTH goes too: alone it would wait for the response."""
    hidden = [_is_hidden(item) for item in items]
    in_message = False
    for index, item in enumerate(items):
        if in_message:
            in_message = item != "."
            yield item
            continue
        line = item if isinstance(item, str) else ""
        in_message = line.strip().upper() == "DATA"
        is_hidden_login = line[:5].upper() == "AUTH " and hidden[index + 1 : index + 2] == [True]
        if not hidden[index] and not is_hidden_login:
            yield item


def _is_hidden(item: Item) -> bool:
    """Whether an item has the mask of a secret instead of what was sent."""
    octets = item.octets if isinstance(item, Octets) else b""
    octets = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else octets
    return any(is_masked(line.removesuffix(b"\r")) for line in octets.split(b"\n"))


def _from_transcript(text: str) -> list[Item]:
    from smtpscope.model.transcript import read_lines

    try:
        events = read_lines(text.splitlines())
    except ValueError as error:
        raise UsageError("replay", str(error)) from error
    items: list[Item] = []
    for event in events:
        if not isinstance(event, Sent):
            continue
        if event.body and event.verb == "BDAT":
            items.append(Octets(event.data))  # a chunk can end in the middle of a line
            continue
        line = event.data.decode("utf-8", "surrogateescape")
        items += line.removesuffix("\r\n").split("\r\n") if event.body else [line]
    return items


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
