"""The settings of the console (``set``, ``unset``, ``display``): a table of switches, and their values."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.language import N_, _, fill
from smtpscope.render.visible import width
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class Switch(Value):
    """One setting. ``default`` is a bool for an on/off setting, or a text for one with a value (empty: unset)."""

    name: str
    default: bool | str
    help: str


SWITCHES: tuple[Switch, ...] = (
    Switch("localecho", True, N_("show each line that is sent")),
    Switch("logfile", "", N_("record the session in this file (append)")),
    Switch("hints", True, N_("show what a line does, what a reply means, and what to type next")),
    Switch("crlf", True, N_("end each line with CRLF, as SMTP wants; off: with a bare LF")),
    Switch("wait", True, N_("hold each line until the replies before it have come; off: send at once")),
    Switch("pipelining", False, N_("do not wait within the groups of commands that PIPELINING allows")),
    Switch("handshake", True, N_("do the TLS handshake when STARTTLS is answered with 220")),
    Switch("verify", False, N_("close the connection if certificate verification fails")),
    Switch("ca", "", N_("trust the authorities in this file or folder only")),
    Switch("term", "", N_("the kind of terminal; dumb: no colours")),
)

# Other names of the settings.
ALIASES = {"echo": "localecho", "log": "logfile", "hint": "hints", "local_echo": "localecho", "pipeline": "pipelining"}


class Settings:
    """The current settings. Each name in ``SWITCHES`` is an attribute."""

    localecho: bool
    logfile: str
    hints: bool
    crlf: bool
    wait: bool
    pipelining: bool
    handshake: bool
    verify: bool
    ca: str
    term: str

    def __init__(self) -> None:
        for switch in SWITCHES:
            setattr(self, switch.name, switch.default)

    def lines(self) -> Iterator[tuple[str, str]]:
        """For ``display``: each setting with its value, and its help."""
        for switch in SWITCHES:
            value = getattr(self, switch.name)
            shown = (_("on") if value else _("off")) if isinstance(value, bool) else value or "-"
            yield f"{switch.name:11} {shown}{' ' * (6 - width(shown))} ", _(switch.help)


def find_switch(name: str) -> Switch:
    """The setting with ``name``, an alias, or an unambiguous start of the name. Raises UsageError."""
    key = ALIASES.get(name.lower(), name.lower())
    exact = [switch for switch in SWITCHES if switch.name == key]
    found = exact or [switch for switch in SWITCHES if key and switch.name.startswith(key)]
    if len(found) != 1:
        known = ", ".join(switch.name for switch in SWITCHES)
        raise UsageError("set", fill("there is no setting {name!r}; choose from {known}", name=name, known=known))
    return found[0]


def read_value(switch: Switch, text: str) -> bool | str:
    """The value in ``set NAME TEXT``. For an on/off setting, an empty text means on. Raises UsageError."""
    if isinstance(switch.default, str):
        if text:
            return text
        raise UsageError("set", fill("{name} wants a value: set {name} VALUE", name=switch.name))
    if text.lower() in ("", "on", "yes", "1"):
        return True
    if text.lower() in ("off", "no", "0"):
        return False
    raise UsageError("set", fill("{name} is on or off, not {text!r}", name=switch.name, text=text))
