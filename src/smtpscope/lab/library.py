"""The scenarios that come with the lab (lab/scenarios/*.toml), and the choice of one by name or file."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from smtpscope.errors import UsageError
from smtpscope.lab.scenario import OK, Scenario
from smtpscope.lab.scenario_file import read_scenario
from smtpscope.language import _

FOLDER = Path(__file__).parent / "scenarios"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of the scenarios shipped, ok first."""
    return (OK.name, *sorted(path.stem for path in FOLDER.glob("*.toml")))


@lru_cache(maxsize=256)
def find_scenario(name: str) -> Scenario | None:
    """The shipped scenario of that name."""
    if name == OK.name:
        return OK
    return read_scenario(FOLDER / f"{name}.toml") if name in names() else None


def library() -> tuple[Scenario, ...]:
    """Every scenario shipped."""
    return tuple(scenario for name in names() if (scenario := find_scenario(name)))


def choose_scenario(wish: str) -> Scenario:
    """The scenario named, or in the file named. Raises UsageError."""
    found = find_scenario(wish)
    if found:
        return found
    if "/" in wish or wish.endswith(".toml"):
        return read_scenario(Path(wish))
    near = get_close_matches(wish, names(), 4, 0.5) or names()
    text = _("there is no {scenario!r}; choose from {names}; smtpscope lab --list shows all")
    raise UsageError("--scenario", text.format(scenario=wish, names=", ".join(near)))
