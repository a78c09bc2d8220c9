"""One question, asked. What comes back is an outcome and its details, never an error."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.probes.question import Found, Question


def answer(question: Question, target: Target, bound: float) -> Found:
    """Ask ``question`` within ``bound`` seconds, with the resolver, family and source address of ``target``."""
    return _ways()[question.kind](question, target, bound)


def _ways() -> Mapping[str, Callable[[Question, Target, float], Found]]:
    from smtpscope.engine import callout, knock, lookup

    return {
        "address": lookup.find_addresses,
        "mx": lookup.find_exchangers,
        "ptr": lookup.find_names,
        "spelling": lookup.find_existing,
        "route": knock.find_route,
        "port": knock.knock,
        "inside": knock.look_inside,
        "words": knock.speak_first,
        "tls": knock.shake_hands,
        "rcpt": callout.ask_recipients,
    }
