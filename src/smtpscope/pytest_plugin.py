"""The pytest plugin: ``smtp_lab``, a mail server for one test, and ``smtp_lab_session``, one for all of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from smtpscope.testing import SmtpLab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails, in whatever way, shows what was said at its lab, unless the failure shows it already."""
    report = yield
    for lab in _labs(item) if report.failed and call.when == "call" else ():
        said = lab.conversation()
        if said.partition("\n")[0] not in report.longreprtext:
            from smtpscope.protocol.endpoint import format_endpoint

            report.sections.append((f"conversation at {format_endpoint(lab.host, lab.port)}", said))
    return report


def _labs(item: pytest.Item) -> list[SmtpLab]:
    given: dict[str, Any] = getattr(item, "funcargs", {})
    return [given[name] for name in ("smtp_lab", "smtp_lab_session") if name in given]


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
