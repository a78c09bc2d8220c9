"""Settings for every test."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

# No deadline: the machine may be busy. In CI the same examples each time, so that a red run is about the change;
# elsewhere new ones, so that they are found.
settings.register_profile("smtpscope", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("smtpscope")

# Coverage follows the tests, and not the hundreds of programs that they start: that took half of the time.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture
def no_mail_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, ...]]:
    """The probes find no other mail server on this machine, whatever runs on it: a lab, or one for all addresses.

    In the place of ports 25, 465, 587 and 2525 they ask four that are taken, on every address, and refuse: these.
    """
    with ExitStack() as taken:
        ports = []
        for _ in range(4):
            held = taken.enter_context(socket.socket())
            held.bind(("", 0))  # and nobody listens
            ports.append(held.getsockname()[1])
        monkeypatch.setattr("smtpscope.probes.network.other_ports.SMTP", tuple(ports))
        yield tuple(ports)
