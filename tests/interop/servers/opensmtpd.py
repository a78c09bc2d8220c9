"""OpenSMTPD, from the folder where install.sh unpacked it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .certificate import write_certificate
from .server import CACHE, DOMAINS, HOST, MAILBOXES, SIZE_LIMIT, Server, free_ports, new_folder, running

ROOT = CACHE / "opensmtpd"

# Its paths are compiled in. In a mount namespace of its own it finds there what belongs to this server; this machine's
# folders of these names are not touched.
_START = """\
set -e
mount --bind {folder}/spool /var/spool
mount --bind {folder}/lib /var/lib
mount --bind {root}/usr/libexec /usr/libexec
mount --bind {folder}/run /run
exec {root}/usr/sbin/smtpd -d -f {folder}/smtpd.conf
"""

_CONFIGURATION = """\
{key}table mailboxes file:{folder}/mailboxes
smtp max-message-size "{size}"
listen on 127.0.0.1 port {smtp} {tls} hostname {host}
action "deliver" maildir "{folder}/mail/%{{dest.domain}}/%{{dest.user}}" virtual <mailboxes>
{rules}
"""


@contextlib.contextmanager
def opensmtpd(tls: bool = False) -> Iterator[Server]:
    """OpenSMTPD: port 25 only. Its addresses are ASCII.

    ``tls``: announce STARTTLS. Debian 12's build (6.8.0 with OpenSSL 3) takes the command and then fails in every
    handshake, which is worth a test of its own. Raises RuntimeError when it does not start.
    """
    if not ROOT.exists():
        raise RuntimeError(f"there is no {ROOT}: run tests/interop/install.sh")
    with new_folder("opensmtpd") as folder:
        server = Server("opensmtpd", folder, *free_ports(1))
        _configure(server, tls)
        start = _START.format(folder=folder, root=ROOT)
        with running(server, ["unshare", "--mount", "sh", "-c", start]):
            yield server


def _configure(server: Server, tls: bool) -> None:
    folder = server.folder
    for name in ("spool/smtpd", "lib/opensmtpd/empty", "run", "mail"):
        (folder / name).mkdir(parents=True)
    (folder / "spool/smtpd").chmod(0o711)
    (folder / "mail").chmod(0o1777)
    write_certificate(folder)
    ascii_mailboxes = (address for address in MAILBOXES if address.isascii())
    (folder / "mailboxes").write_text("".join(f"{address} nobody\n" for address in ascii_mailboxes))
    key = f'pki ours cert "{folder}/cert.pem"\npki ours key "{folder}/key.pem"\n'
    (folder / "smtpd.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            size=SIZE_LIMIT,
            smtp=server.smtp,
            key=key if tls else "",
            tls="tls pki ours" if tls else "",
            host=HOST,
            rules="\n".join(f'match from any for domain "{domain}" action "deliver"' for domain in DOMAINS),
        )
    )
