"""The reply texts that the lab can use: those of Exchange, and those of Postfix."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Personality(Value):
    """The replies of a server: (code, enhanced status code, text) by name; the text can have {fields}."""

    name: str
    host: str
    capabilities: tuple[str, ...]
    size: int
    replies: Mapping[str, tuple[int, str, str]]


_COMMON: dict[str, tuple[int, str, str]] = {
    "lhlo-only": (500, "5.5.1", "This is LMTP: say LHLO"),
    "xclient-refused": (550, "5.7.0", "Insufficient authorization"),
    "xclient-not-now": (503, "5.5.1", "XCLIENT is not permitted in a mail transaction"),
    "not-utf8": (553, "5.6.7", "An address that is not ASCII needs SMTPUTF8"),
    "bad-bdat": (501, "5.5.4", "BDAT needs a size in octets"),
    "too-many-recipients": (452, "4.5.3", "Too many recipients"),
    "idle": (421, "4.4.2", "{host} Idle for too long, closing the connection"),
    "errors": (421, "4.7.0", "{host} Too many errors, closing the connection"),
    "line-too-long": (500, "5.5.2", "Line too long"),  # RFC 5321 section 4.5.3.1.9
    "text-line-too-long": (554, "5.6.0", "A line of the message is too long"),
    "too-many-connections": (421, "4.3.2", "{host} Too many connections, try again later"),
    "chunk-first": (503, "5.5.1", "DATA cannot follow BDAT in one transaction"),  # RFC 3030 section 2
    "expand": (502, "5.3.3", "Command not implemented"),
    "tls-ready": (220, "2.0.0", "Ready to start TLS"),
    "tls-already": (503, "5.5.1", "TLS is on already"),
    "auth-challenge": (334, "", "{challenge}"),
    "auth-ok": (235, "2.7.0", "Authentication successful"),
    "auth-wrong": (535, "5.7.8", "Error: authentication failed"),
    "auth-aborted": (501, "5.7.0", "Authentication aborted"),
    "auth-malformed": (501, "5.5.2", "Cannot decode the response"),
    "auth-unknown-mechanism": (504, "5.5.4", "Unrecognized authentication type"),
    "auth-encrypt-first": (538, "5.7.11", "Encryption required for requested authentication mechanism"),
    "auth-not-now": (503, "5.5.1", "AUTH is not permitted here"),
    "cannot-store": (452, "4.3.1", "Insufficient system storage"),
}

EXCHANGE = Personality(
    "exchange",
    "mail1.fabrikam.com",
    ("SIZE", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING"),
    37748736,
    {
        **_COMMON,
        "banner": (220, "", "{host} Microsoft {protocol} MAIL Service ready at {date}"),
        "hello": (250, "", "{host} Hello [{peer}]"),
        "tls-ready": (220, "2.0.0", "SMTP server ready"),
        "auth-wrong": (535, "5.7.3", "Authentication unsuccessful"),
        "auth-unknown-mechanism": (504, "5.7.4", "Unrecognized authentication type"),
        "bad-name": (501, "5.5.4", "Invalid domain name"),
        "hello-first": (503, "5.5.2", "Send hello first"),
        "sender-ok": (250, "2.1.0", "Sender OK"),
        "bad-sender": (550, "5.1.7", "Invalid address"),
        "sender-given": (503, "5.5.2", "Sender already specified"),
        "recipient-ok": (250, "2.1.5", "Recipient OK"),
        "bad-recipient": (501, "5.1.3", "Invalid address"),
        "need-mail": (503, "5.5.2", "Need mail command"),
        "need-rcpt": (503, "5.5.2", "Need rcpt command"),
        "bad-parameter": (501, "5.5.4", "Invalid arguments"),
        "unknown-parameter": (501, "5.5.4", "Unrecognized parameter"),
        "too-large": (552, "5.3.4", "Message size exceeds fixed maximum message size"),
        "start": (354, "", "Start mail input; end with <CRLF>.<CRLF>"),
        "chunk": (250, "2.6.0", "CHUNK received OK, {octets} octets"),
        "queued": (250, "2.6.0", "<{id}@{host}> Queued mail for delivery"),
        "reset": (250, "2.0.0", "Resetting"),
        "noop": (250, "2.0.0", "OK"),
        "verify": (252, "2.1.5", "Cannot VRFY user"),
        "help": (214, "", "This server supports the following commands: HELO EHLO RCPT MAIL DATA BDAT RSET NOOP QUIT"),
        "unknown": (500, "5.3.3", "Unrecognized command"),
        "bye": (221, "2.0.0", "Service closing transmission channel"),
    },
)

POSTFIX = Personality(
    "postfix",
    "mail.example.test",
    ("PIPELINING", "SIZE", "VRFY", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"),
    10240000,
    {
        **_COMMON,
        "banner": (220, "", "{host} {protocol} Postfix"),
        "hello": (250, "", "{host}"),
        "bad-name": (501, "5.5.2", "<{argument}>: Helo command rejected: Invalid name"),
        "hello-first": (503, "5.5.1", "Error: send HELO/EHLO first"),
        "sender-ok": (250, "2.1.0", "Ok"),
        "bad-sender": (501, "5.1.7", "Bad sender address syntax"),
        "sender-given": (503, "5.5.1", "Error: nested MAIL command"),
        "recipient-ok": (250, "2.1.5", "Ok"),
        "bad-recipient": (501, "5.1.3", "Bad recipient address syntax"),
        "need-mail": (503, "5.5.1", "Error: need MAIL command"),
        "need-rcpt": (503, "5.5.1", "Error: need RCPT command"),
        "bad-parameter": (501, "5.5.4", "Error: Bad {keyword} parameter syntax"),
        "unknown-parameter": (555, "5.5.4", "Unsupported option: {keyword}"),
        "too-large": (552, "5.3.4", "Message size exceeds fixed limit"),
        "start": (354, "", "End data with <CR><LF>.<CR><LF>"),
        "chunk": (250, "2.0.0", "Ok: {octets} bytes"),
        "queued": (250, "2.0.0", "Ok: queued as {id}"),
        "reset": (250, "2.0.0", "Ok"),
        "noop": (250, "2.0.0", "Ok"),
        "verify": (252, "2.0.0", "{argument}"),
        "help": (502, "5.5.1", "Error: command not recognized"),
        "unknown": (502, "5.5.2", "Error: command not recognized"),
        "bye": (221, "2.0.0", "Bye"),
    },
)

PERSONALITIES: dict[str, Personality] = {"exchange": EXCHANGE, "postfix": POSTFIX}
