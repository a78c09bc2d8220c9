"""Near spellings of a name that does not resolve: which of them exist?"""

from __future__ import annotations

from itertools import zip_longest

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.events import Probed
    from smtpscope.probes.question import Situation

# Names that are looked up at most; each is one or two small packets to the resolver that is asked anyway.
MOST = 96

PREFIXES = ("mail", "mx", "smtp", "mail1", "mx1")
ENDS = ("com", "cn", "com.cn", "net", "org", "edu.cn")
_LETTERS = "aeiounrstl"


def applies(situation: Situation) -> str:
    """Only for a name that does not resolve. ``invalid`` never does (RFC 6761 section 6.4): nothing to find there."""
    if situation.trouble != "name" or "." not in situation.host.strip("."):
        return "not-useful"
    return "not-useful" if situation.host.rstrip(".").endswith(".invalid") else ""


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One question with every spelling in it; the MX of the recipient's domain, which are near, come with ``names``."""
    yield Question("spelling", "spelling", situation.host, names=near_spellings(situation.host, situation.domain))


def near_spellings(name: str, domain: str = "") -> tuple[str, ...]:
    """Spellings of ``name``, likeliest first, at most MOST: usual prefixes, swapped, extra and missing letters.

    ``domain`` is the recipient's domain: where the name lies in it, the mistake is in the first label.
    """
    name = name.lower().rstrip(".")
    first, _, parent = name.partition(".")
    here = domain.lower()
    own = "." in parent  # a host in a domain; else the name is a domain itself
    spelled = [f"{first}.{here}"] if here and here not in (parent, name) else []
    spelled += _end_spellings(name)
    spelled += [f"{prefix}.{parent if own else name}" for prefix in PREFIXES]
    hosts = [f"{label}.{parent}" for label in _label_spellings(first)]
    second, _, rest = parent.partition(".")
    parents = [f"{first}.{label}.{rest}" for label in _label_spellings(second)] if own and parent != here else []
    spelled += [found for pair in zip_longest(parents, hosts) for found in pair if found]
    return tuple(dict.fromkeys(found for found in spelled if found != name))[:MOST]


def _end_spellings(name: str) -> list[str]:
    """The same name under another top: .com for .cn and so on."""
    ends = [end for end in ENDS if name.endswith(f".{end}")]
    end = max(ends, key=len, default=name.rpartition(".")[2])
    stem = name.removesuffix(f".{end}")
    return [f"{stem}.{other}" for other in ENDS if other != end]


def _label_spellings(label: str) -> Iterator[str]:
    """Two letters swapped, one too many, one missing (the letters that are missed most)."""
    places = range(len(label))
    for place in places[:-1]:
        yield label[:place] + label[place + 1] + label[place] + label[place + 2 :]
    for place in places:
        if len(label) > 1:
            yield label[:place] + label[place + 1 :]
    for letter in _LETTERS:
        for place in range(len(label) + 1):
            yield label[:place] + letter + label[place:]


PROBE = Probe("spelling", Cost.QUIET, questions, applies)
