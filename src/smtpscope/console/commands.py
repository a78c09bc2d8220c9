"""The client's own commands, as data: name, syntax, what it is for, the function that does it."""

from __future__ import annotations

import os

from smtpscope.console.advice import WARNING, Advice
from smtpscope.console.settings import find_switch, read_value
from smtpscope.dialogue.script import unescape
from smtpscope.engine.transport import endpoint
from smtpscope.errors import LocalError, UsageError
from smtpscope.files import MOST_OCTETS, read_at_most
from smtpscope.language import N_, _
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.console.items import Item
    from smtpscope.console.talk import Console


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
        raise UsageError(command.name, _("there is no connection; open HOST [PORT] makes one"))
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
        raise UsageError("", _("{name!r} may be {shown}").format(name=name, shown=shown))
    if not found:
        raise UsageError("", _unknown(name))
    return found[0]


def advise_client(line: str, connected: bool) -> Advice:
    """What is said under a line of the client's prompt. ``connected``: there is a session to go back to."""
    word = line.strip().split(" ")[0]
    if not word:
        known = " ".join(command.name for command in COMMANDS)
        return Advice(_("an empty line leads back to the session; {known}").format(known=known) if connected else known)
    try:
        command = find_command(word)
    except UsageError as error:
        near = [known.syntax for known in COMMANDS if known.name.startswith(word.lower())]
        return Advice(", ".join(near)) if near else Advice(str(error), 1, WARNING)
    return Advice(f"{command.syntax}: {_(command.help)}")


def _unknown(name: str) -> str:
    if name.upper() in ("EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY", "EXPN", "BDAT"):
        return _("{name} is for a server: open HOST [PORT] first").format(name=name.upper())
    return _("there is no command {name!r}; ? lists them").format(name=name)


# -------------------------------------------------------------------------------------------------- the connection


def _open(console: Console, argument: str) -> None:
    if console.wire is not None:
        raise UsageError("open", _("there is a connection already; close ends it"))
    words = argument.split()
    tls = len(words) > 1 and words[-1].lower() == "tls"
    host, port = read_place(" ".join(words[:-1] if tls else words))
    console.open(host, port, tls)


def read_place(argument: str) -> tuple[str, int]:
    """``HOST``, ``HOST PORT``, ``HOST:PORT``, ``[IPv6]:PORT``. Raises UsageError."""
    words = argument.split()
    if not 1 <= len(words) <= 2:
        raise UsageError("open", _("open HOST [PORT]"))
    host, port = words[0], "".join(words[1:])
    if host.startswith("["):
        host, _bracket, rest = host[1:].partition("]")
        host, port = host.removeprefix("IPv6:"), port or rest.removeprefix(":")
    elif host.count(":") == 1 and not port:
        host, _colon, port = host.partition(":")
    number = port or "25"
    if not host or not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise UsageError("open", _("{port!r} is no port; give a number from 1 to 65535").format(port=port))
    return host, int(number)


def _close(console: Console, argument: str) -> None:
    console.close()


def _quit(console: Console, argument: str) -> None:
    console.close()
    console.done = True


def _send(console: Console, argument: str) -> None:
    try:
        octets = unescape(argument)
    except ValueError as error:
        raise UsageError("send", str(error.args[0])) from None
    if not octets:
        raise UsageError("send", _(r"give the octets: send NOOP\r\n, with \r \n \t \0 \\ \xHH"))
    console.throw(octets)


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
    console.say(f"{name}: {shown}" if name != "logfile" or not console.log else f"{name}: {console.log.path}")


def _check_ca(console: Console, path: str) -> None:
    from smtpscope.dialogue.plan import Tls
    from smtpscope.engine.tls import make_context

    make_context(Tls(ca=path), enforced=True)


def _set_logfile(console: Console, name: str) -> None:
    from smtpscope.console.logfile import LogFile

    fresh = LogFile(name) if name else None
    if console.log:
        console.log.close()
    console.log = fresh


def _set_term(console: Console, term: str) -> None:
    from smtpscope.render.palette import choose

    console.screen.palette = choose(True, {"TERM": term or "ansi"}, "auto")


def _display(console: Console, argument: str) -> None:
    for head, meaning in console.settings.lines():
        console.say(meaning, head)


def _status(console: Console, argument: str) -> None:
    state = console.session.state
    if console.wire is None:
        console.say(_("No connection."))
    else:
        place = endpoint(console.target.host, console.target.port)
        secure = _("encrypted") if state.secure else _("not encrypted")
        console.say(_("Connected to {place}, {secure}.").format(place=place, secure=secure))
        console.say(
            _("Phase: {phase}; recipients accepted: {count}.").format(phase=state.phase, count=state.recipients)
        )
        known = " ".join(" ".join((name, *values)) + ";" for name, values in state.announced.keywords)
        console.say(_("Announced: {known}").format(known=known.rstrip(";") or "-"))
    if console.queue:
        console.say(_("Lines held back: {count}.").format(count=len(console.queue)))
    if console.log:
        console.say(_("Log: {path}").format(path=console.log.path))


def _help(console: Console, argument: str) -> None:
    if argument:
        command = find_command(argument.split()[0])
        console.say(command.syntax)
        console.say(_(command.help), "  ")
        return
    for command in COMMANDS:
        console.say(_(command.help), f"{command.syntax:24} ")
    console.say(_("An empty line leads back to the session, Ctrl-] from there to here. A beginning of a name will do."))


