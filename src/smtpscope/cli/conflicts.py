"""Options that need one another, or exclude one another. All of it is checked here, before anything is sent.

What a single value must look like is checked where it is read (values.py); what a file must hold, where that is.
"""

from __future__ import annotations

import os

from smtpscope.dialogue.plan import FORCE, NEVER
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.protocol.address import ip_version
from smtpscope.protocol.phase import STOPS
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from smtpscope.cli.options.console import ConsoleOptions
    from smtpscope.cli.options.explain import ExplainOptions
    from smtpscope.cli.options.lab import LabOptions
    from smtpscope.cli.options.spec import Options
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Envelope
    from smtpscope.protocol.endpoint import Endpoint

# Fields of TestOptions, and the field without which they mean nothing.
NEEDS: dict[str, str] = {
    "dsn_at": "await_dsn",
    "lab_maildir": "lab",
    "proxy_source": "proxy",
    "proxy_destination": "proxy",
    "tls_key": "tls_cert",
    "auth": "user",
    "password_file": "user",
    "password_env": "user",
    "auth_in_clear": "user",
    "auth_force": "user",
}

# Fields of TestOptions that exclude one another; the message is about the first.
EXCLUDES: tuple[tuple[str, str], ...] = (
    ("ipv6", "ipv4"),
    ("password_env", "password_file"),
    ("dsn_password_env", "dsn_password_file"),
    # The message is composed, or it is there already.
    *((field, "data") for field in ("subject", "body", "header", "attach")),
    # --lab starts the server.
    *((field, "lab") for field in ("server", "port", "source")),
    # A script says all of this itself.
    *((field, "script") for field in ("sender", "to", "helo", "notify", "subject", "body", "header", "attach", "data")),
    *((field, "script") for field in ("stop_after", "proxy", "xclient", "await_dsn")),
)

_OF_TLS = ("tls_ca", "tls_name", "tls_cert", "tls_key", "tls_version", "tls_ciphers")


def check_test(options: TestOptions) -> None:
    """Raises UsageError for options of ``test`` that do not go together."""
    for field, needed in NEEDS.items():
        if options.is_given(field) and not options.is_given(needed):
            raise _needs(options, field, needed)
    _exclude(options, EXCLUDES)
    _refuse_two_ports("--port", options.server, options.port)
    _refuse_two_families(options)
    if options.chunk_size is not None and options.chunking != FORCE:
        raise UsageError("--chunk-size", _("requires {option}").format(option="--chunking force"))
    if options.no_probes and options.probes not in (None, "none"):
        raise _together("--no-probes", f"--probes {options.probes}")
    if options.tls == NEVER:
        _refuse_what_tls_needs(options)
    if options.tls == NEVER and options.user is not None and not options.auth_in_clear:
        text = _("would send the password in clear; let TLS be used (--tls require), or say --auth-in-clear")
        raise UsageError("--auth", text)
    if options.stop_after == "auth" and options.user is None:
        raise UsageError("--stop-after", _("auth tests the login: name who logs in, --user NAME"))
    _refuse_the_same_file(options)


def _refuse_two_ports(option: str, server: Endpoint | None, port: int | None) -> None:
    if server and server.port is not None and port is not None:
        raise UsageError(option, _("the server {text!r} names a port already").format(text=str(server)))


def family_of(options: TestOptions) -> int:
    """4, 6, or 0 for both. Our own address decides where nothing else does: it leads to its family only."""
    if options.source:
        return ip_version(options.source)
    return 4 if options.ipv4 else 6 if options.ipv6 else 0


def _refuse_two_families(options: TestOptions) -> None:
    """-4, -6, --source and the address of the server must be of one family, the proxy's addresses of one too."""
    family, asked = family_of(options), 4 if options.ipv4 else 6 if options.ipv6 else 0
    if asked not in (0, family):
        text = _("{source!r} is no address of IPv{family}").format(source=options.source, family=asked)
        raise UsageError("--source", text)
    host = options.server.host if options.server else "127.0.0.1" if options.lab else ""
    if family and ip_version(host) not in (0, family):
        raise UsageError("server", _("{host!r} is no address of IPv{family}").format(host=host, family=family))
    destination = options.proxy_destination.host if options.proxy_destination else host
    if options.proxy_source and ip_version(destination) not in (0, ip_version(options.proxy_source.host)):
        raise UsageError("--proxy-destination", _("source and destination must both be IPv4, or both IPv6"))


