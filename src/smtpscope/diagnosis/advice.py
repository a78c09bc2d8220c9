"""The next step for each cause, and the step that decides between two causes. render.steps has the sentences.

No step is suggested that was just done: no port that the probes have tried, no level of probes that was used, no
longer wait if the wait was long already.
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

# The level that allows every probe of a failed connection.
_MOST = ProbeLevel.NETWORK

# The ports on which servers accept mail (RFC 5321, RFC 6409, RFC 8314).
_USUAL = ("25", "587", "465")


class Evidence(Value):
    """The basis of a diagnosis: the failure, the facts, the results of the probes, and the level of probes used."""

    failure: Failure
    facts: tuple[Fact, ...] = ()
    answers: tuple[Probed, ...] = ()
    level: str = _MOST.value

    def detail(self, fact: str, name: str) -> str:
        """The value of detail ``name`` of the first fact with the id ``fact``; empty if there is none."""
        return next((dict(found.details).get(name, "") for found in self.facts if found.id == fact), "")


def next_step(cause: str, seen: Evidence) -> NextStep:
    """What to do about ``cause``."""
    return _STEPS[cause.removeprefix("connection.")](seen)


def what_decides(causes: Sequence[Cause], seen: Evidence) -> NextStep | None:
    """The step that decides between the first two causes; without causes, the step that may find one, or None."""
    if not causes:
        unanswered = any(found.id == "name-unanswered" for found in seen.facts)
        return _test(Action.OTHER_RESOLVER, seen.failure, ("target.resolver", "ADDRESS")) if unanswered else None
    pair = frozenset(cause.id.removeprefix("connection.") for cause in causes[:2])
    decide = _DECIDES.get(pair)
    return decide(seen) if decide else _more(seen)


def _name(seen: Evidence) -> NextStep:
    """Use a better name: in this order, a similar name that is an MX, the MX with a banner, a similar name, an MX.

    Without any, use the MX hosts of the recipient's domain, or check the spelling.
    """
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
    """Use the port that sends a banner; else a usual port that was not tried; else check the listeners on the host."""
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
    """Probe another reference host: those that were probed, if any, did not decide."""
    port = str(seen.failure.port)
    return _test(Action.REFERENCE_HOST, seen.failure, ("probes.controls", f"HOST:{port}"), port=port)


def _more(seen: Evidence) -> NextStep:
    """Allow more probes, if the level excluded some; else ask the admin of the host."""
    if seen.level in (ProbeLevel.NONE, ProbeLevel.DNS):
        return _test(Action.MORE_PROBES, seen.failure, ("probes.level", _MOST.value))
    return _look(Action.ASK_ADMIN, Actor.YOU, seen)


def _test(action: Action, failure: Failure, *settings: tuple[str, str], **details: str) -> NextStep:
    """Repeat the test with other settings."""
    return NextStep(action, Actor.YOU, failure.host, settings, tuple(details.items()))


def _look(action: Action, actor: Actor, seen: Evidence) -> NextStep:
    """Check something on the host."""
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
