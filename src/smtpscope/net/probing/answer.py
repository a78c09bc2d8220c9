"""Answer one question of a probe. The answer is an outcome with details, never an error."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.probes.question import Found, Question


def answer(question: Question, target: Target, bound: float) -> Found:
    """Ask ``question`` within ``bound`` seconds, with the DNS server, family, and source address of ``target``."""
    return _ways()[question.kind](question, target, bound)


def _ways() -> Mapping[str, Callable[[Question, Target, float], Found]]:
    from smtpscope.net.probing import dns, port, recipients

    return {
        "address": dns.find_addresses,
        "mx": dns.find_exchangers,
        "ptr": dns.find_names,
        "spelling": dns.find_existing,
        "route": port.find_route,
        "port": port.probe_port,
        "inside": port.look_inside,
        "words": port.speak_first,
        "tls": port.shake_hands,
        "rcpt": recipients.ask_recipients,
    }
