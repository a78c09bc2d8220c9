"""Which extensions a transaction uses, and why; the MAIL and RCPT lines with their parameters."""

from __future__ import annotations

from smtpscope.dialogue.message import compose
from smtpscope.dialogue.plan import AUTO, FORBID, FORCE
from smtpscope.dialogue.step import Tell, note
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.command import mail_line, rcpt_line, xtext_encode
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from smtpscope.dialogue.plan import Plan
    from smtpscope.protocol.capability import Capabilities


class ChoiceReason(Vocabulary):
    """Why an extension is used, or not used. render.notes has the sentences."""

    ADVERTISED = "advertised"
    FORCED = "forced"  # used, although it is not advertised
    FORBIDDEN = "forbidden"
    ADDRESS_NOT_ASCII = "address-not-ascii"  # needed for an address, but not advertised
    MESSAGE_ASCII = "message-ascii"  # not needed
    MESSAGE_8BIT = "message-8bit"  # needed for the message, which is sent as is
    NOTHING_TO_GROUP = "nothing-to-group"
    DATA_IS_SUFFICIENT = "data-is-sufficient"


class Choices(Value):
    """The extensions that a transaction uses, the message in the form that they allow, and the notes about them."""

    pipelining: bool
    chunking: bool
    size: bool
    eight_bit: bool
    utf8: bool
    dsn: bool
    message: bytes
    notes: tuple[Tell, ...]


class _Ledger:
    """Decides about one extension after the other, and keeps a note of each decision."""

    def __init__(self, plan: Plan, announced: Capabilities) -> None:
        self.plan = plan
        self.announced = announced
        self.notes: list[Tell] = []

    def use(self, extension: str, wanted: bool, unwanted: ChoiceReason | None) -> bool:
        """Whether ``extension`` is used: as the plan says; else if it is wanted and advertised.

        ``unwanted``: the reason to note if it is advertised but not wanted; None: no note.
        """
        has, mode = self.announced.has(extension), self.plan.extension_mode(extension)
        if mode == FORBID:
            return self.say(extension, False, ChoiceReason.FORBIDDEN) if has else False
        if mode == FORCE:
            return self.say(extension, True, ChoiceReason.ADVERTISED if has else ChoiceReason.FORCED)
        if wanted and has:
            return self.say(extension, True, ChoiceReason.ADVERTISED)
        if has and unwanted:
            return self.say(extension, False, unwanted)
        return False

    def say(self, extension: str, used: bool, why: ChoiceReason) -> bool:
        """Add a note. Returns ``used``."""
        topic = Topic.USING if used else Topic.NOT_USING
        self.notes.append(note(Phase.EHLO, topic, extension=extension, why=str(why)))
        return used


def choose(plan: Plan, announced: Capabilities) -> Choices:
    """Decide about every extension, from what the server advertises and what the plan forces or forbids."""
    ledger = _Ledger(plan, announced)
    wants_utf8 = any(not address.isascii() for address in (plan.envelope.sender, *plan.envelope.recipients))
    utf8 = ledger.use("SMTPUTF8", wants_utf8, None)
    if wants_utf8 and not utf8 and not announced.has("SMTPUTF8"):
        ledger.say("SMTPUTF8", False, ChoiceReason.ADDRESS_NOT_ASCII)
    may_eight_bit = plan.extension_mode("8BITMIME") != FORBID and (
        announced.has("8BITMIME") or plan.extension_mode("8BITMIME") == FORCE
    )
    message = plan.message or (compose(plan.draft, may_eight_bit, utf8) if plan.draft else b"")
    has_eight_bit = not message.isascii()
    eight_bit = ledger.use("8BITMIME", has_eight_bit, ChoiceReason.MESSAGE_ASCII)
    if has_eight_bit and not eight_bit:
        ledger.say("8BITMIME", False, ChoiceReason.MESSAGE_8BIT)
    size = ledger.use("SIZE", bool(message), None)
    pipelining = ledger.use("PIPELINING", plan.stop_after != "mail", ChoiceReason.NOTHING_TO_GROUP)
    chunking = plan.extension_mode("CHUNKING") != AUTO and ledger.use("CHUNKING", True, None)
    if announced.has("CHUNKING") and plan.extension_mode("CHUNKING") == AUTO and not plan.stop_after:
        ledger.say("CHUNKING", False, ChoiceReason.DATA_IS_SUFFICIENT)
    dsn = _dsn(plan, announced, ledger)
    _check_message(message, utf8, ledger)
    return Choices(pipelining, chunking, size, eight_bit, utf8, dsn, message, tuple(ledger.notes))


