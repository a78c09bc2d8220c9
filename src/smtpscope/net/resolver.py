"""From a name to servers and addresses (RFC 5321 section 5.1). dnspython is loaded only when DNS itself is asked."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.model.event import Failed, Noted, Resolved, Skipped
from smtpscope.model.vocabulary import FailureKind, Lookup, Skip, Topic
from smtpscope.net.connection import sockets
from smtpscope.net.request import Trouble
from smtpscope.net.signals import INTERRUPTIBLE
from smtpscope.protocol.address import is_address
from smtpscope.protocol.endpoint import Endpoint, EndpointError, host_of, parse_endpoint
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Generator

    import dns.resolver

    from smtpscope.dialogue.plan import Target
    from smtpscope.model.event import Event
    from smtpscope.net.clock import Clock


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


def find_addresses(host: str, target: Target, timeout: float) -> tuple[str, ...] | Trouble:
    """The addresses of ``host`` in the order of use, each once; ``target`` says which family and resolver."""
    if is_address(host):
        return (host,)
    if target.resolver:
        return _ask_addresses(host, target, timeout)
    return _ask_system(host, target.port, target.family or 0, timeout)


def _ask_system(host: str, port: int, family: int, timeout: float) -> tuple[str, ...] | Trouble:
    """getaddrinfo knows no time limit: it runs in a thread, which is left to itself when ours is over."""
    import _thread

    system = sockets()
    wanted = {4: system.AF_INET, 6: system.AF_INET6}.get(family, 0)
    found: list[tuple[str, ...] | Trouble] = []
    done = _thread.allocate_lock()
    done.acquire()

    def ask() -> None:
        try:
            # Most names need no encoding, for which Python would load its table of Unicode.
            name = host.encode("ascii" if host.isascii() else "idna")
            entries = system.getaddrinfo(name, port, wanted, system.SOCK_STREAM)
            found.append(tuple(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except (OSError, UnicodeError) as error:
            found.append(Trouble(FailureKind.DNS, getattr(error, "strerror", None) or str(error)))
        finally:
            done.release()

    _thread.start_new_thread(ask, ())
    if not done.acquire(timeout=timeout):
        return Trouble(FailureKind.DNS, "")
    return found[0]


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
    import dns.resolver

    resolver = make_resolver(target, timeout)
    found: list[str] = []
    reason = ""
    for kind in ("AAAA", "A"):
        if target.family and (kind == "AAAA") != (target.family == 6):
            continue
        try:
            found += [record.address for record in resolver.resolve(host, kind, search=False)]
        except dns.exception.DNSException as error:
            reason = str(error) or type(error).__name__
    return tuple(found) or Trouble(FailureKind.DNS, reason)


def make_resolver(target: Target, timeout: float) -> dns.resolver.Resolver:
    """The system's resolver, or the one that the target names. Raises UsageError for a resolver that is no address."""
    import dns.resolver

    if not target.resolver:
        resolver = dns.resolver.Resolver()
    else:
        address, port = _endpoint(target.resolver)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [address], port
    resolver.lifetime = timeout
    return resolver


def _endpoint(text: str) -> tuple[str, int]:
    """``ADDRESS`` or ``ADDRESS:PORT`` of a DNS server. Raises UsageError."""
    try:
        found = parse_endpoint(text)
    except EndpointError:
        found = Endpoint("")
    if not is_address(found.host):
        raise UsageError("Target.resolver", "{text!r} is not a valid ADDRESS or ADDRESS:PORT", text=text)
    return found.host, found.port or 53
