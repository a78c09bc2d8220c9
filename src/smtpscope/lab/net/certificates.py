"""Create certificates (X.509, RFC 5280): a certificate authority (CA), and the certificates that it issues."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 86400.0


class Identity(Value):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"Identity({self.certificate.subject.rfc4514_string()!r})"

    @property
    def certificate_pem(self) -> bytes:
        """The certificate without the key, for clients to trust."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def pem(self) -> bytes:
        """Certificate and key, as a server loads them."""
        return self.certificate_pem + self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make_authority(name: str, now: float, parent: Identity | None = None) -> Identity:
    """A CA: a root, or an intermediate issued by ``parent``."""
    return _make(_distinguished(name), (now - DAY, now + 365 * DAY), parent, authority=True)


def make_certificate(names: Sequence[str], span: tuple[float, float], issuer: Identity | None) -> Identity:
    """A certificate for ``names`` (hosts and addresses), valid in ``span``; self-signed without an issuer."""
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
    return _make(_distinguished(names[0]), span, issuer, False, alternative)


def _make(
    subject: x509.Name,
    span: tuple[float, float],
    issuer: Identity | None,
    authority: bool,
    names: x509.SubjectAlternativeName | None = None,
) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    builder = x509.CertificateBuilder(
        issuer_name=issuer.certificate.subject if issuer else subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=datetime.fromtimestamp(span[0], UTC),
        not_valid_after=datetime.fromtimestamp(span[1], UTC),
    )
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    builder = builder.add_extension(_usage(authority), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(known, critical=False)
    if names:
        builder = builder.add_extension(names, critical=False)
    return Identity(builder.sign(signer, SHA256()), key)


def _distinguished(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
