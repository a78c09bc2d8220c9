"""``python -m smtpscope`` and the command ``smtpscope``."""

from __future__ import annotations

import sys

from smtpscope.cli.main import main as run


def main() -> int:
    """Run the command line. Returns the exit code."""
    return run()


if __name__ == "__main__":
    sys.exit(main())
