"""From the arguments to an exit code: picks the command, turns our exceptions into clear errors."""

from __future__ import annotations

import sys

from smtpscope.errors import LocalError, SmtpscopeError, UsageError
from smtpscope.language import N_, _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each command: what it does. Its module is smtpscope.cli.NAME with a function run(argv), its options are
# smtpscope.cli.options.NAME.SPEC; both are loaded only when it is called.
COMMANDS: dict[str, str] = {
    "test": N_("hold the conversation with a server and show every line"),
    "console": N_("speak SMTP by hand, in telnet's place"),
    "lab": N_("run a mail server to practise on, on loopback"),
    "explain": N_("say what a reply, a log, a bounce or a recorded conversation means"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run smtpscope with ``argv`` (the process's arguments when None). Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _open_what_is_closed()
    try:
        code = _dispatch(arguments)
        _flush()  # here, where it can still be told that the output cannot be written
        return code
    except UsageError as error:
        return _complain(error, 2)
    except LocalError as error:
        return _complain(error, 3)
    except KeyboardInterrupt:  # where no conversation is there to end it
        sys.stderr.write(_("smtpscope: interrupted\n"))
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stdout = None  # nothing more can be written, not even at exit
        return 0
    except OSError as error:  # a full disk under our output, most of all; what a peer does is no exception
        sys.stdout = None
        return _complain(LocalError(_("cannot go on: {reason}").format(reason=error.strerror or error)), 3)


def _open_what_is_closed() -> None:
    """Give a stream that the caller has closed (``>&-``) a place to go, before a socket takes its number."""
    import os

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for the whole run


def _dispatch(arguments: list[str]) -> int:
    _speak(arguments)
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if name in COMMANDS:
        module = __import__(f"smtpscope.cli.{name}", fromlist=["run"])
        return int(module.run(rest))
    if name in ("-h", "--help", "help"):
        sys.stdout.write(usage())
        return 0
    if name in ("-V", "--version"):
        from smtpscope import __version__

        sys.stdout.write(f"smtpscope {__version__}\n")
        return 0
    raise UsageError("", _("there is no command {name!r}; smtpscope --help lists them").format(name=name))


def _speak(arguments: list[str]) -> None:
    """Choose the language: --lang, wherever it stands, or the environment. Takes --lang out of ``arguments``."""
    import os

    from smtpscope import language

    wish = "auto"
    for place, word in enumerate(arguments):
        if word == "--lang" or word.startswith("--lang="):
            wish = word[7:] if "=" in word else "".join(arguments[place + 1 : place + 2])
            del arguments[place : place + (1 if "=" in word else 2)]
            break
    try:
        language.use(language.choose(wish, os.environ))
    except ValueError as error:
        raise UsageError("--lang", f"{wish!r} is none of auto, {', '.join(language.LANGUAGES)}") from error


def usage() -> str:
    """The help of smtpscope itself."""
    commands = "".join(f"  {name:8} {_(summary)}\n" for name, summary in COMMANDS.items())
    return (
        _("usage: smtpscope COMMAND [options]\n")
        + f"\n{commands}\n"
        + _("smtpscope COMMAND --help shows the options; smtpscope --version the version; --lang en|zh the language.\n")
    )


def _complain(error: SmtpscopeError, code: int) -> int:
    try:
        _flush()
    except OSError:  # the error that follows matters more
        sys.stdout = None
    from smtpscope.cli.terminal import complain

    complain(str(error))
    return code


def _flush() -> None:
    if sys.stdout:  # None where nothing more can be written
        sys.stdout.flush()
