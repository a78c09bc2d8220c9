"""What a probe is: a name, a cost, and its questions in a given situation. Pure: the package net asks them."""

from __future__ import annotations

from smtpscope.model.trouble import ProbeCost
from smtpscope.probes.options import LEVELS
from smtpscope.protocol.address import is_loopback
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from smtpscope.model.event import Probed

    # What came of a question: the outcome (a ProbeOutcome), and details by name; ``found`` holds names or addresses.
    Found: TypeAlias = tuple[str, Mapping[str, str | tuple[str, ...]]]

# Seconds for one question, everything included.
BOUND = 3.0


Cost = ProbeCost

# The level of --probes from which a probe of each cost is asked.
LEVEL_OF = {Cost.QUIET: "dns", Cost.LOUD: "network", Cost.INTRUSIVE: "all"}


class Question(Value):
    """One question.

    kind     address, mx, ptr, spelling (DNS); route (this machine); port (connect, hear what it says, QUIT where it
             is SMTP), inside (who refuses: this machine?), words (connect, say QUIT unasked, hear), tls (a
             ClientHello); rcpt (ask about recipients)
    host     the name or address concerned; port: 0 where there is none
    role     why it is asked, for the diagnosis
    names    what to try, for spelling and rcpt
    """

    probe: str
    kind: str
    host: str
    port: int = 0
    role: str = ""
    names: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """What is shown: the host, with its port where it has one."""
        return str(Endpoint(self.host, self.port or None))


class Situation(Value):
    """What is known before the probes ask.

    trouble    the kind of the failure (diagnosis.failure.Failure), or refused-recipient, refused-client
    host       the name or address given; address: the numeric one, empty where there is none
    domain     the domain of the first recipient
    local      our own address, as far as it is known
    controls   (host, port) of the reference hosts
    refused    recipients that were rejected
    """

    trouble: str
    host: str
    address: str = ""
    port: int = 25
    domain: str = ""
    helo: str = ""
    sender: str = ""
    local: str = ""
    controls: tuple[tuple[str, int], ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def is_step(self) -> bool:
        """Whether a connection was made and a later command was rejected."""
        return self.trouble.startswith("refused-")

    @property
    def loopback(self) -> bool:
        """Whether the target is this machine itself."""
        return is_loopback(self.address)


class Probe(Value):
    """A probe: ``questions`` gives what it asks now, from the situation and every answer so far.

    It is called again after each answer; questions that were asked already are not asked twice. ``applies`` says why
    it has nothing to ask in this situation (a key of render.diagnosis), or is empty.
    """

    name: str
    cost: Cost
    questions: Callable[[Situation, Sequence[Probed]], Iterable[Question]]
    applies: Callable[[Situation], str]


def allowed(cost: Cost, level: str) -> bool:
    """Whether a probe of this cost is asked at ``level``."""
    return LEVELS.index(level) >= LEVELS.index(LEVEL_OF[cost])
