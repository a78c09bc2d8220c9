"""The parameters of MAIL and RCPT: what is wrong with one, before it is sent and after it was rejected."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.protocol.command import MAIL_PARAMETERS, RCPT_PARAMETERS, check_notify, parse_path_argument
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.model.conversation import Exchange
    from smtpscope.protocol.capability import Capabilities

UNKNOWN, UNANNOUNCED, VALUE = "unknown", "unannounced", "value"


class ParameterFault(Value):
    """What is wrong with a parameter: ``column`` of its keyword in the argument, from 1; ``kind``: UNKNOWN (of this
    command), UNANNOUNCED (its extension) or VALUE; ``text`` says it."""

    keyword: str
    column: int
    kind: str
    text: str


def find_fault(verb: str, argument: str, announced: Capabilities | None) -> ParameterFault | None:
    """The first fault in the parameters of ``verb``, MAIL or RCPT. ``announced`` is None where nobody knows."""
    known, keyword = (MAIL_PARAMETERS, "FROM") if verb == "MAIL" else (RCPT_PARAMETERS, "TO")
    path = parse_path_argument(argument, keyword)
    place = argument.find(">") + 1 if path.bracketed else 0
    for name, value in path.parameters:
        place = argument.upper().find(f" {name}", place) + 1
        kind, text = _check(name, value, known, announced)
        if kind:
            return ParameterFault(name, place + 1, kind, text)
    return None


def _check(name: str, value: str, known: dict[str, str], announced: Capabilities | None) -> tuple[str, str]:
    extension = known.get(name)
    if extension is None:
        return UNKNOWN, fill("unknown parameter {keyword}", keyword=name)
    if announced and not announced.has(extension):
        said = N_("{keyword} requires {extension}, which the server does not advertise")
        return UNANNOUNCED, fill(said, keyword=name, extension=extension)
    wrong = _check_value(name, value, announced.size if announced else 0)
    return (VALUE, wrong) if wrong else ("", "")


def _check_value(name: str, value: str, limit: int | None) -> str:
    """What is wrong with the value of a parameter; empty when nothing is."""
    match name:
        case "NOTIFY":
            return _notify_fault(value)
        case "SIZE" if not (value.isascii() and value.isdigit()):
            return _("SIZE must be a number of bytes")
        case "SIZE" if limit and int(value) > limit:
            return fill("the server accepts at most {limit} bytes", limit=limit)
        case "BODY" if value.upper() not in ("7BIT", "8BITMIME", "BINARYMIME"):
            return _("BODY must be 7BIT, 8BITMIME, or BINARYMIME")
        case "RET" if value.upper() not in ("FULL", "HDRS"):
            return _("RET must be FULL or HDRS")
        case "ORCPT" if ";" not in value:
            return _("ORCPT must be a type, a semicolon, and an address: rfc822;kate@fabrikam.com")
    return ""


def _notify_fault(value: str) -> str:
    from smtpscope.render.faults import fault_text

    fault = check_notify(value)
    return fault_text(fault) if fault else ""


def judge_value(heard: Exchange, found: Explanation) -> Explanation | None:
    """A parameter whose value is not valid, where the reply may be about it: 501, 555 and the like."""
    if heard.stage not in ("mail", "rcpt") or heard.reply.kind != 5:
        return None
    verb, _blank, argument = heard.command.partition(" ")
    if not _may_be_about_it(heard.reply.code, found.cause, verb, argument):
        return None
    fault = find_fault(verb.upper(), argument, heard.announced)
    if fault is None or fault.kind != VALUE:
        return None
    column = fault.column + len(verb) + 1
    meaning = N_("The value of {keyword} is not valid: column {column} of the command: {fault}.")
    return found.replace(
        cause="protocol.argument",
        actor="you",
        retry="after-fix",
        rule="context.parameter-value",
        meaning=fill(meaning, keyword=fault.keyword, column=column, fault=fault.text),
        causes=(),
        steps=(("you", fill("Correct the value of {keyword}, or leave {keyword} out.", keyword=fault.keyword)),),
        references=("RFC 5321 section 4.1.1.11", *(("RFC 3461 section 4",) if fault.keyword in _OF_DSN else ())),
        evidence=(*found.evidence, f"argument={heard.command}", f"column={column}"),
        alternatives=(),
    )


def _may_be_about_it(code: int, cause: str, verb: str, argument: str) -> bool:
    """Whether a rejection with ``cause`` says nothing of the address: neither who it is, nor how it is written.

    501 is about how something is written, also where its words name the size.
    """
    if cause == "size.message":
        return code == 501
    if cause in ("sender.syntax", "recipient.syntax"):
        return parse_path_argument(argument, "FROM" if verb.upper() == "MAIL" else "TO").fault is None
    return cause.startswith(("protocol.", "policy.unspecified", "unknown."))


_OF_DSN = ("NOTIFY", "ORCPT", "RET", "ENVID")
