"""From the arguments to an exit code: run the command, and report exceptions as errors."""

from __future__ import annotations

import os
import sys

from smtpscope import language
from smtpscope.cli.output import has_failed
from smtpscope.errors import SmtpscopeError, UsageError
from smtpscope.language import N_, _
from smtpscope.net.signals import INTERRUPTIBLE, signal_name
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each command and its help. The module smtpscope.cli.NAME has its function run(argv), and smtpscope.cli.options.NAME
# its options. Both are loaded only for this command.
COMMANDS: dict[str, str] = {
    "test": N_("hold the conversation with a server and show every line"),
    "console": N_("speak SMTP by hand, in telnet's place"),
    "lab": N_("run a mail server to practise on, on loopback"),
    "explain": N_("say what a reply, a log, a bounce or a recorded conversation means"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run smtpscope with ``argv`` (None: the arguments of the process). Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments[: arguments.index("--") if "--" in arguments else None]
    wanted = _take_language(arguments)
    try:
        chosen = language.choose(wanted, os.environ)
    except ValueError:
        return _complain(f"{wanted!r} is none of auto, {', '.join(language.LANGUAGES)}", 2, as_json, "--lang")
    try:
        with language.speaking(chosen):
            return _try(arguments, as_json)
    except RuntimeError as error:
        from smtpscope.files import NotBuiltError

        if not isinstance(error, NotBuiltError):
            raise
        return _complain(str(error), 3, as_json)  # in English: there may be no catalogue to translate it


def _try(arguments: list[str], as_json: bool) -> int:
    try:
        return _run(arguments, as_json)
    except MemoryError:  # a limit of this process (ulimit -v), or a file that is too large for it
        pass  # report it after the exception is gone: its traceback holds the memory
    return _complain(_("out of memory: what was given needs more than this process may have"), 3, as_json)


def _run(arguments: list[str], as_json: bool) -> int:
    """Run the command, and report exceptions as errors; with ``as_json``, also as JSON. Returns the exit code."""
    try:
        INTERRUPTIBLE.release()  # from here on, a signal is handled below
        code = _dispatch(arguments)
        return 3 if has_failed() and not code else code
    except SmtpscopeError as error:
        from smtpscope.cli.fields import option
        from smtpscope.render.errors import error_text

        code = 2 if isinstance(error, UsageError) else 3
        name = option(error.field, arguments[0] if arguments else "")
        return _complain(error_text(error), code, as_json, name)
    except KeyboardInterrupt as stop:  # outside of a session, which handles it itself
        from smtpscope.cli.exit import STOPPED

        return _complain(_("interrupted"), int(STOPPED[signal_name(stop)]), as_json)
    except OSError as error:  # a problem of this machine: peers and output streams do not raise exceptions
        return _complain(_("cannot go on: {reason}").format(reason=error.strerror or error), 3, as_json)


def _dispatch(arguments: list[str]) -> int:
    """Run the command that ``arguments`` name. Returns its exit code. Raises what the command raises."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if name in COMMANDS:
        module = __import__(f"smtpscope.cli.{name}", fromlist=["run"])
        try:
            return int(module.run(rest))
        except SystemExit as end:  # argparse has shown the help
            return int(end.code or 0)
    if name in ("-h", "--help", "help"):
        sys.stdout.write(usage())
        return 0
    if name in ("-V", "--version"):
        from smtpscope.version import __version__

        sys.stdout.write(f"smtpscope {__version__}\n")
        return 0
    raise UsageError("", _("there is no command {name!r}; smtpscope --help lists them").format(name=name))


def _take_language(arguments: list[str]) -> str:
    """The value of --lang, at any position; auto without it. Removes --lang from ``arguments``."""
    for index, word in enumerate(arguments):
        if word == "--lang" or word.startswith("--lang="):
            value = word[7:] if "=" in word else "".join(arguments[index + 1 : index + 2])
            del arguments[index : index + (1 if "=" in word else 2)]
            return value
    return "auto"


def usage() -> str:
    """The text of ``smtpscope --help``."""
    commands = "".join(f"  {name:8} {_(summary)}\n" for name, summary in COMMANDS.items())
    return (
        _("usage: smtpscope COMMAND [options]\n")
        + f"\n{commands}\n"
        + _("smtpscope COMMAND --help shows the options; smtpscope --version the version; --lang en|zh the language.\n")
    )


def _complain(message: str, code: int, as_json: bool, option: str = "") -> int:
    """Report what ended the run: on standard error, and with ``as_json`` as the last line of JSON. Returns ``code``."""
    from smtpscope.cli.terminal import complain

    INTERRUPTIBLE.hold()
    if as_json:
        from smtpscope.render.jsonl import error_line

        sys.stdout.write(error_line(code, option, message) + "\n")
    sys.stdout.flush()
    complain(f"{option}: {message}" if option else message)
    return code
