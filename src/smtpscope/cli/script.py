"""``smtpscope test --script``: from a file to a conversation. Every mistake is found before anything is sent."""

from __future__ import annotations

import os

from smtpscope.cli.planning import make_target, make_timeouts, read_file
from smtpscope.cli.security import login, tls_settings
from smtpscope.dialogue.plan import Envelope, Plan
from smtpscope.dialogue.script import Script, parse
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.services.script import run_script
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smtpscope.services.run import Run

# What the script says itself.
_SAID_BY_SCRIPT = (
    "from",
    "to",
    "helo",
    "notify",
    "subject",
    "body",
    "header",
    "attach",
    "data",
    "stop_after",
    "proxy",
    "xclient",
)


def scripted(given: Mapping[str, object], folders: Sequence[str]) -> Run:
    """The run of the script that the options name. Raises UsageError, LocalError."""
    target = make_target(given)
    if not target.host:
        raise UsageError("server", _("name the server that the script is to be said to"))
    for option in _SAID_BY_SCRIPT:
        if given[option]:
            name = option.replace("_", "-")
            raise UsageError(f"--{name}", _("goes with the usual conversation; with --script the script says it"))
    script = read_script(str(given["script"]))
    tls = tls_settings(given, target.port)
    who = login(given, target, os.urandom(12).hex(), tls)
    if script.logs_in and who is None:
        raise UsageError("--user", _("the script logs in: say as whom, and where the password comes from"))
    plan = Plan(target, Envelope("", "", ()), tls=tls, login=who, timeouts=make_timeouts(given["timeout"]))
    return run_script(script, plan, _contents(script), folders=folders)


def read_script(path: str) -> Script:
    """The script in a file. Raises UsageError, LocalError."""
    return parse(read_file("--script", path).decode("utf-8", "surrogateescape"), path)


def _contents(script: Script) -> dict[str, bytes]:
    """The octets of the files that the script sends; their names are relative to the script's folder."""
    folder = os.path.dirname(script.name)
    return {name: read_file("--script", os.path.join(folder, name)) for name in script.files}
