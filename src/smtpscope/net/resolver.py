"""From a name to servers, addresses, and a connection (RFC 5321 section 5.1). dnspython loads only when it is used."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.model.event import Connected, Connecting, Failed, Noted, Resolved, Skipped
from smtpscope.model.vocabulary import FailureKind, Lookup, Skip, Topic
from smtpscope.net.request import Connect, Resolve, Trouble
from smtpscope.net.signals import INTERRUPTIBLE
from smtpscope.net.system import AF_INET, AF_INET6, look_up_addresses, run_within
from smtpscope.protocol.address import is_address
from smtpscope.protocol.endpoint import Endpoint, EndpointError, format_endpoint, host_of, parse_endpoint
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Mapping
    from typing import Any

    import dns.exception
    import dns.resolver

    from smtpscope.dialogue.plan import Target
    from smtpscope.model.event import Event
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Outcome, Request


class Server(Value):
    """A host to connect to, and its preference where an MX named it."""

    host: str
    port: int
    preference: int | None = None


def find_servers(target: Target, domain: str, timeout: float, clock: Clock) -> Generator[Event, None, list[Server]]:
    """Every MX of ``domain`` by preference, ``target.most`` of them; the domain itself where it has none (RFC 5321
    section 5.1).

    A null MX (RFC 7505) and a domain that does not exist give no server and a Failed event. ``timeout`` in seconds.
    """
    if domain.startswith("["):
        return [Server(host_of(domain) or domain, target.port)]
    with INTERRUPTIBLE:
        found = _look_up_mx(target, domain, timeout)
    if isinstance(found, Trouble):
        yield Failed(clock.now(), Phase.RESOLVE, found.kind, domain, found.reason)
        return []
    shown = tuple(f"{preference} {host}" for preference, host in found)
    yield Resolved(clock.now(), domain, Lookup.MX, shown)
    if found and all(host == "." for _preference, host in found):
        yield Failed(clock.now(), Phase.RESOLVE, FailureKind.NULL_MX, domain, "")
        return []
    if any(host == "." for _preference, host in found):
        yield Skipped(clock.now(), ".", Skip.NULL_MX)
    servers = [Server(host, target.port, preference) for preference, host in found if host != "."]
    if len(servers) > target.most:
        details = (("count", str(len(servers))), ("limit", str(target.most)))
        yield Noted(clock.now(), Phase.RESOLVE, Topic.MX_LIMIT, details)
    return servers[: target.most] or [Server(domain, target.port)]


def reach(
    target: Target,
    host: str,
    port: int,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    known: Collection[str] = (),
) -> Generator[Event | Request, Outcome, bool]:
    """Connect to the first address of ``host`` that accepts; each failure before that is an event.

    Events and requests for a driver, without I/O. ``known``: addresses that were tried before, for another name of the
    server; they are skipped. Returns whether there is a connection.
    """
    found = yield Resolve(host, target, timeouts[Phase.RESOLVE])
    if not isinstance(found, tuple):
        yield _failed(clock, Phase.RESOLVE, host, found)
        return False
    if not is_address(host):
        yield Resolved(clock.now(), host, Lookup.ADDRESS, found)
    fresh = [address for address in found if address not in known]
    if not fresh:
        yield Skipped(clock.now(), host, Skip.SAME_ADDRESS, found[0])
    if len(fresh) > target.most:
        details = (("host", host), ("count", str(len(fresh))), ("limit", str(target.most)))
        yield Noted(clock.now(), Phase.CONNECT, Topic.ADDRESS_LIMIT, details)
    for address in fresh[: target.most]:
        yield Connecting(clock.now(), host, address, port)
        outcome = yield Connect(address, port, target.source, timeouts[Phase.CONNECT])
        if isinstance(outcome, str):
            yield Connected(clock.now(), host, address, port, outcome)
            return True
        yield _failed(clock, Phase.CONNECT, format_endpoint(address, port), outcome)
    return False


def _failed(clock: Clock, phase: Phase, place: str, outcome: Outcome) -> Failed:
    assert isinstance(outcome, Trouble)
    return Failed(clock.now(), phase, outcome.kind, place, outcome.reason)


def find_addresses(host: str, target: Target, timeout: float) -> tuple[str, ...] | Trouble:
    """The addresses of ``host`` in order of use, each once; ``target`` has the family and the DNS server. Blocks."""
    if is_address(host):
        return (host,)
    if target.resolver:
        return _ask_addresses(host, target, timeout)
    found: list[tuple[str, ...] | Trouble] = []
    in_time = run_within(lambda: found.append(ask_system(host, target)), timeout)
    return found[0] if in_time else Trouble(FailureKind.DNS, "")


def ask_system(host: str, target: Target) -> tuple[str, ...] | Trouble:
    """The addresses of ``host`` from the system's resolver. It has no time limit, so this needs a thread of its own."""
    family = {4: AF_INET, 6: AF_INET6}.get(target.family, 0)
    try:
        # Most names need no encoding, for which Python would load its table of Unicode.
        name = host.encode("ascii" if host.isascii() else "idna")
        return tuple(look_up_addresses(name, target.port, family))
    except (OSError, UnicodeError) as error:
        return Trouble(FailureKind.DNS, getattr(error, "strerror", None) or str(error))


