"""From the options of ``test`` to what the probes may do."""

from __future__ import annotations

from smtpscope.probes.options import ProbeOptions
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.protocol.endpoint import Endpoint


def make_probe_options(options: TestOptions) -> ProbeOptions:
    """What --probes, --no-probes, --control, --retry and -v allow."""
    controls = tuple(pair for endpoint in options.control for pair in _control(endpoint))
    return ProbeOptions(
        level="none" if options.no_probes else options.probes or "network",
        controls=controls or None,
        view=options.verbose and not options.no_probes,
        retry=options.retry,
    )


def _control(endpoint: Endpoint) -> tuple[tuple[str, int], ...]:
    """HOST:PORT is asked on that port, HOST alone on 25 and 443."""
    host, port = endpoint.host, endpoint.port
    return ((host, 25), (host, 443)) if port is None else ((host, port),)
