"""Faults in the parameters of MAIL and RCPT, found before they are sent or after they were rejected."""

from __future__ import annotations

from smtpscope.model.finding import Action, NextStep
from smtpscope.protocol.command import (
    BODIES,
    MAIL_PARAMETERS,
    RCPT_PARAMETERS,
    RETURNS,
    check_notify,
    parse_path_argument,
)
from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.protocol.capability import Capabilities

UNKNOWN, UNANNOUNCED, VALUE = "unknown", "unannounced", "value"


class ParameterFault(Value):
    """A fault in a parameter.

    kind   UNKNOWN: not a parameter of this command; UNANNOUNCED: its extension is not advertised; VALUE: not valid
    fault  what is wrong; its column is that of the keyword in the argument
    """

    keyword: str
    kind: str
    fault: Fault


def find_fault(verb: str, argument: str, announced: Capabilities | None) -> ParameterFault | None:
    """The first fault in the parameters of ``verb``, which is MAIL or RCPT; None if there is none.

    ``announced``: the extensions of the server; None if they are not known.
    """
    known, keyword = (MAIL_PARAMETERS, "FROM") if verb == "MAIL" else (RCPT_PARAMETERS, "TO")
    path = parse_path_argument(argument, keyword)
    place = argument.find(">") + 1 if path.bracketed else 0
    for name, value in path.parameters:
        place = argument.upper().find(f" {name}", place) + 1
        found = _check(name, value, place + 1, known, announced)
        if found:
            return ParameterFault(name, *found)
    return None


def _check(
    name: str, value: str, column: int, known: dict[str, str], announced: Capabilities | None
) -> tuple[str, Fault] | None:
    """The kind and the fault of one parameter. ``known``: the parameters of the command, and their extensions."""
    extension = known.get(name)
    if extension is None:
        return UNKNOWN, Fault.at(column, FaultId.PARAMETER_UNKNOWN, keyword=name)
    if announced and not announced.has(extension):
        return UNANNOUNCED, Fault.at(column, FaultId.PARAMETER_UNANNOUNCED, keyword=name, extension=extension)
    wrong = _check_value(name, value, announced.size if announced else 0)
    return (VALUE, wrong.replace(column=column)) if wrong else None


def _check_value(name: str, value: str, limit: int | None) -> Fault | None:
    """The fault in the value of a parameter; None if it is valid. ``limit``: the SIZE of the server in bytes, or 0."""
    match name:
        case "NOTIFY":
            return check_notify(value)
        case "SIZE" if not (value.isascii() and value.isdigit()):
            return Fault.at(1, FaultId.SIZE_NUMBER)
        case "SIZE" if limit and int(value) > limit:
            return Fault.at(1, FaultId.SIZE_LIMIT, limit=limit)
        case "BODY" if value.upper() not in BODIES:
            return Fault.at(1, FaultId.BODY_VALUE)
        case "RET" if value.lower() not in RETURNS:
            return Fault.at(1, FaultId.RET_VALUE)
        case "ORCPT" if ";" not in value:
            return Fault.at(1, FaultId.ORCPT_VALUE)
    return None


def judge_value(exchange: Exchange, found: Explanation) -> Explanation | None:
    """A parameter whose value is not valid, if the reply may be about it, such as 501 or 555."""
    if exchange.stage not in ("mail", "rcpt") or exchange.reply.kind != 5:
        return None
    verb, _blank, argument = exchange.command.partition(" ")
    if not _may_be_about_it(exchange.reply.code, found.cause, verb, argument):
        return None
    wrong = find_fault(verb.upper(), argument, exchange.announced)
    if wrong is None or wrong.kind != VALUE:
        return None
    column, keyword = wrong.fault.column + len(verb) + 1, ("keyword", wrong.keyword)
    return found.replace(
        cause="protocol.argument",
        actor="you",
        retry="after-fix",
        rule="context.parameter-value",
        details=(keyword, ("column", str(column)), ("fault", wrong.fault.id.value), *wrong.fault.details),
        advice=(NextStep(Action.CORRECT_PARAMETER, details=(keyword,)),),
        references=("RFC 5321 section 4.1.1.11", *(("RFC 3461 section 4",) if wrong.keyword in _OF_DSN else ())),
        evidence=(*found.evidence, f"argument={exchange.command}", f"column={column}"),
        alternatives=(),
    )


def _may_be_about_it(code: int, cause: str, verb: str, argument: str) -> bool:
    """Whether a rejection with ``cause`` may be about a parameter, and is not about the address.

    501 is about syntax, also if its text names the size.
    """
    if cause == "size.message":
        return code == 501
    if cause in ("sender.syntax", "recipient.syntax"):
        return parse_path_argument(argument, "FROM" if verb.upper() == "MAIL" else "TO").fault is None
    return cause.startswith(("protocol.", "policy.unspecified", "unknown."))


_OF_DSN = [keyword for keyword, owner in {**MAIL_PARAMETERS, **RCPT_PARAMETERS}.items() if owner == "DSN"]