def _look_up_mx(target: Target, domain: str, timeout: float) -> list[tuple[int, str]] | Trouble:
    import dns.exception
    import dns.resolver

    try:
        answer = make_resolver(target, timeout).resolve(domain, "MX", search=False)
    except dns.resolver.NoAnswer:
        return []
    except dns.exception.DNSException as error:
        return Trouble(FailureKind.DNS, str(error) or type(error).__name__)
    records = sorted((record.preference, record.exchange.to_text()) for record in answer)
    return [(preference, host if host == "." else host.rstrip(".")) for preference, host in records]


def _ask_addresses(host: str, target: Target, timeout: float) -> tuple[str, ...] | Trouble:
    import dns.exception

    resolver = make_resolver(target, timeout)
    answers: list[Iterable[Any] | dns.exception.DNSException] = []
    for kind in record_types(target.family):
        try:
            answers.append(resolver.resolve(host, kind, search=False))
        except dns.exception.DNSException as error:
            answers.append(error)
    return join_addresses(answers)


def record_types(family: int) -> tuple[str, ...]:
    """The types of the address records to ask for, in order of use; ``family`` as in Target."""
    return {4: ("A",), 6: ("AAAA",)}.get(family, ("AAAA", "A"))


def join_addresses(answers: Iterable[Iterable[Any] | dns.exception.DNSException]) -> tuple[str, ...] | Trouble:
    """The addresses in dnspython's answers; without any, the reason of the last lookup that failed."""
    found: list[str] = []
    reason = ""
    for answer in answers:
        if isinstance(answer, Exception):
            reason = str(answer) or type(answer).__name__
        else:
            found += [record.address for record in answer]
    return tuple(found) or Trouble(FailureKind.DNS, reason)


def make_resolver(target: Target, timeout: float) -> dns.resolver.Resolver:
    """The system's DNS servers, or the one that the target names. Raises UsageError for one that is no address."""
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=not target.resolver)
    configure(resolver, target, timeout)
    return resolver


def configure(resolver: dns.resolver.BaseResolver, target: Target, timeout: float) -> None:
    """Give ``resolver`` the DNS server that the target names, and the limit in seconds. Raises UsageError."""
    if target.resolver:
        address, port = _endpoint(target.resolver)
        resolver.nameservers, resolver.port = [address], port
    resolver.lifetime = timeout


def _endpoint(text: str) -> tuple[str, int]:
    """``ADDRESS`` or ``ADDRESS:PORT`` of a DNS server. Raises UsageError."""
    try:
        found = parse_endpoint(text)
    except EndpointError:
        found = Endpoint("")
    if not is_address(found.host):
        raise UsageError("Target.resolver", "{text!r} is not a valid ADDRESS or ADDRESS:PORT", text=text)
    return found.host, found.port or 53
