"""What the catalogue holds."""

from __future__ import annotations

from smtpscope.values import Value

# The languages that every entry of the catalogue must have.
LANGUAGES = ("en", "zh")


class Cause(Value):
    """A cause of the vocabulary. ``deferred`` is its retry where the reply was a 4yz, "" where that changes nothing."""

    id: str
    actor: str
    retry: str
    deferred: str = ""
    references: tuple[str, ...] = ()


class Vendor(Value):
    """A server program or provider. ``marks`` are words in its replies, ``hosts`` endings of its hosts' names."""

    id: str
    name: str
    marks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class Rule(Value):
    """When a reply has a cause. Every condition that is given must hold.

    vendor     the reply shows a sign of this vendor (not asked where ``token`` is given)
    token      one of these is in the text, and nobody else writes it
    codes      the reply code begins with one of these
    enhanced   the enhanced code is one of these; ``X.7.1`` stands for every class
    stages     the command being answered is one of these, where it is known
    any        one of these is in the text
    beside     one of these is in the text as well
    all        all of these are in the text
    none       none of these is in the text
    announced  the answer to EHLO had these keywords; ``absent``: it lacked these
    strength   1 to 9: which of two rules of the same kind wins; 5 is usual
    own        the rule is the user's
    """

    id: str
    cause: str
    also: tuple[str, ...] = ()
    vendor: str = ""
    token: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    enhanced: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    actor: str = ""
    retry: str = ""
    strength: int = 5
    references: tuple[str, ...] = ()
    own: bool = False


class Words(Value):
    """The texts of a cause, a code or a rule in one language. All but a cause's may be empty."""

    meaning: str = ""
    causes: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()


class Extension(Value):
    """An EHLO keyword: what it offers, in one language, and its RFC."""

    keyword: str
    meaning: str
    reference: str
