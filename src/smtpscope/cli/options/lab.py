"""The options of ``smtpscope lab``."""

from __future__ import annotations

from smtpscope.cli.options.spec import Command, Heading, Options, choice, flag, number, option, several, text, value
from smtpscope.cli.values import count, endpoint, listening_port, name_and_password, port_and_scenario, seconds
from smtpscope.dialogue.plan import LMTP, SMTP
from smtpscope.language import N_
from smtpscope.protocol.endpoint import Endpoint


def _personalities() -> tuple[str, ...]:
    from smtpscope.lab.smtp.personality import PERSONALITIES

    return tuple(PERSONALITIES)


class LabOptions(Options):
    """How ``smtpscope lab`` was called."""

    command = Command(
        "lab",
        N_("run a mail server to practise on, on loopback"),
        N_(
            "Then, in another terminal: telnet 127.0.0.1 2525, or smtpscope test 127.0.0.1:2525 "
            "--to kate@fabrikam.com. smtpscope lab mails, show and export read what a lab has kept."
        ),
    )

    _server = Heading(N_("the server"))
    host: str = value("--host", N_("address to listen on"), "ADDRESS", text, "127.0.0.1")
    port: int | None = number(
        "-p --port",
        N_("port to listen on (2525, with --run any that is free); 0 takes any"),
        "PORT",
        listening_port,
        None,
    )
    verbose: bool = flag(
        "-v --verbose", N_("show each message and each refusal as it comes; a terminal shows them anyway")
    )
    protocol: str = choice("--protocol", N_("what it speaks: SMTP, or LMTP (RFC 2033)"), (SMTP, LMTP), SMTP)
    lmtp_port: int | None = number(
        "--lmtp-port", N_("one more port, for LMTP; 0 takes any"), "PORT", listening_port, None
    )
    xclient: bool = flag("--xclient", N_("clients on this machine may say with XCLIENT who they are"))
    proxy_protocol: bool = flag(
        "--proxy-protocol", N_("a PROXY header, version 1 or 2, comes first, or the connection is closed")
    )
    personality: str = choice("--personality", N_("whose words it uses"), _personalities, "exchange")

    _scenario = Heading(N_("what it plays"))
    scenario: str = value("--scenario", N_("a scenario by name, or a file of your own"), "NAME|FILE", text, "ok")
    scenario_port: tuple[tuple[int, str], ...] = several(
        "--scenario-port", N_("one more port that plays another scenario"), "PORT=NAME|FILE", port_and_scenario
    )
    list_all: bool = flag("--list", N_("list the scenarios and what each teaches"))

    _security = Heading(N_("TLS and login"))
    tls: bool = flag("--tls", N_("announce STARTTLS, with a certificate made for this run"))
    tls_port: int | None = number(
        "--tls-port", N_("one more port, with TLS from the first octet; 0 takes any"), "PORT", listening_port, None
    )
    user: tuple[tuple[str, str], ...] = several(
        "--user", N_("who may log in; may be given more than once"), "NAME:PASSWORD", name_and_password
    )
    auth_in_clear: bool = flag("--auth-in-clear", N_("offer AUTH without TLS too"))

    _keep = Heading(N_("what it keeps, and how much it bears"))
    maildir: str | None = option(
        "--maildir", N_("keep messages and transcripts here (a new temporary folder)"), "FOLDER"
    )
    smart_host: Endpoint | None = value(
        "--smart-host",
        N_("hand notifications to this server too; without it, nothing leaves the lab"),
        "HOST[:PORT]",
        endpoint,
        None,
    )
    no_transcripts: bool = flag("--no-transcripts", N_("do not keep the conversations"))
    discard: bool = flag("--discard", N_("count messages and keep nothing: for loads"))
    durable: bool = flag("--durable", N_("a message is on the disk before it is answered with 250"))
    max_size: int = number("--max-size", N_("octets of a message"), "OCTETS", count, 0)
    max_line: int = number("--max-line", N_("octets of a line of a message; 0: no limit"), "OCTETS", count, 0)
    max_recipients: int = number("--max-recipients", N_("recipients of a message"), "NUMBER", count, 1000)
    max_messages: int = number("--max-messages", N_("messages in the mailbox; 0: no limit"), "NUMBER", count, 0)
    max_connections: int = number("--max-connections", N_("clients at the same time"), "NUMBER", count, 5000)
    idle: float = number("--idle", N_("seconds that a client may say nothing"), "SECONDS", seconds, 300.0)

    _tests = Heading(N_("for tests of other programs"))
    run: str | None = option(
        "--run", N_("run this command with SMTP_HOST and SMTP_PORT set, and end with its exit code"), "COMMAND"
    )
    control: int | None = number(
        "--control", N_("answer HTTP on this port: scenarios, messages, transcripts"), "PORT", listening_port, None
    )
