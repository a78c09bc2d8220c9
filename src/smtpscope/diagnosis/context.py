"""Explains a reply in its place in the session: the command and the advertised extensions distinguish causes.

The catalogue explains replies by their text and codes. This module knows, for example, that a 501 to a well-formed
EHLO name is not about the name, what to do after a 530 if AUTH is advertised, and which column of an address is wrong.
"""

from __future__ import annotations

from smtpscope.diagnosis.broken import judge_break, judge_speech
from smtpscope.diagnosis.parameters import judge_value
from smtpscope.diagnosis.reply_codes import explain_wrong_code
from smtpscope.diagnosis.unanswered import judge_failure
from smtpscope.model.finding import Action, Actor, NextStep
from smtpscope.protocol.command import HELLOS
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.protocol.fault import Fault

    Judge: TypeAlias = Callable[[Exchange, Explanation], Explanation | None]


def explain_exchange(exchange: Exchange, folders: Sequence[str] = ()) -> Explanation:
    """What a reply means in its place; without sentences, which the front ends add.

    ``folders``: directories with the user's own entries of the catalogue. Raises LocalError if they are not valid.
    """
    if exchange.event and exchange.failure:
        from smtpscope.diagnosis.decision import explain_decision
        from smtpscope.diagnosis.tls import explain_event

        known = explain_decision(exchange.event) or explain_event(exchange.event, exchange.announced)
        if known:
            return known
    from smtpscope.knowledge.catalogue import find, load

    reply = exchange.reply.replace(lines=(exchange.words,)) if exchange.failure else exchange.reply
    found = find(reply, exchange.stage, exchange.server, exchange.announced, folders)
    if folders and any(rule.own and rule.id == found.rule for rule in load(folders).rules):
        return found  # the user's own entries take precedence
    return next((better for judge in JUDGES if (better := judge(exchange, found))), found)


def _hello(exchange: Exchange, found: Explanation) -> Explanation | None:
    """501 to EHLO: the name is ill-formed, or else the server restricts clients (RFC 5321 section 4.1.1.1)."""
    verb, _blank, name = exchange.command.partition(" ")
    if exchange.stage != "ehlo" or verb.upper() not in HELLOS or exchange.reply.code not in (501, 553, 550):
        return None
    if found.cause.partition(".")[0] not in ("helo", "protocol", "policy", "unknown", "route", "sender", "recipient"):
        return None  # the text reports another cause: TLS, a block list, too many connections
    from smtpscope.protocol.path import check_helo

    fault = check_helo(name.strip())
    if fault:
        return _ill_formed_hello(found, name.strip(), fault)
    if exchange.reply.code != 501:
        return None
    if "." not in name and not name.startswith("["):
        return _short_hello(found, name.strip())
    return _restriction(found, name.strip())


def _ill_formed_hello(found: Explanation, name: str, fault: Fault) -> Explanation:
    """The name violates the grammar."""
    return found.replace(
        cause="helo.invalid",
        actor="you",
        retry="after-fix",
        rule="context.hello-ill-formed",
        details=(("name", name), *_described(fault)),
        advice=(NextStep(Action.CORRECT_NAME, settings=(_FULL_NAME,)),),
        references=("RFC 5321 section 4.1.1.1",),
        evidence=(*found.evidence, *_column(name, fault)),
        alternatives=(),
    )


# The setting, with a placeholder for the user's name.
_FULL_NAME = ("envelope.helo", "mail.example.com")


def _short_hello(found: Explanation, name: str) -> Explanation:
    """The name is well formed, but not an FQDN."""
    return found.replace(
        cause="helo.not-fqdn",
        actor="you",
        retry="after-fix",
        rule="context.hello-without-dot",
        details=(("name", name),),
        advice=(NextStep(Action.FULL_NAME, settings=(_FULL_NAME,)),),
        references=("RFC 5321 section 2.3.5",),
        evidence=(*found.evidence, f"helo={name}"),
        alternatives=("connection.restricted",),
    )