def check_complete(options: TestOptions) -> None:
    """Raises UsageError for what ``test`` cannot do without: a server, or a recipient whose domain has one."""
    if options.lab:  # which brings both
        return
    if options.proxy_source and not options.proxy_destination and not _is_numeric(options.server):
        raise UsageError("--proxy-destination", _("give the ADDRESS or ADDRESS:PORT that the client connected to"))
    if options.script:
        if not options.server:
            raise UsageError("server", _("name the server that the script is to be said to"))
        return
    if not options.to and options.stop_after not in STOPS[: STOPS.index("rcpt")]:
        raise UsageError("--to", _("name a recipient, or end before it with --stop-after mail (or ehlo, banner)"))
    if not options.to and not options.server:
        raise UsageError("server", _("name a server, or a recipient (--to) whose domain's MX is to be tested"))


def _is_numeric(server: Endpoint | None) -> bool:
    return server is not None and ip_version(server.host) != 0


def check_domains(recipients: Sequence[str]) -> None:
    """The MX of one domain has no business with the recipients of another. Raises UsageError."""
    domains = dict.fromkeys(recipient.rpartition("@")[2].lower() for recipient in recipients)
    if len(domains) > 1:
        text = _("the recipients are in several domains ({domains}); name a server, or test one domain at a time")
        raise UsageError("--to", text.format(domains=", ".join(domains)))


def _refuse_what_tls_needs(options: TestOptions) -> None:
    # The IMAP server of --dsn-at is encrypted all the same (inboxes.py), and is trusted by --tls-ca.
    elsewhere = ("tls_ca",) if (options.dsn_at or "").startswith("imap") else ()
    for field in _OF_TLS:
        if options.is_given(field) and field not in elsewhere:
            raise _together(options.option(field).shown, "--tls never")
    if options.stop_after == "starttls":
        raise UsageError("--stop-after", _("starttls tests the encryption, which --tls never leaves out"))


def _refuse_the_same_file(options: TestOptions) -> None:
    """Two records in one file would overwrite each other; a device, such as /dev/null, may serve both."""
    taken: dict[str, str] = {}
    for option, given in (("--log", options.log), ("--transcript", options.transcript), ("--junit", options.junit)):
        path = os.path.realpath(given) if given else ""
        if path in taken and (os.path.isfile(path) or not os.path.exists(path)):
            text = _("{path!r} is the file of {other} too; name another")
            raise UsageError(option, text.format(path=given, other=taken[path]))
        if path:
            taken[path] = option


def check_notifications(options: TestOptions, envelope: Envelope) -> None:
    """Raises UsageError where --await-dsn would wait for what cannot come."""
    asked = [envelope.notify_of(number) for number in range(len(envelope.recipients))]
    if not any(asked):
        raise UsageError("--await-dsn", _("say with --notify what you want to be told of, such as success,failure"))
    if all(conditions in ((), ("never",)) for conditions in asked):
        raise UsageError("--await-dsn", _("--notify never asks for no notification: there is nothing to wait for"))
    if not envelope.sender:
        raise UsageError("--await-dsn", _("nobody is told about a message with the null sender"))
    if options.dsn_at in (None, "lab") and not options.lab:
        raise UsageError("--dsn-at", _("say where the notifications arrive; lab goes with --lab SCENARIO only"))


def check_console(options: ConsoleOptions) -> None:
    """Raises UsageError for options of ``console`` that do not go together."""
    _refuse_two_ports("port", options.server, options.port)


def check_lab(options: LabOptions) -> None:
    """Raises UsageError for options of ``lab`` that do not go together."""
    _exclude(options, (("discard", "maildir"), ("discard", "durable")))


def check_explain(options: ExplainOptions) -> None:
    """Raises UsageError for options of ``explain`` that do not go together."""
    if not options.batch and not any(options.text):
        raise UsageError("text", _("give a reply, the name of a file, or - to read standard input"))
    if options.batch and options.text:
        raise UsageError("--batch", _("it takes the replies from its file: give no other text"))


def _exclude(options: Options, pairs: Iterable[tuple[str, str]]) -> None:
    for field, other in pairs:
        if options.is_given(field) and options.is_given(other):
            raise _together(options.option(field).shown, options.option(other).shown)


def _needs(options: Options, field: str, needed: str) -> UsageError:
    other = options.option(needed)
    wanted = f"{other.shown} {'|'.join(other.choices) or other.metavar}"
    return UsageError(options.option(field).shown, _("requires {option}").format(option=wanted))


def _together(option: str, other: str) -> UsageError:
    return UsageError(option, _("{one} and {other} cannot be used together").format(one=option, other=other))
