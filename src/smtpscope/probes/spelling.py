"""Near spellings of a name that does not resolve: which of them exist?"""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.events import Probed
    from smtpscope.probes.question import Situation

# Names that are looked up at most; each is one or two small packets to the resolver that is asked anyway.
MOST = 64

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
    labels = name.lower().rstrip(".").split(".")
    found: dict[str, None] = {}
    hosts, parent = labels[0], ".".join(labels[1:])
    for spelling in _end_spellings(labels):
        found[spelling] = None
    if "." in parent:  # a host in a domain: the first label, then the domain's own
        for prefix in PREFIXES:
            found[f"{prefix}.{parent}"] = None
        if parent == domain.lower():
            found.update(dict.fromkeys(f"{label}.{parent}" for label in _label_spellings(hosts)))
        else:
            second, rest = labels[1], ".".join(labels[2:])
            first = [f"{label}.{parent}" for label in _label_spellings(hosts)]
            behind = [f"{hosts}.{label}.{rest}" for label in _label_spellings(second)]
            found.update(dict.fromkeys(name for pair in zip(behind, first, strict=False) for name in pair))
    else:
        found.update(dict.fromkeys(f"{prefix}.{'.'.join(labels)}" for prefix in PREFIXES))
        found.update(dict.fromkeys(f"{label}.{parent}" for label in _label_spellings(hosts)))
    found.pop(".".join(labels), None)
    return tuple(found)[:MOST]


def _end_spellings(labels: list[str]) -> Iterator[str]:
    """The same name under another top: .com for .cn and so on."""
    ends = [end for end in ENDS if ".".join(labels).endswith(f".{end}")]
    end = max(ends, key=len, default=labels[-1])
    stem = ".".join(labels).removesuffix(f".{end}")
    return (f"{stem}.{other}" for other in ENDS if other != end)


def _label_spellings(label: str) -> Iterator[str]:
    """Swapped letters, one too many, one doubled by mistake or missing."""
    places = range(len(label))
    for place in places[:-1]:
        yield label[:place] + label[place + 1] + label[place] + label[place + 2 :]
    for place in places:
        if len(label) > 1:
            yield label[:place] + label[place + 1 :]
    for place in places:
        yield label[:place] + label[place] * 2 + label[place + 1 :]
    for place in range(len(label) + 1):
        for letter in _LETTERS:
            yield label[:place] + letter + label[place:]


PROBE = Probe("spelling", Cost.QUIET, questions, applies)
