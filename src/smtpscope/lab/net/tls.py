"""TLS at the lab: a temporary test CA, and certificates that are good, or wrong in one way."""

from __future__ import annotations

import os

from smtpscope.errors import LocalError
from smtpscope.lab.scenario.model import GOOD
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from smtpscope.lab.net.certificates import Identity

WRONG_NAME = "other.example.test"
DAY = 86400.0


class Authority:
    """A temporary test CA. ``ca_file`` is the file that a client must trust.

    ``names`` are the host names and addresses of the good certificate. ``now`` is seconds since the epoch. The files
    are in ``folder``, readable by their owner only; ``client_file`` is a client certificate with its key that the lab
    accepts. Raises LocalError if they cannot be written.
    """

    def __init__(self, folder: str, names: Sequence[str], now: float) -> None:
        from smtpscope.lab.net.certificates import make_authority, make_certificate

        self._folder, self._names, self._now = folder, tuple(dict.fromkeys(names)), now
        self._root = make_authority("smtpscope lab: temporary test CA", now)
        self._contexts: dict[str, ssl.SSLContext] = {}
        client = make_certificate(("kate",), (now - DAY, now + 30 * DAY), self._root)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self.ca_file = self._write("ca.pem", self._root.certificate_pem)
            self.client_file = self._write("client.pem", client.pem)
        except OSError as error:
            raise LocalError(
                "cannot write the certificates to {folder!r}: {reason}",
                "maildir",
                folder=folder,
                reason=error.strerror,
            ) from error

    def context(self, kind: str = GOOD) -> ssl.SSLContext:
        """The TLS context of the server with a certificate of ``kind`` (CERTIFICATES). Raises OSError."""
        if kind not in self._contexts:
            self._contexts[kind] = self._make_context(kind)
        return self._contexts[kind]

    def _make_context(self, kind: str) -> ssl.SSLContext:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._write(f"{kind}.pem", self._make_identity(kind).pem))
        if kind == "old-version":
            _only_old(context)
        if kind == "wants-certificate":
            context.load_verify_locations(self.ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _make_identity(self, kind: str) -> Identity:
        from smtpscope.lab.net.certificates import make_certificate

        names = (WRONG_NAME,) if kind == "wrong-name" else self._names
        spans = {"expired": (-30 * DAY, -DAY), "not-yet-valid": (DAY, 30 * DAY)}
        begin, end = spans.get(kind, (-DAY, 30 * DAY))
        return make_certificate(names, (self._now + begin, self._now + end), self._issuer(kind))

    def _issuer(self, kind: str) -> Identity | None:
        from smtpscope.lab.net.certificates import make_authority

        match kind:
            case "self-signed":
                return None
            case "unknown-authority":
                return make_authority("a CA that no client trusts", self._now)
            case "incomplete-chain":
                return make_authority("smtpscope lab: intermediate CA", self._now, self._root)
        return self._root

    def _write(self, name: str, content: bytes) -> str:
        path = os.path.join(self._folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        return path


def _only_old(context: ssl.SSLContext) -> None:
    """Allow TLS 1.1 at most; OpenSSL supports it at its lowest security level only."""
    import ssl
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python: the versions are old on purpose
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
