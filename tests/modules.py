"""What a run of smtpscope loads."""

from __future__ import annotations

import subprocess
import sys

SHOW = "from smtpscope.__main__ import main; code = main(); print(*sys.modules, file=sys.stderr); sys.exit(code)"


def loaded(*arguments: str) -> set[str]:
    """The modules that a run with ``arguments`` has loaded at its end. -S: not those that the machine loads."""
    paths = f"import sys; sys.path[:] = {sys.path!r}; "
    run = subprocess.run(
        [sys.executable, "-S", "-c", paths + SHOW, *arguments], capture_output=True, check=True, text=True, timeout=60
    )
    return set(run.stderr.split())
