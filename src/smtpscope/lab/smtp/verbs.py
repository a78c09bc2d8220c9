"""The commands: for each verb, what it requires, what it changes, and the reply."""

from __future__ import annotations

import re

from smtpscope.dialogue.plan import LMTP, SMTP
from smtpscope.lab.delivery import outcome_of
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.lab.scenario.triggers import rule_by_word, word_of_name
from smtpscope.lab.smtp.auth import auth
from smtpscope.lab.smtp.content import end_reader
from smtpscope.lab.smtp.lmtp import reject_ehlo, reply_to_each
from smtpscope.lab.smtp.output import Output
from smtpscope.lab.smtp.starttls import starttls
from smtpscope.lab.smtp.transaction import Transaction
from smtpscope.lab.smtp.xclient import xclient
from smtpscope.protocol.command import (
    BODIES,
    MAIL_PARAMETERS,
    RCPT_PARAMETERS,
    RETURNS,
    Command,
    PathArgument,
    check_notify,
    parse_path_argument,
    xtext_decode,
)
from smtpscope.protocol.path import check_helo
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from smtpscope.lab.smtp.session import Session

    Handler: TypeAlias = Callable[[Session, Command], Output | None]


def hello(session: Session, command: Command) -> Output:
    """EHLO and HELO (RFC 5321 section 4.1.1.1), LHLO (RFC 2033).

    The name can be a trigger (lab/scenario/triggers.py). If accepted, the command ends an open transaction; if
    rejected, it changes nothing (section 4.1.4).
    """
    if check_helo(command.argument):
        return session.reject("bad-name", argument=command.argument)
    session.named = command.argument
    stage = "helo" if command.verb == "HELO" else "ehlo"
    word = word_of_name(command.argument)
    rule = rule_by_word(word, stage)
    session.scenario = session.site.library(word.lower()) or session.scenario
    before, session.transaction = session.transaction, Transaction()
    action = rule.then if rule else session.action(stage, command.argument)
    lines = session.announce(action) if stage == "ehlo" else []
    output = session.apply(action, "hello", lines, argument=command.argument)
    if output.positive:
        session.helo = command.argument
        before.discard()
    else:
        session.transaction = before
    return output


def mail(session: Session, command: Command) -> Output:
    """MAIL (RFC 5321 section 4.1.1.2)."""
    transaction = session.transaction
    misplaced = session.out_of_order("MAIL")
    if misplaced:
        return session.reject(misplaced)
    path = _read_path(command.argument, "FROM")
    wrong = _check_path(session, path, "bad-sender", MAIL_PARAMETERS)
    if wrong:
        return session.reject(wrong[0], keyword=wrong[1], argument=path.path)
    session.add_triggers(path.path, "mail")
    output = session.reply_at("mail", "sender-ok", argument=path.path)
    if output.positive:
        transaction.sender, transaction.parameters = path.path, path.parameters
    else:
        session.transaction = Transaction()
    return output


def rcpt(session: Session, command: Command) -> Output:
    """RCPT (RFC 5321 section 4.1.1.3)."""
    transaction = session.transaction
    misplaced = session.out_of_order("RCPT")
    if misplaced:
        return session.reject(misplaced)
    path = _read_path(command.argument, "TO")
    wrong = _check_path(session, path, "bad-recipient", RCPT_PARAMETERS)
    if wrong:
        return session.reject(wrong[0], keyword=wrong[1], argument=path.path)
    limit = session.site.limits.recipients
    if limit and len(transaction.recipients) >= limit:  # RFC 5321 section 4.5.3.1.10
        return session.usual_reply("too-many-recipients")
    before = transaction.rules
    session.add_triggers(path.path, "rcpt")
    output = session.reply_at("rcpt", "recipient-ok", argument=path.path)
    if output.positive:
        transaction.recipients.append(Recipient(path.path, path.parameters))
        transaction.rules = tuple(
            rule for rule in transaction.rules if rule in before or "rcpt" not in rule.when.stages
        )
    else:
        transaction.rules = before
    return output


