"""``smtpscope test``: from options to a plan, from events to views and an exit code."""

from __future__ import annotations

import os
import sys
import time

from smtpscope import api
from smtpscope.cli.exit import exit_code
from smtpscope.cli.options.spec import parse
from smtpscope.cli.options.test import SPEC
from smtpscope.cli.planning import make_plan
from smtpscope.cli.views import open_views
from smtpscope.diagnosis.verdict import judge, overall
from smtpscope.errors import UsageError
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Hold the conversation. Returns the exit code."""
    given = parse(SPEC, argv, UsageError)
    plan = make_plan(given, time.time(), os.urandom(8).hex())
    views = open_views(given, sys.stdout, os.environ)
    events = []
    try:
        for event in api.check(plan):
            events.append(event)
            for view in views:
                view.show(event)
        verdicts = judge(events)
        code = exit_code(overall(verdicts))
        for view in views:
            view.conclude(verdicts, code)
    finally:
        for view in views:
            view.close()
    return int(code)
