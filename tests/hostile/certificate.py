"""Certificates of the peers, made once for each test process."""

from __future__ import annotations

import ssl
import tempfile
import time
from functools import cache

from smtpscope.lab.net.certificates import DAY, Identity, make_authority, make_certificate


@cache
def authority() -> Identity:
    """The authority that the tests trust with ``--tls-ca``."""
    return make_authority("Fabrikam test authority", time.time())


@cache
def server_context(name: str, days: float = 30, trusted: bool = True) -> ssl.SSLContext:
    """A server's TLS with a certificate for ``name`` that is good for ``days`` more, or since then no more."""
    now = time.time()
    identity = make_certificate([name], (now - 60 * DAY, now + days * DAY), authority() if trusted else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(identity.pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context
