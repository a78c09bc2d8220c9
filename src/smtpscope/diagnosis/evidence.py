"""From what was observed to facts: the failure itself, then what each probe brought. Judges nothing.

An answer is known by the probe that asked, never by the kind of the question: a new probe may ask of the same kind.
"""

from __future__ import annotations

from smtpscope.diagnosis.service import identify_service
from smtpscope.model.event import Probed
from smtpscope.model.finding import Fact, fact
from smtpscope.protocol.endpoint import host_of
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.diagnosis.failure import Failure

# Seconds that RFC 5321 section 4.5.3.2.1 asks a client to wait for the greeting.
PATIENCE = 300.0

# Outcomes of a question to a port that show a living host behind it.
ALIVE = ("greets", "accepts", "closes", "resets", "refused")
OPEN = ("greets", "accepts", "closes", "resets")

# ICMP destination unreachable: family, type and code (RFC 792, RFC 1812 section 5.2.7.1; RFC 4443 section 3.1).
# Those that a filter sends. A host without a service answers TCP with a reset, not with "port unreachable".
_FILTERS = ("4:3/2", "4:3/3", "4:3/9", "4:3/10", "4:3/13", "6:1/1", "6:1/4", "6:1/5", "6:1/6")
_ABSENT = ("4:3/0", "4:3/1", "6:1/0", "6:1/3")


def find_facts(failure: Failure, answers: Sequence[Probed]) -> tuple[Fact, ...]:
    """Every fact, the failure's own first."""
    if failure.kind == "denied" and any(detail(a, "icmp") and not detail(a, "own") for a in answers):
        failure = failure.replace(kind="unreachable")  # ICMPv6 "prohibited" from elsewhere is EACCES here too
    return (
        *_own(failure),
        *_names(failure, answers),
        *_way(failure, answers),
        *_host(failure, answers),
        *_controls(failure, answers),
        *_asked(failure, answers),
    )


def detail(answer: Probed, name: str) -> str:
    """The value of a detail; empty where it is not there."""
    return dict(answer.details).get(name, "")


def _own(failure: Failure) -> Iterator[Fact]:
    match failure.kind:
        case "name":
            return
        case "slow":
            yield fact("slow-greeting", waited=f"{failure.waited:.0f}")
        case "mute" if failure.late:
            yield fact("late-greeting", said=failure.late)
        case "mute":
            yield fact("mute", port=failure.port, waited=f"{failure.waited:g}")
            if failure.waited >= PATIENCE:
                yield fact("mute-long", waited=f"{failure.waited:g}")
        case "foreign":
            protocol = identify_service(failure.reason.encode("utf-8", "surrogateescape"))
            name = "foreign" if protocol else "unknown-speech"
            yield fact(name, port=failure.port, protocol=protocol, said=failure.reason)
        case "silent":
            yield fact("silent", port=failure.port, waited=f"{failure.waited:.0f}")
        case kind:
            yield fact(kind, port=failure.port, reason=failure.reason, said=failure.reason)


def _names(failure: Failure, answers: Sequence[Probed]) -> Iterator[Fact]:
    looked_up = next((a for a in answers if a.probe == "names" and a.kind == "address"), None)
    if failure.kind == "name":
        outcome = looked_up.outcome if looked_up else ""
        name = {"no-such-name": "name-unknown", "no-record": "name-empty"}.get(outcome, "name-unanswered")
        yield fact(name, name=failure.host)
    for answer in answers:
        if answer.probe == "spelling" and answer.outcome == "found":
            yield fact("near-name", near=", ".join(answer.found))
        elif answer.probe == "names" and answer.kind == "mx" and answer.outcome == "found":
            yield from _exchangers(failure, answer, answers)


def _exchangers(failure: Failure, answer: Probed, answers: Sequence[Probed]) -> Iterator[Fact]:
    """What the MX of the recipient's domain say about the host: only on port 25 must a mail server be one."""
    addresses = [detail(a, "address") for a in answers if a.probe == "mx"]
    if failure.host.lower().rstrip(".") in (name.lower() for name in answer.found) or failure.address in addresses:
        yield fact("mx-is-host", host=failure.host, domain=answer.target)
    elif failure.port in (0, 25) and answer.found:
        yield fact("mx-elsewhere", host=failure.host, domain=answer.target, mx=", ".join(answer.found))
        greeting = next((a for a in answers if a.probe == "mx" and _greets(a)), None)
        if greeting:
            strong = failure.kind in ("refused", "silent", "name")
            yield fact(
                "mx-greets" if strong else "mx-greets-elsewhere",
                mx=host_of(greeting.target),
                domain=answer.target,
            )


def _way(failure: Failure, answers: Sequence[Probed]) -> Iterator[Fact]:
    """This machine, the way to the host, and who refused."""
    for answer in answers:
        if answer.probe == "local" and answer.outcome in ("unreachable", "denied"):
            yield fact("no-route", address=answer.target, reason=detail(answer, "reason"))
        elif answer.kind == "inside":
            yield from [fact("refused-here", port=failure.port)] if answer.outcome == "made-here" else []
        elif answer.probe == "again":
            yield from _refusal(failure, answer)


