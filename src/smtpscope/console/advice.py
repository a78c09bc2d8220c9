"""Before Enter: what a line will do, and the first thing that is wrong with it, with its column. Pure."""

from __future__ import annotations

from smtpscope.console.session import HEADER
from smtpscope.language import N_, _
from smtpscope.protocol.command import (
    MAIL_PARAMETERS,
    RCPT_PARAMETERS,
    PathArgument,
    check_notify,
    parse_path_argument,
)
from smtpscope.protocol.fault import FaultId
from smtpscope.protocol.path import check_helo
from smtpscope.protocol.phase import Phase
from smtpscope.render.faults import fault_text
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.console.session import State
    from smtpscope.protocol.fault import Fault

HINT, WARNING, ERROR = "hint", "warning", "error"

# Octets of a line of a message, without CRLF (RFC 5322 section 2.1.1).
LINE_LIMIT = 998


class Advice(Value):
    """One sentence; ``column`` (from 1, 0: none) is where the line is wrong; ``level``: hint, warning or error."""

    text: str
    column: int = 0
    level: str = HINT


VERBS: dict[str, str] = {
    "EHLO": N_("say who we are; the answer lists what the server can do"),
    "HELO": N_("say who we are, in the old form: nothing is announced"),
    "LHLO": N_("say who we are to an LMTP server"),
    "STARTTLS": N_("ask to go on encrypted; the handshake follows the 220"),
    "AUTH": N_("log in"),
    "MAIL": N_("name the envelope sender, to whom failures are reported"),
    "RCPT": N_("name a recipient; the server says whether it takes mail for it"),
    "DATA": N_("ask to send the message"),
    "BDAT": N_("send a chunk of the message: its octets follow at once"),
    "RSET": N_("forget the transaction: sender, recipients, message"),
    "NOOP": N_("do nothing; the server answers 250"),
    "VRFY": N_("ask whether a mailbox exists; most servers do not say"),
    "EXPN": N_("ask who is on a list; most servers do not say"),
    "HELP": N_("ask the server for help"),
    "ETRN": N_("ask the server to send what waits for a domain"),
    "QUIT": N_("end the conversation; the server closes"),
}

_CLIENT_WORDS = ("open", "close", "set", "unset", "display", "status", "send", "body", "mx", "replay", "save", "?")


def advise(line: str, state: State) -> Advice:
    """What is to be said about ``line`` before it is sent in a session that stands at ``state``."""
    if state.challenged:
        return Advice(_("the response to the server's challenge, in base64; it is not shown. A lone * gives up"))
    if state.content:
        return _advise_content(line, state)
    verb, _blank, argument = line.partition(" ")
    verb = verb.upper()
    if not line:
        return Advice("")
    if verb not in VERBS:
        return _advise_unknown(line, state)
    order = _check_order(verb, state)
    check = _CHECKS.get(verb)
    fault = check(argument, len(verb) + 1, state) if check else _check_nothing(verb, argument)
    return fault or order or Advice(_(VERBS[verb]))


def _advise_unknown(line: str, state: State) -> Advice:
    word = line.split(" ")[0]
    known = _near(word.upper())
    if any(verb.startswith(word.upper()) for verb in VERBS):
        return Advice("")
    if word.lower() in _CLIENT_WORDS:
        said = _("{word} is a command to the client: Ctrl-] leads to its prompt")
        return Advice(said.format(word=word), 1, WARNING)
    if known:
        return Advice(_("no command of SMTP; {known}?").format(known=known), 1, WARNING)
    return Advice(_("no command of SMTP that is known here: most servers answer 500"), 1, WARNING)


def _near(word: str) -> str:
    from difflib import get_close_matches

    return "".join(get_close_matches(word, VERBS, 1, 0.6)) if len(word) > 2 else ""


# ------------------------------------------------------------------------------------------------- order


