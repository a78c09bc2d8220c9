"""Every probe that smtpscope brings."""

from __future__ import annotations

from smtpscope.probes import (
    again,
    control,
    exchangers,
    handshake,
    local,
    names,
    ports,
    recipients,
    spelling,
    view,
    words,
)

BUILTIN = (
    local.PROBE,
    names.PROBE,
    spelling.PROBE,
    view.PROBE,
    again.PROBE,
    ports.PROBE,
    handshake.PROBE,
    words.PROBE,
    exchangers.PROBE,
    control.PROBE,
    recipients.PROBE,
)
"""Every probe, the cheapest first: the order in which they are announced."""
