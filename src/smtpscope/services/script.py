"""Run a scripted session: each reply that the script expects is a claim."""

from __future__ import annotations

from smtpscope.diagnosis.claims import script_claims
from smtpscope.dialogue.plan import IMPLICIT
from smtpscope.dialogue.play import play
from smtpscope.model.event import Planned
from smtpscope.net.blocking import converse
from smtpscope.net.clock import Clock
from smtpscope.services.run import Run
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from smtpscope.dialogue.plan import Plan
    from smtpscope.dialogue.script import Script
    from smtpscope.model.event import Event


def run_script(
    script: Script, plan: Plan, files: Mapping[str, bytes], clock: Clock | None = None, folders: Sequence[str] = ()
) -> Run:
    """The run of ``script``, up to the first reply that differs.

    ``plan`` says where to connect and with which TLS, login and time limits; ``files`` holds the bytes of each file
    that the script sends; ``folders`` own entries of the catalogue. Raises nothing for what a peer does.
    """
    return Run(_events(script, plan, files, clock or Clock()), folders)


def _events(script: Script, plan: Plan, files: Mapping[str, bytes], clock: Clock) -> Iterator[Event]:
    target = plan.target
    yield Planned(clock.now(), target.host, script_claims(script, plan.tls.mode == IMPLICIT))
    dialogue = play(script, files, plan.tls, plan.enforces_certificate, plan.login)
    yield from converse(target, target.host, target.port, dialogue, plan.timeouts, clock)
