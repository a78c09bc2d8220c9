"""The pytest plugin: ``smtp_lab``, a mail server for one test, and ``smtp_lab_session``, one for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.testing import SmtpLab


@pytest.fixture
def smtp_lab() -> Iterator[SmtpLab]:
    """A lab of the test's own, playing ``ok``: ``smtp_lab.scenario("greylist")``, ``smtp_lab.wait_for(1)``."""
    from smtpscope.testing import lab_running

    with lab_running() as lab:
        yield lab


@pytest.fixture(scope="session")
def smtp_lab_session() -> Iterator[SmtpLab]:
    """One lab for the whole run; call ``clear()`` where a test must not see what others have sent."""
    from smtpscope.testing import lab_running

    with lab_running() as lab:
        yield lab
