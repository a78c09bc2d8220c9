"""The exit codes: one table and a public interface. docs/reference/exit-codes.md is generated from it."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.model.event import Interrupted
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import Signal
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Codes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smtpscope.model.event import Event
    from smtpscope.model.report import Outcome


class Exit(Codes):
    """The exit code of a run. 4x: rejected temporarily (4xx); 5x: rejected permanently (5xx); x is the phase."""

    OK = 0
    USAGE = 2
    LOCAL = 3
    DNS = 10
    CONNECTION_REFUSED = 11
    TIMEOUT = 12
    UNREACHABLE = 13
    CONNECTION_LOST = 14
    PARTIAL = 20
    EXPECTATION = 21
    OTHER_SERVER = 22
    TLS = 30
    BANNER_TEMPORARY = 41
    EHLO_TEMPORARY = 42
    STARTTLS_TEMPORARY = 43
    AUTH_TEMPORARY = 44
    MAIL_TEMPORARY = 45
    RCPT_TEMPORARY = 46
    DATA_TEMPORARY = 47
    MESSAGE_TEMPORARY = 48
    OTHER_TEMPORARY = 49
    BANNER_PERMANENT = 51
    EHLO_PERMANENT = 52
    STARTTLS_PERMANENT = 53
    AUTH_PERMANENT = 54
    MAIL_PERMANENT = 55
    RCPT_PERMANENT = 56
    DATA_PERMANENT = 57
    MESSAGE_PERMANENT = 58
    OTHER_PERMANENT = 59
    DSN_FAILED = 60
    DSN_DELAYED = 61
    DSN_NONE = 62
    PROTOCOL = 70
    UNPROVEN = 71
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS: dict[Exit, str] = {
    Exit.OK: N_("everything that was asked for was done"),
    Exit.USAGE: N_("an option or argument cannot be used; nothing was sent"),
    Exit.LOCAL: N_("a file, folder or port of this machine cannot be used"),
    Exit.DNS: N_("the name of the server or domain could not be resolved, or the domain takes no mail (null MX)"),
    Exit.CONNECTION_REFUSED: N_("the host answered that nothing listens on the port"),
    Exit.TIMEOUT: N_("no answer within the time limit, to the connection or to a command"),
    Exit.UNREACHABLE: N_("no route to the host, or this machine does not let the connection out"),
    Exit.CONNECTION_LOST: N_("the server closed or reset the connection where it should have answered"),
    Exit.PARTIAL: N_("part of the recipients was refused"),
    Exit.EXPECTATION: N_("a reply was not what the script expected"),
    Exit.OTHER_SERVER: N_("one server did what was asked; another server of the domain failed"),
    Exit.TLS: N_("TLS was required and not to be had, or the handshake or the certificate failed"),
    Exit.DSN_FAILED: N_("the message was taken, and then a notification said that it could not be delivered"),
    Exit.DSN_DELAYED: N_("the message was taken, and a notification said that it is not delivered yet"),
    Exit.DSN_NONE: N_("the message was taken, and the notification of success that was asked for did not come in time"),
    Exit.PROTOCOL: N_("the server's answer is no SMTP, or belongs to another command"),
    Exit.UNPROVEN: N_("nothing shows how the test ended"),
    Exit.HANGUP: N_("ended by SIGHUP: the terminal was closed"),
    Exit.INTERRUPTED: N_("interrupted (Ctrl-C)"),
    Exit.TERMINATED: N_("ended by SIGTERM"),
}

_STATUS = {
    Status.OK: Exit.OK,
    Status.PARTIAL: Exit.PARTIAL,
    Status.DNS: Exit.DNS,
    Status.REFUSED: Exit.CONNECTION_REFUSED,
    Status.TIMEOUT: Exit.TIMEOUT,
    Status.UNREACHABLE: Exit.UNREACHABLE,
    Status.LOST: Exit.CONNECTION_LOST,
    Status.TLS: Exit.TLS,
    Status.EXPECTATION: Exit.EXPECTATION,
    Status.PROTOCOL: Exit.PROTOCOL,
    Status.OTHER_SERVER: Exit.OTHER_SERVER,
    Status.UNPROVEN: Exit.UNPROVEN,
    Status.DSN_FAILED: Exit.DSN_FAILED,
    Status.DSN_DELAYED: Exit.DSN_DELAYED,
    Status.DSN_MISSING: Exit.DSN_NONE,
}

# The exit code for each signal: 128 + its number, as in a shell.
STOPPED = {Signal.INT: Exit.INTERRUPTED, Signal.TERM: Exit.TERMINATED, Signal.HUP: Exit.HANGUP}

_PHASE = {
    Phase.BANNER: 1,
    Phase.EHLO: 2,
    Phase.STARTTLS: 3,
    Phase.AUTH: 4,
    Phase.MAIL: 5,
    Phase.RCPT: 6,
    Phase.DATA: 7,
    Phase.END_OF_DATA: 8,
}


def stopped_code(events: Iterable[Event]) -> Exit:
    """The exit code of a run that a signal ended; OK if none did."""
    return next((STOPPED[event.signal] for event in events if isinstance(event, Interrupted)), Exit.OK)


def exit_code(outcome: Outcome) -> Exit:
    """The exit code for ``outcome``."""
    if outcome.status in _STATUS:
        return _STATUS[outcome.status]
    if outcome.status is Status.INTERRUPTED:
        return STOPPED[Signal(outcome.why)]
    if outcome.status in (Status.NOT_OFFERED, Status.GAVE_UP):
        return Exit.AUTH_PERMANENT if outcome.phase is Phase.AUTH else Exit.TLS
    tens = 40 if outcome.status is Status.TEMPORARY else 50
    return Exit(tens + _PHASE.get(outcome.phase, 9))


def meaning(code: Exit) -> str:
    """One sentence for the exit code, in the current language."""
    if code in MEANINGS:
        return _(MEANINGS[code])
    phase, _separator, kind = code.name.lower().rpartition("_")
    pattern = (
        _("{phase} rejected temporarily (4xx)") if kind == "temporary" else _("{phase} rejected permanently (5xx)")
    )
    return pattern.format(phase=phase)
