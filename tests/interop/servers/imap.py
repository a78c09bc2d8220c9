"""Dovecot as an IMAP server on a Maildir that another server fills."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from .certificate import write_certificate
from .server import LOGIN, PASSWORD, Server, free_ports, new_folder, running

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log-dovecot
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
default_login_user = dovenull
default_internal_user = dovecot
first_valid_uid = 100
auth_mechanisms = plain
mail_location = maildir:{maildir}:INDEX={folder}/index:CONTROL={folder}/control
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure}
  }}
}}
"""


@contextlib.contextmanager
def imap(mailbox: Path) -> Iterator[Server]:
    """IMAP on the port ``smtp`` of the Server, IMAP over TLS on ``submissions``. Raises RuntimeError."""
    if not shutil.which("dovecot", path="/usr/sbin:/usr/bin"):
        raise RuntimeError("Dovecot is not installed: run tests/interop/install.sh")
    with new_folder("imap") as folder:
        port, secure = free_ports(2)
        server = Server("imap", folder, port, submissions=secure)
        _configure(server, mailbox)
        with running(server, ["dovecot", "-F", "-c", str(folder / "dovecot.conf")]):
            yield server


def _configure(server: Server, mailbox: Path) -> None:
    folder = server.folder
    for name in ("run", "state", "index", "control"):
        (folder / name).mkdir()
    owner = mailbox.stat().st_uid
    for name in ("index", "control"):
        shutil.chown(folder / name, owner)
    write_certificate(folder)
    (folder / "users").write_text(f"{LOGIN}:{{PLAIN}}{PASSWORD}:{owner}:65534::{folder}::\n")
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(folder=folder, maildir=mailbox, port=server.smtp, secure=server.submissions)
    )