def _check_message(message: bytes, utf8: bool, ledger: _Ledger) -> None:
    """Note if the message exceeds the SIZE of the server, and each fault in it."""
    plan, limit = ledger.plan, ledger.announced.size
    if limit and len(message) > limit:  # SIZE 0 sets no limit (RFC 1870 section 4)
        ledger.notes.append(note(Phase.EHLO, Topic.SIZE_EXCEEDED, size=str(len(message)), limit=str(limit)))
    if not plan.message and message.isascii() and not (plan.draft and plan.draft.headers):
        return  # composed here, of ASCII only: it has no faults, and the checks need not be loaded
    from smtpscope.dialogue.lint import lint

    for remark in lint(message, utf8):
        ledger.notes.append(
            note(Phase.EHLO, Topic.LINT, line=str(remark.line), id=str(remark.id), **dict(remark.details))
        )


def _dsn(plan: Plan, announced: Capabilities, ledger: _Ledger) -> bool:
    """Whether DSN parameters are sent: the plan has some, and the server advertises DSN (RFC 3461 section 4)."""
    envelope = plan.envelope
    own = [word for words in envelope.own for word in words if _is_dsn(word)]
    if not (envelope.notify or envelope.ret or envelope.envid or envelope.orcpt or own):
        return False
    if not announced.has("DSN") and plan.extension_mode("DSN") == AUTO:
        asked = ",".join(envelope.notify) or " ".join(own) or "RET, ENVID or ORCPT"
        ledger.notes.append(note(Phase.EHLO, Topic.DSN_UNAVAILABLE, asked=asked))
    return ledger.use("DSN", True, None)


def mail_command(plan: Plan, choices: Choices) -> bytes:
    """The MAIL line, with the parameters that the choices allow."""
    envelope = plan.envelope
    parameters = []
    if choices.size:
        parameters.append(f"SIZE={len(choices.message)}")  # RFC 1870 section 5
    if choices.eight_bit:
        parameters.append("BODY=8BITMIME")  # RFC 6152 section 3
    if choices.utf8:
        parameters.append("SMTPUTF8")  # RFC 6531 section 3.4
    if choices.dsn and envelope.ret:
        parameters.append(f"RET={envelope.ret.upper()}")  # RFC 3461 section 4.3
    if choices.dsn and envelope.envid:
        parameters.append(f"ENVID={xtext_encode(envelope.envid)}")  # RFC 3461 section 4.4
    return mail_line(envelope.sender, [*parameters, *envelope.raw_mail])


def _is_dsn(parameter: str) -> bool:
    return parameter.upper().startswith(("NOTIFY=", "ORCPT="))


def rcpt_command(plan: Plan, choices: Choices, number: int) -> bytes:
    """The RCPT line for recipient ``number``, counted from 0. A recipient's own parameters replace those for all."""
    envelope = plan.envelope
    recipient, own = envelope.recipients[number], envelope.own_of(number)
    parameters, notify = [], envelope.notify_of(number)
    if choices.dsn and notify:
        parameters.append("NOTIFY=" + ",".join(notify).upper())  # RFC 3461 section 4.1
    if choices.dsn and envelope.orcpt and not any(word.upper().startswith("ORCPT=") for word in own):
        kind = "rfc822" if recipient.isascii() else "utf-8"  # RFC 6533 section 3
        address = xtext_encode(recipient) if recipient.isascii() else recipient
        parameters.append(f"ORCPT={kind};{address}")  # RFC 3461 section 4.2
    own = tuple(word for word in own if not word.upper().startswith("NOTIFY=") and (choices.dsn or not _is_dsn(word)))
    return rcpt_line(recipient, [*parameters, *own, *envelope.raw_rcpt])
