"""What a caller allows the probes to do: a value of its own, for it is made before it is known whether any is asked."""

from __future__ import annotations

from smtpscope.values import Value

# What --probes takes, from nothing to everything; each level holds those before it.
LEVELS = ("none", "dns", "network", "all")


class ProbeOptions(Value):
    """What the caller allows: the level of --probes, the control hosts (None: the usual ones), whether to look at
    ourselves with the server's eyes in any case (``view``), and ``retry``: seconds until a second try after a
    refusal for now (0: what the reply says, else 300; None: no second try)."""

    level: str = "network"
    controls: tuple[tuple[str, int], ...] | None = None
    view: bool = False
    retry: float | None = None