# --------------------------------------------------------------------------------------------- what telnet lacks


def _starttls(console: Console, argument: str) -> None:
    console.start_tls()


def _auth(console: Console, argument: str) -> None:
    from smtpscope.protocol.sasl import MECHANISMS, Credentials, find_mechanism

    words = argument.split()
    known = " ".join(mechanism.name.lower() for mechanism in MECHANISMS)
    mechanism = find_mechanism(words[0]) if len(words) == 2 else None
    if mechanism is None:
        raise UsageError("auth", _("auth MECHANISM USER; the mechanisms are {known}").format(known=known))
    if not console.session.state.secure and mechanism.name in ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"):
        console.face.show(
            [console.screen.remark(_("the connection is not encrypted: whoever listens reads the secret"))]
        )
    question = _("Access token for {user}: ") if mechanism.token else _("Password of {user}: ")
    secret = console.face.ask_secret(question.format(user=words[1]))
    if not secret:
        raise UsageError("auth", _("nothing was typed: nothing is sent"))
    place = (console.target.host, console.target.port) if mechanism.token else ("", 0)
    console.log_in(mechanism, Credentials(words[1], secret, "", os.urandom(12).hex(), *place))


def _body(console: Console, argument: str) -> None:
    from smtpscope.console.items import Message
    from smtpscope.dialogue.lint import lint
    from smtpscope.protocol.body import stuff

    content = _read("body", argument)
    for remark in lint(content, utf8=True):
        console.face.show([console.screen.remark(remark.text)])
    message = Message(b"".join(stuff(content)))
    waiting: list[Item] = [] if console.session.state.content else ["DATA"]
    console.queue[:0] = [*waiting, message]


def _mx(console: Console, argument: str) -> None:
    from smtpscope.engine.resolve import find_servers
    from smtpscope.protocol.phase import Phase

    if len(argument.split()) != 1:
        raise UsageError("mx", _("mx DOMAIN"))
    search = find_servers(console.target, argument.rpartition("@")[2], console.timeouts[Phase.RESOLVE], console.clock)
    if argument.startswith("["):
        console.say(_("{address} is an address: no MX is asked for").format(address=argument))
        return
    try:
        with console.face.blocking():
            for event in search:
                console.face.show(console.screen.lines(event, hints=False))
    except KeyboardInterrupt:
        console.say(_("Interrupted."))


def _replay(console: Console, argument: str) -> None:
    from smtpscope.console.record import read_session

    folder = os.path.dirname(argument)
    octets = _read("replay", argument)
    lines, left_out = read_session(octets, argument, lambda name: _read("replay", os.path.join(folder, name)))
    console.queue[:0] = lines
    console.say(_("{count} lines to type").format(count=len(lines)))
    if left_out:
        said = _("left out, because no password is kept: {lines}; log in with auth MECHANISM USER")
        console.say(said.format(lines=", ".join(left_out)))


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
        raise LocalError(_("save: cannot write {path!r}: {reason}").format(path=path, reason=error.strerror)) from error
    said = _("{count} lines; smtpscope test HOST:PORT --script {path} says them again")
    console.say(said.format(count=len(lines), path=path))


def _read(command: str, path: str) -> bytes:
    if not path:
        raise UsageError(command, _("{command} FILE").format(command=command))
    try:
        with open(os.path.expanduser(path), "rb") as file:
            octets = read_at_most(file, MOST_OCTETS)
    except OSError as error:
        text = _("{command}: cannot read {path!r}: {reason}")
        raise LocalError(text.format(command=command, path=path, reason=error.strerror)) from error
    if len(octets) > MOST_OCTETS:
        text = _("{path!r} holds more than {limit} MB, which is more than is read into memory")
        raise UsageError(command, text.format(path=path, limit=MOST_OCTETS >> 20))
    return octets


COMMANDS: tuple[ClientCommand, ...] = (
    ClientCommand(
        "open", "open HOST [PORT] [tls]", N_("connect, to port 25 unless given; tls: encrypted at once"), _open
    ),
    ClientCommand("close", "close", N_("close the connection"), _close, needs=True),
    ClientCommand("set", "set NAME [VALUE]", N_("turn a setting on, or give it a value; display shows all"), _set),
    ClientCommand("unset", "unset NAME", N_("turn a setting off"), _unset),
    ClientCommand("display", "display", N_("show every setting"), _display),
    ClientCommand("status", "status", N_("show the connection: server, phase, what it announced"), _status),
    ClientCommand("send", "send OCTETS", N_(r"send octets as they are; \r \n \t \0 \\ \xHH"), _send, True, True),
    ClientCommand("starttls", "starttls", N_("STARTTLS and the handshake; the session goes on"), _starttls, True, True),
    ClientCommand("auth", "auth MECHANISM USER", N_("log in; the secret is asked for without echo"), _auth, True, True),
    ClientCommand(
        "body", "body FILE", N_("send a file as the message: DATA, dots doubled, the dot"), _body, True, True
    ),
    ClientCommand("mx", "mx DOMAIN", N_("look up the mail servers of a domain"), _mx),
    ClientCommand("replay", "replay FILE", N_("type the lines of a recorded session, script or log"), _replay, True),
    ClientCommand("save", "save FILE", N_("write the session as a script that test --script runs"), _save),
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
