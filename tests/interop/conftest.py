"""The servers, each started once. A server that is missing or does not start is an error, never a skip."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interop.servers.exim import exim
from interop.servers.opensmtpd import opensmtpd
from interop.servers.postfix import postfix
from interop.servers.server import Server


@pytest.fixture(scope="session", name="postfix")
def postfix_server() -> Iterator[Server]:
    with postfix() as server:
        yield server


@pytest.fixture(scope="session", name="exim")
def exim_server() -> Iterator[Server]:
    with exim() as server:
        yield server


@pytest.fixture(scope="session", name="opensmtpd")
def opensmtpd_server() -> Iterator[Server]:
    with opensmtpd() as server:
        yield server


@pytest.fixture(params=["postfix", "exim", "opensmtpd"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the three in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found
