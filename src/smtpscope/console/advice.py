"""Hints before Enter: what a line will do, and its first fault with the column. No I/O."""

from __future__ import annotations

from functools import partial

from smtpscope.console.draft import CHUNK, HEADER
from smtpscope.diagnosis.parameters import find_fault
from smtpscope.language import N_, _, fill
from smtpscope.protocol.command import VERBS, parse_path_argument
from smtpscope.protocol.fault import FaultId
from smtpscope.protocol.path import check_helo
from smtpscope.protocol.tracking import State
from smtpscope.render.faults import fault_text
from smtpscope.render.verbs import verb_purpose
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.console.session import Snapshot
    from smtpscope.protocol.fault import Fault

HINT, WARNING, ERROR = "hint", "warning", "error"

# The longest line of a message in bytes, without CRLF (RFC 5322 section 2.1.1).
LINE_LIMIT = 998


class Advice(Value):
    """One sentence. ``column`` is where the line is wrong (from 1; 0: nowhere). ``level``: hint, warning, or error."""

    text: str
    column: int = 0
    level: str = HINT


# Commands of the client, which users type at the wrong prompt.
_CLIENT_COMMANDS = ("open", "close", "set", "unset", "display", "status", "send", "body", "mx", "replay", "save", "?")


def advise(line: str, snapshot: Snapshot) -> Advice:
    """The hint for ``line``, if it were sent in the state of ``snapshot``."""
    if snapshot.challenged:
        return Advice(_("the response to the challenge, in base64; it is not shown. A single * cancels the login"))
    if snapshot.content:
        return _advise_content(line, snapshot)
    verb, _space, argument = line.partition(" ")
    verb = verb.upper()
    if not line:
        return Advice("")
    if verb not in VERBS:
        return _advise_unknown(line)
    check = _CHECKS.get(verb)
    fault = check(argument, len(verb) + 1, snapshot) if check else None
    if argument and verb in ("DATA", "RSET", "QUIT", "STARTTLS"):
        fault = Advice(fill("{verb} takes no argument", verb=verb), len(verb) + 2, WARNING)
    return fault or _check_order(verb, snapshot) or Advice(verb_purpose(verb))


def _advise_unknown(line: str) -> Advice:
    """The hint for a line whose first word is not an SMTP command, or not yet one."""
    from difflib import get_close_matches

    word = line.split(" ")[0]
    if any(verb.startswith(word.upper()) for verb in VERBS):
        return Advice("")
    if word.lower() in _CLIENT_COMMANDS:
        text = N_("{word} is a client command; press Ctrl-] for the client prompt")
        return Advice(fill(text, word=word), 1, WARNING)
    similar = get_close_matches(word.upper(), VERBS, 1, 0.6) if len(word) > 2 else []
    if similar:
        return Advice(fill("not an SMTP command (did you mean {known}?)", known=similar[0]), 1, WARNING)
    return Advice(_("not an SMTP command; most servers reply 500"), 1, WARNING)


# ------------------------------------------------------------------------------------------------- order


def _check_order(verb: str, snapshot: Snapshot) -> Advice | None:
    """A warning if the server will reject ``verb`` at this point of the session (RFC 5321 section 4.1.4)."""
    place, announced = snapshot.place, snapshot.announced
    wrong = ""
    match verb:
        case "MAIL" | "RCPT" | "DATA" | "BDAT" | "AUTH" if place is State.HELLO:
            wrong = _("EHLO not sent yet; most servers reply 503")
        case "MAIL" if place in _IN_TRANSACTION:
            wrong = _("sender already set; the server will reply 503 (RSET resets the transaction)")
        case "RCPT" if place not in _IN_TRANSACTION:
            wrong = _("no sender accepted yet (MAIL FROM); the server will reply 503")
        case "DATA" | "BDAT" if not snapshot.recipients:
            wrong = _("no recipient accepted yet (RCPT TO); the server will reply 503")
        case "AUTH" if snapshot.logged_in:
            wrong = _("already logged in; the server will reply 503 (RFC 4954 section 4)")
        case "STARTTLS" if snapshot.secure:
            wrong = _("the connection is encrypted already")
        case "STARTTLS" if announced is not None and not announced.has("STARTTLS"):
            wrong = _("the server does not advertise STARTTLS")
    return Advice(wrong, level=WARNING) if wrong else None


# -------------------------------------------------------------------------------------------- arguments
#
# Each check takes the argument, the number of columns before it, and the snapshot. It returns the first fault, or None.


def _check_hello(argument: str, start: int, snapshot: Snapshot) -> Advice | None:
    if not argument.strip():
        return Advice(_("a domain name or an address literal belongs here: EHLO contoso.com"), start + 1)
    return _fault(check_helo(argument.rstrip(" ")), start)


def _fault(fault: Fault | None, start: int, level: str = ERROR) -> Advice | None:
    return _at(fault.column + start, fault_text(fault), level) if fault else None


def _at(column: int, text: str, level: str = WARNING) -> Advice:
    return Advice(fill("column {column}: {message}", column=column, message=text), column, level)


