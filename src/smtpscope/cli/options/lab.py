"""The options of ``smtpscope lab``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option
from smtpscope.language import N_

_SERVER = Group(
    N_("the server"),
    (
        Option(("--host",), N_("address to listen on"), metavar="ADDRESS", default="127.0.0.1"),
        Option(
            ("-p", "--port"), N_("port to listen on (2525, with --run any that is free); 0 takes any"), "number", "PORT"
        ),
        Option(
            ("-v", "--verbose"),
            N_("show each message and each refusal as it comes; a terminal shows them anyway"),
            "flag",
        ),
        Option(
            ("--protocol",), N_("what it speaks: SMTP, or LMTP (RFC 2033)"), choices=("smtp", "lmtp"), default="smtp"
        ),
        Option(("--lmtp-port",), N_("one more port, for LMTP; 0 takes any"), "number", "PORT"),
        Option(("--xclient",), N_("clients on this machine may say with XCLIENT who they are"), "flag"),
        Option(
            ("--proxy-protocol",),
            N_("a PROXY header, version 1 or 2, comes first, or the connection is closed"),
            "flag",
        ),
        Option(("--personality",), N_("whose words it uses"), choices=("exchange", "postfix"), default="exchange"),
    ),
)

_TESTS = Group(
    N_("for tests of other programs"),
    (
        Option(
            ("--run",),
            N_("run this command with SMTP_HOST and SMTP_PORT set, and end with its exit code"),
            metavar="COMMAND",
        ),
        Option(("--control",), N_("answer HTTP on this port: scenarios, messages, transcripts"), "number", "PORT"),
    ),
)

_SCENARIO = Group(
    N_("what it plays"),
    (
        Option(("--scenario",), N_("a scenario by name, or a file of your own"), metavar="NAME|FILE", default="ok"),
        Option(("--scenario-port",), N_("one more port that plays another scenario"), "list", "PORT=NAME|FILE"),
        Option(("--list",), N_("list the scenarios and what each teaches"), "flag"),
    ),
)

_SECURITY = Group(
    N_("TLS and login"),
    (
        Option(("--tls",), N_("announce STARTTLS, with a certificate made for this run"), "flag"),
        Option(("--tls-port",), N_("one more port, with TLS from the first octet; 0 takes any"), "number", "PORT"),
        Option(("--user",), N_("who may log in; may be given more than once"), "list", "NAME:PASSWORD"),
        Option(("--auth-in-clear",), N_("offer AUTH without TLS too"), "flag"),
    ),
)

_KEEP = Group(
    N_("what it keeps, and how much it bears"),
    (
        Option(("--maildir",), N_("keep messages and transcripts here (a new temporary folder)"), metavar="FOLDER"),
        Option(
            ("--smart-host",),
            N_("hand notifications to this server too; without it, nothing leaves the lab"),
            metavar="HOST[:PORT]",
        ),
        Option(("--no-transcripts",), N_("do not keep the conversations"), "flag"),
        Option(("--discard",), N_("count messages and keep nothing: for loads"), "flag"),
        Option(("--durable",), N_("a message is on the disk before it is answered with 250"), "flag"),
        Option(("--max-size",), N_("octets of a message"), "number", "OCTETS"),
        Option(("--max-line",), N_("octets of a line of a message; 0: no limit"), "number", "OCTETS", 0),
        Option(("--max-recipients",), N_("recipients of a message"), "number", "NUMBER", 1000),
        Option(("--max-messages",), N_("messages in the mailbox; 0: no limit"), "number", "NUMBER", 0),
        Option(("--max-connections",), N_("clients at the same time"), "number", "NUMBER", 5000),
        Option(("--idle",), N_("seconds that a client may say nothing"), "seconds", "SECONDS", 300),
    ),
)

SPEC = CommandSpec(
    "lab",
    N_("run a mail server to practise on, on loopback"),
    N_(
        "Then, in another terminal: telnet 127.0.0.1 2525, or smtpscope test 127.0.0.1:2525 --to kate@fabrikam.com. "
        "smtpscope lab mails, show and export read what a lab has kept."
    ),
    (_SERVER, _SCENARIO, _SECURITY, _KEEP, _TESTS),
)
