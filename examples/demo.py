"""A whole test in one program: a lab server on loopback, and a session with it. `make demo` runs it."""

from __future__ import annotations

import sys

from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running


def demo() -> int:
    """Start the lab server and test it. Returns the exit code of the test."""
    with lab_running(scenario="ok") as lab:
        return main(
            [
                "test",
                f"127.0.0.1:{lab.port}",
                "--from=chris@contoso.com",
                "--to=kate@fabrikam.com",
                "--helo=contoso.com",
                "--subject=来自 Contoso 的测试",
                "--body=这是一封测试邮件",
                "--notify=success,failure",
                *sys.argv[1:],
            ]
        )


if __name__ == "__main__":
    sys.exit(demo())
