"""Dovecot as an LMTP server (RFC 2033), the last hop of many installations."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from .server import MAILBOXES, Server, free_ports, maildir, new_folder, running

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log-dovecot
protocols = lmtp
listen = 127.0.0.1
hostname = {name}
ssl = no
default_login_user = dovenull
default_internal_user = dovecot
first_valid_uid = 100
auth_username_chars =
mail_location = maildir:~
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
  unix_listener lmtp {{
    mode = 0
  }}
}}
"""


@contextlib.contextmanager
def dovecot() -> Iterator[Server]:
    """Dovecot: LMTP on the port ``smtp`` of the Server. Raises RuntimeError when it does not start."""
    if not shutil.which("dovecot", path="/usr/sbin:/usr/bin"):
        raise RuntimeError("Dovecot is not installed: run tests/interop/install.sh")
    with new_folder("dovecot") as folder:
        server = Server("dovecot", folder, *free_ports(1))
        _configure(server)
        with running(server, ["dovecot", "-F", "-c", str(folder / "dovecot.conf")]):
            yield server


def _configure(server: Server) -> None:
    folder = server.folder
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    lines = (f"{address}:{{PLAIN}}:65534:65534::{maildir(folder, address)}::\n" for address in MAILBOXES)
    (folder / "users").write_text("".join(lines))
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(folder=folder, name="imap.fabrikam.com", port=server.smtp)
    )