def _refusal(failure: Failure, answer: Probed) -> Iterator[Fact]:
    """What a second connection to the same port brought, with the ICMP message that the kernel kept."""
    message, by = detail(answer, "icmp"), detail(answer, "by")
    if detail(answer, "here"):
        yield fact("dropped-here", target=answer.target)
    elif message in _ABSENT or detail(answer, "neighbour"):
        yield fact("no-neighbour", address=failure.address, by=by)
    elif message in _FILTERS:
        place = "here" if detail(answer, "own") else "there" if by == failure.address else "between"
        yield fact(f"prohibited-{place}", by=by, icmp=message)
    elif answer.outcome == "denied" and failure.kind != "denied":
        yield fact("denied", reason=detail(answer, "reason"))
    elif answer.outcome == "unreachable" and failure.kind == "silent":
        yield fact("unreachable", reason=detail(answer, "reason"))
    elif answer.outcome == "greets" and identify_service(detail(answer, "said").encode()) == "SMTP":
        yield fact("answers-now", said=detail(answer, "said"))
    elif failure.kind in ("closed", "cut") and answer.outcome in ("closes", "resets"):
        yield fact("closes-again")


def _host(failure: Failure, answers: Sequence[Probed]) -> Iterator[Fact]:
    """The other ports of the host."""
    asked = [answer for answer in answers if answer.probe == "ports"]
    smtp = [answer for answer in asked if detail(answer, "role") == "smtp"]
    greeting = [answer for answer in smtp if _greets(answer)]
    alive = [answer for answer in asked if answer.outcome in ALIVE]
    if alive and not failure.connected and failure.kind != "refused":
        yield fact("host-answers", ports=_ports(alive))
    elif asked and not alive and failure.kind in ("silent", "unreachable"):
        yield fact("host-silent", ports=_ports(asked))
    name = "mail-host" if failure.kind == "mute" and failure.port in (25, 465, 587) else "other-smtp"
    for answer in greeting:
        yield fact(name, port=detail(answer, "port"), said=detail(answer, "said"))
    if smtp and not greeting and failure.kind == "refused":
        yield fact("no-other-smtp", ports=_ports(smtp))


def _greets(answer: Probed) -> bool:
    said = detail(answer, "said")
    return said.startswith("2") and identify_service(said.encode()) == "SMTP"


def _ports(answers: Sequence[Probed]) -> str:
    ports = {detail(answer, "port") for answer in answers}
    return ", ".join(sorted(ports, key=lambda port: (len(port), port)))  # numbers in order, and whatever else


def _controls(failure: Failure, answers: Sequence[Probed]) -> Iterator[Fact]:
    """Other hosts, on this port and on another: whether it is the port that does not get out."""
    if failure.connected or failure.kind in ("name", "denied"):
        return
    asked = [answer for answer in answers if answer.probe in ("control", "mx") and answer.outcome != "no-name"]
    same = [answer for answer in asked if detail(answer, "port") == str(failure.port)]
    others = [answer for answer in asked if answer not in same and answer.outcome in ALIVE]
    through = [answer for answer in same if answer.outcome in OPEN]
    if through:
        yield fact(
            "control-open" if failure.kind == "silent" else "control-fine", port=failure.port, hosts=_targets(through)
        )
    elif same and others:
        refused = all(answer.outcome == "refused" for answer in same)
        name = "control-refused" if refused else "control-blocked"
        yield fact(name, port=failure.port, hosts=_targets([*same, *others]))
    elif asked and not others and all(answer.outcome not in ALIVE for answer in same):
        yield fact("control-nothing", hosts=_targets(asked))


def _targets(answers: Sequence[Probed]) -> str:
    return ", ".join(answer.target for answer in answers)


def _asked(failure: Failure, answers: Sequence[Probed]) -> Iterator[Fact]:
    """What a port that said nothing does when it is spoken to."""
    tried = [answer for answer in answers if answer.probe in ("tls", "words")]
    facts = [found for answer in tried for found in _reaction(answer)]
    yield from facts
    if failure.kind == "mute" and not failure.late and len(tried) == 2 and not facts:
        yield fact("nothing-moves-it")


def _reaction(answer: Probed) -> Iterator[Fact]:
    said, alpn = detail(answer, "said"), detail(answer, "alpn")
    if answer.kind == "tls" and answer.outcome == "secured":
        if identify_service(said.encode()) == "SMTP":
            yield fact("tls-greets", said=said)
        elif alpn:
            yield fact("tls-is-web", alpn=alpn)
        else:
            yield fact("tls-works", version=detail(answer, "version"))
    elif answer.kind == "words" and said:
        protocol = identify_service(said.encode())
        if protocol == "SMTP":
            yield fact("answers-early-talk", said=said)
        elif protocol == "TLS":
            yield fact("tls-works", version="TLS")
        else:
            yield fact("speaks-when-asked", protocol=protocol, said=said)
