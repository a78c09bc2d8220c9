"""Any event at all, for tests that generate them."""

from __future__ import annotations

from hypothesis import strategies as st

from smtpscope.model.claim import Claim, Goal
from smtpscope.model.codec import VOCABULARIES
from smtpscope.model.event import Event, GaveUp, Noted
from smtpscope.model.vocabulary import DETAILS
from smtpscope.protocol.certificate import Certificate
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply, ReplyReader, parse_reply

KINDS = sorted(Event.__subclasses__(), key=lambda kind: kind.__name__)
TEXT = st.one_of(
    st.text(max_size=10), st.binary(max_size=6).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
)


def replies(octets: bytes) -> Reply:
    """The first reply in the octets, as a reader with little room gives it."""
    reader = ReplyReader(max_line=30, max_reply=40)
    return (reader.feed(octets) or [reader.close() or parse_reply(b"")])[0]


REPLY_PIECE = st.sampled_from([b"250-a\r\n", b"550 5.1.1 no\r\n", b"x", b"\xff", "é".encode(), b"\n", b"\0", b"y" * 50])
VALUES = {
    "float": st.floats(0, 1e10),
    "int": st.integers(0, 65535),
    "str": TEXT,
    "bool": st.booleans(),
    "bytes": st.binary(max_size=20),
    "Phase": st.sampled_from(list(Phase)),
    "Reply": st.lists(REPLY_PIECE, max_size=6).map(b"".join).map(replies),
    "tuple[Claim, ...]": st.lists(st.builds(Claim, st.sampled_from(list(Goal)), TEXT), max_size=3).map(tuple),
    **{name: st.sampled_from(list(kind)) for name, kind in VOCABULARIES.items()},
    "tuple[str, ...]": st.lists(TEXT, max_size=3).map(tuple),
    "tuple[tuple[str, str], ...]": st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    "tuple[Certificate, ...]": st.lists(st.builds(Certificate, TEXT, TEXT, st.tuples(TEXT)), max_size=2).map(tuple),
}


def annotations(kind: type[Event]) -> dict[str, str]:
    return {name: declared for base in reversed(kind.__mro__[:-2]) for name, declared in base.__annotations__.items()}


def complete(event: Event) -> Event:
    """``event`` with the details that its topic or reason always has."""
    if not isinstance(event, Noted | GaveUp):
        return event
    names = DETAILS.get(event.topic if isinstance(event, Noted) else event.why, ())
    return event.replace(details=(*event.details, *((name, "x") for name in names)))


EVENT = (
    st.sampled_from(KINDS)
    .flatmap(lambda kind: st.builds(kind, **{name: VALUES[kind_] for name, kind_ in annotations(kind).items()}))
    .map(complete)
)
