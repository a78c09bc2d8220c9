"""The next step for each cause, and what would decide between two: values, which a front end words (render.steps).

Nothing is advised that was done a moment ago: no port that the probes found closed, no level of probes that was asked
already, no wait that was as long.
"""

from __future__ import annotations

from smtpscope.diagnosis.evidence import PATIENCE
from smtpscope.model.finding import Action, Actor, Fact, NextStep
from smtpscope.model.trouble import ProbeLevel
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smtpscope.diagnosis.failure import Failure
    from smtpscope.model.diagnosis import Cause
    from smtpscope.model.event import Probed

# Below this level there are probes about a failed connection that were not asked.
_MOST = ProbeLevel.NETWORK

# The ports on which servers take mail (RFC 5321, RFC 6409, RFC 8314).
_USUAL = ("25", "587", "465")


class Evidence(Value):
    """What a diagnosis stands on: the failure, the facts, the answers of the probes, and the level that was asked."""

    failure: Failure
    facts: tuple[Fact, ...] = ()
    answers: tuple[Probed, ...] = ()
    level: str = _MOST.value

    def detail(self, fact: str, name: str) -> str:
        """The value of a detail of the first such fact; empty where there is none."""
        return next((dict(found.details).get(name, "") for found in self.facts if found.id == fact), "")


def next_step(cause: str, seen: Evidence) -> NextStep:
    """What to do about ``cause``."""
    return _STEPS[cause.removeprefix("connection.")](seen)


def what_decides(causes: Sequence[Cause], seen: Evidence) -> NextStep | None:
    """What would tell the first two causes apart, or find one; None: nothing that is known here."""
    if not causes:
        unanswered = any(found.id == "name-unanswered" for found in seen.facts)
        return _test(Action.OTHER_RESOLVER, seen.failure, ("target.resolver", "ADDRESS")) if unanswered else None
    pair = frozenset(cause.id.removeprefix("connection.") for cause in causes[:2])
    decide = _DECIDES.get(pair)
    return decide(seen) if decide else _more(seen)


def _name(seen: Evidence) -> NextStep:
    """A better name: a near spelling that is an MX, the MX that greets, a near spelling, an MX; else whoever knows."""
    failure = seen.failure
    near = [name for name in seen.detail("near-name", "near").split(", ") if name]
    exchangers = [name for name in seen.detail("mx-elsewhere", "mx").split(", ") if name]
    local, at, domain = failure.recipient.rpartition("@")
    if domain and failure.host == domain:  # the recipient's domain itself
        better = near[0] if near else "DOMAIN"
        action = Action.OTHER_NAME if near else Action.CHECK_SPELLING
        return _test(action, failure, ("envelope.recipients", f"{local}{at}{better}"), name=better)
    both = [name for name in near if name in exchangers]
    found = next((name for name in (*both, seen.detail("mx-greets", "mx"), *near, *exchangers) if name), "")
    if found:
        return _test(Action.OTHER_NAME, failure, ("target.host", found), name=found)
    if domain:
        return _test(Action.MX_OF_DOMAIN, failure, ("target.host", ""), domain=domain)
    return _test(Action.CHECK_SPELLING, failure, ("target.host", "NAME"))


def _port(seen: Evidence) -> NextStep:
    """The port that greets; else one of the usual ones that nobody has tried; else whoever knows the listeners."""
    greets = seen.detail("other-smtp", "port")
    if greets:
        return _other_port(seen, greets)
    tried = {dict(answer.details).get("port") for answer in seen.answers if answer.probe == "ports"}
    left = [port for port in _USUAL if port not in tried and port != str(seen.failure.port)]
    usual = "587" if seen.failure.port == 25 else "25"
    if usual in left:
        return _other_port(seen, usual)
    return _other_port(seen, left[0]) if left else _listeners(seen)


