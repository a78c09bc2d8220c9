"""The fields of a certificate that people look at (X.509, RFC 5280), read with ``cryptography``.

The library is loaded only when a certificate is read.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from cryptography import x509


class Certificate(Value):
    """One certificate of a chain, as text.

    subject, issuer        distinguished names, RFC 4514
    names                  DNS names and IP addresses of the subject alternative name
    not_before, not_after  seconds since the epoch
    fingerprint            SHA-256 of the DER form, in hexadecimal
    serial                 serial number, in hexadecimal
    key, signature         such as ``EC 256 bits`` and ``sha256``
    """

    subject: str
    issuer: str
    names: tuple[str, ...] = ()
    not_before: float = 0.0
    not_after: float = 0.0
    fingerprint: str = ""
    serial: str = ""
    key: str = ""
    signature: str = ""


def read_certificate(der: bytes) -> Certificate:
    """The fields of a certificate in DER. If it cannot be read, only the fingerprint is filled in. Never raises."""
    from hashlib import sha256

    fingerprint = sha256(der).hexdigest()
    try:
        from cryptography.x509 import load_der_x509_certificate

        return _from_x509(load_der_x509_certificate(der), fingerprint)
    except Exception:  # the peer sends any bytes, and the parser raises errors of many kinds
        return Certificate("", "", fingerprint=fingerprint)


def _from_x509(found: x509.Certificate, fingerprint: str) -> Certificate:
    key = found.public_key()
    kind = type(key).__name__.removeprefix("_").removesuffix("PublicKey").removesuffix("EllipticCurve")
    bits = getattr(key, "key_size", 0)
    algorithm = found.signature_hash_algorithm
    return Certificate(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        names=_names(found),
        not_before=found.not_valid_before_utc.timestamp(),
        not_after=found.not_valid_after_utc.timestamp(),
        fingerprint=fingerprint,
        serial=f"{found.serial_number:x}",
        key=f"{kind} {bits} bits" if bits else kind,
        signature=algorithm.name if algorithm else "ed25519 or ed448",
    )


def _names(found: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)
