"""Explain a pasted text: each reply in it, and what the sessions in it prove."""

from __future__ import annotations

from smtpscope.diagnosis.context import explain_exchange
from smtpscope.diagnosis.interpret import Explained, explain_report
from smtpscope.diagnosis.outcome import judge
from smtpscope.diagnosis.sequence import SequenceExplainer
from smtpscope.model.conversation import Exchange
from smtpscope.reading.read import read
from smtpscope.reading.reading import Reading, text_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.report import Report

# Characters of a text that may be the words of one reply.
MOST_WORDS = 2000


class TextRun:
    """Iterate over it once for each reply with its meaning; then ``report`` has the result of the sessions.

    ``reading`` tells the form that the text was read as, and whether it was cut.
    """

    def __init__(self, reading: Reading, stage: str = "", server: str = "", folders: Sequence[str] = ()) -> None:
        self.reading = reading
        self.told: list[Explained] = []
        self._stage, self._server, self._folders = stage, server, folders

    def __iter__(self) -> Iterator[Explained]:
        teller = SequenceExplainer(self._folders)
        for found in self.reading.found:
            exchange = complete(found, self._stage, self._server)
            self.told.append(Explained(exchange, teller.tell(exchange)))
            yield self.told[-1]

    @property
    def is_one_run(self) -> bool:
        """Whether the sessions of the text are those of one run of smtpscope, which has one result."""
        return self.reading.form == "smtpscope JSON Lines"

    @property
    def report(self) -> Report | None:
        """What the sessions prove, with the explanation of what went wrong; None where the text holds no session."""
        if not self.reading.events:
            return None
        return explain_report(judge(self.reading.events), self.told)

    @property
    def reports(self) -> Iterator[Report]:
        """The report of a run of smtpscope, or one for each session: those of other programs have no common result."""
        report = self.report
        if report is None:
            return
        if self.is_one_run:
            yield report
            return
        yield from (report.replace(outcome=server.outcome, servers=(server,)) for server in report.servers)


def explain_text(data: bytes, stage: str = "", server: str = "", folders: Sequence[str] = ()) -> TextRun:
    """The replies in ``data`` (a reply, a capture, a transcript, a log, a bounce) and what they mean.

    ``stage`` (a Phase value) and ``server`` (a host name) complete what the text does not say; ``folders`` hold own
    entries of the catalogue. Any bytes: where no reply is found, ``reading.found`` is empty. Raises LocalError for a
    folder that cannot be read.
    """
    reading = read(data)
    if not reading.found:
        reading = _as_words(data.decode("utf-8", "surrogateescape"), stage, server, folders)
    return TextRun(reading, stage, server, folders)


def explain_one(exchange: Exchange, stage: str = "", server: str = "", folders: Sequence[str] = ()) -> Explained:
    """What one reply means, alone."""
    exchange = complete(exchange, stage, server)
    return Explained(exchange, explain_exchange(exchange, folders))


def complete(exchange: Exchange, stage: str, server: str) -> Exchange:
    """``exchange`` with the step and the server that are known from elsewhere, where it does not tell them."""
    return exchange.replace(stage=exchange.stage or stage, server=server or exchange.server)


def _as_words(text: str, stage: str, server: str, folders: Sequence[str]) -> Reading:
    """Words without a code, when the catalogue knows them; an empty reading for a text that is no reply at all."""
    if 0 < len(text.strip()) < MOST_WORDS:
        exchange = Exchange(text_reply(text.strip()))
        told = explain_one(exchange, stage, server, folders)
        if exchange.reply.enhanced or told.explanation.cause != "unknown.unknown":
            return Reading("words", (exchange,))
    return Reading()