def _read_path(argument: str, keyword: str) -> PathArgument:
    """The path, with brackets or without: people leave them out, and servers accept that."""
    path = parse_path_argument(argument, keyword)
    if path.bracketed or argument[: len(keyword) + 1].upper() != f"{keyword}:":
        return path
    address, blank, parameters = argument[len(keyword) + 1 :].lstrip(" ").partition(" ")
    return parse_path_argument(f"{keyword}:<{address}>{blank}{parameters}", keyword)


def _check_path(session: Session, path: PathArgument, bad: str, known: dict[str, str]) -> tuple[str, str] | None:
    """The reply that rejects ``path``, and the wrong keyword; None if the path is accepted."""
    if path.fault:
        return bad, ""
    for keyword, value in path.parameters:
        if keyword not in known or not session.offers(_extension(keyword, value, known)):
            return "unknown-parameter", keyword
        if not _parameter_is_good(keyword, value):
            return "bad-parameter", keyword
        if keyword == "SIZE" and int(value) > session.size:  # RFC 1870 section 6.1
            return "too-large", keyword
    utf8 = "SMTPUTF8" in dict(path.parameters) or "SMTPUTF8" in dict(session.transaction.parameters)
    return None if path.path.isascii() or utf8 else ("not-utf8", "")


def _extension(keyword: str, value: str, known: dict[str, str]) -> str:
    """The extension that a parameter belongs to; BODY=BINARYMIME has its own (RFC 3030 section 3)."""
    return value.upper() if (keyword, value.upper()) == ("BODY", "BINARYMIME") else known[keyword]


def _parameter_is_good(keyword: str, value: str) -> bool:
    match keyword:
        case "SIZE":
            return value.isascii() and value.isdigit() and len(value) <= 20
        case "BODY":
            return value.upper() in BODIES
        case "RET":
            return value.lower() in RETURNS
        case "NOTIFY":
            return check_notify(value) is None
        case "ORCPT":
            return ";" in value and xtext_decode(value).isprintable()  # no line endings: it is put in a header
        case "ENVID":
            return bool(value) and xtext_decode(value).isprintable()  # RFC 3461 section 4.4
        case "SMTPUTF8" | "REQUIRETLS":  # RFC 6531 section 3.4, RFC 8689 section 2
            return not value
    return bool(value)


def data(session: Session, command: Command) -> Output:
    """DATA (RFC 5321 section 4.1.1.4). After BDAT it is out of order (RFC 3030 section 2)."""
    transaction = session.transaction
    misplaced = "chunk-first" if transaction.chunked else session.out_of_order("DATA")
    if misplaced:
        return session.reject(misplaced)
    output = session.reply_at("data", "start")
    if output.code == 354:
        session.reader = end_reader(session.scenario.ends)
    return output


def bdat(session: Session, command: Command) -> Output | None:
    """BDAT (RFC 3030 section 2): the chunk follows before any reply, so it is always read."""
    size, _, last = command.argument.partition(" ")
    if not re.fullmatch(r"[0-9]{1,15}", size) or last.upper() not in ("", "LAST"):
        return session.usual_reply("bad-bdat").replace(end="drop")  # the end of the chunk is not known
    session.chunk_left = session.chunk_size = int(size)
    session.chunk_last = bool(last)
    return None if session.chunk_left else end_chunk(session)


def end_chunk(session: Session) -> Output:
    """The reply to a complete chunk."""
    transaction = session.transaction
    misplaced = session.out_of_order("BDAT")
    if misplaced:
        transaction.discard()
        return session.reject(misplaced)
    transaction.chunked = True
    if session.chunk_last:
        return end_message(session)
    if transaction.content and transaction.content.too_large:
        return session.usual_reply("too-large")
    return session.reply_at("bdat", "chunk", octets=str(session.chunk_size))


