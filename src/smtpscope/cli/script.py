"""``smtpscope test --script``: from a script to a session. Mistakes are reported before anything is sent."""

from __future__ import annotations

import os

from smtpscope.cli.planning import make_target, make_timeouts, read_file
from smtpscope.cli.security import login, tls_settings
from smtpscope.dialogue.plan import Envelope, Plan
from smtpscope.dialogue.script import parse
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.services.script import run_script
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.services.run import Hold


def scripted(options: TestOptions, path: str) -> tuple[Plan, Hold]:
    """The plan for the script in the file ``path``, and the function that runs it. Raises UsageError, LocalError."""
    target = make_target(options)
    script = parse(read_file("--script", path).decode("utf-8", "surrogateescape"), path)
    tls = tls_settings(options, target.port)
    credentials = login(options, target, os.urandom(12).hex())
    if script.logs_in and credentials is None:
        raise UsageError("--user", _("the script logs in: say as whom, and where the password comes from"))
    plan = Plan(target, Envelope("", "", ()), tls=tls, login=credentials, timeouts=make_timeouts(options.timeout))
    folder = os.path.dirname(path)  # the names of the files in a script are relative to it
    files = {name: read_file("--script", os.path.join(folder, name)) for name in script.files}
    return plan, lambda plan, _lab: run_script(script, plan, files, folders=options.entries)
