"""The client's TLS: settings to a context, the handshake as requests to the driver, certificate verification.

``ssl`` loads when a handshake begins, and not before: it would take most of a run's time.

A certificate that must pass verification is verified by OpenSSL within the handshake. Where the session continues in
any case, the handshake is done without verification, and ``judge`` asks OpenSSL afterwards for its result.
"""

from __future__ import annotations

from smtpscope.dialogue.plan import Tls
from smtpscope.errors import LocalError, UsageError
from smtpscope.model.event import Secured, Unsecured
from smtpscope.model.trouble import HandshakeFailure
from smtpscope.net.request import Read, Trouble, Write
from smtpscope.protocol.address import without_zone
from smtpscope.protocol.certificate import Certificate, read_certificate
from smtpscope.protocol.phase import Phase
from smtpscope.tunnel import Tunnel, describe
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Sequence

    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Outcome, Request


class Established(Value):
    """A handshake that succeeded: the tunnel, and what the event Secured reports."""

    tunnel: Tunnel
    version: str
    cipher: str
    bits: int
    code: int
    problem: str
    certificates: tuple[Certificate, ...]


class Broken(Value):
    """A handshake that failed: what the event Unsecured reports."""

    kind: HandshakeFailure
    reason: str
    code: int = 0
    heard: bytes = b""
    certificates: tuple[Certificate, ...] = ()


if TYPE_CHECKING:
    Shaking = Generator[Request, Outcome, Established | Broken]


def shake(tls: Tls, enforced: bool, name: str, limit: float, clock: Clock) -> Shaking:
    """Do the handshake with a server that has to be ``name``, within ``limit`` seconds."""
    try:
        tunnel = Tunnel(make_context(tls, enforced), without_zone(name))
    except ValueError as error:  # a name that is not valid for SNI, such as one with an empty label
        return Broken(HandshakeFailure.HANDSHAKE, str(error))
    wrong = yield from _agree(tunnel, clock.monotonic() + limit, clock)
    chain = _chain(tunnel.session)
    certificates = tuple(read_certificate(der) for der in chain)
    if wrong:
        return wrong.replace(heard=tunnel.heard, certificates=certificates)
    code, problem = (0, "") if enforced else judge(make_context(Tls(name=tls.name, ca=tls.ca), True), chain, name)
    cipher, _version, bits = tunnel.session.cipher() or ("", "", 0)
    return Established(tunnel, tunnel.session.version() or "", cipher, bits, code, problem, certificates)


def event_of(made: Established | Broken, name: str, now: float) -> Secured | Unsecured:
    """The event that a handshake with a server that had to be ``name`` becomes."""
    if isinstance(made, Broken):
        return Unsecured(now, Phase.TLS, name, made.kind, made.reason, made.code, made.heard, made.certificates)
    facts = (made.version, made.cipher, made.bits, name, not made.code, made.problem, made.code, made.certificates)
    return Secured(now, Phase.TLS, *facts)


def _agree(tunnel: Tunnel, end: float, clock: Clock) -> Generator[Request, Outcome, Broken | None]:
    """The handshake itself, until the time ``end``. None when it succeeded."""
    outcome: Outcome = b""
    while isinstance(outcome, bytes):
        passed = tunnel.shake(outcome)
        written = None
        if passed.octets:
            written = yield Write(passed.octets, max(end - clock.monotonic(), 0.001))
        if passed.error:
            return _refusal(passed.error)
        if tunnel.established:
            return None
        if isinstance(written, Trouble):
            return _network(written)
        outcome = yield Read(max(end - clock.monotonic(), 0.0))
        if outcome == b"":
            return Broken(HandshakeFailure.CLOSED, "")
    return _network(outcome)


def _refusal(error: ssl.SSLError) -> Broken:
    """What this client, or the server, found wrong in the handshake."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return Broken(HandshakeFailure.CERTIFICATE, error.verify_message, error.verify_code)
    return Broken(HandshakeFailure.HANDSHAKE, describe(error))


def _network(outcome: Outcome) -> Broken:
    """What the network did to the handshake."""
    assert isinstance(outcome, Trouble)
    return Broken(HandshakeFailure(outcome.kind), outcome.reason)


def make_context(tls: Tls, enforced: bool) -> ssl.SSLContext:
    """The settings as a context. Raises LocalError and UsageError for files and values that cannot be used."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # requires a valid certificate and the right name
    if not enforced:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _trust(context, tls)
    if tls.version:
        _fix_version(context, tls.version)
    if tls.ciphers:
        try:
            context.set_ciphers(tls.ciphers)
        except (ssl.SSLError, UnicodeError):
            raise UsageError(
                "Tls.ciphers", "{ciphers!r} names no cipher suite that OpenSSL supports", ciphers=tls.ciphers
            ) from None
    if tls.certificate:
        _identify(context, tls)
    return context


