"""The next step for each cause, as a command to type, and what would decide between two."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.diagnosis.cause import Cause, Fact
    from smtpscope.diagnosis.failure import Failure

_DECIDES: dict[frozenset[str], str] = {
    frozenset({"target-filter", "source-filter"}): N_(
        "a host whose port {port} is surely open decides: name one with --control HOST:{port}, or run this test from "
        "another network"
    ),
    frozenset({"service-down", "target-filter"}): N_(
        "a look at the server decides: does `ss -ltn 'sport = :{port}'` show a listener there?"
    ),
    frozenset({"service-down", "wrong-port"}): N_(
        "a look at the server decides: on which ports do its listeners stand (`ss -ltn`)?"
    ),
    frozenset({"slow-greeting", "wrong-port"}): N_("a longer wait decides: --timeout 300"),
    frozenset({"slow-greeting", "service-down"}): N_("a longer wait decides: --timeout 300"),
    frozenset({"restricted", "service-down"}): N_(
        "the same test from another address decides: only a restriction looks at who is asking"
    ),
    frozenset({"host-unreachable", "target-filter"}): N_(
        "somebody near the host decides: is {address} up, and does it answer there?"
    ),
    frozenset({"host-unreachable", "source-filter"}): N_("another host in the same network decides: is it reached?"),
    frozenset({"wrong-name", "service-down"}): N_("the administrator of {host} decides: is it meant to take mail?"),
}

_NOTHING_KNOWN = N_("more questions would decide: {command}")


def next_step(cause: str, failure: Failure, facts: Sequence[Fact]) -> str:
    """A command for ``cause``."""
    short = cause.removeprefix("connection.")
    host = failure.host
    match short:
        case "wrong-name":
            return _other_name(failure, facts)
        case "wrong-port":
            usual = "587" if failure.port == 25 else "25"
            return _test(host, failure, _value(facts, "other-smtp", "port") or usual)
        case "implicit-tls":
            return _test(host, failure, failure.port, "--tls implicit")
        case "slow-greeting":
            return _test(host, failure, failure.port, "--timeout 300")
        case "service-down":
            return f"ss -ltnp 'sport = :{failure.port}'" + _("    # on {host}").format(host=host)
        case "target-filter":
            return "nft list ruleset" + _("    # on {host}, or on the firewall in front of it").format(host=host)
        case "source-filter":
            return "nft list ruleset" + _("    # on this machine, then on its network's firewall")
        case "host-unreachable":
            where = _word(failure.address or host)
            return f"ip route get {where} && ping -c 3 {where}"
    return _test(host, failure, failure.port, "--source ADDRESS") + _("    # from another address that is allowed")


def what_decides(failure: Failure, causes: Sequence[Cause]) -> str:
    """What would tell the first two causes apart, a sentence."""
    pair = frozenset(cause.id.removeprefix("connection.") for cause in causes[:2])
    pattern = _DECIDES.get(pair)
    if pattern is None:
        return _(_NOTHING_KNOWN).format(command=_test(failure.host, failure, failure.port, "--probes network -v"))
    return _(pattern).format(port=failure.port, host=failure.host, address=failure.address or failure.host)


def _test(host: str, failure: Failure, port: int | str, more: str = "") -> str:
    shown = f"[{host}]" if ":" in host else host
    words = ["smtpscope test", _word(shown if str(port) in ("0", "25") else f"{shown}:{port}")]
    words += ["--to", _word(failure.recipient)] if failure.recipient else ["--stop-after", "ehlo"]
    return " ".join([*words, *([more] if more else [])])


def _word(text: str) -> str:
    """``text`` as one word of a shell: names come from DNS, and whoever holds a zone may write anything into it."""
    if text.isascii() and all(character.isalnum() or character in "._:@%+=,/[]-" for character in text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _other_name(failure: Failure, facts: Sequence[Fact]) -> str:
    """The test with a better name: a near spelling that is an MX, the MX that greets, a near spelling, an MX."""
    near = _value(facts, "near-name", "near").split(", ")
    exchangers = _value(facts, "mx-elsewhere", "mx").split(", ")
    local, at, domain = failure.recipient.rpartition("@")
    if domain and failure.host == domain:  # the recipient's domain itself
        return "smtpscope test --to " + _word(f"{local}{at}{near[0] or _('DOMAIN')}")
    both = [name for name in near if name in exchangers]
    found = next((name for name in (*both, _value(facts, "mx-greets", "mx"), *near, *exchangers) if name), "")
    if found:
        return _test(found, failure, failure.port)
    return f"smtpscope test --to {_word(failure.recipient)}" if domain else _test(_("NAME"), failure, failure.port)


def _value(facts: Sequence[Fact], name: str, key: str) -> str:
    return next((dict(fact.details).get(key, "") for fact in facts if fact.name == name), "")
