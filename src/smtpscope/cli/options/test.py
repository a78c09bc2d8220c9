"""The options of ``smtpscope test``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option
from smtpscope.language import N_

WISHES = ("auto", "force", "forbid")
STOPS = ("connect", "banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data")
TLS_MODES = ("auto", "require", "never", "implicit")
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
MECHANISMS = ("auto", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2")


def _wish(name: str, what: str) -> Option:
    return Option(
        (f"--{name}",),
        N_("{what}: use it when announced, always, or never"),
        choices=WISHES,
        default="auto",
        about=what,
    )


_WHERE = Group(
    N_("where to"),
    (
        Option(
            ("server",),
            N_("HOST, HOST:PORT or [IPv6]:PORT; without it, every MX of the recipient's domain"),
            "argument",
        ),
        Option(("-p", "--port"), N_("port of the server (25)"), "number", "PORT"),
        Option(("--lab",), N_("start the lab with this scenario and test that"), metavar="NAME|FILE"),
        Option(("--lab-maildir",), N_("with --lab: where the lab keeps what it takes"), metavar="FOLDER"),
        Option(("-4", "--ipv4"), N_("IPv4 addresses only"), "flag"),
        Option(("-6", "--ipv6"), N_("IPv6 addresses only"), "flag"),
        Option(("--source",), N_("connect from this address of this machine"), metavar="ADDRESS"),
        Option(("--resolver",), N_("ask this DNS server instead of the system's"), metavar="ADDRESS[:PORT]"),
        Option(("--timeout",), N_("one limit for every wait, instead of those of RFC 5321"), "seconds", "SECONDS"),
    ),
)

_ENVELOPE = Group(
    N_("envelope"),
    (
        Option(("-f", "--from"), N_("envelope sender; '<>' is the null sender"), metavar="ADDRESS", may_be_empty=True),
        Option(
            ("-t", "--to"),
            N_(
                "recipient; give it again for more, each gets its own verdict; 'ADDRESS NOTIFY=never' for this one only"
            ),
            "list",
            "ADDRESS",
        ),
        Option(("--helo", "--ehlo"), N_("the name to say in EHLO (this machine's name)"), metavar="NAME"),
        Option(("--notify",), N_("DSN to ask for: success, failure, delay (comma-separated) or never"), metavar="WHEN"),
        Option(("--await-dsn",), N_("wait so long for the notifications about this message"), "seconds", "SECONDS"),
        Option(
            ("--dsn-at",),
            N_("where they arrive: lab, maildir:PATH, imap[s]://USER@HOST/FOLDER, listen:ADDRESS:PORT"),
            metavar="PLACE",
        ),
        Option(("--dsn-password-file",), N_("take the IMAP password from the first line of a file"), metavar="FILE"),
        Option(("--dsn-password-env",), N_("take it from this variable of the environment"), metavar="VARIABLE"),
        Option(("--ret",), N_("what a DSN shall return: the full message or its header"), choices=("full", "hdrs")),
        Option(("--envid",), N_("envelope id that a DSN shall carry"), metavar="ID"),
        Option(("--orcpt",), N_("send each recipient as ORCPT too"), "flag"),
        Option(("--mail-parameter",), N_("a further MAIL parameter, sent as it is"), "list", "TEXT"),
        Option(("--rcpt-parameter",), N_("a further RCPT parameter, sent as it is"), "list", "TEXT"),
        Option(("--as-is",), N_("send addresses and names that break the grammar all the same"), "flag"),
    ),
)

_MESSAGE = Group(
    N_("message"),
    (
        Option(("--subject",), N_("subject of the test message"), metavar="TEXT", may_be_empty=True),
        Option(("--body",), N_("text of the test message"), metavar="TEXT", may_be_empty=True),
        Option(("--header",), N_("a further header field, or another value for one"), "list", "'NAME: TEXT'"),
        Option(("--attach",), N_("attach this file"), "list", "FILE"),
        Option(("--data",), N_("send this ready message (.eml) as it is; - is standard input"), metavar="FILE"),
    ),
)

_SECURITY = Group(
    N_("TLS and login"),
    (
        Option(
            ("--tls",),
            N_("use TLS where STARTTLS is announced, in any case, never, or from the first octet (port 465)"),
            choices=TLS_MODES,
            default="auto",
        ),
        Option(("--tls-ca",), N_("trust the authorities in this file or folder only (the system's)"), metavar="FILE"),
        Option(("--tls-name",), N_("the name that the certificate must carry (the server's)"), metavar="NAME"),
        Option(("--no-verify",), N_("go on with any certificate; what is wrong with it is said all the same"), "flag"),
        Option(("--tls-cert",), N_("show this certificate of ours, PEM"), metavar="FILE"),
        Option(("--tls-key",), N_("its key, where the file of the certificate does not hold it"), metavar="FILE"),
        Option(("--tls-version",), N_("use this version only"), choices=TLS_VERSIONS),
        Option(("--tls-ciphers",), N_("ciphers to offer, in OpenSSL's words"), metavar="LIST"),
        Option(("--user",), N_("log in as this user; the password is asked for"), metavar="NAME"),
        Option(
            ("--auth",), N_("log in with this mechanism instead of the strongest one"), "optional", choices=MECHANISMS
        ),
        Option(("--password-file",), N_("take the password or token from the first line of a file"), metavar="FILE"),
        Option(("--password-env",), N_("take it from this variable of the environment"), metavar="VARIABLE"),
        Option(("--auth-in-clear",), N_("log in without encryption too: whoever listens may learn it"), "flag"),
        Option(("--auth-force",), N_("log in where the server does not announce it"), "flag"),
    ),
)

_ORIGIN = Group(
    N_("to be taken for another client"),
    (
        Option(
            ("--xclient",),
            N_("say with XCLIENT who we are: 'ADDR=198.51.100.7 NAME=mail.contoso.com'"),
            metavar="ATTRIBUTES",
        ),
        Option(("--proxy",), N_("send a PROXY header of this version first"), choices=("v1", "v2")),
        Option(
            ("--proxy-source",),
            N_("the client that it names; without it, LOCAL or UNKNOWN is said"),
            metavar="ADDRESS[:PORT]",
        ),
        Option(("--proxy-destination",), N_("where that client connected to (the server)"), metavar="ADDRESS[:PORT]"),
    ),
)

_HOW = Group(
    N_("how"),
    (
        Option(("--protocol",), N_("SMTP, or LMTP (RFC 2033, port 24)"), choices=("smtp", "lmtp"), default="smtp"),
        Option(
            ("--script",), N_("say the lines of this dialogue script and compare each reply with it"), metavar="FILE"
        ),
        Option(
            ("--stop-after",), N_("end cleanly after this step; up to rcpt (and data) no mail is left"), choices=STOPS
        ),
        _wish("pipelining", "PIPELINING (RFC 2920)"),
        _wish("chunking", "CHUNKING, BDAT instead of DATA (RFC 3030)"),
        Option(("--chunk-size",), N_("with --chunking force: octets of a BDAT chunk (one for all)"), metavar="OCTETS"),
        _wish("size", "SIZE (RFC 1870)"),
        _wish("8bitmime", "8BITMIME (RFC 6152)"),
        _wish("smtputf8", "SMTPUTF8 (RFC 6531)"),
        _wish("dsn", "DSN (RFC 3461)"),
    ),
)

_SHOW = Group(
    N_("what is shown and kept"),
    (
        Option(("-q", "--quiet"), N_("the verdict only"), "flag"),
        Option(("-v", "--verbose"), N_("everything, the whole message too"), "flag"),
        Option(("--raw",), N_("every octet, in hex"), "flag"),
        Option(("--entries",), N_("a folder of own entries, looked at first"), "list", "FOLDER"),
        Option(("--json",), N_("JSON Lines: every event, then one result"), "flag"),
        Option(("--color",), N_("colours"), choices=("auto", "always", "never"), default="auto"),
        Option(("--log",), N_("append every line, with time and phase, to this file"), metavar="FILE"),
        Option(("--transcript",), N_("write the events to this file as JSON Lines"), metavar="FILE"),
        Option(("--junit",), N_("write a JUnit report to this file"), metavar="FILE"),
    ),
)

_PROBES = Group(
    N_("when it fails: questions that tell the causes apart"),
    (
        Option(
            ("--probes",),
            N_(
                "what may be asked after a failure: nothing; DNS and this machine; a few packets to the host and to "
                "others too (network); a random recipient and postmaster too (all)"
            ),
            choices=("none", "dns", "network", "all"),
        ),
        Option(("--no-probes",), N_("ask nothing; the same as --probes none"), "flag"),
        Option(
            ("--control",),
            N_("a host that is surely up, asked on 25 and 443 or on PORT; give it again for more"),
            "list",
            "HOST[:PORT]",
        ),
        Option(
            ("--retry",),
            N_("after a refusal for now, try once more: after SECONDS, or what the reply says, or 300"),
            "optional",
            "SECONDS",
        ),
    ),
)

SPEC = CommandSpec(
    "test",
    N_("hold the conversation with a server and show every line"),
    N_("A test that leaves no mail behind: smtpscope test mx.example.net --to kate@example.net --stop-after rcpt"),
    (_WHERE, _ENVELOPE, _MESSAGE, _SECURITY, _ORIGIN, _HOW, _PROBES, _SHOW),
)
