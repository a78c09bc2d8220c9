"""The list of all probes."""

from __future__ import annotations

from smtpscope.probes.dns import names, own_address, spelling
from smtpscope.probes.network import other_ports, reference_hosts, route, same_port, silent_port
from smtpscope.probes.smtp import mx_hosts, recipients
from smtpscope.probes.tls import implicit

BUILTIN = (
    route.PROBE,
    names.PROBE,
    spelling.PROBE,
    own_address.PROBE,
    same_port.PROBE,
    other_ports.PROBE,
    implicit.PROBE,
    silent_port.PROBE,
    mx_hosts.PROBE,
    reference_hosts.PROBE,
    recipients.PROBE,
)
"""Every probe, the cheapest first: the order in which they are announced."""
