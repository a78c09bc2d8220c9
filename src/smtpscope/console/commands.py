"""The client's own commands, as data: name, syntax, what it is for, the function that does it."""

from __future__ import annotations

import os

from smtpscope.console.advice import WARNING, Advice
from smtpscope.console.settings import find_switch, read_value
from smtpscope.dialogue.script import unescape
from smtpscope.errors import LocalError, UsageError
from smtpscope.files import MOST_OCTETS, read_at_most
from smtpscope.language import N_, _, fill
from smtpscope.net.signals import signal_name
from smtpscope.protocol.command import VERBS
from smtpscope.protocol.endpoint import EndpointError, format_endpoint, parse_endpoint, parse_port
from smtpscope.render.endpoint import endpoint_fault
from smtpscope.render.errors import sentence_text
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from smtpscope.console.console import Console
    from smtpscope.console.queue import Item
    from smtpscope.dialogue.step import Answer, Dialogue, Step


class ClientCommand(Value):
    """A command to the client. ``talks``: it leads back to the session; ``needs``: only with a connection."""

    name: str
    syntax: str
    help: str
    run: Callable[[Console, str], None]
    talks: bool = False
    needs: bool = False


def run_command(console: Console, line: str) -> None:
    """Carry out a line typed at the client's prompt; an empty one leads back. Raises UsageError, LocalError."""
    name, _blank, argument = line.strip().partition(" ")
    if not name:
        console.resume()
        return
    command = find_command(name)
    if command.needs and console.wire is None:
        raise UsageError(command.name, _("not connected; use open HOST [PORT]"))
    if command.talks and console.wire is not None:
        console.resume()
    command.run(console, argument.strip())


def find_command(name: str) -> ClientCommand:
    """The command that ``name``, or an unmistakable beginning of it, names. Raises UsageError."""
    wanted = name.lower()
    found = [command for command in COMMANDS if command.name == wanted]
    found = found or [command for command in COMMANDS if command.name.startswith(_ALIASES.get(wanted, wanted))]
    if len(found) > 1 and wanted not in _ALIASES:
        shown = ", ".join(command.name for command in found)
        raise UsageError("", fill("{name!r} may be {shown}", name=name, shown=shown))
    if not found:
        raise UsageError("", _unknown(name))
    return found[0]


def advise_client(line: str, connected: bool) -> Advice:
    """What is said under a line of the client's prompt. ``connected``: there is a session to go back to."""
    word = line.strip().split(" ")[0]
    if not word:
        known = " ".join(command.name for command in COMMANDS)
        return Advice(fill("press Enter to return to the session; {known}", known=known) if connected else known)
    try:
        command = find_command(word)
    except UsageError as error:
        near = [known.syntax for known in COMMANDS if known.name.startswith(word.lower())]
        return Advice(", ".join(near)) if near else Advice(str(error), 1, WARNING)
    return Advice(f"{command.syntax}: {_(command.help)}")


def _unknown(name: str) -> str:
    if name.upper() in VERBS:
        return fill("{name} is an SMTP command; connect first with open HOST [PORT]", name=name.upper())
    return fill("unknown command {name!r}; type ? for help", name=name)


# -------------------------------------------------------------------------------------------------- the connection


def _open(console: Console, argument: str) -> None:
    if console.wire is not None:
        raise UsageError("open", _("already connected; use close first"))
    words = argument.split()
    tls = len(words) > 1 and words[-1].lower() == "tls"
    host, port = read_place(" ".join(words[:-1] if tls else words))
    console.open(host, port, tls)


def read_place(argument: str) -> tuple[str, int]:
    """``HOST``, ``HOST PORT``, ``HOST:PORT``, ``[IPv6]:PORT``. Raises UsageError."""
    words = argument.split()
    if not 1 <= len(words) <= 2:
        raise UsageError("open", _("open HOST [PORT]"))
    try:
        place = parse_endpoint(words[0])
        port = parse_port(words[1]) if len(words) == 2 else 25
    except EndpointError as error:
        raise UsageError("open", endpoint_fault(error)) from None
    if place.port is not None and len(words) == 2:
        raise UsageError("open", fill("the server {text!r} names a port already", text=words[0]))
    return place.host, port if place.port is None else place.port


def _close(console: Console, argument: str) -> None:
    console.close()


def _quit(console: Console, argument: str) -> None:
    console.close()
    console.done = True


def _send(console: Console, argument: str) -> None:
    try:
        octets = unescape(argument)
    except ValueError as error:
        raise UsageError("send", sentence_text(error.args[0])) from None
    if not octets:
        raise UsageError("send", _(r"give the octets: send NOOP\r\n, with \r \n \t \0 \\ \xHH"))
    console.put(octets)


# ---------------------------------------------------------------------------------------------------- the settings


