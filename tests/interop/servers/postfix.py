"""Postfix, as installed, with a configuration and a queue of its own."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from .certificate import write_certificate
from .server import (
    BOUNCES,
    DOMAINS,
    HOST,
    LOGIN,
    MAILBOXES,
    PASSWORD,
    SIZE_LIMIT,
    Server,
    end_process,
    free_ports,
    maildir,
    new_folder,
    run,
    until,
    wait_for_greeting,
)

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {host}
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
# A message stays as it came: no header is added or rewritten for a client on this machine.
local_header_rewrite_clients =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = inline:{{ {{ {bounces} = bounces: }} {next_hop} }}
# Whatever else comes in stays here.
default_transport = discard:
relay_transport = discard:
message_size_limit = {size}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
# Refuse at the command that is wrong.
smtpd_delay_reject = no
smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_sender_restrictions = reject_non_fqdn_sender
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = reject_unlisted_recipient
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
# A second try, after a refusal for now, comes soon.
queue_run_delay = 5s
minimal_backoff_time = 5s
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/key.pem, {folder}/cert.pem
cyrus_sasl_config_path = {folder}/sasl
"""

_SUBMISSION = """\
  -o smtpd_sasl_auth_enable=yes -o smtpd_helo_restrictions=
  -o smtpd_sender_restrictions=permit_sasl_authenticated,reject
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""

_MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
{options}127.0.0.1:{submissions} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
{options}pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
bounces unix - n n - - pipe flags= user=nobody argv=/bin/sh -c {{ echo the mailbox is full; exit 69 }}
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@contextlib.contextmanager
def postfix(next_hop: str = "", settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Postfix: port 25, submission (STARTTLS, login) and submissions.

    ``next_hop``: ``lmtp:HOST:PORT`` or ``smtp:HOST:PORT``, where the mail for fabrikam.com goes in place of the
    Maildirs; that for contoso.com, such as notifications for the sender, stays. ``settings``: further parameters for
    main.cf. Raises RuntimeError when it does not start.
    """
    if not shutil.which("postfix", path="/usr/sbin:/usr/bin"):
        raise RuntimeError("Postfix is not installed: run tests/interop/install.sh")
    with new_folder("postfix") as folder:
        smtp, submission, submissions = free_ports(3)
        server = Server("postfix", folder, smtp, submission, submissions)
        _configure(server, next_hop, settings or {})
        run("postfix", "-c", folder, "start")
        try:
            wait_for_greeting(server)
            yield server
        finally:
            _stop(server)


def _configure(server: Server, next_hop: str, settings: Mapping[str, str]) -> None:
    folder = server.folder
    for name in ("queue", "data", "mail", "sasl"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "nobody")
    write_certificate(folder)
    _allow_login(folder)
    places = {address: maildir(folder, address).relative_to(folder / "mail") for address in (*MAILBOXES, BOUNCES)}
    (folder / "mailboxes").write_text("".join(f"{address} {place}/\n" for address, place in places.items()))
    main = _MAIN.format(
        folder=folder,
        host=HOST,
        domains=", ".join(DOMAINS),
        next_hop=f"{{ fabrikam.com = {_transport(next_hop)} }}" if next_hop else "",
        bounces=BOUNCES,
        size=SIZE_LIMIT,
    )
    (folder / "main.cf").write_text(main + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    (folder / "master.cf").write_text(
        _MASTER.format(
            smtp=server.smtp, submission=server.submission, submissions=server.submissions, options=_SUBMISSION
        )
    )


def _transport(next_hop: str) -> str:
    """``lmtp:HOST:PORT`` in Postfix's words."""
    protocol, host, port = next_hop.split(":")
    return f"lmtp:inet:{host}:{port}" if protocol == "lmtp" else f"smtp:[{host}]:{port}"


def _allow_login(folder: Path) -> None:
    (folder / "sasl" / "smtpd.conf").write_text(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
        f"sasldb_path: {folder}/sasldb\nmech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256\n"
    )
    user, _, realm = LOGIN.partition("@")
    run("saslpasswd2", "-p", "-c", "-f", folder / "sasldb", "-u", realm, user, text=PASSWORD)
    shutil.chown(folder / "sasldb", "postfix")


def _stop(server: Server) -> None:
    """The master ends its children with itself; its id stands in a file that it keeps locked."""
    number = int((server.folder / "queue" / "pid" / "master.pid").read_text())
    end_process(number)
    until(lambda: None if Path(f"/proc/{number}").exists() else True)