def _check_path(verb: str, keyword: str, argument: str, start: int, snapshot: Snapshot) -> Advice | None:
    head = f"{keyword}:"
    if head.startswith(argument.upper()):
        return Advice(fill("{head}<address> belongs here", head=head), start + 1)
    path = parse_path_argument(argument, keyword)
    if path.path in ("", "@") and argument.upper() in (head, f"{head}<", f"{head} "):
        return Advice(_("the address follows, in angle brackets"))
    parameter = find_fault(verb, argument, snapshot.announced)
    advice = _fault(parameter.fault, start, WARNING) if parameter else None
    if path.fault and path.bracketed:
        return _fault(path.fault, start)
    if path.fault and path.path and path.fault.id is FaultId.PATH_UNBRACKETED:
        text = _("the address should be in angle brackets; many servers accept it without, strict servers reply 501")
        return advice or _at(start + path.fault.column, text)
    if path.fault:
        return advice or _fault(path.fault, start)
    if argument[len(head) : len(head) + 1] == " ":
        return _at(start + len(head) + 1, _("no space allowed after the colon; strict servers reject it"))
    if not path.path.isascii() and not (snapshot.utf8 or "SMTPUTF8" in dict(path.parameters)):
        return Advice(_("an address that is not ASCII needs the parameter SMTPUTF8 of MAIL"), level=WARNING)
    return advice


def _check_auth(argument: str, start: int, snapshot: Snapshot) -> Advice | None:
    mechanism = argument.split(" ")[0].upper()
    if snapshot.announced is None or snapshot.logged_in:
        return None
    offered = tuple(name.upper() for name in snapshot.announced.parameters("AUTH"))
    if not offered:
        return Advice(_("the server does not advertise AUTH"), level=WARNING)
    if mechanism and mechanism not in offered and not any(name.startswith(mechanism) for name in offered):
        return _at(start + 1, _("the server does not advertise this mechanism"))
    if mechanism in ("PLAIN", "LOGIN") and not snapshot.secure:
        return Advice(_("the password would be sent unencrypted; use STARTTLS first"), level=WARNING)
    return Advice(_("log in; the client command auth (Ctrl-]) prompts for the password without echo"))


_CHECKS: dict[str, Callable[[str, int, Snapshot], Advice | None]] = {
    "EHLO": _check_hello,
    "HELO": _check_hello,
    "LHLO": _check_hello,
    "MAIL": partial(_check_path, "MAIL", "FROM"),
    "RCPT": partial(_check_path, "RCPT", "TO"),
    "AUTH": _check_auth,
}


# ------------------------------------------------------------------------------------------- the message


# The states within a transaction.
_IN_TRANSACTION = (State.SENDER, State.RECIPIENT)


def _advise_content(line: str, snapshot: Snapshot) -> Advice:
    """The hint for a line of the message or of a BDAT chunk."""
    if snapshot.content == CHUNK:
        return Advice(_("bytes of the chunk: the line and its line ending"))
    if line == ".":
        return Advice(_("ends the message; the server replies whether it accepts it"))
    size = len(line.encode("utf-8", "surrogateescape"))
    if size > LINE_LIMIT:
        text = N_("{size} bytes; a message line has at most {limit} bytes")
        return Advice(fill(text, size=size, limit=LINE_LIMIT), level=WARNING)
    if line.startswith(".") and len(line) > 1 and not line.startswith(".."):
        return Advice(
            _("the server removes a leading dot; type two dots to send one (RFC 5321 section 4.5.2)"), 1, WARNING
        )
    if snapshot.content != HEADER:
        return Advice("" if line else _("empty line in the body; a line with a single dot ends the message"))
    return _advise_header(line, snapshot)


def _advise_header(line: str, snapshot: Snapshot) -> Advice:
    """The hint for a line of the header, or for the empty line after it."""
    if not line:
        missing = [name for name in ("From", "Subject") if name.lower() not in snapshot.headed]
        if missing:
            text = N_("ends the header (no {names} yet); the body follows")
            return Advice(fill(text, names=", ".join(missing)))
        return Advice(_("ends the header; the body follows"))
    if line[0] in " \t":
        return Advice(_("goes on with the header field before it"))
    name, colon, value = line.partition(":")
    fault = _translated_name(line)
    if fault:
        return Advice(fault, 1, ERROR)
    if not colon:
        if line.isascii() and line.isprintable() and " " not in line:
            return Advice(_("a header field: Subject: text. An empty line comes before the text"))
        return Advice(_("this is no header field: an empty line must come before the text"), 1, WARNING)
    index = next((index for index, char in enumerate(name) if not "!" <= char <= "~"), -1)
    if index >= 0:
        return _at(index + 1, _("a field name has printable ASCII only, no blank"), ERROR)
    if not value.isascii() and not snapshot.utf8:
        index = next(index for index, char in enumerate(line) if not char.isascii())
        return _at(
            index + 1, _("raw UTF-8 in a header needs SMTPUTF8; else it is written as an encoded-word (RFC 2047)")
        )
    return Advice(_("a header field"))


def _translated_name(line: str) -> str:
    """What is wrong with a field name in another language, such as ``主题：``; empty for any other line."""
    if line.isascii():
        return ""
    from smtpscope.dialogue.lint import RemarkId, lint
    from smtpscope.render.lint import remark_text

    remarks = lint(line.encode("utf-8", "surrogateescape") + b"\r\n")
    return next((remark_text(remark) for remark in remarks if remark.id is RemarkId.HEADER_TRANSLATED), "")
