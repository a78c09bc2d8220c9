"""The pytest plugin: ``smtp_lab``, a lab server for one test, and ``smtp_lab_session``, one for all of them.

A test that fails shows the sessions at its labs: those of the fixtures, and those that it started itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterator

import pytest

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from smtpscope.testing import SmtpLab

_BEGAN = pytest.StashKey[float]()
_TESTING = "smtpscope.testing"  # imported with the first lab: test runs without a lab do not pay for it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note when a test begins, and forget its labs when it has ended."""
    item.stash[_BEGAN] = time.time()
    try:
        return (yield)
    finally:
        if _TESTING in sys.modules:
            sys.modules[_TESTING].forget_ended_labs()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the sessions when setup, test, or teardown fails, unless the failure shows them already."""
    report = yield
    if report.failed and _TESTING in sys.modules:
        for title, said in _conversations(item):
            if said.partition("\n")[0] not in report.longreprtext:
                _add(report, title, said)
    return report


def _conversations(item: pytest.Item) -> Iterator[tuple[str, str]]:
    """A title and the sessions, for each lab of the test.

    A lab that is shared and not a fixture of this test is included with the sessions during the test, if there are any.
    """
    from smtpscope.protocol.endpoint import format_endpoint

    testing = sys.modules[_TESTING]
    given: dict[str, Any] = getattr(item, "funcargs", None) or {}
    own = [value for value in given.values() if isinstance(value, testing.SmtpLab)]
    began = item.stash.get(_BEGAN, 0.0)
    for lab in dict.fromkeys((*own, *testing.recent_labs())):
        said = _read(lab, 0.0 if lab in own else began)
        if lab in own or lab.began >= began or said != testing.NOBODY:
            yield f"conversation at {format_endpoint(lab.host, lab.port)}", said


def _read(lab: SmtpLab, since: float) -> str:
    try:
        return lab.conversation(since)
    except (OSError, ValueError) as error:  # somebody changed the files: do not hide the failure of the test
        return f"cannot read the transcripts: {error}"


def _add(report: pytest.TestReport, title: str, said: str) -> None:
    """Add a section to the failure, so that --show-capture=no and JUnit files have it, too."""
    add = getattr(report.longrepr, "addsection", None)
    if add:
        add(title, said)
    else:
        report.sections.append((title, said))


@pytest.fixture
def smtp_lab() -> Iterator[SmtpLab]:
    """A lab server for this test: ``smtp_lab.wait_for(1)``, ``smtp_lab.scenario("greylist")``."""
    from smtpscope.testing import lab_running

    with lab_running() as lab:
        yield lab


@pytest.fixture(scope="session")
def smtp_lab_session() -> Iterator[SmtpLab]:
    """One lab server for the whole run; call ``clear()`` if a test must not see the messages of other tests."""
    from smtpscope.testing import lab_running

    with lab_running() as lab:
        yield lab
