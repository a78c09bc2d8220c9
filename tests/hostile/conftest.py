"""What every hostile test may use."""

from __future__ import annotations

import pytest

from hostile.run import make_files


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files that options name in braces, by name."""
    return make_files(tmp_path_factory.mktemp("files"))
