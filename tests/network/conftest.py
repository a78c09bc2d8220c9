"""Each test has its own network, and it is gone afterwards."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_spec = importlib.util.spec_from_file_location("smtpscope_test_net", Path(__file__).with_name("net.py"))
net_module = importlib.util.module_from_spec(_spec)
sys.modules["smtpscope_test_net"] = net_module
_spec.loader.exec_module(net_module)


@pytest.fixture
def net() -> Iterator[object]:
    """The namespaces. Where they cannot be had the test fails: it proves nothing without them."""
    try:
        made = net_module.Net()
    except net_module.NoNamespacesError as error:
        pytest.fail(str(error))
    yield made
    made.close()


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    """A key and a certificate of its own, in one file."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail1.fabrikam.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    made = builder.sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "server.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return str(path)
