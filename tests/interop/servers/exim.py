"""Exim, from the folder where install.sh unpacked it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from .certificate import write_certificate
from .server import (
    BOUNCES,
    CACHE,
    DOMAINS,
    HOST,
    LOGIN,
    MAILBOXES,
    PASSWORD,
    SIZE_LIMIT,
    Server,
    free_ports,
    new_folder,
    running,
)

BINARY = CACHE / "exim4-daemon-light" / "usr/sbin/exim4"

_CONFIGURATION = """\
exim_path = {binary}
primary_hostname = {host}
spool_directory = {folder}/queue
log_file_path = {folder}/log-%s
pid_file_path = {folder}/pid
never_users =
deliver_drop_privilege = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp} : {submission} : {submissions}
tls_on_connect_ports = {submissions}
disable_ipv6 = true
host_lookup =
rfc1413_query_timeout = 0s
smtp_banner = $primary_hostname ESMTP Exim $version_number
message_size_limit = {size}
smtp_accept_max = 200
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
pipelining_connect_advertise_hosts =
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if and{{{{!eq{{$received_port}}{{{smtp}}}}}{{!eq{{$tls_in_cipher}}{{}}}}}}{{*}}{{}}}}
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = accept
domainlist ours = {domains}

begin acl
acl_mail:
  deny condition = ${{if !eq{{$received_port}}{{{smtp}}}}}
       !authenticated = *
       message = 530 5.7.0 Authentication required
  accept
acl_rcpt:
  accept domains = +ours
         endpass
         verify = recipient
  accept authenticated = *
  deny message = relay not permitted

begin routers
bounces:
  driver = redirect
  no_verify
  condition = ${{if eq{{$local_part@$domain}}{{{bounces}}}}}
  allow_fail
  data = :fail: the mailbox is full
{next_hop}mailboxes:
  driver = accept
  domains = +ours
  condition = {known}
  transport = maildir
unknown:
  driver = redirect
  domains = +ours
  allow_fail
  data = :fail: Unknown user
elsewhere:
  driver = redirect
  data = :blackhole:

begin transports
maildir:
  driver = appendfile
  maildir_format
  create_directory
  directory = {folder}/mail/$domain_data/${{lookup{{$local_part@$domain}}lsearch{{{folder}/mailboxes}}}}
  delivery_date_add
  envelope_to_add
  return_path_add
next_hop:
  driver = smtp
  protocol = {protocol}
  port = {port}
  allow_localhost
  hosts_try_fastopen =

begin retry
* * F,1h,5s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{login}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{{{eq{{$auth1}}{{{login}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{login}}}{{{password}}}fail}}
  server_set_id = $auth1
"""

_KNOWN = "${{lookup{{$local_part@$domain}}lsearch{{{folder}/mailboxes}}{{yes}}{{no}}}}"

_NEXT_HOP = """\
next_hop:
  driver = manualroute
  domains = fabrikam.com
  condition = {known}
  route_list = * {host} byname
  self = send
  transport = next_hop
"""


@contextlib.contextmanager
def exim(next_hop: str = "") -> Iterator[Server]:
    """Exim: port 25, submission (STARTTLS, login) and submissions.

    ``next_hop``: ``lmtp:HOST:PORT`` or ``smtp:HOST:PORT``, where the mail for fabrikam.com goes in place of the
    Maildirs; that for contoso.com, such as notifications for the sender, stays. Raises RuntimeError when it does not
    start.
    """
    if not BINARY.exists():
        raise RuntimeError(f"there is no {BINARY}: run tests/interop/install.sh")
    with new_folder("exim") as folder:
        smtp, submission, submissions = free_ports(3)
        server = Server("exim", folder, smtp, submission, submissions)
        _configure(server, next_hop)
        with running(server, [str(BINARY), "-C", str(folder / "exim.conf"), "-bdf", "-q5s"]):
            yield server


def _configure(server: Server, next_hop: str) -> None:
    folder = server.folder
    for name in ("queue", "mail"):
        (folder / name).mkdir()
    write_certificate(folder)
    lines = (f"{address}: {address.partition('@')[0]}\n" for address in (*MAILBOXES, BOUNCES))
    (folder / "mailboxes").write_text("".join(lines))
    protocol, host, port = next_hop.split(":") if next_hop else ("smtp", "127.0.0.1", "25")
    known = _KNOWN.format(folder=folder)
    text = _CONFIGURATION.format(
        binary=BINARY,
        folder=folder,
        host=HOST,
        domains=" : ".join(DOMAINS),
        smtp=server.smtp,
        submission=server.submission,
        submissions=server.submissions,
        size=SIZE_LIMIT,
        bounces=BOUNCES,
        known=known,
        next_hop=_NEXT_HOP.format(known=known, host=host) if next_hop else "",
        protocol=protocol,
        port=port,
        login=LOGIN,
        password=PASSWORD,
    )
    (folder / "exim.conf").write_text(text)
    # It reads its configuration as root, and everything else as its own user.
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "Debian-exim", "Debian-exim")
    shutil.chown(folder / "exim.conf", "root", "root")
