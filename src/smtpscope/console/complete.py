"""Completion at the cursor: verbs, advertised parameters, header fields, client commands, files. No I/O."""

from __future__ import annotations

from smtpscope.console.commands import COMMANDS
from smtpscope.console.draft import HEADER
from smtpscope.console.settings import SWITCHES
from smtpscope.language import _
from smtpscope.protocol.command import MAIL_PARAMETERS, RCPT_PARAMETERS, VERBS
from smtpscope.protocol.tracking import State
from smtpscope.render.verbs import verb_purpose
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from smtpscope.console.session import Snapshot

_FIELDS = (
    "From: ",
    "To: ",
    "Subject: ",
    "Date: ",
    "Message-ID: ",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "Reply-To: ",
    "Cc: ",
)

# The start of a line with each verb.
_LINES = {"MAIL": "MAIL FROM:<", "RCPT": "RCPT TO:<", "EHLO": "EHLO ", "HELO": "HELO ", "AUTH": "AUTH "}

# The usual verbs in each state of the session, the most likely first. All others follow them.
_LIKELY = {
    State.HELLO: ("EHLO", "HELO", "QUIT"),
    State.READY: ("MAIL", "STARTTLS", "AUTH", "QUIT"),
    State.SENDER: ("RCPT", "RSET"),
    State.RECIPIENT: ("DATA", "RCPT", "BDAT", "RSET"),
}

_VALUES = {
    "SIZE": ("SIZE=",),
    "BODY": ("BODY=8BITMIME", "BODY=7BIT"),
    "RET": ("RET=HDRS", "RET=FULL"),
    "ENVID": ("ENVID=",),
    "AUTH": ("AUTH=<>",),
    "NOTIFY": ("NOTIFY=SUCCESS,FAILURE", "NOTIFY=SUCCESS,FAILURE,DELAY", "NOTIFY=NEVER"),
    "ORCPT": ("ORCPT=rfc822;",),
}

# Client commands whose argument is a file.
_WITH_FILE = ("body", "replay", "save")


class Choice(Value):
    """A completion: its text, how many characters before the cursor it replaces, and a description (``meta``)."""

    text: str
    replaces: int
    meta: str = ""


def complete(
    text: str, in_session: bool, snapshot: Snapshot, list_folder: Callable[[str], Sequence[str]] = lambda folder: ()
) -> list[Choice]:
    """The completions of ``text``, the line before the cursor.

    ``list_folder`` takes a directory and returns the names in it, those of directories with a / at the end.
    """
    if not in_session:
        return list(_at_prompt(text, list_folder))
    if snapshot.content == HEADER:
        return list(_matching(text, _FIELDS))
    return [] if snapshot.content else list(_in_session(text, snapshot))


def _matching(typed: str, words: Iterable[str], meta: Callable[[str], str] = lambda word: "") -> Iterable[Choice]:
    """The words that start with ``typed``, in upper or lower case."""
    for word in words:
        if word.lower().startswith(typed.lower()) and word.lower() != typed.lower():
            yield Choice(word, len(typed), meta(word))


def _in_session(text: str, snapshot: Snapshot) -> Iterable[Choice]:
    """The completions of an SMTP command."""
    verb, space, argument = text.partition(" ")
    if not space:
        likely = [name for name in _LIKELY.get(snapshot.place, ()) if _is_likely(name, snapshot)]
        for name in (*likely, *(name for name in VERBS if name not in likely)):
            if name.startswith(verb.upper()):
                yield Choice(_LINES.get(name, name), len(verb), verb_purpose(name))
        return
    word = argument.rpartition(" ")[2]
    match verb.upper():
        case "MAIL" if ">" not in argument:
            yield from _matching(argument, ("FROM:<", "FROM:<>"))
        case "RCPT" if ">" not in argument:
            yield from _matching(argument, ("TO:<",))
        case "MAIL":
            yield from _matching(word, _parameters(MAIL_PARAMETERS, snapshot))
        case "RCPT":
            yield from _matching(word, _parameters(RCPT_PARAMETERS, snapshot))
        case "AUTH":
            yield from _matching(word, snapshot.offers.parameters("AUTH"))


def _is_likely(verb: str, snapshot: Snapshot) -> bool:
    """Whether the server supports ``verb``, as far as it is an extension, and it has not been used already."""
    if verb == "STARTTLS":
        return snapshot.offers.has("STARTTLS") and not snapshot.secure
    return verb not in ("AUTH", "BDAT") or snapshot.offers.has({"BDAT": "CHUNKING"}.get(verb, verb))


def _parameters(known: dict[str, str], snapshot: Snapshot) -> list[str]:
    """The parameters of the extensions that the server advertises."""
    offered = [keyword for keyword, extension in known.items() if snapshot.offers.has(extension)]
    return [text for keyword in offered for text in _VALUES.get(keyword, (keyword,))]


def _at_prompt(text: str, list_folder: Callable[[str], Sequence[str]]) -> Iterable[Choice]:
    """The completions of a client command."""
    name, space, argument = text.partition(" ")
    commands = {command.name: command.help for command in COMMANDS}
    if not space:
        yield from _matching(name, commands, lambda word: _(commands[word]))
    elif name in ("set", "unset") and " " not in argument:
        switches = {switch.name: switch.help for switch in SWITCHES}
        yield from _matching(argument, switches, lambda word: _(switches[word]))
    elif name == "help":
        yield from _matching(argument, commands, lambda word: _(commands[word]))
    elif name in _WITH_FILE or (name == "set" and argument.startswith("logfile ")):
        path = argument.removeprefix("logfile ") if name == "set" else argument
        folder, slash, start = path.rpartition("/")
        for file in sorted(list_folder(folder + slash)):
            if file.startswith(start) and file != start:
                yield Choice(file, len(start))