def _check_order(verb: str, state: State) -> Advice | None:
    """What the server will say about the order of the commands (RFC 5321 section 4.1.4)."""
    wrong = ""
    match verb:
        case "MAIL" | "RCPT" | "DATA" | "BDAT" | "AUTH" if state.phase is Phase.EHLO:
            wrong = _("nobody has said EHLO yet: most servers answer 503")
        case "MAIL" if state.sender is not None:
            wrong = _("a sender is given already: 503; RSET forgets it")
        case "RCPT" if state.sender is None:
            wrong = _("no sender was accepted yet (MAIL FROM): the server will answer 503")
        case "DATA" | "BDAT" if not state.recipients:
            wrong = _("no recipient was accepted yet (RCPT TO): the server will answer 503")
        case "STARTTLS" if state.secure:
            wrong = _("the connection is encrypted already")
        case "STARTTLS" if not _offers(state, "STARTTLS"):
            wrong = _("STARTTLS was not announced")
    return Advice(wrong, level=WARNING) if wrong else None


def _offers(state: State, extension: str) -> bool:
    """Whether an extension may be used; before any EHLO nobody knows."""
    return state.phase is Phase.EHLO or state.announced.has(extension)


# -------------------------------------------------------------------------------------------- arguments


def _check_nothing(verb: str, argument: str) -> Advice | None:
    if argument and verb in ("DATA", "RSET", "QUIT", "STARTTLS"):
        return Advice(_("{verb} takes no argument").format(verb=verb), len(verb) + 2, WARNING)
    return None


def _check_hello(argument: str, start: int, state: State) -> Advice | None:
    if not argument.strip():
        return Advice(_("a domain name or an address literal belongs here: EHLO contoso.com"), start + 1)
    return _fault(check_helo(argument.rstrip(" ")), start)


def _fault(fault: Fault | None, start: int, level: str = ERROR) -> Advice | None:
    return _at(fault.column + start, fault_text(fault), level) if fault else None


def _at(column: int, said: str, level: str = WARNING) -> Advice:
    return Advice(_("column {column}: {message}").format(column=column, message=said), column, level)


def _check_mail(argument: str, start: int, state: State) -> Advice | None:
    return _check_path(argument, start, state, "FROM", MAIL_PARAMETERS)


def _check_rcpt(argument: str, start: int, state: State) -> Advice | None:
    return _check_path(argument, start, state, "TO", RCPT_PARAMETERS)


def _check_path(argument: str, start: int, state: State, keyword: str, known: dict[str, str]) -> Advice | None:
    head = f"{keyword}:"
    if head.startswith(argument.upper()):
        return Advice(_("{head}<address> belongs here").format(head=head), start + 1)
    path = parse_path_argument(argument, keyword)
    if path.path in ("", "@") and argument.upper() in (head, f"{head}<", f"{head} "):
        return Advice(_("the address follows, in angle brackets"))
    parameter = _check_parameters(argument, path, start, state, known)
    if path.fault and path.bracketed:
        return _fault(path.fault, start)
    if path.fault and path.path and path.fault.id is FaultId.PATH_UNBRACKETED:
        return parameter or _unbracketed(start + path.fault.column)
    if path.fault:
        return parameter or _fault(path.fault, start)
    if argument[len(head) : len(head) + 1] == " ":
        return _at(start + len(head) + 1, _("no space allowed after the colon; strict servers reject it"))
    if not path.path.isascii() and not (state.utf8 or "SMTPUTF8" in dict(path.parameters)):
        return Advice(_("an address that is not ASCII needs the parameter SMTPUTF8 of MAIL"), level=WARNING)
    return parameter


def _unbracketed(column: int) -> Advice:
    """An address without brackets, and nothing else wrong with it: most servers accept it."""
    said = _("the address should be in angle brackets; many servers accept it without, strict servers reply 501")
    return _at(column, said)


def _check_parameters(
    argument: str, path: PathArgument, start: int, state: State, known: dict[str, str]
) -> Advice | None:
    place = argument.find(">") + 1 if path.bracketed else 0
    for keyword, value in path.parameters:
        place = argument.upper().find(f" {keyword}", place) + 1
        wrong = _check_parameter(keyword, value, state, known)
        if wrong:
            return _at(start + place + 1, wrong)
    return None


