"""The options of ``smtpscope test``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option

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

SPEC = CommandSpec(
    "test",
    "hold the conversation with a server and show every line",
    "A test that leaves no mail behind: smtpscope test mx.example.net --to kate@example.net --stop-after rcpt",
    (_WHERE, _ENVELOPE, _MESSAGE, _HOW, _SHOW),
)