def _set(console: Console, argument: str) -> None:
    name, _blank, value = argument.partition(" ")
    if not name or name == "?":
        _display(console, "")
        return
    switch = find_switch(name)
    _put(console, switch.name, read_value(switch, value.strip()))


def _unset(console: Console, argument: str) -> None:
    if not argument:
        raise UsageError("unset", _("name what is to be unset; display shows everything"))
    switch = find_switch(argument.split()[0])
    _put(console, switch.name, False if isinstance(switch.default, bool) else "")


def _put(console: Console, name: str, value: bool | str) -> None:
    if name == "logfile":
        _set_logfile(console, str(value))
    if name == "ca" and value:
        _check_ca(console, str(value))
    setattr(console.settings, name, value)
    if name == "term":
        _set_term(console, str(value))
    shown = (_("on") if value else _("off")) if isinstance(value, bool) else value or "-"
    log = console.journal.log
    console.say(f"{name}: {log.path}" if log and name == "logfile" else f"{name}: {shown}")


def _check_ca(console: Console, path: str) -> None:
    from smtpscope.dialogue.plan import Tls
    from smtpscope.net.tls import make_context

    make_context(Tls(ca=path), enforced=True)


def _set_logfile(console: Console, name: str) -> None:
    from smtpscope.console.logfile import LogFile

    fresh = LogFile(name) if name else None
    if console.journal.log:
        console.journal.log.close()
    console.journal.log = fresh


def _set_term(console: Console, term: str) -> None:
    from smtpscope.render.palette import choose

    console.screen.palette = choose(True, {"TERM": term or "ansi"}, "auto")


def _display(console: Console, argument: str) -> None:
    for head, meaning in console.settings.lines():
        console.say(meaning, head)


def _status(console: Console, argument: str) -> None:
    if console.wire is None:
        console.say(_("No connection."))
    else:
        _show_session(console)
    if console.queue:
        console.say(fill("Lines not sent yet: {count}.", count=len(console.queue)))
    if console.journal.log:
        console.say(fill("Log: {path}", path=console.journal.log.path))


def _show_session(console: Console) -> None:
    from smtpscope.render.capability import extension_lines

    snapshot = console.session.snapshot
    place = format_endpoint(console.target.host, console.target.port)
    secure = _("encrypted") if snapshot.secure else _("not encrypted")
    console.say(fill("Connected to {place}, {secure}.", place=place, secure=secure))
    said = N_("Phase: {phase}; recipients accepted: {count}.")
    console.say(fill(said, phase=snapshot.phase, count=snapshot.recipients))
    known = "; ".join(" ".join((name, *values)) for name, values in snapshot.offers.keywords)
    console.say(fill("Advertised: {known}", known=known or "-"))
    for line in extension_lines(snapshot.offers):
        console.say(line, "  ")


def _help(console: Console, argument: str) -> None:
    if argument:
        command = find_command(argument.split()[0])
        console.say(command.syntax)
        console.say(_(command.help), "  ")
        return
    for command in COMMANDS:
        console.say(_(command.help), f"{command.syntax:24} ")
    console.say(_("An empty line returns to the session; Ctrl-] comes back here. Commands can be abbreviated."))


# --------------------------------------------------------------------------------------------- what telnet lacks


def _starttls(console: Console, argument: str) -> None:
    from smtpscope.dialogue.starttls import start_tls

    console.hold_dialogue(_ignoring(start_tls(console.tls, console.settings.verify)))


def _ignoring(talk: Generator[Step, Answer, Answer]) -> Dialogue:
    """``talk`` as a dialogue of its own: what it comes to is seen as it goes."""
    yield from talk


def _auth(console: Console, argument: str) -> None:
    from smtpscope.dialogue.login import authenticate
    from smtpscope.protocol.sasl import MECHANISMS, Credentials, find_mechanism

    words = argument.split()
    known = " ".join(mechanism.name.lower() for mechanism in MECHANISMS)
    mechanism = find_mechanism(words[0]) if len(words) == 2 else None
    if mechanism is None:
        raise UsageError("auth", fill("auth MECHANISM USER; the mechanisms are {known}", known=known))
    if not console.session.snapshot.secure and mechanism.reveals:
        console.front_end.show(console.screen.remark(_("connection not encrypted; the password can be intercepted")))
    question = N_("access token for {user}: ") if mechanism.token else N_("password for {user}: ")
    try:
        secret = console.front_end.ask_secret(fill(question, user=words[1]))
    except KeyboardInterrupt as stop:
        if signal_name(stop) != "INT":
            raise
        secret = ""
    if not secret:
        raise UsageError("auth", _("nothing was typed: nothing is sent"))
    place = (console.target.host, console.target.port) if mechanism.token else ("", 0)
    login = Credentials(words[1], secret, "", os.urandom(12).hex(), *place)
    console.hold_dialogue(_ignoring(authenticate(mechanism, login)))


