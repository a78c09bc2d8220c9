"""What a caller allows the probes to do. It is made before anything has failed, so it loads none of them."""

from __future__ import annotations

from smtpscope.values import Value

# What --probes takes, from nothing to everything; each level holds those before it.
LEVELS = ("none", "dns", "network", "all")


class ProbeOptions(Value):
    """What the caller allows.

    level     one of LEVELS
    controls  (host, port) of the reference hosts; None: those of probes/network/reference_hosts.py
    view      look up what the server can see of this client, also if nothing suggests it
    retry     seconds until a second try after a 4yz reply; 0: what the reply says, else 300; None: no second try
    """

    level: str = "network"
    controls: tuple[tuple[str, int], ...] | None = None
    view: bool = False
    retry: float | None = None