def _restriction(found: Explanation, name: str) -> Explanation:
    """The name is well formed, so the server rejects this client for another reason."""
    return found.replace(
        cause="connection.restricted",
        actor="their-admin",
        retry="after-fix",
        rule="context.hello-well-formed",
        details=(("name", name),),
        advice=(NextStep(Action.CHECK_CONNECTION_RULES, Actor.THEIR_ADMIN), NextStep(Action.RESOLVABLE_NAME)),
        references=("RFC 5321 section 4.1.4",),
        evidence=(*found.evidence, f"helo={name}", "helo-syntax=good"),
        alternatives=("helo.unresolvable", "helo.forged", "helo.invalid"),
    )


def _path(exchange: Exchange, found: Explanation) -> Explanation | None:
    """A rejected address: the column of its fault, or that it has none (RFC 5321 section 4.1.2)."""
    keyword = {"mail": "FROM", "rcpt": "TO"}.get(exchange.stage, "")
    cause = {"mail": "sender.syntax", "rcpt": "recipient.syntax"}.get(exchange.stage, "")
    if not keyword or exchange.reply.kind != 5 or not _blames_syntax(exchange, found, cause):
        return None
    _verb, blank, argument = exchange.command.partition(" ")
    if not blank:
        return None
    from smtpscope.protocol.command import parse_path_argument

    path = parse_path_argument(argument, keyword)
    if path.fault:
        return _ill_formed_path(found, cause, exchange.command, path.fault.replace(column=path.fault.column + 5))
    if found.cause == cause:
        return _well_formed_path(found, exchange.stage, path.path)
    return None


def _blames_syntax(exchange: Exchange, found: Explanation, cause: str) -> bool:
    """Whether the reply may be about the syntax of the address, by its cause or its codes (RFC 3463 section 3.2)."""
    code = exchange.reply.enhanced
    about_syntax = code is not None and code.subject == 1 and code.detail in (3, 7)
    return found.cause in (cause, "protocol.argument") or exchange.reply.code == 501 or about_syntax


def _ill_formed_path(found: Explanation, cause: str, command: str, fault: Fault) -> Explanation:
    """The address violates the grammar."""
    return found.replace(
        cause=cause,
        actor="you",
        retry="after-fix",
        rule="context.address-ill-formed",
        details=_described(fault),
        advice=(NextStep(Action.CORRECT_ADDRESS),),
        evidence=(*found.evidence, *_column(command, fault)),
        alternatives=(),
    )


def _well_formed_path(found: Explanation, stage: str, address: str) -> Explanation:
    """The address is well formed, although the server rejects its syntax."""
    others = {
        "mail": ("sender.blocked", "sender.domain-unresolvable", "sender.not-allowed"),
        "rcpt": ("recipient.unknown", "route.domain-unknown"),
    }
    return found.replace(
        rule="context.address-well-formed",
        details=(("address", address),),
        advice=(NextStep(Action.CHECK_ADDRESS_RULES, Actor.THEIR_ADMIN), NextStep(Action.OTHER_ADDRESS)),
        evidence=(*found.evidence, "address-syntax=good"),
        alternatives=others[stage],
    )


def _login(exchange: Exchange, found: Explanation) -> Explanation | None:
    """530: the next step depends on the advertised extensions (RFC 4954 section 6, RFC 3207 section 4)."""
    if exchange.announced is None or found.cause != "login.required" or "tls" in exchange.reply.text.lower():
        return None
    if exchange.announced.has("AUTH"):
        return found.replace(
            rule="context.login-offered",
            details=(("how", " ".join(exchange.announced.parameters("AUTH"))),),
            advice=(NextStep(Action.LOG_IN, settings=(("login.user", "NAME"),)),),
            evidence=(*found.evidence, "announced=AUTH"),
        )
    if exchange.announced.has("STARTTLS"):
        settings = (("tls.mode", "require"), ("login.user", "NAME"))
        return found.replace(
            rule="context.login-after-tls",
            advice=(NextStep(Action.TLS_THEN_LOG_IN, settings=settings),),
            evidence=(*found.evidence, "announced=STARTTLS", "absent=AUTH"),
            alternatives=tuple(dict.fromkeys(("tls.required", *found.alternatives))),
        )
    port = (("port", "587"),)
    elsewhere = NextStep(Action.OTHER_PORT, target=exchange.server, settings=(("target.port", "587"),), details=port)
    return found.replace(
        actor="their-admin",
        rule="context.login-not-offered",
        advice=(
            *((elsewhere,) if exchange.port != 587 else ()),
            NextStep(Action.ALLOW_ANONYMOUS, Actor.THEIR_ADMIN),
        ),
        evidence=(*found.evidence, "absent=AUTH", "absent=STARTTLS"),
    )