def end_message(session: Session) -> Output:
    """Reject the complete message, or have it stored. There is one reply; with LMTP, one for each recipient."""
    mail, fault = _make_mail(session), _fault(session)
    if session.site.service.protocol == LMTP:
        outputs = list(reply_to_each(session, mail, fault))
        taken = tuple(item for item, output in zip(mail.recipients, outputs, strict=False) if _accepts(output))
    else:
        outputs = [session.usual_reply(fault) if fault else session.reply_at("end-of-data", "queued", id=mail.id)]
        taken = mail.recipients if _accepts(outputs[0]) else ()
    if taken:
        kept = mail if taken == mail.recipients else mail.replace(recipients=taken)
        outputs = _attach_message(session, kept, outputs)
    else:
        session.transaction.discard()
    session.transaction = Transaction()
    first, *others = outputs
    return first.replace(then=tuple(others)) if others else first


def _fault(session: Session) -> str:
    """The reply that rejects the message, whatever the rules are; empty if it can be accepted."""
    content = session.transaction.content
    longest = session.site.limits.text_line
    if content and content.too_large:
        return "too-large"
    return "text-line-too-long" if content and longest and content.longest_line > longest else ""


def _accepts(output: Output) -> bool:
    return output.code == 250  # no other reply accepts the message (RFC 5321 section 4.3.2)


def _attach_message(session: Session, mail: Mail, outputs: list[Output]) -> list[Output]:
    """Have the message stored once, before the first reply that accepts it; all of these depend on it."""
    session.messages += 1
    content = session.transaction.content
    spool = content.spool if content else session.site.new_spool()
    outcomes = tuple(outcome_of(item, session.action("delivery", item.address)) for item in mail.recipients)
    refusal = session.usual_reply("cannot-store").data
    first = next(place for place, output in enumerate(outputs) if _accepts(output))
    outputs = [output.replace(refusal=refusal) if _accepts(output) else output for output in outputs]
    outputs[first] = outputs[first].replace(mail=mail, spool=spool, outcomes=outcomes)
    return outputs


def _make_mail(session: Session) -> Mail:
    transaction = session.transaction
    return Mail(
        session.site.new_id(),
        session.helo,
        session.peer,
        transaction.sender,
        transaction.parameters,
        tuple(transaction.recipients),
        transaction.content.size if transaction.content else 0,
        session.site.now(),
        session.id,
        session.login,
        session.tls,
        claimed=tuple(session.claimed.items()),
    )


def reset(session: Session, command: Command) -> Output:
    """RSET (RFC 5321 section 4.1.1.5)."""
    session.reset()
    return session.reply_at("rset", "reset")


def noop(session: Session, command: Command) -> Output:
    """NOOP (RFC 5321 section 4.1.1.9)."""
    return session.reply_at("noop", "noop")


def verify(session: Session, command: Command) -> Output:
    """VRFY (RFC 5321 section 3.5.3): 252 does not disclose which mailboxes exist."""
    return session.reply_at("vrfy", "verify", argument=command.argument)


def expand(session: Session, command: Command) -> Output:
    """EXPN (RFC 5321 section 3.5.2)."""
    return session.reply_at("expn", "expand", argument=command.argument)


def help_(session: Session, command: Command) -> Output:
    """HELP (RFC 5321 section 4.1.1.8)."""
    return session.reply_at("help", "help")


def quit_(session: Session, command: Command) -> Output:
    """QUIT (RFC 5321 section 4.1.1.10)."""
    output = session.reply_at("quit", "bye")
    return output if output.end else output.replace(end="drop")


HANDLERS: dict[str, Handler] = {
    "EHLO": hello,
    "HELO": hello,
    "MAIL": mail,
    "RCPT": rcpt,
    "DATA": data,
    "BDAT": bdat,
    "RSET": reset,
    "NOOP": noop,
    "VRFY": verify,
    "EXPN": expand,
    "HELP": help_,
    "QUIT": quit_,
    "STARTTLS": starttls,
    "AUTH": auth,
    "XCLIENT": xclient,
}

# The commands of each protocol.
VERBS: dict[str, dict[str, Handler]] = {
    SMTP: HANDLERS,
    LMTP: {**HANDLERS, "LHLO": hello, "EHLO": reject_ehlo, "HELO": reject_ehlo},
}
