"""The reference says what the code says: what docs/generate.py would write is what is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from smtpscope.diagnosis.verdict import Status, Verdict
from smtpscope.render.verdict import result

from smtpscope.protocol.phase import Phase

DOCS = Path(__file__).parent.parent / "docs"


def generator() -> ModuleType:
    """docs/generate.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == GENERATOR.PAGES[name](), "run: .venv/bin/python docs/generate.py"


def test_every_step_of_the_table_is_in_the_picture() -> None:
    page = GENERATOR.phases()
    assert all(f"{verb or 'reply'} {digit}xx" in page for _, verb, digit in GENERATOR.TRANSITIONS)
    assert all(f"`{phase}`" in page for phase in GENERATOR.Phase)


def test_the_keys_of_the_result_are_those_that_are_told() -> None:
    [server] = result([Verdict("mx", Status.OK, Phase.QUIT)], 0)["servers"]  # type: ignore[misc, attr-defined]
    assert list(server) == list(GENERATOR.RESULT_KEYS)
