"""``smtpscope lab``: a server to practise on."""

from __future__ import annotations

import sys

from smtpscope.cli.options.lab import SPEC
from smtpscope.cli.options.spec import parse
from smtpscope.cli.terminal import columns, complain
from smtpscope.cli.values import count, port_number, seconds, server
from smtpscope.errors import UsageError
from smtpscope.language import _, current
from smtpscope.render.lab import news_text
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from smtpscope.lab.lab import Lab
    from smtpscope.lab.news import News
    from smtpscope.lab.output import Security
    from smtpscope.lab.postman import SmartHost
    from smtpscope.lab.server import Listener


def run(argv: Sequence[str]) -> int:
    """Run the lab until it is ended, or look at what one has kept. Returns the exit code."""
    if argv[:1] and argv[0] in ("mails", "show", "export"):
        from smtpscope.cli.lab_mails import run as run_mails

        return run_mails(argv[0], argv[1:])
    given = parse(SPEC, argv, UsageError)
    if given["list"]:
        return _list_scenarios()
    from smtpscope.lab.server import Orders, serve

    listeners = make_listeners(given)
    control = None if given["control"] is None else port_number("--control", given["control"], lowest=0)
    command = str(given["run"] or "")
    line = say_aside if command else say  # the output is the command's

    def tell(told: News) -> None:
        line(news_text(told.id, {name: visible(value) for name, value in told.details}))

    orders = Orders(str(given["host"]), listeners, control, command)
    lab = make_lab(given, listeners[0], tell)
    # A pipe that nobody reads would hold up the lab: there, only who asks for it is shown what comes.
    if given["verbose"] or (sys.stdout.isatty() and not command and not given["discard"]):
        lab.watch = tell
    return serve(lab, orders, tell)


def make_lab(given: Mapping[str, object], first: Listener, tell: Callable[[News], None]) -> Lab:
    """The lab that the options describe. Raises UsageError, LocalError."""
    from smtpscope.lab.lab import Lab
    from smtpscope.lab.limits import Limits
    from smtpscope.lab.output import Service
    from smtpscope.lab.personality import PERSONALITIES

    limits = Limits(
        size=count("--max-size", given["max_size"] or 0),
        text_line=count("--max-line", given["max_line"]),
        recipients=count("--max-recipients", given["max_recipients"]),
        messages=count("--max-messages", given["max_messages"]),
        connections=count("--max-connections", given["max_connections"]),
        idle=seconds("--idle", given["idle"]),
    )
    personality = PERSONALITIES[str(given["personality"])]
    folder = str(given["maildir"] or "")
    discards, durable = bool(given["discard"]), bool(given["durable"])
    if discards and (folder or durable):
        raise UsageError("--discard", _("keeps nothing; it does not go with --maildir and --durable"))
    keeps = not given["no_transcripts"]
    security, smart_host = make_security(given), make_smart_host(given, personality.host)
    service = Service(str(given["protocol"]), bool(given["xclient"]), bool(given["proxy_protocol"]))
    return Lab(
        first.scenario, personality, folder, limits, durable, keeps, tell, security, smart_host, discards, service
    )


def make_smart_host(given: Mapping[str, object], helo: str) -> SmartHost | None:
    """What hands notifications on: the only way that anything leaves the lab. Raises UsageError."""
    from smtpscope.api import hand_over

    if not given["smart_host"]:
        return None
    host, port = server(str(given["smart_host"]), None, option="--smart-host")
    return lambda recipient, message: hand_over(host, port, helo, recipient, message)


def make_security(given: Mapping[str, object]) -> Security:
    """TLS and logins at the lab. Raises UsageError."""
    from smtpscope.lab.output import Security

    users = []
    more = given["user"]
    for text in more if isinstance(more, list) else ():
        name, colon, password = str(text).partition(":")
        if not colon or not name or not password:
            raise UsageError("--user", _("write NAME:PASSWORD, a password for the lab only"))
        users.append((name, password))
    return Security(bool(given["tls"]), users=tuple(users), auth_in_clear=bool(given["auth_in_clear"]))


def make_listeners(given: Mapping[str, object]) -> tuple[Listener, ...]:
    """The ports and what each plays, --port first. Raises UsageError."""
    from smtpscope.dialogue.plan import LMTP
    from smtpscope.lab.library import choose_scenario
    from smtpscope.lab.server import Listener

    # Two runs of --run on one machine, as in CI, must not want the same port.
    usual = 0 if given["run"] else 2525
    first = usual if given["port"] is None else port_number("--port", given["port"], lowest=0)
    ports = [Listener(first, choose_scenario(str(given["scenario"])))]
    more = given["scenario_port"]
    for text in more if isinstance(more, list) else ():
        port, equals, wish = str(text).partition("=")
        if not equals:
            raise UsageError("--scenario-port", _("{text!r} is no PORT=NAME, such as 2526=greylist").format(text=text))
        ports.append(Listener(port_number("--scenario-port", port, lowest=0), choose_scenario(wish)))
    if given["tls_port"] is not None:
        ports.append(Listener(port_number("--tls-port", given["tls_port"], lowest=0), ports[0].scenario, True))
    protocol = str(given["protocol"])
    ports = [listener.replace(protocol=protocol) for listener in ports]
    if given["lmtp_port"] is not None:
        number = port_number("--lmtp-port", given["lmtp_port"], lowest=0)
        ports.append(Listener(number, ports[0].scenario, protocol=LMTP))
    return tuple(ports)


def _list_scenarios() -> int:
    from smtpscope.lab.library import library
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