def _other_port(seen: Evidence, port: str) -> NextStep:
    tls = (("tls.mode", "implicit"),) if port == "465" else ()  # RFC 8314 section 3.3
    return _test(Action.OTHER_PORT, seen.failure, ("target.port", port), *tls, port=port)


def _wait(seen: Evidence) -> NextStep:
    if seen.failure.waited >= PATIENCE:
        return _look(Action.CHECK_LOG, Actor.THEIR_ADMIN, seen)
    return _test(Action.WAIT_LONGER, seen.failure, ("plan.timeouts", f"{PATIENCE:g}"))


def _wait_or_listeners(seen: Evidence) -> NextStep:
    return _listeners(seen) if seen.failure.waited >= PATIENCE else _wait(seen)


def _listener(seen: Evidence) -> NextStep:
    return _look(Action.CHECK_LISTENER, Actor.THEIR_ADMIN, seen)


def _listeners(seen: Evidence) -> NextStep:
    return _look(Action.CHECK_LISTENERS, Actor.THEIR_ADMIN, seen)


def _source(seen: Evidence) -> NextStep:
    return _test(Action.OTHER_SOURCE, seen.failure, ("target.source", "ADDRESS"))


def _reference(seen: Evidence) -> NextStep:
    """A host that is known to be open: those that were asked, if any, did not decide."""
    port = str(seen.failure.port)
    return _test(Action.REFERENCE_HOST, seen.failure, ("probes.controls", f"HOST:{port}"), port=port)


def _more(seen: Evidence) -> NextStep:
    """More probes, where there are any that were not asked; else somebody who knows the host."""
    if seen.level in (ProbeLevel.NONE, ProbeLevel.DNS):
        return _test(Action.MORE_PROBES, seen.failure, ("probes.level", _MOST.value))
    return _look(Action.ASK_ADMIN, Actor.YOU, seen)


def _test(action: Action, failure: Failure, *settings: tuple[str, str], **details: str) -> NextStep:
    return NextStep(action, Actor.YOU, failure.host, settings, tuple(details.items()))


def _look(action: Action, actor: Actor, seen: Evidence) -> NextStep:
    return NextStep(action, actor, seen.failure.host, details=(("port", str(seen.failure.port)),))


def _look_at_address(action: Action) -> Callable[[Evidence], NextStep]:
    return lambda seen: NextStep(action, Actor.YOU, seen.failure.address or seen.failure.host)


_STEPS: dict[str, Callable[[Evidence], NextStep]] = {
    "wrong-name": _name,
    "wrong-port": _port,
    "implicit-tls": lambda seen: _test(Action.IMPLICIT_TLS, seen.failure, ("tls.mode", "implicit")),
    "slow-greeting": _wait,
    "service-down": _listener,
    "target-filter": lambda seen: _look(Action.CHECK_FIREWALL, Actor.THEIR_ADMIN, seen),
    "source-filter": lambda seen: _look(Action.CHECK_OWN_FIREWALL, Actor.YOUR_ADMIN, seen),
    "host-unreachable": _look_at_address(Action.CHECK_ROUTE),
    "restricted": _source,
}

_DECIDES: dict[frozenset[str], Callable[[Evidence], NextStep]] = {
    frozenset({"target-filter", "source-filter"}): _reference,
    frozenset({"service-down", "target-filter"}): _listener,
    frozenset({"service-down", "wrong-port"}): _listeners,
    frozenset({"slow-greeting", "wrong-port"}): _wait_or_listeners,
    frozenset({"slow-greeting", "service-down"}): _wait_or_listeners,
    frozenset({"restricted", "service-down"}): _source,
    frozenset({"host-unreachable", "target-filter"}): _look_at_address(Action.CHECK_HOST),
    frozenset({"host-unreachable", "source-filter"}): _look_at_address(Action.CHECK_NEIGHBOR),
    frozenset({"wrong-name", "service-down"}): lambda seen: _look(Action.ASK_ADMIN, Actor.YOU, seen),
}
