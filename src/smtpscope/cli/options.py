"""The options of every command, as data: argparse, the help and the reference are made from them."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import NoReturn


class Option(Value):
    """One option. ``kind``: text, number, seconds, flag or list (may be given more than once)."""

    flags: tuple[str, ...]
    help: str
    kind: str = "text"
    metavar: str = ""
    default: object = None
    choices: tuple[str, ...] = ()


class Group(Value):
    """Options that belong together, under a heading."""

    title: str
    options: tuple[Option, ...]


class CommandSpec(Value):
    """A command of smtpscope: its name, a sentence, its arguments."""

    name: str
    summary: str
    epilog: str
    groups: tuple[Group, ...]


WISHES = ("auto", "force", "forbid")
STOPS = ("banner", "ehlo", "mail", "rcpt", "data")


def _wish(name: str, what: str) -> Option:
    return Option((f"--{name}",), f"{what}: use it when announced, always, or never", choices=WISHES, default="auto")


_WHERE = Group(
    "where to",
    (
        Option(
            ("server",), "HOST, HOST:PORT or [IPv6]:PORT; without it, every MX of the recipient's domain", "argument"
        ),
        Option(("-p", "--port"), "port of the server (25)", "number", "PORT"),
        Option(("-4", "--ipv4"), "IPv4 addresses only", "flag"),
        Option(("-6", "--ipv6"), "IPv6 addresses only", "flag"),
        Option(("--source",), "connect from this address of this machine", metavar="ADDRESS"),
        Option(("--resolver",), "ask this DNS server instead of the system's", metavar="ADDRESS[:PORT]"),
        Option(("--timeout",), "one limit for every wait, instead of those of RFC 5321", "seconds", "SECONDS"),
    ),
)

_ENVELOPE = Group(
    "envelope",
    (
        Option(("-f", "--from"), "envelope sender; '<>' is the null sender", metavar="ADDRESS"),
        Option(("-t", "--to"), "recipient; give it again for more, each gets its own verdict", "list", "ADDRESS"),
        Option(("--helo", "--ehlo"), "the name to say in EHLO (this machine's name)", metavar="NAME"),
        Option(("--notify",), "DSN to ask for: success, failure, delay (comma-separated) or never", metavar="WHEN"),
        Option(("--ret",), "what a DSN shall return: the full message or its header", choices=("full", "hdrs")),
        Option(("--envid",), "envelope id that a DSN shall carry", metavar="ID"),
        Option(("--orcpt",), "send each recipient as ORCPT too", "flag"),
        Option(("--mail-parameter",), "a further MAIL parameter, sent as it is", "list", "TEXT"),
        Option(("--rcpt-parameter",), "a further RCPT parameter, sent as it is", "list", "TEXT"),
        Option(("--as-is",), "send addresses and names that break the grammar all the same", "flag"),
    ),
)

_MESSAGE = Group(
    "message",
    (
        Option(("--subject",), "subject of the test message", metavar="TEXT"),
        Option(("--body",), "text of the test message", metavar="TEXT"),
        Option(("--header",), "a further header field, or another value for one", "list", "'NAME: TEXT'"),
        Option(("--attach",), "attach this file", "list", "FILE"),
        Option(("--data",), "send this ready message (.eml) as it is; - is standard input", metavar="FILE"),
    ),
)

_HOW = Group(
    "how",
    (
        Option(("--stop-after",), "end cleanly after this step; up to rcpt (and data) no mail is left", choices=STOPS),
        _wish("pipelining", "PIPELINING (RFC 2920)"),
        _wish("chunking", "CHUNKING, BDAT instead of DATA (RFC 3030)"),
        _wish("size", "SIZE (RFC 1870)"),
        _wish("8bitmime", "8BITMIME (RFC 6152)"),
        _wish("smtputf8", "SMTPUTF8 (RFC 6531)"),
        _wish("dsn", "DSN (RFC 3461)"),
    ),
)

_SHOW = Group(
    "what is shown and kept",
    (
        Option(("-q", "--quiet"), "the verdict only", "flag"),
        Option(("-v", "--verbose"), "everything, the whole message too", "flag"),
        Option(("--raw",), "every octet, in hex", "flag"),
        Option(("--json",), "JSON Lines: every event, then one result", "flag"),
        Option(("--color",), "colours", choices=("auto", "always", "never"), default="auto"),
        Option(("--log",), "append every line, with time and phase, to this file", metavar="FILE"),
        Option(("--transcript",), "write the events to this file as JSON Lines", metavar="FILE"),
        Option(("--junit",), "write a JUnit report to this file", metavar="FILE"),
    ),
)

TEST = CommandSpec(
    "test",
    "hold the conversation with a server and show every line",
    "A test that leaves no mail behind: smtpscope test mx.example.net --to kate@example.net --stop-after rcpt",
    (_WHERE, _ENVELOPE, _MESSAGE, _HOW, _SHOW),
)

LAB = CommandSpec(
    "lab",
    "run a mail server to practise on, on loopback",
    "Then, in another terminal: telnet 127.0.0.1 2525, or smtpscope test 127.0.0.1:2525 --to kate@fabrikam.com",
    (
        Group(
            "the server",
            (
                Option(("--host",), "address to listen on", metavar="ADDRESS", default="127.0.0.1"),
                Option(("-p", "--port"), "port to listen on (2525)", "number", "PORT", 2525),
                Option(("--scenario",), "what the server shall play; --list shows them", metavar="NAME", default="ok"),
                Option(("--personality",), "whose words it uses", choices=("exchange", "postfix"), default="exchange"),
                Option(("--maildir",), "keep what is received here (a new temporary folder)", metavar="FOLDER"),
                Option(("--list",), "list the scenarios and what each teaches", "flag"),
            ),
        ),
    ),
)

COMMANDS: tuple[CommandSpec, ...] = (TEST, LAB)


def make_parser(spec: CommandSpec, fail: type[Exception]) -> argparse.ArgumentParser:
    """An argparse parser for ``spec``. A mistake raises ``fail`` with argparse's message."""
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise fail("", message)

    parser = Parser(
        prog=f"smtpscope {spec.name}",
        description=spec.summary.capitalize() + ".",
        epilog=spec.epilog,
        allow_abbrev=False,
    )
    for group in spec.groups:
        target = parser.add_argument_group(group.title)
        for option in group.options:
            _add(target, option)
    return parser


def _add(target: argparse._ArgumentGroup, option: Option) -> None:
    if option.kind == "flag":
        target.add_argument(*option.flags, action="store_true", help=option.help)
    elif option.kind == "argument":
        target.add_argument(*option.flags, nargs="?", default="", help=option.help)
    else:
        target.add_argument(
            *option.flags,
            action="append" if option.kind == "list" else "store",
            metavar=option.metavar or None,
            choices=option.choices or None,
            default=[] if option.kind == "list" else option.default,
            help=option.help,
        )


def parse(spec: CommandSpec, argv: Sequence[str], fail: type[Exception]) -> dict[str, object]:
    """The values given in ``argv`` by option name (dashes as underscores). Raises ``fail`` on a mistake."""
    return vars(make_parser(spec, fail).parse_args(list(argv)))
