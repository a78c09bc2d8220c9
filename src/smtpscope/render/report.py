"""The report of a test: a sentence for each server, and the last lines of the terminal view."""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.model.claim import Goal
from smtpscope.model.event import Stopped
from smtpscope.model.report import Status
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.phases import where_text
from smtpscope.render.visible import reply_line, visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.model.report import Report, ServerReport
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette


def sentence(server: ServerReport, brief: bool = False) -> str:
    """One sentence about a server, plain text without control characters. ``brief``: without the reply."""
    if server.status is Status.OK:
        return _success(server, brief)
    from smtpscope.render.outcome import outcome_text

    return outcome_text(server, brief)


def _success(server: ServerReport, brief: bool) -> str:
    if server.accepted:
        return _("accepted for delivery") + ("" if brief else f": {reply_line(server.accepted)}")
    if any(proof.claim.goal is Goal.EXPECTATION for proof in server.proofs):
        return _("every reply is as the script expects it")
    # A transcript without its plan does not show that the user asked to stop: its claims are inferred.
    inferred = any(proof.claim.goal is Goal.COMPLETE for proof in server.proofs)
    stopped = any(isinstance(event, Stopped) for event in server.events)
    text = _("OK up to {where}") if inferred and not stopped else _("OK up to {where}; stopped there as requested")
    reply = server.outcome.reply
    return text.format(where=where_text(server)) + (f": {reply_line(reply)}" if reply and not brief else "")


def conclusion(server: ServerReport, brief: bool = False) -> str:
    """The sentence, and the id of the cause if there is one: ``... (recipient.unknown)``. ``brief``: no reply text."""
    return sentence(server, brief) + (f" ({server.explanation.cause})" if server.explanation else "")


@in_its_language
def report_lines(
    report: Report, code: int, palette: Palette, ascii_only: bool = False, columns: int = 100, front: Front = LIBRARY
) -> list[str]:
    """The last lines of the terminal view: the result of each server, a summary of several, and the exit code."""
    lines = [""]
    for server in report.servers:
        lines += server_lines(server, palette, ascii_only, columns, front)
    if len(report.servers) > 1:
        style = palette.good if report.status is Status.OK else palette.bad
        lines.append(f"{style}{summary(report)}{palette.reset}")
    return [*lines, palette.dim + _("exit code {code}").format(code=code) + palette.reset]


@in_its_language
def server_lines(
    server: ServerReport, palette: Palette, ascii_only: bool = False, columns: int = 100, front: Front = LIBRARY
) -> Iterator[str]:
    """The result of one server: its recipients, the conclusion, the findings, and the diagnosis."""
    style = palette.good if server.status is Status.OK else palette.bad
    if len(server.recipients) > 1:
        for result in server.recipients:
            reply = reply_line(result.reply) if result.reply else _("no reply: not known")
            color = palette.good if result.accepted else palette.bad
            yield f"  {color}{visible(result.recipient)}{palette.reset}  {reply}"
    host = f"{visible(server.host)}: " if server.host else ""
    yield f"{style}{host}{conclusion(server)}{palette.reset}"
    if server.findings:
        from smtpscope.render.findings import finding_lines

        yield from finding_lines(server.findings, palette, ascii_only, columns, front)
    if server.diagnosis:
        from smtpscope.render.diagnosis import diagnosis_lines

        yield from diagnosis_lines(server.diagnosis, palette, ascii_only, columns, front)


def summary(report: Report) -> str:
    """One line about several servers: ``3 servers: 2 OK, 1 failed; message accepted by mx1``."""
    good = sum(server.status is Status.OK for server in report.servers)
    failed = len(report.servers) - good
    text = _("{all} servers: {good} OK, {failed} failed").format(all=len(report.servers), good=good, failed=failed)
    accepting = next((server.host for server in report.servers if server.accepted), "")
    return text + (_("; message accepted by {host}").format(host=visible(accepting)) if accepting else "")
