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
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.services.run import Hold


def scripted(options: TestOptions, path: str) -> tuple[Plan, Hold]:
    """The plan of the script in the file ``path``, and what holds it. Raises UsageError, LocalError."""
    target = make_target(options)
    script = read_script(path)
    tls = tls_settings(options, target.port)
    who = login(options, target, os.urandom(12).hex())
    if script.logs_in and who is None:
        raise UsageError("--user", _("the script logs in: say as whom, and where the password comes from"))
    plan = Plan(target, Envelope("", "", ()), tls=tls, login=who, timeouts=make_timeouts(options.timeout))
    files = _contents(script)
    return plan, lambda plan, _lab: run_script(script, plan, files, folders=options.entries)


def read_script(path: str) -> Script:
    """The script in a file. Raises UsageError, LocalError."""
    return parse(read_file("--script", path).decode("utf-8", "surrogateescape"), path)


def _contents(script: Script) -> dict[str, bytes]:
    """The octets of the files that the script sends; their names are relative to the script's folder."""
    folder = os.path.dirname(script.name)
    return {name: read_file("--script", os.path.join(folder, name)) for name in script.files}