def _trust(context: ssl.SSLContext, tls: Tls) -> None:
    import os
    import ssl

    if not tls.ca:
        context.load_default_certs()
        return
    try:
        folder = os.path.isdir(tls.ca)
        context.load_verify_locations(cafile=None if folder else tls.ca, capath=tls.ca if folder else None)
    except ssl.SSLError:
        raise LocalError(
            "{file!r} contains no certificate; it must be in PEM format (-----BEGIN CERTIFICATE-----)",
            "Tls.ca",
            file=tls.ca,
        ) from None
    except OSError as error:
        raise LocalError("cannot read {file!r}: {reason}", "Tls.ca", file=tls.ca, reason=error.strerror) from None


def _fix_version(context: ssl.SSLContext, version: str) -> None:
    """Allow one version only; the old ones (RFC 8996) need OpenSSL's lowest security level."""
    import ssl
    import warnings

    number = ssl.TLSVersion[f"TLSv{version.replace('.', '_').removesuffix('_0')}"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # for TLS 1.0 and 1.1, chosen on purpose
        context.minimum_version = context.maximum_version = number
    if number < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT@SECLEVEL=0")


def _identify(context: ssl.SSLContext, tls: Tls) -> None:
    """Load the client's certificate. The passphrase of a key is not asked for: there may be no user."""
    import ssl

    try:
        context.load_cert_chain(tls.certificate, tls.key or None, password="")
    except ssl.SSLError as error:
        raise LocalError(
            "{file!r} and its key cannot be used: {reason}; both must be in PEM format, without a passphrase",
            "Tls.certificate",
            file=tls.certificate,
            reason=describe(error),
        ) from None
    except OSError as error:
        raise LocalError(
            "cannot read {file!r} or its key: {reason}",
            "Tls.certificate",
            file=tls.certificate,
            reason=error.strerror,
        ) from None


def _chain(session: ssl.SSLObject) -> list[bytes]:
    """The chain as the server sent it, in DER, also of a handshake that failed; empty where nothing came."""
    import ssl

    get_chain = getattr(getattr(session, "_sslobj", None), "get_unverified_chain", None)  # public from Python 3.13
    chain = get_chain() if get_chain else None
    if chain:
        return [ssl.PEM_cert_to_DER_cert(item.public_bytes()) for item in chain]
    try:
        own = session.getpeercert(binary_form=True)
    except ValueError:  # the handshake ended before the certificate
        own = None
    return [own] if own else []


def judge(context: ssl.SSLContext, chain: Sequence[bytes], name: str) -> tuple[int, str]:
    """OpenSSL's result for ``chain`` under the settings of ``context``: its code and words, (0, "") for a valid one.

    Python can ask OpenSSL for this only within a handshake. So a second handshake begins in memory, in which the
    client is sent the ServerHello and the chain: OpenSSL verifies the chain as soon as it has arrived (RFC 5246
    section 7.4.2), before anything that only the owner of the key could send.
    """
    import ssl

    if not chain:
        return -1, "no certificate"
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    tunnel = Tunnel(context, without_zone(name))
    tunnel.shake()
    error = tunnel.shake(_play_server(chain)).error
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_code, error.verify_message
    return (-1, describe(error)) if error else (0, "")


def _play_server(chain: Sequence[bytes]) -> bytes:
    """A server's first flight of TLS 1.2: a ServerHello, with a cipher suite for the key, and the certificates."""
    cipher = b"\xc0\x2f" if read_certificate(chain[0]).key.startswith("RSA") else b"\xc0\x2b"  # ECDHE-RSA or -ECDSA
    renegotiation = b"\x00\x05\xff\x01\x00\x01\x00"  # RFC 5746, which OpenSSL requires
    hello = b"\x03\x03" + bytes(32) + b"\x00" + cipher + b"\x00" + renegotiation
    listed = b"".join(_counted(der) for der in chain)
    flight = b"\x02" + _counted(hello) + b"\x0b" + _counted(_counted(listed))
    pieces = (flight[start : start + 16384] for start in range(0, len(flight), 16384))
    return b"".join(b"\x16\x03\x03" + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def _counted(octets: bytes) -> bytes:
    return len(octets).to_bytes(3, "big") + octets
