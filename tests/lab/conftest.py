"""A client without a network: says lines to a session and hears its replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

import pytest

from smtpscope.lab.mail import Mail
from smtpscope.lab.options import Limits, Security, Service
from smtpscope.lab.scenario.builtin import find_scenario
from smtpscope.lab.scenario.model import Scenario
from smtpscope.lab.scenario.rules import Memory
from smtpscope.lab.smtp.auth import offer_auth
from smtpscope.lab.smtp.output import Output
from smtpscope.lab.smtp.personality import EXCHANGE, Personality
from smtpscope.lab.smtp.protocol import ServerProtocol
from smtpscope.lab.smtp.session import Site
from smtpscope.lab.smtp.starttls import offer_starttls
from smtpscope.lab.smtp.xclient import offer_xclient
from smtpscope.lab.store.recorder import Recorder
from smtpscope.model.event import Event


class HeldSpool:
    """A message in memory."""

    def __init__(self) -> None:
        self.octets = b""
        self.discarded = False

    def write(self, octets: bytes) -> None:
        self.octets += octets

    def discard(self) -> None:
        self.discarded = True


class Talk:
    """One or more sessions at one site. ``mails`` are (envelope, octets); ``outputs`` what was carried out."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.mails: list[tuple[Mail, bytes]] = []
        self.outputs: list[Output] = []
        self.events: list[Event] = []
        self.connect()

    def connect(self, peer: str = "192.0.2.1") -> str:
        """A new session; returns the greeting."""
        self.recorder = Recorder(self.site.now, self.events.extend)
        self.recorder.connected("mail1.fabrikam.com", "127.0.0.1", 25, f"[{peer}]:5000")
        self.session = ServerProtocol(self.site, peer, self.recorder)
        return self._carry_out(self.session.begin())

    def say(self, *lines: str) -> str:
        """Say the lines in one write; returns everything that is answered."""
        return self.send("".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape"))

    def send(self, octets: bytes) -> str:
        return self._carry_out(self.session.receive(octets))

    def codes(self, *lines: str) -> list[str]:
        """The first words of every answer to the lines, each said by itself."""
        return [(self.say(line).splitlines() or [""])[-1][:9].strip() for line in lines]

    def _carry_out(self, outputs: Iterable[Output]) -> str:
        said = b""
        for output in outputs:
            self.outputs.append(output)
            if output.mail:
                assert isinstance(output.spool, HeldSpool)
                self.mails.append((output.mail, output.spool.octets))
            self.recorder.replied(output.data, output.encrypt)
            if output.login:
                self.recorder.logged_in(output.mechanism, output.login)
            said += output.data
        return said.decode("utf-8", "surrogateescape")


@pytest.fixture
def now() -> list[float]:
    """The time, as a list of one, to be set by the test."""
    return [1000.0]


@pytest.fixture
def talk(now: list[float]) -> Callable[..., Talk]:
    """``talk("greylist")``: a client at a lab that plays this."""

    def make(
        scenario: str | Scenario = "ok",
        personality: Personality = EXCHANGE,
        limits: Limits = Limits(),  # noqa: B008
        security: Security = Security(),  # noqa: B008
        service: Service = Service(),  # noqa: B008
    ) -> Talk:
        chosen = find_scenario(scenario) if isinstance(scenario, str) else scenario
        assert chosen, scenario
        numbers = count(1)
        return Talk(
            Site(
                personality,
                Memory(lambda: now[0], chosen.seed),
                lambda: f"id{next(numbers)}",
                HeldSpool,
                lambda: now[0],
                chosen,
                limits,
                security,
                service,
                find_scenario,
                (offer_starttls, offer_auth, offer_xclient),
            )
        )

    return make
