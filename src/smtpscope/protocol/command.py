"""Commands and their parameters, reading and writing (RFC 5321 section 4.1.1)."""

from __future__ import annotations

import re

from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.protocol.path import check_mailbox
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

# The commands of SMTP and its extensions, in the order of a session.
VERBS = (
    *("EHLO", "HELO", "LHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT"),
    *("RSET", "NOOP", "VRFY", "EXPN", "HELP", "ETRN", "QUIT"),
)

# The commands that introduce a client: to SMTP, to SMTP without extensions, to LMTP (RFC 2033 section 4.1).
HELLOS = VERBS[:3]

# Parameters of MAIL and of RCPT, and the extension that the server must advertise for each (RFC 5321 section 2.2.1).
MAIL_PARAMETERS = {
    "SIZE": "SIZE",  # RFC 1870
    "BODY": "8BITMIME",  # RFC 6152
    "SMTPUTF8": "SMTPUTF8",  # RFC 6531
    "RET": "DSN",  # RFC 3461
    "ENVID": "DSN",
    "AUTH": "AUTH",  # RFC 4954
    "REQUIRETLS": "REQUIRETLS",  # RFC 8689
    "BY": "DELIVERBY",  # RFC 2852
    "HOLDFOR": "FUTURERELEASE",  # RFC 4865
    "HOLDUNTIL": "FUTURERELEASE",
    "MT-PRIORITY": "MT-PRIORITY",  # RFC 6710
}
RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN", "RRVS": "RRVS"}  # RRVS: RFC 7293

# The values of BODY (RFC 6152, RFC 3030 section 3) and of RET (RFC 3461 section 4.3).
BODIES = ("7BIT", "8BITMIME", "BINARYMIME")
RETURNS = ("full", "hdrs")

# esmtp-param, RFC 5321 section 4.1.2. Compiled at first use, because most sessions do not need it.
_PARAMETER = r"[A-Za-z0-9][A-Za-z0-9-]*(=[^ =\x00-\x1f\x7f]+)?"


class Command(Value):
    """A command line as received: the verb in upper case, the argument without outer spaces, and the line itself."""

    verb: str
    argument: str
    line: str


def parse_command(line: bytes) -> Command:
    """Read a command line (without its line ending). Any bytes give a command. Never raises."""
    text = line.decode("utf-8", "surrogateescape")
    verb, _blank, argument = text.partition(" ")
    return Command(verb.upper(), argument.strip(" "), text)


class PathArgument(Value):
    """The argument of MAIL or RCPT.

    path          the address without brackets and source route; empty for the null sender
    parameters    (KEYWORD, value) pairs; value is empty if none was given
    fault         the first fault, with its column in the argument; None if the argument is well formed
    bracketed     whether the path is in angle brackets, as it must be
    source_route  the ``@a,@b:`` before the address, which a server must ignore (RFC 5321 appendix C)
    """

    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None
    bracketed: bool = True
    source_route: str = ""


def parse_path_argument(argument: str, keyword: str) -> PathArgument:
    """Read ``FROM:<a@b> SIZE=1`` (``keyword`` is FROM or TO). Never raises.

    Also reads what people type: a path without brackets, or spaces after the colon.
    """
    head = len(keyword) + 1
    if argument[:head].upper() != f"{keyword}:":
        return PathArgument("", fault=Fault.at(1, FaultId.KEYWORD_MISSING, keyword=keyword), bracketed=False)
    start = head + len(argument[head:]) - len(argument[head:].lstrip(" "))
    bracketed = argument[start : start + 1] == "<"
    end = _path_end(argument, start) if bracketed else argument.find(" ", start)
    if end < 0 and not bracketed:
        end = len(argument)
    if end < 0:
        return PathArgument(argument[start + 1 :], fault=Fault.at(len(argument) + 1, FaultId.PATH_UNCLOSED))
    inner = start + 1 if bracketed else start
    route, path = _split_route(argument[inner:end])
    tail = end + 1 if bracketed else end
    parameters, fault = _parse_parameters(argument, tail)
    path_fault = _check_path(path, keyword)
    if path_fault:
        fault = path_fault.replace(column=path_fault.column + inner + len(route))
    elif not bracketed:
        fault = Fault.at(start + 1, FaultId.PATH_UNBRACKETED)
    return PathArgument(path, parameters, fault, bracketed, route)


def _check_path(path: str, keyword: str) -> Fault | None:
    """The first fault of the path of MAIL (``keyword`` FROM) or RCPT (TO).

    Only MAIL may have the null sender. RCPT may have Postmaster without a domain (RFC 5321 section 4.1.1.3).
    """
    if (keyword == "FROM" and not path) or (keyword == "TO" and path.lower() == "postmaster"):
        return None
    return check_mailbox(path, utf8=True)


