"""The scenarios that are included (data/*.toml), and the choice of a scenario by name or file."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from smtpscope.errors import UsageError
from smtpscope.lab.scenario.model import OK, Scenario
from smtpscope.lab.scenario.reader import read_scenario

FOLDER = Path(__file__).parent / "data"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of the included scenarios, ok first."""
    return (OK.name, *sorted(path.stem for path in FOLDER.glob("*.toml")))


@lru_cache(maxsize=256)
def find_scenario(name: str) -> Scenario | None:
    """The included scenario of that name; None for any other name."""
    if name == OK.name:
        return OK
    return read_scenario(FOLDER / f"{name}.toml") if name in names() else None


def library() -> tuple[Scenario, ...]:
    """Every included scenario."""
    return tuple(scenario for name in names() if (scenario := find_scenario(name)))


def choose_scenario(wanted: str, field: str = "scenario") -> Scenario:
    """The scenario of that name, or in that file. Raises UsageError about ``field``."""
    found = find_scenario(wanted)
    if found:
        return found
    if "/" in wanted or wanted.endswith(".toml"):
        return read_scenario(Path(wanted), field=field)
    near = get_close_matches(wanted, names(), 1, 0.6)
    if near:
        raise UsageError(field, "there is no {name!r}; did you mean {near!r}?", name=wanted, near=near[0])
    raise UsageError(field, "there is no {name!r}; choose from {names}", name=wanted, names=", ".join(names()))
