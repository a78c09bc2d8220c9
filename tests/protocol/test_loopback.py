"""What is this machine, and what only looks like it."""

from __future__ import annotations

import pytest

from smtpscope.protocol.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "127.example.com", "127.0.0.1.example.com", "127.1"],
)
def test_others(host: str) -> None:
    assert not is_loopback(host)
