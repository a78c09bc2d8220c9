"""Frozen values: made, compared, shown, never changed."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import smtpscope
from smtpscope.values import Value, ValueType


class Point(Value):
    x: int
    y: int = 0


class Named(Point):
    name: str = "a"


def test_fields_come_by_place_or_by_name() -> None:
    assert Point(1, 2) == Point(y=2, x=1)
    assert repr(Named(1, name="b")) == "Named(x=1, y=0, name='b')"
    assert Named.fields() == ("x", "y", "name")


def test_equal_content_is_equal_and_hashes_alike_within_one_type() -> None:
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Named(1)


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del Point(1).x
    assert Point(1).replace(y=5) == Point(1, 5)


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "needs a value for 'x'"),
        ((1, 2, 3), {}, "takes 2 values"),
        ((1,), {"x": 1}, "given 'x' twice"),
        ((1,), {"z": 1}, "no field 'z'"),
    ],
)
def test_a_mistake_is_named(args: tuple[int, ...], kwargs: dict[str, int], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Point(*args, **kwargs)


def test_values_are_matched_and_pickled() -> None:
    match Named(1, 2, "c"):
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert pickle.loads(pickle.dumps(Named(1))) == Named(1)


@pytest.mark.parametrize("key", ["__annotate__", "__annotate_func__"])
def test_fields_that_cannot_be_read_yet_are_refused(key: str) -> None:
    """What the body of a class holds from Python 3.14 on, where its module has no future import (PEP 649)."""
    namespace = {"__module__": "fabrikam.points", key: lambda form: {"x": int}}
    with pytest.raises(TypeError, match=r"fields of Point .*begin fabrikam\.points with 'from __future__ import annot"):
        ValueType("Point", (Value,), namespace)


def test_fields_that_can_be_read_are_taken_beside_the_function_for_them() -> None:
    namespace = {"__module__": "m", "__annotations__": {"x": "int"}, "__annotate_func__": None}
    made = ValueType("Point", (Value,), namespace)
    assert made(1).x == 1


def test_a_module_with_values_has_the_future_import() -> None:
    """So that its classes can be made on Python 3.14."""
    without = [
        str(path)
        for path in Path(smtpscope.__file__).parent.rglob("*.py")
        if re.search(r"^\s*class .*\(.*(Value|Options)\):", path.read_text("utf-8"), re.MULTILINE)
        and "\nfrom __future__ import annotations\n" not in path.read_text("utf-8")
    ]
    assert without == []
