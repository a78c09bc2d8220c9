"""From the arguments to an exit code: picks the command, turns our exceptions into clear errors."""

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

# Each command: what it does. Its module is smtpscope.cli.NAME with a function run(argv), its options are a class in
# smtpscope.cli.options.NAME; both are loaded only when it is called.
COMMANDS: dict[str, str] = {
    "test": N_("hold the conversation with a server and show every line"),
    "console": N_("speak SMTP by hand, in telnet's place"),
    "lab": N_("run a mail server to practise on, on loopback"),
    "explain": N_("say what a reply, a log, a bounce or a recorded conversation means"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run smtpscope with ``argv`` (the process's arguments when None). Returns the exit code."""
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
        pass  # the complaint follows when the memory is free again
    return _complain(_("out of memory: what was given needs more than this process may have"), 3, as_json)


def _run(arguments: list[str], as_json: bool) -> int:
    """The command, with our exceptions turned into complaints; ``as_json``: for programs too."""
    try:
        INTERRUPTIBLE.release()  # from here on, a signal finds its clause below
        code = _dispatch(arguments)
        return 3 if has_failed() and not code else code
    except SmtpscopeError as error:
        from smtpscope.cli.fields import option
        from smtpscope.render.errors import error_text

        code = 2 if isinstance(error, UsageError) else 3
        named = option(error.field, arguments[0] if arguments else "")
        return _complain(error_text(error), code, as_json, named)
    except KeyboardInterrupt as stop:  # where no session is there to end it
        from smtpscope.cli.exit import STOPPED

        return _complain(_("interrupted"), int(STOPPED[signal_name(stop)]), as_json)
    except OSError as error:  # what a peer does is no exception, and an output that cannot be written is none either
        return _complain(_("cannot go on: {reason}").format(reason=error.strerror or error), 3, as_json)


def _dispatch(arguments: list[str]) -> int:
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
    """What --lang says, wherever it stands; auto without it. Takes --lang out of ``arguments``."""
    for place, word in enumerate(arguments):
        if word == "--lang" or word.startswith("--lang="):
            wanted = word[7:] if "=" in word else "".join(arguments[place + 1 : place + 2])
            del arguments[place : place + (1 if "=" in word else 2)]
            return wanted
    return "auto"


def usage() -> str:
    """The help of smtpscope itself."""
    commands = "".join(f"  {name:8} {_(summary)}\n" for name, summary in COMMANDS.items())
    return (
        _("usage: smtpscope COMMAND [options]\n")
        + f"\n{commands}\n"
        + _("smtpscope COMMAND --help shows the options; smtpscope --version the version; --lang en|zh the language.\n")
    )


def _complain(message: str, code: int, as_json: bool, option: str = "") -> int:
    """Tell what ended the run: on standard error, and for programs as the last line of --json."""
    from smtpscope.cli.terminal import complain

    INTERRUPTIBLE.hold()
    if as_json:
        from smtpscope.render.jsonl import error_line

        sys.stdout.write(error_line(code, option, message) + "\n")
    sys.stdout.flush()
    complain(f"{option}: {message}" if option else message)
    return code
