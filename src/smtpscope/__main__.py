"""``python -m smtpscope``, and the command ``smtpscope``."""

from __future__ import annotations

import gc
import os
import sys

from smtpscope.net.signals import catch_signals, leave_signals

# Collect cyclic garbage less often: at the default threshold it takes a tenth of a test while modules load.
gc.set_threshold(50_000, 20, 20)


def run() -> int:
    """Run the command ``smtpscope`` and end the process. Returns the exit code if Python must end the process."""
    code = main()
    if not {"atexit", "threading"} & sys.modules.keys():
        # All output is written and closed, and no exit handler is registered. Python's own cleanup of the modules would
        # take a twentieth of a test.
        sys.stderr.flush()
        os._exit(code)
    return code


def main() -> int:
    """Run the command line. Returns the exit code."""
    catch_signals()  # before the other modules are loaded, which is most of the start-up time
    from smtpscope.cli.main import main as run
    from smtpscope.cli.output import guard_streams

    guard_streams()
    try:
        code = run()
    finally:
        leave_signals()
        gc.freeze()  # no last garbage collection: the process ends
    threading = sys.modules.get("threading")
    if threading and any(thread.name.startswith("probe ") for thread in threading.enumerate()):
        # A probe is still running, as after Ctrl-C. Its thread may be inside OpenSSL, which frees its data at exit: a
        # crash. Standard output is already flushed (cli/main.py).
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(run())
