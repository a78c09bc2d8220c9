"""The options of ``smtpscope explain``."""

from __future__ import annotations

from smtpscope.cli.options.spec import Command, Heading, Options, choice, flag, option, several, words
from smtpscope.cli.options.spec import text as as_is
from smtpscope.language import N_
from smtpscope.protocol.phase import STAGES
from smtpscope.render.palette import AUTO, COLOURS


class ExplainOptions(Options):
    """What ``smtpscope explain`` was asked to explain."""

    command = Command(
        "explain",
        N_("say what a reply, a log, a bounce or a recorded conversation means"),
        N_(
            "smtpscope explain '550 5.1.1 User unknown'; smtpscope explain session.log; swaks ... | smtpscope explain -"
        ),
    )

    _what = Heading(N_("what to explain"))
    text: tuple[str, ...] = words(
        "text", N_("a reply, or a file (Telnet capture, swaks, curl -v, mail log, bounce, ...); - is stdin")
    )
    batch: str | None = option("--batch", N_("one JSON object with code, enhanced, text, stage a line"), "FILE")
    stage: str | None = choice("--stage", N_("the step that was answered, where it cannot be seen"), STAGES, None)
    server: str | None = option("--server", N_("the server that answered: it tells whose words these are"), "HOST")
    entries: tuple[str, ...] = several("--entries", N_("a folder of own entries, looked at first"), "FOLDER", as_is)

    _show = Heading(N_("what is shown"))
    json: bool = flag("--json", N_("one JSON record for each reply, a line each"))
    coverage: bool = flag("--coverage", N_("count which rule explained how many replies instead"))
    color: str = choice("--color", N_("colours"), COLOURS, AUTO)
