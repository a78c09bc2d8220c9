"""Small frozen values and closed vocabularies, without the start-up cost of dataclasses and of enum.

``import dataclasses`` alone takes longer than a whole conversation on loopback, and to make the members of our
vocabularies takes ``enum`` a tenth of a test (docs/decisions/0002-values.md). So the values on the path of a single
probe are made here: annotated fields, keyword or positional, compared and shown by content, never changed after they
are made. A type checker sees enums.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from enum import IntEnum, StrEnum
    from typing import Any, Self, TypeVar, dataclass_transform

    T = TypeVar("T")
else:  # typing is not imported at run time: it would cost 5 ms

    def dataclass_transform(**_: Any) -> Callable[[T], T]:
        return lambda cls: cls


_put = object.__setattr__


@dataclass_transform(frozen_default=True)
class ValueType(type):
    """Turns the annotations of a class into its fields, in order; an assignment beside one is its default."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ValueType:
        own = tuple(_annotations(name, namespace))
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        base = bases[0] if bases else None
        fields = (*getattr(base, "_fields", ()), *own)
        namespace["__slots__"] = own
        namespace["__match_args__"] = fields
        cls = super().__new__(mcs, name, bases, namespace)
        cls._fields = fields
        cls._defaults = {**getattr(base, "_defaults", {}), **defaults}
        return cls

    _fields: tuple[str, ...]
    _defaults: dict[str, Any]


def _annotations(name: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """The annotations in the body of the class ``name``. Raises TypeError where they cannot be read yet.

    From Python 3.14 on, a body has a function instead, which is called when somebody asks (PEP 649 and 749); with the
    future import it has the annotations themselves, as texts, in every version.
    """
    lazy = "__annotate__" in namespace or "__annotate_func__" in namespace
    if lazy and "__annotations__" not in namespace:
        module = namespace.get("__module__", "?")
        raise TypeError(
            f"the fields of {name} cannot be read; begin {module} with 'from __future__ import annotations'"
        )
    found: dict[str, Any] = namespace.get("__annotations__", {})
    return found


class Value(metaclass=ValueType):
    """A frozen record. Subclasses list their fields as annotations.

    >>> class Point(Value):
    ...     x: int
    ...     y: int = 0
    >>> Point(1)
    Point(x=1, y=0)
    >>> Point(1) == Point(x=1, y=0)
    True
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        fields, defaults = cls._fields, cls._defaults
        if len(args) > len(fields):
            raise TypeError(f"{cls.__name__} takes {len(fields)} values, not {len(args)}")
        for field, value in zip(fields, args, strict=False):
            _put(self, field, value)
        left = fields[len(args) :]
        if kwargs and not kwargs.keys() <= set(left):
            _refuse_strangers(cls, left, kwargs)
        for field in left:
            if field in kwargs:
                _put(self, field, kwargs[field])
            elif field in defaults:
                _put(self, field, defaults[field])
            else:
                raise TypeError(f"{cls.__name__} needs a value for {field!r}")

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {field!r} cannot be set")

    def __delattr__(self, field: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {field!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{field}={getattr(self, field)!r}" for field in type(self)._fields)
        return f"{type(self).__name__}({shown})"

    def __getstate__(self) -> tuple[Any, ...]:
        return self._key()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for field, value in zip(type(self)._fields, state, strict=True):
            object.__setattr__(self, field, value)

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in type(self)._fields)

    def replace(self, **changes: Any) -> Self:
        """The same value with some fields changed. Raises TypeError for a name that is no field."""
        kept = {field: getattr(self, field) for field in type(self)._fields}
        return type(self)(**{**kept, **changes})

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return cls._fields


def _refuse_strangers(cls: ValueType, left: tuple[str, ...], kwargs: dict[str, Any]) -> None:
    for name in kwargs:
        if name not in cls._fields:
            raise TypeError(f"{cls.__name__} has no field {name!r}")
        if name not in left:
            raise TypeError(f"{cls.__name__} was given {name!r} twice")


if TYPE_CHECKING:

    class Vocabulary(StrEnum):
        """A closed set of words."""

    class Codes(IntEnum):
        """A closed set of numbers."""

else:

    class VocabularyType(type):
        """Makes a member of each name that a class gives a text or a number: the names in capital letters."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> VocabularyType:
            named = {word: value for word, value in namespace.items() if word.isupper()}
            cls = super().__new__(mcs, name, bases, namespace)
            cls._members = {}
            for word, value in named.items():
                member = bases[0].__new__(cls, value)
                member.name, member.value = word, value
                cls._members[value] = member
                type.__setattr__(cls, word, member)
            return cls

        def __call__(cls, value: object) -> Any:
            """The member with this value. Raises ValueError."""
            try:
                return cls._members[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __getitem__(cls, name: str) -> Any:
            """The member of this name. Raises KeyError."""
            return {member.name: member for member in cls}[name]

        def __iter__(cls) -> Iterator[Any]:
            return iter(cls._members.values())

        def __len__(cls) -> int:
            return len(cls._members)

        def __contains__(cls, value: object) -> bool:
            return value in cls._members

        def __setattr__(cls, name: str, value: object) -> None:
            if name in cls.__dict__ and name.isupper():
                raise AttributeError(f"{cls.__name__} is closed: {name!r} cannot be set")
            super().__setattr__(name, value)

    class _Member:
        """What the members of both kinds have in common."""

        def __reduce__(self) -> tuple[type, tuple[object]]:
            return type(self), (self.value,)

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

    class Vocabulary(str, _Member, metaclass=VocabularyType):
        """A closed set of words. Subclasses name them; a member is its word.

        >>> class Party(Vocabulary):
        ...     US = "us"
        ...     PEER = "peer"
        >>> Party("us") is Party.US, Party.US == "us", f"{Party.US}"
        (True, True, 'us')
        >>> [party.name for party in Party]
        ['US', 'PEER']
        """

        __repr__, __reduce__ = _Member.__repr__, _Member.__reduce__

    class Codes(int, _Member, metaclass=VocabularyType):
        """A closed set of numbers, in the same way."""

        __repr__, __reduce__ = _Member.__repr__, _Member.__reduce__