def _check_parameter(keyword: str, value: str, state: State, known: dict[str, str]) -> str:
    """What is wrong with a parameter; empty when nothing is."""
    extension = known.get(keyword)
    if extension is None:
        return _("{keyword} is no parameter that is known here").format(keyword=keyword)
    if not _offers(state, extension):
        said = _("{keyword} belongs to {extension}, which the server did not announce")
        return said.format(keyword=keyword, extension=extension)
    limit = state.announced.size
    match keyword:
        case "NOTIFY":
            fault = check_notify(value)
            return fault_text(fault) if fault else ""
        case "SIZE" if not (value.isascii() and value.isdigit()):
            return _("SIZE is a number of octets")
        case "SIZE" if limit and int(value) > limit:
            return _("the server takes at most {limit} octets").format(limit=limit)
        case "BODY" if value.upper() not in ("7BIT", "8BITMIME", "BINARYMIME"):
            return _("BODY is 7BIT or 8BITMIME")
        case "RET" if value.upper() not in ("FULL", "HDRS"):
            return _("RET is FULL or HDRS")
        case "ORCPT" if ";" not in value:
            return _("ORCPT is a kind, a semicolon and an address: rfc822;kate@fabrikam.com")
    return ""


def _check_auth(argument: str, start: int, state: State) -> Advice | None:
    mechanism = argument.split(" ")[0].upper()
    offered = tuple(name.upper() for name in state.announced.parameters("AUTH"))
    if state.phase is not Phase.EHLO and not offered:
        return Advice(_("AUTH was not announced"), level=WARNING)
    if mechanism and mechanism not in offered and not any(name.startswith(mechanism) for name in offered):
        return _at(start + 1, _("this mechanism was not offered"))
    if mechanism in ("PLAIN", "LOGIN") and not state.secure:
        return Advice(_("the password would go out in clear: STARTTLS first"), level=WARNING)
    return Advice(_("log in; the client's own auth asks for the password without echo (Ctrl-])"))


_CHECKS: dict[str, Callable[[str, int, State], Advice | None]] = {
    "EHLO": _check_hello,
    "HELO": _check_hello,
    "LHLO": _check_hello,
    "MAIL": _check_mail,
    "RCPT": _check_rcpt,
    "AUTH": _check_auth,
}


# ------------------------------------------------------------------------------------------- the message


def _advise_content(line: str, state: State) -> Advice:
    if line == ".":
        return Advice(_("ends the message; the server answers whether it takes charge of it"))
    size = len(line.encode("utf-8", "surrogateescape"))
    if size > LINE_LIMIT:
        said = _("{size} octets: a line of a message has at most {limit}")
        return Advice(said.format(size=size, limit=LINE_LIMIT), level=WARNING)
    if line.startswith(".") and len(line) > 1 and not line.startswith(".."):
        return Advice(_("the server takes the first dot away: type two for one (RFC 5321 section 4.5.2)"), 1, WARNING)
    if state.content != HEADER:
        return Advice("" if line else _("an empty line of the text; a lone dot ends the message"))
    return _advise_header(line, state)


def _advise_header(line: str, state: State) -> Advice:
    if not line:
        missing = [name for name in ("From", "Subject") if name.lower() not in state.headed]
        if missing:
            said = _("ends the header, which has no {names} yet; the text follows")
            return Advice(said.format(names=", ".join(missing)))
        return Advice(_("ends the header; the text follows"))
    if line[0] in " \t":
        return Advice(_("goes on with the header field before it"))
    name, colon, value = line.partition(":")
    remark = _translated(line)
    if remark:
        return Advice(remark, 1, ERROR)
    if not colon:
        if line.isascii() and line.isprintable() and " " not in line:
            return Advice(_("a header field: Subject: text. An empty line comes before the text"))
        said = _("this is no header field: an empty line must come before the text")
        return Advice(said, 1, WARNING)
    wrong = next((place for place, sign in enumerate(name) if not "!" <= sign <= "~"), -1)
    if wrong >= 0:
        return _at(wrong + 1, _("a field name has printable ASCII only, no blank"), ERROR)
    if not value.isascii() and not state.utf8:
        place = next(place for place, sign in enumerate(line) if not sign.isascii())
        return _at(
            place + 1, _("raw UTF-8 in a header needs SMTPUTF8; else it is written as an encoded-word (RFC 2047)")
        )
    return Advice(_("a header field"))


def _translated(line: str) -> str:
    """What is wrong with a field name in another language, such as ``主题：``; empty when that is not it."""
    if line.isascii():
        return ""
    from smtpscope.dialogue.lint import lint

    remarks = lint(line.encode("utf-8", "surrogateescape") + b"\r\n")
    return next((remark.text for remark in remarks if remark.id == "header-translated"), "")
