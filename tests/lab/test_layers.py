"""The parts of the lab form layers: none imports one that is above it, and no two modules import each other.

Every import counts: those for types only and those within functions, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import smtpscope.lab

ROOT = Path(smtpscope.lab.__file__).parent
PACKAGE = "smtpscope.lab"

# From the top to the bottom; parts in one line do not import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("runner",),
    ("http",),
    ("server",),
    ("net",),
    ("smtp",),
    ("dsn_sender",),
    ("store",),
    ("dsn",),
    ("delivery",),
    ("scenario",),
    ("mail",),
    ("options", "announcement", "subscription"),
)
LEVEL = {part: -number for number, parts in enumerate(LAYERS) for part in parts}


def modules() -> dict[str, Path]:
    """The file of each module of the lab by its name; a package is named like its folder."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join((PACKAGE, *(part for part in parts if part != "__init__")))] = path
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    """Every name that a module imports, wherever the import stands in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph() -> dict[str, set[str]]:
    """The modules of the lab that each module of the lab imports."""
    known = modules()
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in known.items()}
    return {name: {target for target in imported(tree) if target in known} - {name} for name, tree in trees.items()}


def part_of(module: str) -> str:
    """The part that a module belongs to; empty for the package itself."""
    return module.removeprefix(PACKAGE).lstrip(".").partition(".")[0]


def upward(imports: dict[str, set[str]]) -> list[str]:
    """The imports that do not lead to a lower layer, or stay within their part."""
    pairs = [(source, target) for source, targets in imports.items() for target in sorted(targets)]
    parts = [(source, target, part_of(source), part_of(target)) for source, target in pairs]
    return [f"{source} -> {target}" for source, target, a, b in parts if b and a != b and LEVEL[a] <= LEVEL[b]]


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one import circle; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_part_has_a_layer() -> None:
    assert {part_of(name) for name in modules()} - {""} == set(LEVEL)


def test_imports_lead_downward() -> None:
    assert upward(graph()) == []


def test_no_modules_import_each_other() -> None:
    assert circle(graph()) == []


def test_imports_for_types_and_in_functions_count() -> None:
    text = (
        "from smtpscope.lab.net import connection\n"
        "if TYPE_CHECKING:\n    from smtpscope.lab.server import Lab\n"
        "def late():\n    import smtpscope.lab.runner\n"
    )
    found = set(imported(ast.parse(text)))
    assert {"smtpscope.lab.net.connection", "smtpscope.lab.server", "smtpscope.lab.runner"} <= found


def test_a_fault_would_be_found() -> None:
    assert upward({"smtpscope.lab.mail": {"smtpscope.lab.store.maildir"}}) == [
        "smtpscope.lab.mail -> smtpscope.lab.store.maildir"
    ]
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
