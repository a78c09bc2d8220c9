"""Names that are similar to one that does not resolve, and exist: it may be misspelled."""

from __future__ import annotations

from itertools import zip_longest

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation

# Names that are looked up at most; each is one or two small packets to the resolver that is asked anyway.
MOST = 128

PREFIXES = ("mail", "mx", "smtp", "mail1", "mx1")
ENDS = ("com", "cn", "com.cn", "net", "org", "edu.cn")

# Letters that are missed most, and what lies beside each on the keyboard.
_LETTERS = "aeiounrstl"
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def applies(situation: Situation) -> str:
    """Only for a name that does not resolve. ``invalid`` never does (RFC 6761 section 6.4): nothing to find there."""
    if situation.trouble != "name" or "." not in situation.host.strip("."):
        return "not-useful"
    return "not-useful" if situation.host.rstrip(".").endswith(".invalid") else ""


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One question with every spelling in it. Of a recipient's domain the MX is asked for, of a host the address."""
    role = "domain" if situation.host.lower() == situation.domain.lower() else "host"
    names = near_spellings(situation.host, situation.domain)
    yield Question("spelling", "spelling", situation.host, role=role, names=names)


def near_spellings(name: str, domain: str = "") -> tuple[str, ...]:
    """Spellings of ``name``, likeliest first, at most MOST: slips of the finger, other ends, usual prefixes.

    ``domain`` is the recipient's domain: where the name lies in it, the mistake is in the first label.
    """
    name, here = name.lower().rstrip("."), domain.lower()
    first, _, parent = name.partition(".")
    own = "." in parent  # a host in a domain; else the name is a domain itself
    second, _, rest = parent.partition(".") if own and parent != here else ("", "", "")
    spelled = [f"{first}.{here}"] if own and here and here != parent else []
    for slips in (_swapped, _extra, _beside, _missing):
        hosts = [f"{label}.{parent}" for label in slips(first)]
        parents = [f"{first}.{label}.{rest}" for label in slips(second)]
        spelled += [found for pair in zip_longest(parents, hosts) for found in pair if found]
        if slips is _extra:
            spelled += _ends(name)
            spelled += [f"{prefix}.{parent if own else name}" for prefix in PREFIXES if name != here]
    return tuple(dict.fromkeys(found for found in spelled if found != name))[:MOST]


def _ends(name: str) -> list[str]:
    """The same name under another top: .com for .cn and so on."""
    ends = [end for end in ENDS if name.endswith(f".{end}")]
    end = max(ends, key=len, default=name.rpartition(".")[2])
    stem = name.removesuffix(f".{end}")
    return [f"{stem}.{other}" for other in ENDS if other != end]


def _swapped(label: str) -> Iterator[str]:
    """Two letters in the wrong order."""
    for place in range(len(label) - 1):
        yield label[:place] + label[place + 1] + label[place] + label[place + 2 :]


def _extra(label: str) -> Iterator[str]:
    """One letter too many."""
    for place in range(len(label) if len(label) > 1 else 0):
        yield label[:place] + label[place + 1 :]


def _beside(label: str) -> Iterator[str]:
    """The key beside the right one."""
    for place, letter in enumerate(label):
        row = next((row for row in _ROWS if letter in row), "")
        at = row.find(letter)
        for other in (row[at - 1 : at] if at > 0 else "", row[at + 1 : at + 2]):
            if other:
                yield label[:place] + other + label[place + 1 :]


def _missing(label: str) -> Iterator[str]:
    """One letter too few."""
    for letter in _LETTERS if label else "":
        for place in range(len(label) + 1):
            yield label[:place] + letter + label[place:]


PROBE = Probe("spelling", Cost.QUIET, questions, applies)
