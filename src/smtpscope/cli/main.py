"""From the arguments to an exit code: picks the command, turns our exceptions into clear errors."""

from __future__ import annotations

import sys

from smtpscope.errors import LocalError, SmtpscopeError, UsageError
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = """\
usage: smtpscope COMMAND [options]

  test    hold the conversation with a server and show every line
  lab     run a mail server to practise on, on loopback

smtpscope COMMAND --help shows the options; smtpscope --version the version.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run smtpscope with ``argv`` (the process's arguments when None). Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except UsageError as error:
        return _complain(error, 2)
    except LocalError as error:
        return _complain(error, 3)
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stdout = None  # nothing more can be written, not even at exit
        return 0


def _dispatch(arguments: list[str]) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if name == "test":
        from smtpscope.cli.test import run_test

        return run_test(rest)
    if name == "lab":
        from smtpscope.cli.lab import run_lab

        return run_lab(rest)
    if name in ("-h", "--help", "help"):
        sys.stdout.write(USAGE)
        return 0
    if name in ("-V", "--version"):
        from smtpscope import __version__

        sys.stdout.write(f"smtpscope {__version__}\n")
        return 0
    raise UsageError("", f"there is no command {name!r}; smtpscope --help lists them")


def _complain(error: SmtpscopeError, code: int) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"smtpscope: {error}\n")
    return code
