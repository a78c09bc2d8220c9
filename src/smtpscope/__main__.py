"""``python -m smtpscope`` and the command ``smtpscope``."""

from __future__ import annotations

import gc
import os
import sys

from smtpscope.net.signals import catch_signals, leave_signals

# A tenth of a test's time would go into looking for cyclic garbage while modules load: begin later.
gc.set_threshold(50_000, 20, 20)


def run() -> int:
    """The command ``smtpscope``: run the command line and end the process. Returns the exit code where it may not."""
    code = main()
    if not {"atexit", "threading"} & sys.modules.keys():
        # Everything is written and closed, and nobody asked to be called: to take the modules apart one by one takes a
        # twentieth of a test.
        sys.stderr.flush()
        os._exit(code)
    return code


def main() -> int:
    """Run the command line. Returns the exit code."""
    catch_signals()  # before the rest is loaded, which takes most of the time of a start
    from smtpscope.cli.main import main as run
    from smtpscope.cli.output import guard_streams

    guard_streams()
    try:
        code = run()
    finally:
        leave_signals()
        gc.freeze()  # at the end of the process there is nothing to gain from looking through everything once more
    _leave_threads(code)
    return code


def _leave_threads(code: int) -> None:
    """End the process here and now where a probe still waits for an answer, as after Ctrl-C.

    Its thread may be inside OpenSSL, which takes itself apart at the end of a process: that would end in a crash.
    """
    threading = sys.modules.get("threading")
    if threading and any(thread.name.startswith("probe ") for thread in threading.enumerate()):
        os._exit(code)  # standard output is flushed already, where a failure can still be told (cli/main.py)


if __name__ == "__main__":
    sys.exit(run())
