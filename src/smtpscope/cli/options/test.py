"""The options of ``smtpscope test``."""

from __future__ import annotations

from smtpscope.cli.options.spec import (
    Command,
    Heading,
    Options,
    argument,
    choice,
    flag,
    number,
    option,
    optional,
    several,
    text,
    value,
)
from smtpscope.cli.values import (
    address_endpoint,
    chunk_octets,
    endpoint,
    header_field,
    ip_address,
    one_line,
    port_number,
    seconds,
)
from smtpscope.dialogue.plan import AUTO, LMTP, SMTP, TLS_MODES, TLS_VERSIONS, WISHES
from smtpscope.language import N_
from smtpscope.probes.options import LEVELS
from smtpscope.protocol.command import RETURNS
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.protocol.phase import STOPS
from smtpscope.render.palette import COLOURS

_USE = N_("{what}: use it when announced, always, or never")


def _mechanisms() -> tuple[str, ...]:
    from smtpscope.protocol.sasl import MECHANISMS

    return (AUTO, *(mechanism.name for mechanism in MECHANISMS))


class TestOptions(Options):
    """What ``smtpscope test`` was asked to do."""

    __test__ = False  # for pytest: no test of its own

    command = Command(
        "test",
        N_("hold the conversation with a server and show every line"),
        N_("A test that leaves no mail behind: smtpscope test mx.example.net --to kate@example.net --stop-after rcpt"),
    )

    _where = Heading(N_("where to"))
    server: Endpoint | None = argument(
        "server", N_("HOST, HOST:PORT or [IPv6]:PORT; without it, every MX of the recipient's domain"), endpoint
    )
    port: int | None = number("-p --port", N_("port of the server (25)"), "PORT", port_number, None)
    lab: str | None = option("--lab", N_("start the lab with this scenario and test that"), "NAME|FILE")
    lab_maildir: str | None = option("--lab-maildir", N_("with --lab: where the lab keeps what it takes"), "FOLDER")
    ipv4: bool = flag("-4 --ipv4", N_("IPv4 addresses only"))
    ipv6: bool = flag("-6 --ipv6", N_("IPv6 addresses only"))
    source: str | None = value("--source", N_("connect from this address of this machine"), "ADDRESS", ip_address, None)
    resolver: Endpoint | None = value(
        "--resolver", N_("ask this DNS server instead of the system's"), "ADDRESS[:PORT]", address_endpoint, None
    )
    timeout: float | None = number(
        "--timeout", N_("one limit for every wait, instead of those of RFC 5321"), "SECONDS", seconds, None
    )

    _envelope = Heading(N_("envelope"))
    sender: str | None = value(
        "-f --from", N_("envelope sender; '<>' is the null sender"), "ADDRESS", one_line, None, may_be_empty=True
    )
    to: tuple[str, ...] = several(
        "-t --to",
        N_("recipient; give it again for more, each gets its own result; 'ADDRESS NOTIFY=never' for this one only"),
        "ADDRESS",
        one_line,
    )
    helo: str | None = value(
        "--helo --ehlo", N_("the name to say in EHLO (this machine's name)"), "NAME", one_line, None
    )
    notify: str | None = value(
        "--notify", N_("DSN to ask for: success, failure, delay (comma-separated) or never"), "WHEN", one_line, None
    )
    await_dsn: float | None = number(
        "--await-dsn", N_("wait so long for the notifications about this message"), "SECONDS", seconds, None
    )
    dsn_at: str | None = option(
        "--dsn-at", N_("where they arrive: lab, maildir:PATH, imap[s]://USER@HOST/FOLDER, listen:ADDRESS:PORT"), "PLACE"
    )
    dsn_password_file: str | None = option(
        "--dsn-password-file", N_("take the IMAP password from the first line of a file"), "FILE"
    )
    dsn_password_env: str | None = option(
        "--dsn-password-env", N_("take it from this variable of the environment"), "VARIABLE"
    )
    ret: str | None = choice("--ret", N_("what a DSN shall return: the full message or its header"), RETURNS, None)
    envid: str | None = option("--envid", N_("envelope id that a DSN shall carry"), "ID")
    orcpt: bool = flag("--orcpt", N_("send each recipient as ORCPT too"))
    mail_parameter: tuple[str, ...] = several(
        "--mail-parameter", N_("a further MAIL parameter, sent as it is"), "TEXT", one_line
    )
    rcpt_parameter: tuple[str, ...] = several(
        "--rcpt-parameter", N_("a further RCPT parameter, sent as it is"), "TEXT", one_line
    )
    as_is: bool = flag("--as-is", N_("send addresses and names that break the grammar all the same"))

    _message = Heading(N_("message"))
    subject: str | None = value(
        "--subject", N_("subject of the test message"), "TEXT", one_line, None, may_be_empty=True
    )
    body: str | None = value("--body", N_("text of the test message"), "TEXT", text, None, may_be_empty=True)
    header: tuple[tuple[str, str], ...] = several(
        "--header", N_("a further header field, or another value for one"), "'NAME: TEXT'", header_field
    )
    attach: tuple[str, ...] = several("--attach", N_("attach this file"), "FILE", text)
    data: str | None = option("--data", N_("send this ready message (.eml) as it is; - is standard input"), "FILE")

    _security = Heading(N_("TLS and login"))
    tls: str = choice(
        "--tls",
        N_("use TLS where STARTTLS is announced, in any case, never, or from the first octet (port 465)"),
        TLS_MODES,
        AUTO,
    )
    tls_ca: str | None = option(
        "--tls-ca", N_("trust the authorities in this file or folder only (the system's)"), "FILE"
    )
    tls_name: str | None = value(
        "--tls-name", N_("the name that the certificate must carry (the server's)"), "NAME", one_line, None
    )
    no_verify: bool = flag("--no-verify", N_("go on with any certificate; what is wrong with it is said all the same"))
    tls_cert: str | None = option("--tls-cert", N_("show this certificate of ours, PEM"), "FILE")
    tls_key: str | None = option("--tls-key", N_("its key, where the file of the certificate does not hold it"), "FILE")
    tls_version: str | None = choice("--tls-version", N_("use this version only"), TLS_VERSIONS, None)
    tls_ciphers: str | None = option("--tls-ciphers", N_("ciphers to offer, in OpenSSL's words"), "LIST")
    user: str | None = option("--user", N_("log in as this user; the password is asked for"), "NAME")
    auth: str | None = optional(
        "--auth", N_("log in with this mechanism instead of the strongest one"), "", text, AUTO, among=_mechanisms
    )
    password_file: str | None = option(
        "--password-file", N_("take the password or token from the first line of a file"), "FILE"
    )
    password_env: str | None = option("--password-env", N_("take it from this variable of the environment"), "VARIABLE")
    auth_in_clear: bool = flag("--auth-in-clear", N_("log in without encryption too: whoever listens may learn it"))
    auth_force: bool = flag("--auth-force", N_("log in where the server does not announce it"))

    _origin = Heading(N_("to be taken for another client"))
    xclient: str | None = value(
        "--xclient",
        N_("say with XCLIENT who we are: 'ADDR=198.51.100.7 NAME=mail.contoso.com'"),
        "ATTRIBUTES",
        one_line,
        None,
    )
    proxy: str | None = choice("--proxy", N_("send a PROXY header of this version first"), ("v1", "v2"), None)
    proxy_source: Endpoint | None = value(
        "--proxy-source",
        N_("the client that it names; without it, LOCAL or UNKNOWN is said"),
        "ADDRESS[:PORT]",
        address_endpoint,
        None,
    )
    proxy_destination: Endpoint | None = value(
        "--proxy-destination",
        N_("where that client connected to (the server)"),
        "ADDRESS[:PORT]",
        address_endpoint,
        None,
    )

    _how = Heading(N_("how"))
    protocol: str = choice("--protocol", N_("SMTP, or LMTP (RFC 2033, port 24)"), (SMTP, LMTP), SMTP)
    script: str | None = option(
        "--script", N_("say the lines of this dialogue script and compare each reply with it"), "FILE"
    )
    stop_after: str | None = choice(
        "--stop-after", N_("end cleanly after this step; up to rcpt (and data) no mail is left"), STOPS, None
    )
    pipelining: str = choice("--pipelining", _USE, WISHES, AUTO, "PIPELINING (RFC 2920)")
    chunking: str = choice("--chunking", _USE, WISHES, AUTO, "CHUNKING, BDAT instead of DATA (RFC 3030)")
    chunk_size: int | None = value(
        "--chunk-size", N_("with --chunking force: octets of a BDAT chunk (one for all)"), "OCTETS", chunk_octets, None
    )
    size: str = choice("--size", _USE, WISHES, AUTO, "SIZE (RFC 1870)")
    eight_bit_mime: str = choice("--8bitmime", _USE, WISHES, AUTO, "8BITMIME (RFC 6152)")
    smtputf8: str = choice("--smtputf8", _USE, WISHES, AUTO, "SMTPUTF8 (RFC 6531)")
    dsn: str = choice("--dsn", _USE, WISHES, AUTO, "DSN (RFC 3461)")

    _probes = Heading(N_("when it fails: questions that tell the causes apart"))
    probes: str | None = choice(
        "--probes",
        N_(
            "what may be asked after a failure: nothing; DNS and this machine; a few packets to the host and to "
            "others too (network); a random recipient and postmaster too (all)"
        ),
        LEVELS,
        None,
    )
    no_probes: bool = flag("--no-probes", N_("ask nothing; the same as --probes none"))
    control: tuple[Endpoint, ...] = several(
        "--control",
        N_("a host that is surely up, asked on 25 and 443 or on PORT; give it again for more"),
        "HOST[:PORT]",
        endpoint,
    )
    retry: float | None = optional(
        "--retry",
        N_("after a refusal for now, try once more: after SECONDS, or what the reply says, or 300"),
        "SECONDS",
        seconds,
        0.0,
    )

    _show = Heading(N_("what is shown and kept"))
    quiet: bool = flag("-q --quiet", N_("the result only"))
    verbose: bool = flag("-v --verbose", N_("everything, the whole message too"))
    raw: bool = flag("--raw", N_("every octet, in hex"))
    entries: tuple[str, ...] = several("--entries", N_("a folder of own entries, looked at first"), "FOLDER", text)
    json: bool = flag("--json", N_("JSON Lines: every event, then one result"))
    color: str = choice("--color", N_("colours"), COLOURS, AUTO)
    log: str | None = option("--log", N_("append every line, with time and phase, to this file"), "FILE")
    transcript: str | None = option("--transcript", N_("write the events to this file as JSON Lines"), "FILE")
    junit: str | None = option("--junit", N_("write a JUnit report to this file"), "FILE")
