"""From the options of ``test`` to a plan. Every mistake is found here, before anything is sent."""

from __future__ import annotations

import sys

from smtpscope.cli import values
from smtpscope.cli.security import IMPLICIT_PORT, login, tls_settings
from smtpscope.dialogue.message import Attachment, Draft, format_date
from smtpscope.dialogue.plan import EXTENSIONS, FORCE, IMPLICIT, LMTP, NEVER, Envelope, Plan, Target
from smtpscope.engine.resolve import split_endpoint
from smtpscope.engine.transport import is_address
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

LMTP_PORT = 24  # RFC 2033 section 5 forbids 25 and names none; IANA gives 24 to private mail systems

# Octets of a file that is sent: no mail server takes as much, and it is held in memory.
MOST_OCTETS = 256 << 20

DEFAULT_SUBJECT = "Test message from smtpscope"
DEFAULT_BODY = "This is a test message sent by smtpscope. Nobody needs to answer it."


def make_plan(given: Mapping[str, object], now: float, run_id: str) -> Plan:
    """The plan that the options describe. ``now`` is seconds since the epoch, ``run_id`` marks the message.

    Raises UsageError, LocalError.
    """
    _refuse_what_would_be_ignored(given)
    stop_after = str(given["stop_after"] or "")
    target = make_target(given)
    tls = tls_settings(given, target.port)
    envelope = _envelope(given, target, stop_after)
    message = _ready_message(given)
    draft = None if message else _draft(given, envelope, now, run_id)
    plan = Plan(
        target=target,
        envelope=envelope,
        draft=draft,
        message=message,
        stop_after=stop_after,
        use={name: str(given[name.lower()]) for name in EXTENSIONS},
        chunk=_chunk_size(given),
        timeouts=make_timeouts(given["timeout"]),
        tls=tls,
        login=login(given, target, run_id, tls),
        protocol=str(given["protocol"]),
    )
    if not any(given[option] for option in ("xclient", "proxy", "proxy_source", "proxy_destination")):
        return plan
    from smtpscope.cli.origin import disguise

    return disguise(plan, given)


def _refuse_what_would_be_ignored(given: Mapping[str, object]) -> None:
    if given["dsn_at"] and given["await_dsn"] is None:
        raise UsageError("--dsn-at", _("goes with --await-dsn SECONDS"))
    if given["lab_maildir"] and not given["lab"]:
        raise UsageError("--lab-maildir", _("goes with --lab SCENARIO"))
    if given["stop_after"] == "auth" and given["user"] is None and given["auth"] is None:
        raise UsageError("--stop-after", _("auth tests the login: name who logs in, --user NAME"))
    if given["stop_after"] == "starttls" and given["tls"] == NEVER:
        raise UsageError("--stop-after", _("starttls tests the encryption, which --tls never leaves out"))


def make_target(given: Mapping[str, object]) -> Target:
    """Where to connect. Raises UsageError."""
    usual = IMPLICIT_PORT if given["tls"] == IMPLICIT else LMTP_PORT if given["protocol"] == LMTP else 25
    host, port = values.server(str(given["server"] or ""), given["port"], usual)
    source, resolver = str(given["source"] or ""), str(given["resolver"] or "")
    if resolver:
        split_endpoint(resolver)
    family = _family(given, source)
    if family and is_address(host) and (":" in host) != (family == 6):
        raise UsageError("server", _("{host!r} is no address of IPv{family}").format(host=host, family=family))
    return Target(host, port, family, source, resolver)


def _family(given: Mapping[str, object], source: str) -> int:
    """4, 6, or 0 for both. Our own address decides where nothing else does: it leads to its family only."""
    if given["ipv4"] and given["ipv6"]:
        raise UsageError("--ipv4", _("--ipv4 and --ipv6 exclude one another"))
    family = 4 if given["ipv4"] else 6 if given["ipv6"] else 0
    if not source:
        return family
    if not is_address(source):
        raise UsageError("--source", _("{source!r} is no address; give one of this machine's").format(source=source))
    own = 6 if ":" in source else 4
    if family not in (0, own):
        raise UsageError("--source", _("{source!r} is no address of IPv{family}").format(source=source, family=family))
    return own


