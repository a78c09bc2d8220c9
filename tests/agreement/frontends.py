"""Each front end, as a function: a conversation is held or read, and what it found in each reply that is no success."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import smtpscope
from agreement.conversation import Conversation, Finding
from smtpscope.console.commands import run_command
from smtpscope.console.console import Console
from smtpscope.console.plain import PlainFrontEnd
from smtpscope.console.plain import run as run_plain
from smtpscope.console.screen import Screen
from smtpscope.diagnosis.interpret import Explained
from smtpscope.diagnosis.reply_codes import went_well
from smtpscope.dialogue.plan import NEVER, Envelope, Plan, Target, Tls
from smtpscope.dialogue.script import EXACT, SEND, Script, ScriptStep
from smtpscope.dialogue.step import Closed, Listen, Payload, Send
from smtpscope.model.event import Event, Received, Sent, Unsolicited
from smtpscope.model.transcript import header_line, write_line
from smtpscope.services.run import Run

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Dialogue

HOST, HELO = "127.0.0.1", "contoso.com"
SENDER, RECIPIENT = "chris@contoso.com", "kate@fabrikam.com"


def _of_events(explained: Iterable[Explained]) -> list[Finding]:
    """What was said of replies; of the end of a connection no text tells."""
    return [_finding(item) for item in explained if isinstance(item.event, Received | Unsolicited)]


def _finding(item: Explained) -> Finding:
    found = item.explanation
    return Finding(item.exchange.stage, found.cause, found.actor, found.retry)


def _of_text(data: bytes) -> list[Finding]:
    told = smtpscope.explain_text(data)
    return [_finding(item) for item in told if item.exchange.reply.code and not went_well(item.exchange)]


# ----------------------------------------------------------------------------------------------------- test --script


def _script(conversation: Conversation) -> Script:
    acts: list[ScriptStep] = []
    for turn in conversation.turns:
        acts += [ScriptStep(len(acts), SEND, line) for line in turn.said]
        acts += [ScriptStep(len(acts), EXACT, "\n".join(reply)) for reply in turn.replies]
    return Script(conversation.name, tuple(acts))


def _run_script(conversation: Conversation) -> Run:
    plan = Plan(Target(HOST, 0), Envelope("", "", ()), tls=Tls(NEVER))
    with conversation.played() as server:
        run = smtpscope.run_script(_script(conversation), plan.replace(target=Target(HOST, server.port)), {})
        for _event in run:
            pass
    return run


def run_script(conversation: Conversation) -> list[Finding]:
    """``smtpscope test --script``, and the library's ``run_script``."""
    return _of_events(_run_script(conversation).refused)


# -------------------------------------------------------------------------------------------------------------- test


def _content(conversation: Conversation) -> list[str]:
    """The lines of the message, the dot with them."""
    lines = conversation.lines
    return lines[lines.index("DATA") + 1 : lines.index(".") + 1] if "." in lines else []


def _message(conversation: Conversation) -> bytes:
    return "".join(f"{line}\r\n" for line in _content(conversation)[:-1]).encode()


def run_test(conversation: Conversation) -> list[Finding] | None:
    """``smtpscope test``, and the library's ``run_test``; None for a conversation that it would hold in another way."""
    envelope = Envelope(HELO, SENDER, (RECIPIENT,))
    with conversation.played() as server:
        plan = Plan(Target(HOST, server.port), envelope, message=_message(conversation), tls=Tls(NEVER))
        run = smtpscope.run_test(plan)
        for _event in run:
            pass
    content = _content(conversation)
    commands = [event.data.decode() for event in run.events if isinstance(event, Sent) and not event.body]
    usual = [line for line in conversation.lines if line not in content or line == "QUIT"]
    return _of_events(run.refused) if commands == usual else None


# ----------------------------------------------------------------------------------------------------------- library


def perform(conversation: Conversation) -> list[Finding]:
    """The library's ``perform``, with a dialogue of one's own."""
    with conversation.played() as server:
        run = Run(smtpscope.perform(Target(HOST, server.port), _dialogue(conversation)))
        for _event in run:
            pass
    return _of_events(run.refused)


def _dialogue(conversation: Conversation) -> Dialogue:
    for turn in conversation.turns:
        answer = yield _step(turn.said) if turn.said else Listen()
        for _reply in turn.replies[1:]:
            answer = yield Listen()
        if isinstance(answer, Closed):
            return


def _step(said: list[str]) -> Send | Payload:
    """A command; the lines of a message up to the dot; a chunk behind its command."""
    octets = [f"{line}\r\n".encode() for line in said]
    if said[-1] == ".":
        return Payload(octets)
    if said[0].startswith("BDAT"):
        return Payload(octets[1:], said[0].encode())
    return Send(said[0].encode())


# ----------------------------------------------------------------------------------------------------------- explain


def explain_paste(conversation: Conversation) -> list[Finding]:
    """``smtpscope explain`` with the text of the conversation."""
    return _of_text(conversation.text.encode())


def explain_transcript(conversation: Conversation) -> list[Finding]:
    """``smtpscope explain`` with the transcript that ``test`` wrote."""
    events: list[Event] = _run_script(conversation).events
    lines = [header_line(), *map(write_line, events)]
    return _of_text("\n".join(lines).encode())


# ----------------------------------------------------------------------------------------------------------- console


def console(conversation: Conversation) -> list[Finding]:
    """``smtpscope console``, its lines from a pipe."""
    held, _shown = run_console(conversation)
    return _of_events(held.journal.run.refused)


def run_console(conversation: Conversation) -> tuple[Console, str]:
    """The console behind the conversation, and what it has shown."""
    front_end = PlainFrontEnd(tty=False)
    held = Console(front_end, Screen(), run_command)
    with conversation.played() as server, _piped("".join(f"{line}\n" for line in conversation.lines)) as shown:
        held.open(HOST, server.port)
        run_plain(held, front_end, 20)
    return held, shown.getvalue()


@contextmanager
def _piped(text: str) -> Iterator[io.StringIO]:
    """Standard input is a pipe with ``text`` in it, standard output is kept."""
    before = sys.stdin, sys.stdout
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    with open(reader) as pipe:
        sys.stdin, sys.stdout = pipe, io.StringIO()
        try:
            yield sys.stdout
        finally:
            sys.stdin, sys.stdout = before


FRONTENDS: dict[str, Callable[[Conversation], list[Finding]]] = {
    "script": run_script,
    "library": perform,
    "paste": explain_paste,
    "transcript": explain_transcript,
    "console": console,
}