def _body(console: Console, argument: str) -> None:
    from smtpscope.console.queue import Message
    from smtpscope.dialogue.lint import lint
    from smtpscope.protocol.body import stuff
    from smtpscope.render.lint import remark_text

    content = _read("body", argument)
    for remark in lint(content, utf8=True):
        console.front_end.show(console.screen.remark(remark_text(remark)))
    message = Message(tuple(stuff(content)))
    waiting: list[Item] = [] if console.session.takes_message() else ["DATA"]
    console.queue[:0] = [*waiting, message]


def _mx(console: Console, argument: str) -> None:
    from smtpscope.net.resolver import find_servers
    from smtpscope.protocol.phase import Phase

    if len(argument.split()) != 1:
        raise UsageError("mx", _("mx DOMAIN"))
    search = find_servers(console.target, argument.rpartition("@")[2], console.timeouts[Phase.RESOLVE], console.clock)
    if argument.startswith("["):
        console.say(fill("{address} is an address: no MX is asked for", address=argument))
        return
    try:
        with console.front_end.blocking():
            for event in search:
                console.front_end.show(console.screen.lines(event, hints=False))
    except KeyboardInterrupt as stop:
        if signal_name(stop) != "INT":
            raise
        console.say(_("Interrupted."))


def _replay(console: Console, argument: str) -> None:
    from smtpscope.console.record import read_session

    folder = os.path.dirname(argument)
    read = read_session(_read("replay", argument), argument, lambda name: _read("replay", os.path.join(folder, name)))
    console.queue[:0] = read.items
    console.say(fill("{count} lines to type", count=len(read.items)))
    if read.hidden:
        said = N_("{count} lines of a login are left out: secrets are not recorded; log in with auth MECHANISM USER")
        console.front_end.show(console.screen.remark(fill(said, count=read.hidden)))


def _save(console: Console, argument: str) -> None:
    from smtpscope.console.record import script_lines

    if not argument:
        raise UsageError("save", _("save FILE"))
    lines = list(script_lines(console.events))
    path = os.path.expanduser(argument)
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)
    except OSError as error:
        raise LocalError(fill("save: cannot write {path!r}: {reason}", path=path, reason=error.strerror)) from error
    said = N_("saved {count} lines; run them again with: smtpscope test HOST:PORT --script {path}")
    console.say(fill(said, count=len(lines), path=path))


def _read(command: str, path: str) -> bytes:
    if not path:
        raise UsageError(command, fill("{command} FILE", command=command))
    try:
        with open(os.path.expanduser(path), "rb") as file:
            octets = read_at_most(file, MOST_OCTETS)
    except OSError as error:
        text = N_("{command}: cannot read {path!r}: {reason}")
        raise LocalError(fill(text, command=command, path=path, reason=error.strerror)) from error
    if len(octets) > MOST_OCTETS:
        text = N_("{path!r} holds more than {limit} MB, which is more than is read into memory")
        raise UsageError(command, fill(text, path=path, limit=MOST_OCTETS >> 20))
    return octets


COMMANDS: tuple[ClientCommand, ...] = (
    ClientCommand("open", "open HOST [PORT] [tls]", N_("connect (default port 25); tls for implicit TLS"), _open),
    ClientCommand("close", "close", N_("close the connection"), _close, needs=True),
    ClientCommand("set", "set NAME [VALUE]", N_("turn a setting on, or give it a value; display shows all"), _set),
    ClientCommand("unset", "unset NAME", N_("turn a setting off"), _unset),
    ClientCommand("display", "display", N_("show every setting"), _display),
    ClientCommand("status", "status", N_("show the connection: server, phase, what it announced"), _status),
    ClientCommand("send", "send OCTETS", N_(r"send octets as they are; \r \n \t \0 \\ \xHH"), _send, True, True),
    ClientCommand("starttls", "starttls", N_("STARTTLS and the handshake; the session goes on"), _starttls, True, True),
    ClientCommand(
        "auth", "auth MECHANISM USER", N_("log in; prompts for the password without echo"), _auth, True, True
    ),
    ClientCommand(
        "body", "body FILE", N_("send a file as the message (DATA, dot-stuffing, final dot)"), _body, True, True
    ),
    ClientCommand("mx", "mx DOMAIN", N_("look up the mail servers of a domain"), _mx),
    ClientCommand("replay", "replay FILE", N_("replay the lines of a recorded session, script, or log"), _replay, True),
    ClientCommand("save", "save FILE", N_("save the session as a script for test --script"), _save),
    ClientCommand("help", "help [COMMAND], ?", N_("this list"), _help),
    ClientCommand("quit", "quit", N_("close the connection and leave"), _quit),
)

_ALIASES = {
    "?": "help",
    "exit": "quit",
    "o": "open",
    "c": "close",
    "d": "display",
    "q": "quit",
    "s": "send",
    "bye": "quit",
}
