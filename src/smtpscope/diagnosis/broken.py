"""A conversation that broke off: no answer in time, a connection lost in the middle, a peer that speaks no SMTP."""

from __future__ import annotations

from smtpscope.language import N_, _, current
from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.model.conversation import Exchange

# The steps behind the greeting, by stage. Before it, the connection itself is in question (connection.py).
STEPS: dict[str, str] = {
    "ehlo": "EHLO",
    "starttls": "STARTTLS",
    "xclient": "XCLIENT",
    "auth": "AUTH",
    "mail": "MAIL FROM",
    "rcpt": "RCPT TO",
    "data": "DATA",
    "end-of-data": N_("the message"),
}

# What came in place of a reply -> the kind of break.
_KINDS = {
    FailureKind.TIMEOUT: "timeout",
    FailureKind.RESET: "reset",
    FailureKind.OTHER: "reset",
    "closed": "reset",
}

_CAUSES = {
    "timeout": (
        N_("The server looks something up (DNS, a block list, another server) and waits for an answer itself."),
        N_("The server slows down clients that it does not trust (a tarpit)."),
    ),
    "reset": (
        N_("A filter or a rule of the server ended the connection instead of answering."),
        N_("The service, or something between here and there, failed."),
    ),
    "message": (
        N_("A content filter behind the server failed, or takes longer than the limit."),
        N_("Large packets do not get through (path MTU): short messages pass, long ones hang."),
    ),
}


def judge_break(heard: Exchange, found: Explanation) -> Explanation | None:
    """What it means that the conversation ended at this step without an answer; None where there was one."""
    kind = _KINDS.get(heard.failure, "")
    if not kind or heard.stage not in STEPS:
        return None
    from smtpscope.knowledge.catalogue import explain_cause

    known = explain_cause(f"network.{kind}", current())
    in_message = heard.stage == "end-of-data"
    causes = _CAUSES["message" if heard.stage in ("data", "end-of-data") else kind]
    return known.replace(
        retry="later",
        rule=f"context.{'no-answer-in-time' if kind == 'timeout' else 'connection-lost'}",
        meaning=_meaning(kind, _(STEPS[heard.stage])) + (" " + _doubt() if in_message else ""),
        causes=tuple(_(cause) for cause in causes),
        steps=(("their-admin", _("Look into the log for the time of this step.")), *known.steps),
        references=(*known.references, *(("RFC 1047",) if in_message else ())),
        evidence=(
            f"failure={heard.failure}",
            *((f"text={heard.words}",) if heard.words else ()),
            f"stage={heard.stage}",
        ),
    )


def _meaning(kind: str, step: str) -> str:
    if kind == "timeout":
        return _("No answer to {step} came in time; the limit is the client's own.").format(step=step)
    return _("The connection ended at {step}, without an answer.").format(step=step)


def _doubt() -> str:
    return _("Whether the message was taken is not known: sending it again may deliver it twice.")


def judge_speech(heard: Exchange, found: Explanation) -> Explanation | None:
    """A peer whose words are no SMTP reply at all."""
    if heard.reply.code or not heard.reply.defects:
        return None
    from smtpscope.diagnosis.speech import recognise
    from smtpscope.knowledge.catalogue import explain_cause

    spoken = recognise(heard.reply.raw)
    return explain_cause("network.not-smtp", current()).replace(
        rule="context.not-smtp",
        evidence=(f"text={heard.reply.lines[0][:60]}", *((f"speaks={spoken}",) if spoken else ())),
        alternatives=("connection.wrong-port",),
    )
