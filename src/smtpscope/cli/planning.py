"""From the options of ``test`` to a plan. Every mistake is found here, before anything is sent."""

from __future__ import annotations

import sys

from smtpscope.cli import values
from smtpscope.cli.conflicts import check_domains, family_of
from smtpscope.cli.security import IMPLICIT_PORT, login, tls_settings
from smtpscope.dialogue.message import Attachment, Draft, format_date
from smtpscope.dialogue.plan import EXTENSIONS, IMPLICIT, LMTP, Envelope, Plan, Target
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from smtpscope.cli.options.test import TestOptions

LMTP_PORT = 24  # RFC 2033 section 5 forbids 25 and names none; IANA gives 24 to private mail systems

DEFAULT_SUBJECT = "Test message from smtpscope"
DEFAULT_BODY = "This is a test message sent by smtpscope. Nobody needs to answer it."


def make_plan(options: TestOptions, now: float, run_id: str) -> Plan:
    """The plan that the options describe. ``now`` is seconds since the epoch, ``run_id`` marks the message.

    Raises UsageError, LocalError.
    """
    target = make_target(options)
    tls = tls_settings(options, target.port)
    envelope = _envelope(options, target)
    message = _ready_message(options)
    plan = Plan(
        target=target,
        envelope=envelope,
        draft=None if message else _draft(options, envelope, now, run_id),
        message=message,
        stop_after=options.stop_after or "",
        use=_extensions(options),
        chunk=options.chunk_size or 0,
        timeouts=make_timeouts(options.timeout),
        tls=tls,
        login=login(options, target, run_id),
        protocol=options.protocol,
    )
    if not (options.xclient or options.proxy):
        return plan
    from smtpscope.cli.client_identity import with_client_identity

    return with_client_identity(plan, options)


def _extensions(options: TestOptions) -> dict[str, str]:
    """What to do with each extension of the server."""
    names = {"8BITMIME": "eight_bit_mime"}  # no name in Python begins with a digit
    return {keyword: getattr(options, names.get(keyword, keyword.lower())) for keyword in EXTENSIONS}


def make_target(options: TestOptions) -> Target:
    """Where to connect."""
    host = options.server.host if options.server else ""
    port = options.server.port if options.server and options.server.port is not None else options.port
    if port is None:
        port = IMPLICIT_PORT if options.tls == IMPLICIT else LMTP_PORT if options.protocol == LMTP else 25
    return Target(host, port, family_of(options), options.source or "", str(options.resolver or ""))


def _envelope(options: TestOptions, target: Target) -> Envelope:
    as_is = options.as_is
    named = [_recipient(text, as_is) for text in options.to]
    recipients = tuple(address for address, _own in named)
    if not target.host:
        check_domains(recipients)
    helo = values.helo_name("--helo", options.helo, as_is) if options.helo else _own_name()
    return Envelope(
        helo=helo,
        sender=_sender(options, helo),
        recipients=recipients,
        notify=_notify(options.notify, as_is),
        ret=options.ret or "",
        envid=values.envelope_id("--envid", options.envid or "", as_is),
        orcpt=options.orcpt,
        raw_mail=options.mail_parameter,
        raw_rcpt=options.rcpt_parameter,
        own=tuple(own for _address, own in named),
    )


def _sender(options: TestOptions, helo: str) -> str:
    """The envelope sender; one at our own name where none is given, and empty for the null sender."""
    if options.sender is None:
        return f"smtpscope@{helo.strip('[]')}"
    return "" if options.sender in ("", "<>") else values.address("--from", options.sender, options.as_is)


def _recipient(text: str, as_is: bool) -> tuple[str, tuple[str, ...]]:
    """``kate@fabrikam.com NOTIFY=never``: the address, and the RCPT parameters behind it. Raises UsageError."""
    words, own = text.split(" "), list[str]()
    while len(words) > 1 and (not words[-1] or _is_parameter(words[-1])):
        own = [word for word in (words.pop(),) if word] + own
    for word in own:
        key, _sign, value = word.partition("=")
        if key.upper() == "NOTIFY" and not as_is:
            values.notify("--to", value)
    return values.address("--to", " ".join(words), as_is), tuple(values.one_line("--to", word) for word in own)


def _is_parameter(word: str) -> bool:
    key, sign, value = word.partition("=")
    return bool(sign and value) and key.isascii() and key.replace("-", "").isalnum() and '"' not in word


def _notify(text: str | None, as_is: bool) -> tuple[str, ...]:
    if text is None:
        return ()
    conditions = tuple(condition.strip().lower() for condition in text.split(","))
    return conditions if as_is else values.notify("--notify", ",".join(conditions))


def _own_name() -> str:
    """This machine's name, or an address literal where it has none with a dot (RFC 5321 section 4.1.4)."""
    from smtpscope.net.system import host_name

    name = host_name()
    return name if "." in name else "[127.0.0.1]"


def _draft(options: TestOptions, envelope: Envelope, now: float, run_id: str) -> Draft:
    domain = envelope.sender.rpartition("@")[2] or envelope.helo.strip("[]")
    return Draft(
        sender=envelope.sender,
        recipients=envelope.recipients,
        subject=DEFAULT_SUBJECT if options.subject is None else options.subject,
        body=DEFAULT_BODY if options.body is None else options.body,
        date=format_date(now, 0),
        run_id=run_id,
        host=domain,
        headers=options.header,
        attachments=tuple(_attachment(path) for path in options.attach),
    )


def _attachment(path: str) -> Attachment:
    return Attachment(path.rpartition("/")[2], read_file("--attach", path))


def _ready_message(options: TestOptions) -> bytes:
    path = options.data
    if path is None:
        return b""
    content = _bounded("--data", "-", sys.stdin.buffer) if path == "-" else read_file("--data", path)
    if not content:
        raise UsageError("--data", _("{path}: the file is empty").format(path=path))
    return content


def read_file(option: str, path: str) -> bytes:
    """The octets of the file that ``option`` names. Raises UsageError, LocalError."""
    try:
        with open(path, "rb") as file:
            return _bounded(option, path, file)
    except OSError as error:
        raise LocalError(
            _("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror), option
        ) from error


def _bounded(option: str, path: str, file: BinaryIO) -> bytes:
    """The octets of ``file``, which may have no end."""
    from smtpscope.files import MOST_OCTETS, read_at_most

    content = read_at_most(file, MOST_OCTETS)
    if len(content) > MOST_OCTETS:
        text = _("{path!r} holds more than {limit} MB, which is more than is read into memory")
        raise UsageError(option, text.format(path=path, limit=MOST_OCTETS >> 20))
    return content


def make_timeouts(limit: float | None) -> Mapping[Phase, float]:
    """Seconds for each phase, where ``limit`` (of --timeout) sets them."""
    if limit is None:
        return TIMEOUTS
    return {phase: min(limit, 10) if phase is Phase.QUIT else limit for phase in TIMEOUTS}