def _path_end(text: str, start: int) -> int:
    """The index of the > that ends the path, not counting one in quoted text; -1 if there is none."""
    quoted = False
    place = start
    while place < len(text):
        if quoted and text[place] == "\\":
            place += 1
        elif text[place] == '"':
            quoted = not quoted
        elif text[place] == ">" and not quoted:
            return place
        place += 1
    return text.rfind(">") if quoted else -1


def _split_route(path: str) -> tuple[str, str]:
    """The source route of ``path`` (with its colon), and the address after it."""
    colon = path.find(":")
    if path.startswith("@") and colon > 0 and "[" not in path[:colon]:
        return path[: colon + 1], path[colon + 1 :]
    return "", path


def _parse_parameters(text: str, start: int) -> tuple[tuple[tuple[str, str], ...], Fault | None]:
    """The (KEYWORD, value) pairs in ``text`` from index ``start`` on, and the first fault in them."""
    found, fault = [], None
    if text[start : start + 1] not in ("", " "):
        fault = Fault.at(start + 1, FaultId.PATH_FOLLOWED)
    place = start
    for word in text[start:].split(" "):
        if word and not fault and not re.fullmatch(_PARAMETER, word):
            fault = Fault.at(place + 1, FaultId.PARAMETER, word=word)
        if word:
            key, _sign, value = word.partition("=")
            found.append((key.upper(), value))
        place += len(word) + 1
    return tuple(found), fault


def mail_line(sender: str, parameters: Sequence[str] = ()) -> bytes:
    """``MAIL FROM:<sender>`` with parameters, without CRLF. An empty sender is the null sender."""
    return " ".join([f"MAIL FROM:<{sender}>", *parameters]).encode("utf-8", "surrogateescape")


def rcpt_line(recipient: str, parameters: Sequence[str] = ()) -> bytes:
    """``RCPT TO:<recipient>`` with parameters, without CRLF."""
    return " ".join([f"RCPT TO:<{recipient}>", *parameters]).encode("utf-8", "surrogateescape")


def xtext_encode(text: str) -> str:
    """``text`` as xtext (RFC 3461 section 4): a byte of its UTF-8 that is not a plain character becomes +HH."""
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if 0x21 <= octet <= 0x7E and octet not in b"+=" else f"+{octet:02X}" for octet in octets)


def xtext_decode(text: str) -> str:
    """Undo ``xtext_encode``. A + without two hexadecimal digits after it stays as is."""
    octets = re.sub(
        rb"\+([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text.encode("utf-8", "surrogateescape")
    )
    return octets.decode("utf-8", "surrogateescape")


def check_notify(value: str) -> Fault | None:
    """The first fault in the value of NOTIFY (RFC 3461 section 4.1); None if it is valid."""
    conditions: list[str] = []
    column = 1
    for condition in value.upper().split(","):
        if condition not in ("NEVER", "SUCCESS", "FAILURE", "DELAY"):
            return Fault.at(column, FaultId.NOTIFY_WORD, word=condition.lower())
        if condition in conditions:
            return Fault.at(column, FaultId.NOTIFY_TWICE)
        if conditions and "NEVER" in (condition, conditions[0]):
            return Fault.at(column, FaultId.NOTIFY_NEVER)
        conditions.append(condition)
        column += len(condition) + 1
    return None


class Line(Value):
    """One line from a client: its bytes without line ending, the line ending (CRLF or LF), and whether it was cut."""

    data: bytes
    ending: bytes
    overlong: bool = False


class LineReader:
    """Splits what a client sends into lines. Keeps at most ``limit`` bytes of each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = b""
        self._dropped = False

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrive. Take every line with ``next_line`` before you feed more."""
        self._buffer += data

    def next_line(self) -> Line | None:
        """The next complete line; None if there is none yet."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > self.limit + 1:  # keep the last byte: it may be the CR of the line ending
                self._dropped = True
                self._buffer = self._buffer[: self.limit] + self._buffer[-1:]
            return None
        line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
        ending = b"\r\n" if line.endswith(b"\r\n") else b"\n"
        data = line[: -len(ending)]
        overlong = self._dropped or len(data) > self.limit
        self._dropped = False
        return Line(data[: self.limit], ending, overlong)

    def take_rest(self) -> bytes:
        """Remove and return the bytes that are left, for another reader (DATA, BDAT, TLS)."""
        rest, self._buffer = self._buffer, b""
        return rest
