"""Trigger addresses: failures chosen by an address or an EHLO name, without any configuration.

``550-5.1.1@``, ``451@``, ``slow10@``, ``trickle@``, ``drop@``, ``reset@``, ``half-close@``, ``silence@``; with
``-rcpt``, ``-data``, or ``-end`` added: at RCPT, at DATA, or at the end of the message; ``550-5.1.1-bounce@``,
``failed@``, ``delayed@``, ``relayed@``, ``expanded@``, ``lost@``: accepted, with that outcome later; or the name of a
scenario: ``user-unknown@``. The same words as the first label of the EHLO name (with dashes instead of dots:
``501-5-5-4.lab.test``) apply to EHLO; a scenario there applies to the session.
"""

from __future__ import annotations

import re

from smtpscope.lab.scenario.model import Action, Rule, When

_TRIGGER = re.compile(
    r"(?:(?P<code>[245][0-9][0-9])(?:-(?P<enhanced>[245][.-][0-9]{1,3}[.-][0-9]{1,3}))?"
    r"|slow(?P<delay>[0-9]{1,3})|(?P<trickle>trickle)|(?P<end>drop|reset|half-close)|(?P<silent>silence)"
    r"|(?P<outcome>failed|delayed|relayed|expanded|lost))(?:-(?P<stage>rcpt|data|end|bounce))?"
)

# Texts for the codes in addresses: those of Exchange, where there is one for the code.
_TEXTS = {
    "501 5.5.4": "Invalid domain name",
    "530 5.7.1": "Client was not authenticated",
    "550 5.1.1": "User unknown",
    "550 5.1.7": "Invalid address",
    "550 5.7.1": "Unable to relay",
    "552 5.2.2": "Mailbox full",
    "552 5.3.4": "Message size exceeds fixed maximum message size",
    "554 5.7.1": "Message rejected as spam",
    "450 4.7.1": "Greylisted, please try again",
    "452 4.3.1": "Insufficient system storage",
    "421 4.3.2": "Service not available",
}

_STAGES = {"rcpt": "rcpt", "data": "data", "end": "end-of-data", "bounce": "delivery"}


_OUTCOMES = {
    "failed": Action(550, ("5.1.1 User unknown",), outcome="failed", remote="mx.example.test"),
    "delayed": Action(421, ("4.4.2 Connection dropped",), outcome="delayed", remote="mx.example.test"),
    "relayed": Action(outcome="relayed", remote="mx.example.test"),
    "expanded": Action(outcome="expanded"),
    "lost": Action(outcome="lost"),
}


def rule_by_word(word: str, stage: str) -> Rule | None:
    """The rule for the trigger ``word`` at ``stage`` (ehlo, mail, or rcpt); None if it is not a trigger."""
    match = _TRIGGER.fullmatch(word.lower())
    if not match:
        return None
    at = "delivery" if match["outcome"] else _STAGES.get(match["stage"] or "", stage)
    return Rule(When((at,)), _action(match))


def for_address(rule: Rule, address: str, stages: tuple[str, ...]) -> Rule:
    """``rule`` limited to the recipient ``address``, if it is about one of ``stages``, such as delivery."""
    if rule.when.recipient or not set(stages) & set(rule.when.stages):
        return rule
    return rule.replace(when=rule.when.replace(recipient=f"^{re.escape(address)}$"))


def _action(match: re.Match[str]) -> Action:
    if match["code"]:
        enhanced = (match["enhanced"] or "").replace("-", ".")
        text = _TEXTS.get(f"{match['code']} {enhanced}", "as the address asks")
        return Action(int(match["code"]), (f"{enhanced} {text}".strip(),))
    if match["delay"]:
        return Action(delay=float(match["delay"]))
    if match["outcome"]:
        return _OUTCOMES[match["outcome"]]
    if match["silent"]:
        return Action(silent=True)
    return Action(trickle=0.2) if match["trickle"] else Action(end=match["end"])


def word_of_address(address: str) -> str:
    """The part of an address that may be a trigger."""
    return address.rpartition("@")[0]


def word_of_name(helo: str) -> str:
    """The part of an EHLO name that may be a trigger: its first label, if there is a second one."""
    label, dot, _ = helo.partition(".")
    return label if dot else ""