def _envelope(given: Mapping[str, object], target: Target, stop_after: str) -> Envelope:
    as_is = bool(given["as_is"])
    named = [_recipient(text, as_is) for text in _list(given["to"])]
    recipients = tuple(address for address, _own in named)
    if not recipients and stop_after not in ("connect", "banner", "ehlo", "starttls", "auth", "mail"):
        raise UsageError("--to", _("name a recipient, or end before it with --stop-after mail (or ehlo, banner)"))
    if not recipients and not target.host:
        raise UsageError("server", _("name a server, or a recipient (--to) whose domain's MX is to be tested"))
    if not target.host:
        _hold_to_one_domain(recipients)
    helo = str(given["helo"] or "") or _own_name()
    sender = str(given["from"]) if given["from"] is not None else f"smtpscope@{helo.strip('[]')}"
    return Envelope(
        helo=values.helo_name("--helo", helo, as_is) if given["helo"] else helo,
        sender="" if sender in ("", "<>") else values.address("--from", sender, as_is or given["from"] is None),
        recipients=recipients,
        notify=_notify(given["notify"], as_is),
        ret=str(given["ret"] or ""),
        envid=values.envelope_id("--envid", str(given["envid"] or ""), as_is),
        orcpt=bool(given["orcpt"]),
        raw_mail=tuple(values.one_line("--mail-parameter", text) for text in _list(given["mail_parameter"])),
        raw_rcpt=tuple(values.one_line("--rcpt-parameter", text) for text in _list(given["rcpt_parameter"])),
        own=tuple(own for _address, own in named),
    )


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


def _chunk_size(given: Mapping[str, object]) -> int:
    if given["chunk_size"] is None:
        return 0
    if given["chunking"] != FORCE:
        raise UsageError("--chunk-size", _("goes with --chunking force"))
    size = values.count("--chunk-size", given["chunk_size"])
    if not size:
        raise UsageError("--chunk-size", _("a chunk has one octet at least"))
    return size


def _hold_to_one_domain(recipients: tuple[str, ...]) -> None:
    """The MX of one domain has no business with the recipients of another."""
    domains = dict.fromkeys(recipient.rpartition("@")[2].lower() for recipient in recipients)
    if len(domains) > 1:
        text = _("the recipients are in several domains ({domains}); name a server, or test one domain at a time")
        raise UsageError("--to", text.format(domains=", ".join(domains)))


def _notify(text: object, as_is: bool) -> tuple[str, ...]:
    if text is None:
        return ()
    wishes = tuple(wish.strip().lower() for wish in values.one_line("--notify", str(text)).split(","))
    return wishes if as_is else values.notify("--notify", ",".join(wishes))


def _own_name() -> str:
    """This machine's name, or an address literal where it has none with a dot (RFC 5321 section 4.1.4)."""
    import _socket

    name = _socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def _draft(given: Mapping[str, object], envelope: Envelope, now: float, run_id: str) -> Draft:
    domain = envelope.sender.rpartition("@")[2] or envelope.helo.strip("[]")
    subject = given["subject"]
    body = given["body"]
    return Draft(
        sender=envelope.sender,
        recipients=envelope.recipients,
        subject=DEFAULT_SUBJECT if subject is None else values.one_line("--subject", str(subject)),
        body=DEFAULT_BODY if body is None else str(body),
        date=format_date(now, 0),
        run_id=run_id,
        host=domain,
        headers=tuple(_header(text) for text in _list(given["header"])),
        attachments=tuple(_attachment(path) for path in _list(given["attach"])),
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = values.one_line("--header", text).partition(":")
    if not colon or not name or not all("!" <= character <= "~" for character in name):  # RFC 5322 section 2.2
        raise UsageError(
            "--header", _("{text!r} is no header field; write it as 'Name: text', the name in ASCII").format(text=text)
        )
    return name, value.strip()


def _attachment(path: str) -> Attachment:
    return Attachment(path.rpartition("/")[2], read_file("--attach", path))


def _ready_message(given: Mapping[str, object]) -> bytes:
    path = given["data"]
    if path is None:
        return b""
    for option in ("subject", "body", "header", "attach"):
        if given[option]:
            raise UsageError(f"--{option}", _("goes with the composed message, not with --data"))
    content = _bounded("--data", "-", sys.stdin.buffer) if path == "-" else read_file("--data", str(path))
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
            _("{option}: cannot read {path!r}: {strerror}").format(option=option, path=path, strerror=error.strerror)
        ) from error


def _bounded(option: str, path: str, file: BinaryIO) -> bytes:
    """The octets of ``file``, which may have no end, as /dev/zero has none."""
    content = file.read(MOST_OCTETS + 1)
    if len(content) > MOST_OCTETS:
        text = _("{path!r} holds more than {limit} MB, which is more than is read into memory")
        raise UsageError(option, text.format(path=path, limit=MOST_OCTETS >> 20))
    return content


def make_timeouts(limit: object) -> Mapping[Phase, float]:
    """Seconds for each phase, where ``limit`` (of --timeout, or None) sets them. Raises UsageError."""
    if limit is None:
        return TIMEOUTS
    wait = values.seconds("--timeout", limit)
    return {phase: min(wait, 10) if phase is Phase.QUIT else wait for phase in TIMEOUTS}


def _list(given: object) -> list[str]:
    return [str(item) for item in given] if isinstance(given, list) else []
