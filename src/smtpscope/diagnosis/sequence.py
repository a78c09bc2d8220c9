"""Explains the replies of a session in order: a rejection may only be a consequence of an earlier one."""

from __future__ import annotations

from smtpscope.diagnosis.context import explain_exchange
from smtpscope.diagnosis.reply_codes import went_well
from smtpscope.model.finding import Action, NextStep
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation

# The earlier steps that each step requires, the most likely reason first (RFC 5321 section 4.1.4).
_NEEDS = {
    "mail": ("ehlo", "starttls", "auth"),
    "rcpt": ("mail", "ehlo"),
    "data": ("rcpt", "mail", "ehlo"),
    "end-of-data": ("data", "rcpt", "mail"),
}

# Accepted step -> steps whose earlier rejections no longer count: itself, and the steps that start again after it.
_TRANSACTION = ("mail", "rcpt", "data", "end-of-data")
_RENEWS = {
    "ehlo": ("ehlo", *_TRANSACTION),
    "mail": _TRANSACTION,
    "rcpt": ("rcpt", "data", "end-of-data"),
}


class SessionSteps:
    """The accepted and rejected steps of a session, as far as they explain later rejections.

    logged_in   whether a login was accepted
    recipients  whether a recipient was accepted in the open transaction
    """

    def __init__(self) -> None:
        self.logged_in = False
        self.recipients = False
        self._rejected: dict[str, Explanation] = {}

    def take(self, stage: str, code: int) -> None:
        """A step was accepted with ``code``: earlier rejections of it no longer count."""
        if stage == "banner":
            self._rejected.clear()  # another session
        for name in _RENEWS.get(stage, (stage,)):
            self._rejected.pop(name, None)
        if stage in ("banner", "starttls"):
            self.logged_in = False  # RFC 3207 section 4.2
        self.logged_in = self.logged_in or (stage == "auth" and code == 235)
        if stage in ("banner", "ehlo", "mail", "rcpt", "end-of-data"):
            self.recipients = stage == "rcpt"

    def reject(self, stage: str, found: Explanation) -> None:
        """A step was rejected, with the explanation ``found``."""
        if stage:
            self._rejected[stage] = found

    def before(self, stage: str) -> tuple[str, Explanation] | None:
        """The rejected step that ``stage`` requires, and its explanation; None if there is none."""
        step = next((step for step in _NEEDS.get(stage, ()) if step in self._rejected), "")
        return (step, self._rejected[step]) if step else None


class SequenceExplainer:
    """Explains the replies of a session in order. ``folders``: directories with the user's entries of the catalogue."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self._folders = folders
        self._steps = SessionSteps()

    def tell(self, exchange: Exchange) -> Explanation:
        """The explanation of ``exchange``, given the earlier exchanges."""
        found = explain_exchange(exchange, self._folders)
        if went_well(exchange):
            self._steps.take(exchange.stage, exchange.reply.code)
            return found
        found = self._as_consequence(exchange, found) or self._as_second_login(exchange, found) or found
        self._steps.reject(exchange.stage, found)
        return found

    def passed(self, stage: str, code: int) -> None:
        """A step was accepted, and needs no explanation."""
        self._steps.take(stage, code)

    def _as_consequence(self, exchange: Exchange, found: Explanation) -> Explanation | None:
        """A rejection that follows from an earlier one, such as 503 to RCPT after MAIL was rejected; else None."""
        before = self._steps.before(exchange.stage) if exchange.command else None
        if before is None or not self._may_follow(exchange.stage, found.cause):
            return None
        step, earlier = before
        return found.replace(
            cause="protocol.sequence",
            actor=earlier.actor,
            retry=earlier.retry,
            rule="context.consequence",
            message="",
            details=(("stage", step),),
            advice=(),
            evidence=(*found.evidence, f"refused-before={step}"),
            alternatives=(earlier.cause,),
        )

    def _may_follow(self, stage: str, cause: str) -> bool:
        """Whether a rejection with ``cause`` may only mean that an earlier step is missing.

        DATA without a recipient is rejected with 554 "no valid recipients" (RFC 5321 section 3.3), and MAIL after a
        failed login with 530 (RFC 4954 section 6).
        """
        if cause == "protocol.sequence":
            return True
        if stage == "data":
            return not self._steps.recipients and cause.startswith("recipient.")
        return stage == "mail" and cause == "login.required"

    def _as_second_login(self, exchange: Exchange, found: Explanation) -> Explanation | None:
        """503 to AUTH after a login: a session may have only one login (RFC 4954 section 4)."""
        if exchange.stage != "auth" or exchange.reply.code != 503 or not self._steps.logged_in:
            return None
        return found.replace(
            cause="protocol.sequence",
            actor="you",
            retry="after-fix",
            rule="context.second-login",
            message="",
            advice=(NextStep(Action.CONTINUE_LOGGED_IN),),
            references=("RFC 4954 section 4",),
            evidence=(*found.evidence, "logged-in=yes"),
            alternatives=(),
        )
