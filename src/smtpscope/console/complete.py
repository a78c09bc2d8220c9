"""What may follow at the cursor: verbs, parameters, what was announced, the client's commands, files. Pure."""

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

# How each verb goes on.
_LINES = {"MAIL": "MAIL FROM:<", "RCPT": "RCPT TO:<", "EHLO": "EHLO ", "HELO": "HELO ", "AUTH": "AUTH "}

# Which verbs make sense where, the likeliest first; all others follow.
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
    """A completion: its text, how many characters before the cursor it takes the place of, a word about it."""

    text: str
    replaces: int
    meta: str = ""


def complete(
    text: str, in_session: bool, snapshot: Snapshot, list_folder: Callable[[str], Sequence[str]] = lambda folder: ()
) -> list[Choice]:
    """What may follow ``text``, which stands before the cursor.

    ``list_folder``: the names in the folder named, those of folders with a / behind them.
    """
    if in_session:
        return list(
            _in_content(text) if snapshot.content == HEADER else () if snapshot.content else _in_session(text, snapshot)
        )
    return list(_at_prompt(text, list_folder))


def _in_content(text: str) -> Iterable[Choice]:
    return _matching(text, _FIELDS)


def _matching(typed: str, words: Iterable[str], meta: Callable[[str], str] = lambda word: "") -> Iterable[Choice]:
    """The words that begin as ``typed`` does, in any case of letters."""
    for word in words:
        if word.lower().startswith(typed.lower()) and word.lower() != typed.lower():
            yield Choice(word, len(typed), meta(word))


def _in_session(text: str, snapshot: Snapshot) -> Iterable[Choice]:
    verb, blank, argument = text.partition(" ")
    if not blank:
        likely = [name for name in _LIKELY.get(snapshot.place, ()) if _makes_sense(name, snapshot)]
        names = [*likely, *(name for name in VERBS if name not in likely)]
        for name in names:
            if name.startswith(verb.upper()):
                yield Choice(_LINES.get(name, name), len(verb), verb_purpose(name))
        return
    word = argument.rpartition(" ")[2]
    match verb.upper():
        case "MAIL" if argument.find(">") < 0:
            yield from _matching(argument, ("FROM:<", "FROM:<>"))
        case "RCPT" if argument.find(">") < 0:
            yield from _matching(argument, ("TO:<",))
        case "MAIL":
            yield from _matching(word, _parameters(MAIL_PARAMETERS, snapshot))
        case "RCPT":
            yield from _matching(word, _parameters(RCPT_PARAMETERS, snapshot))
        case "AUTH":
            yield from _matching(word, snapshot.offers.parameters("AUTH"))


def _makes_sense(verb: str, snapshot: Snapshot) -> bool:
    if verb == "STARTTLS":
        return snapshot.offers.has("STARTTLS") and not snapshot.secure
    return verb not in ("AUTH", "BDAT") or snapshot.offers.has({"BDAT": "CHUNKING"}.get(verb, verb))


def _parameters(known: dict[str, str], snapshot: Snapshot) -> list[str]:
    """The parameters of the extensions that the server announced."""
    offered = [keyword for keyword, extension in known.items() if snapshot.offers.has(extension)]
    return [text for keyword in offered for text in _VALUES.get(keyword, (keyword,))]


def _at_prompt(text: str, list_folder: Callable[[str], Sequence[str]]) -> Iterable[Choice]:
    name, blank, argument = text.partition(" ")
    if not blank:
        yield from _matching(name, (command.name for command in COMMANDS), _help_of)
    elif name in ("set", "unset") and " " not in argument:
        yield from _matching(argument, (switch.name for switch in SWITCHES), _help_of_switch)
    elif name == "help":
        yield from _matching(argument, (command.name for command in COMMANDS), _help_of)
    elif name in _WITH_FILE or (name == "set" and argument.startswith("logfile ")):
        yield from _files(argument.removeprefix("logfile ") if name == "set" else argument, list_folder)


def _files(typed: str, list_folder: Callable[[str], Sequence[str]]) -> Iterable[Choice]:
    folder, slash, start = typed.rpartition("/")
    yield from (
        Choice(name, len(start))
        for name in sorted(list_folder(folder + slash))
        if name.startswith(start) and name != start
    )


def _help_of(name: str) -> str:
    return next(_(command.help) for command in COMMANDS if command.name == name)


def _help_of_switch(name: str) -> str:
    return next(_(switch.help) for switch in SWITCHES if switch.name == name)
