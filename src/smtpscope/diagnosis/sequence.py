"""Replies one after the other: a refusal that only follows from an earlier one is told as what it is."""

from __future__ import annotations

from smtpscope.diagnosis.broken import STEPS
from smtpscope.diagnosis.context import explain_heard
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.knowledge.entry import Explanation
    from smtpscope.model.conversation import Exchange

# What each step needs to have gone well before (RFC 5321 section 4.1.4).
_NEEDS = {
    "mail": ("ehlo", "starttls", "auth"),
    "rcpt": ("mail", "ehlo"),
    "data": ("rcpt", "mail", "ehlo"),
    "end-of-data": ("data", "rcpt", "mail"),
}


class Teller:
    """Explains the replies of a conversation in order. ``folders`` hold own entries of the catalogue."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self._folders = folders
        self._standing: dict[str, Explanation] = {}

    def tell(self, heard: Exchange) -> Explanation:
        """What ``heard`` means, after what was told before."""
        found = explain_heard(heard, self._folders)
        if heard.reply.kind in (2, 3):
            self.passed(heard.stage)
            return found
        found = self._as_consequence(heard, found) or found
        if heard.stage:
            self._standing[heard.stage] = found
        return found

    def passed(self, stage: str) -> None:
        """A step went well: an earlier refusal of it explains nothing any more."""
        self._standing.pop(stage, None)
        if stage == "banner":
            self._standing.clear()  # another conversation

    def _as_consequence(self, heard: Exchange, found: Explanation) -> Explanation | None:
        """503 to RCPT after MAIL was refused, and the like."""
        if found.cause != "protocol.sequence" or not heard.command:
            return None
        before = next((stage for stage in _NEEDS.get(heard.stage, ()) if stage in self._standing), "")
        if not before:
            return None
        earlier = self._standing[before]
        return found.replace(
            actor=earlier.actor,
            retry=earlier.retry,
            rule="context.consequence",
            meaning=_("This only follows from the refusal of {step} before.").format(step=_(STEPS[before])),
            causes=(),
            steps=(),
            evidence=(*found.evidence, f"refused-before={before}"),
            alternatives=(earlier.cause,),
        )
