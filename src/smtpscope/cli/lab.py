"""``smtpscope lab``: a server to practice with."""

from __future__ import annotations

import sys

from smtpscope.cli.conflicts import check_lab
from smtpscope.cli.options.lab import LabOptions
from smtpscope.cli.options.parse import parse
from smtpscope.cli.terminal import columns, complain
from smtpscope.language import current
from smtpscope.render.lab import announcement_text
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smtpscope.lab.announcement import Announcement
    from smtpscope.lab.dsn_sender import SmartHost
    from smtpscope.lab.runner import Listener
    from smtpscope.lab.server import Lab
    from smtpscope.protocol.endpoint import Endpoint


def run(argv: Sequence[str]) -> int:
    """Run the lab until it is stopped, or show what a lab has stored. Returns the exit code."""
    if argv[:1] and argv[0] in ("mails", "show", "export"):
        from smtpscope.cli.lab_mails import run as run_mails

        return run_mails(argv[0], argv[1:])
    options = parse(LabOptions, argv)
    check_lab(options)
    if options.list_all:
        return _list_scenarios()
    from smtpscope.lab.runner import RunOptions, serve

    listeners = make_listeners(options)
    command = options.run or ""
    line = say_aside if command else say  # the output is the command's

    def tell(told: Announcement) -> None:
        line(announcement_text(told.id, {name: visible(value) for name, value in told.details}))

    how = RunOptions(options.host, listeners, options.control, command)
    lab = make_lab(options, listeners[0], tell)
    # A pipe that is not read would block the lab: there, what arrives is shown only with --verbose.
    if options.verbose or (sys.stdout.isatty() and not command and not options.discard):
        lab.watch = tell
    return serve(lab, how, tell)


def make_lab(options: LabOptions, first: Listener, tell: Callable[[Announcement], None]) -> Lab:
    """The lab that the options describe. Raises LocalError."""
    from smtpscope.lab.options import Limits, Security, Service
    from smtpscope.lab.server import Lab
    from smtpscope.lab.smtp.personality import PERSONALITIES

    limits = Limits(
        size=options.max_size,
        text_line=options.max_line,
        recipients=options.max_recipients,
        messages=options.max_messages,
        connections=options.max_connections,
        idle=options.idle,
    )
    personality = PERSONALITIES[options.personality]
    return Lab(
        first.scenario,
        personality,
        options.maildir or "",
        limits,
        options.durable,
        not options.no_transcripts,
        tell,
        Security(options.tls, users=options.user, auth_in_clear=options.auth_in_clear),
        make_smart_host(options.smart_host, personality.host),
        options.discard,
        Service(options.protocol, options.xclient, options.proxy_protocol),
    )


def make_smart_host(place: Endpoint | None, helo: str) -> SmartHost | None:
    """What relays notifications: the only way that anything leaves the lab."""
    if place is None:
        return None
    from smtpscope.services import relay

    return relay.make_smart_host(place, helo)


def make_listeners(options: LabOptions) -> tuple[Listener, ...]:
    """The ports and the scenario of each, --port first. Raises UsageError."""
    from smtpscope.dialogue.plan import LMTP
    from smtpscope.lab.runner import Listener
    from smtpscope.lab.scenario.builtin import choose_scenario

    # Two runs of --run on one machine, as in CI, must not use the same port.
    usual = 0 if options.run else 2525
    ports = [Listener(usual if options.port is None else options.port, choose_scenario(options.scenario))]
    ports += [Listener(port, choose_scenario(scenario, "--scenario-port")) for port, scenario in options.scenario_port]
    if options.tls_port is not None:
        ports.append(Listener(options.tls_port, ports[0].scenario, True))
    ports = [listener.replace(protocol=options.protocol) for listener in ports]
    if options.lmtp_port is not None:
        ports.append(Listener(options.lmtp_port, ports[0].scenario, protocol=LMTP))
    return tuple(ports)


def _list_scenarios() -> int:
    from smtpscope.lab.scenario.builtin import library
    from smtpscope.render.wrap import wrap

    scenarios = library()
    names = max(len(scenario.name) for scenario in scenarios) + 2
    width = columns(sys.stdout) if sys.stdout.isatty() else sys.maxsize
    for scenario in scenarios:
        teaches = scenario.teaches_zh if current() == "zh" else scenario.teaches
        lines = wrap(teaches, width, " " * names, f"{scenario.name:{names}}")
        sys.stdout.writelines(line + "\n" for line in lines)
    return 0


def say_aside(line: str) -> None:
    """One line for the user, on standard error."""
    complain(line, who="smtpscope lab")


def say(line: str) -> None:
    """One line for the user, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
