"""Settings for every test."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

# No deadline: the machine may be busy. In CI the same examples each time, so that a red run is about the change;
# elsewhere new ones, so that they are found.
settings.register_profile("smtpscope", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("smtpscope")

# Coverage follows the tests, and not the hundreds of programs that they start: that took half of the time.
MEASURE = "COVERAGE_PROCESS_CONFIG"
CONFIGURATION = os.environ.pop(MEASURE, "") if "PYTEST_XDIST_WORKER" in os.environ else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Follow the programs of a test that is marked ``measured``, and not the test itself where it is ``untraced``."""
    tracer = sys.gettrace()
    with pytest.MonkeyPatch.context() as environment:
        if CONFIGURATION and item.get_closest_marker("measured"):
            environment.setenv(MEASURE, CONFIGURATION)
        if item.get_closest_marker("untraced"):
            sys.settrace(None)
        try:
            return (yield)
        finally:
            sys.settrace(tracer)


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
