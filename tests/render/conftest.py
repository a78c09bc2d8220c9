"""What several tests of the words need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smtpscope import language

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def chinese() -> Iterator[None]:
    """Texts are Chinese."""
    with language.speaking("zh"):
        yield
