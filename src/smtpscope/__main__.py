"""``python -m smtpscope`` and the command ``smtpscope``."""

from __future__ import annotations

import gc
import sys

# A tenth of a test's time would go into looking for cyclic garbage while modules load: begin later.
gc.set_threshold(50_000, 20, 20)

from smtpscope.cli.main import main as run  # noqa: E402


def main() -> int:
    """Run the command line. Returns the exit code."""
    try:
        return run()
    finally:
        gc.freeze()  # at the end of the process there is nothing to gain from looking through everything once more


if __name__ == "__main__":
    sys.exit(main())