def _parameter(exchange: Exchange, found: Explanation) -> Explanation | None:
    """A parameter of an extension that the server does not advertise (RFC 5321 section 2.2.1)."""
    if exchange.announced is None or exchange.stage not in ("mail", "rcpt") or exchange.reply.kind != 5:
        return None
    if not found.cause.startswith(("protocol.", "policy.unspecified", "unknown.")):
        return None
    missing = _unannounced(exchange)
    if not missing:
        return None
    keyword, extension = missing
    without = ((_PARAMETERS[keyword], ""),) if keyword in _PARAMETERS else ()
    return found.replace(
        cause="protocol.parameter",
        actor="you",
        retry="after-fix",
        rule="context.dsn-not-announced" if extension == "DSN" else "context.parameter-not-announced",
        details=(("keyword", keyword), ("extension", extension)),
        advice=(NextStep(Action.WITHOUT_PARAMETER, settings=without, details=(("keyword", keyword),)),),
        references=("RFC 5321 section 2.2.1", *(("RFC 3461 section 4",) if extension == "DSN" else ())),
        evidence=(*found.evidence, f"parameter={keyword}", f"absent={extension}"),
        alternatives=(),
    )


# The setting of the plan for each parameter of MAIL and RCPT.
_PARAMETERS = {
    "NOTIFY": "envelope.notify",
    "RET": "envelope.ret",
    "ENVID": "envelope.envid",
    "ORCPT": "envelope.orcpt",
}


def _unannounced(exchange: Exchange) -> tuple[str, str] | None:
    """The first parameter of the command whose extension is not advertised, and the extension; None without one."""
    from smtpscope.protocol.command import MAIL_PARAMETERS, RCPT_PARAMETERS, parse_path_argument

    keyword = "FROM" if exchange.stage == "mail" else "TO"
    path = parse_path_argument(exchange.command.partition(" ")[2], keyword)
    extensions = {**MAIL_PARAMETERS, **RCPT_PARAMETERS}  # both, for a parameter of the other command
    for name, _value in path.parameters:
        extension = extensions.get(name, "")
        if extension and exchange.announced and not exchange.announced.has(extension):
            return name, extension
    return None


def _header(exchange: Exchange, found: Explanation) -> Explanation | None:
    """A message whose header has translated field names, which no server reads (RFC 5322 section 2.2)."""
    if exchange.stage != "end-of-data" or exchange.message.isascii():
        return None
    from smtpscope.dialogue.lint import RemarkId, lint

    remark = next((remark for remark in lint(exchange.message) if remark.id is RemarkId.HEADER_TRANSLATED), None)
    if remark is None:
        return None
    found = found.replace(
        rule="context.header-translated",
        details=remark.details,
        advice=(NextStep(Action.FIELD_NAMES),),
        references=tuple(dict.fromkeys(("RFC 5322 section 2.2", *found.references))),
        evidence=(*found.evidence, f"message-line={remark.line}"),
        alternatives=tuple(dict.fromkeys(("content.malformed", *found.alternatives))),
    )
    if exchange.reply.kind == 2:
        return found
    vague = found.cause in ("unknown.unknown", "policy.unspecified", "content.malformed", "content.spam")
    return found.replace(cause="content.malformed", actor="you", retry="after-fix") if vague else None


def _described(fault: Fault) -> tuple[tuple[str, str], ...]:
    """A fault as details of an explanation."""
    return ("column", str(fault.column)), ("fault", fault.id.value), *fault.details


def _column(text: str, fault: Fault) -> tuple[str, str]:
    """The column of a fault, as evidence."""
    return f"argument={text}", f"column={fault.column}"


JUDGES: tuple[Judge, ...] = (
    *(judge_failure, judge_break, judge_speech, explain_wrong_code),
    *(_hello, _parameter, judge_value, _path, _login, _header),
)
