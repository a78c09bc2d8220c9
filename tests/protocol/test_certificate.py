"""Certificates, read: the facts, and octets that are none."""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.lab.net.certificates import make_authority, make_certificate
from smtpscope.protocol.certificate import read_certificate

NOW = 1_700_000_000.0


def test_the_facts() -> None:
    root = make_authority("an authority", NOW)
    made = make_certificate(("mx.example.net", "*.example.net", "192.0.2.1", "2001:db8::1"), (NOW, NOW + 60), root)
    der = made.certificate.public_bytes(Encoding.DER)
    found = read_certificate(der)
    assert (found.subject, found.issuer) == ("CN=mx.example.net", "CN=an authority")
    assert found.names == ("mx.example.net", "*.example.net", "192.0.2.1", "2001:db8::1")
    assert (found.not_before, found.not_after) == (NOW, NOW + 60)
    assert found.fingerprint == sha256(der).hexdigest()
    assert (found.key, found.signature) == ("EC 256 bits", "sha256")


def test_an_authority_has_no_names() -> None:
    root = make_authority("an authority", NOW)
    assert read_certificate(root.certificate.public_bytes(Encoding.DER)).names == ()


@given(st.binary(max_size=200))
def test_any_octets(der: bytes) -> None:
    found = read_certificate(der)
    assert found.subject == ""
    assert found.fingerprint == sha256(der).hexdigest()
