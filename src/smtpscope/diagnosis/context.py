"""What a reply means where it stood: the command that it answers and what was announced tell causes apart.

The catalogue knows replies; this module knows that a 501 to a well-formed EHLO name is not about the name, that a 530
has a next step where AUTH is announced, and which column of an address is wrong.
"""

from __future__ import annotations

from smtpscope.diagnosis.broken import judge_break, judge_speech
from smtpscope.diagnosis.fit import judge_fit
from smtpscope.diagnosis.parameters import judge_value
from smtpscope.diagnosis.unanswered import judge_failure
from smtpscope.language import _, current
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from smtpscope.knowledge.entry import Explanation
    from smtpscope.model.conversation import Exchange
    from smtpscope.protocol.fault import Fault

    Judge: TypeAlias = Callable[[Exchange, Explanation], Explanation | None]


def explain_heard(heard: Exchange, folders: Sequence[str] = ()) -> Explanation:
    """What a reply means in its place, in the language in use. ``folders`` hold own entries of the catalogue.

    Raises LocalError for own entries that cannot be used.
    """
    if heard.event and heard.failure:
        from smtpscope.diagnosis.decision import explain_decision
        from smtpscope.diagnosis.tls import explain_event

        known = explain_decision(heard.event) or explain_event(heard.event, heard.announced)
        if known:
            return known
    from smtpscope.knowledge.catalogue import explain, load

    said = heard.reply.replace(lines=(heard.words,)) if heard.failure else heard.reply
    found = explain(said, heard.stage, heard.server, heard.announced, current(), folders)
    if folders and any(rule.own and rule.id == found.rule for rule in load(current(), folders).rules):
        return found  # the user knows better
    return next((better for judge in JUDGES if (better := judge(heard, found))), found)


def _hello(heard: Exchange, found: Explanation) -> Explanation | None:
    """501 to EHLO: the name, where it is ill-formed; else a restriction (RFC 5321 section 4.1.1.1)."""
    verb, _blank, name = heard.command.partition(" ")
    if heard.stage != "ehlo" or verb.upper() not in ("EHLO", "HELO", "LHLO") or heard.reply.code not in (501, 553, 550):
        return None
    if found.cause.partition(".")[0] not in ("helo", "protocol", "policy", "unknown", "route", "sender", "recipient"):
        return None  # the words name another cause: TLS, a block list, too many connections
    from smtpscope.protocol.path import check_helo

    fault = check_helo(name.strip())
    if fault:
        return _ill_formed_hello(found, name.strip(), fault)
    if heard.reply.code != 501:
        return None
    if "." not in name and not name.startswith("["):
        return _short_hello(heard, found, name.strip())
    return _restriction(found, name.strip())


def _ill_formed_hello(found: Explanation, name: str, fault: Fault) -> Explanation:
    from smtpscope.render.faults import fault_text

    return found.replace(
        cause="helo.invalid",
        actor="you",
        retry="after-fix",
        rule="context.hello-ill-formed",
        meaning=_("The name in EHLO is not well formed: column {column} of {name}: {fault}.").format(
            column=fault.column, name=name, fault=fault_text(fault)
        ),
        causes=(_("A name that DNS does not allow: an underscore, a blank, a letter that is not ASCII."),),
        steps=(("you", _("Say the full DNS name of this machine, or its address in brackets: EHLO mail.example.com")),),
        references=("RFC 5321 section 4.1.1.1",),
        evidence=(*found.evidence, *_column(name, fault)),
        alternatives=(),
    )


def _short_hello(heard: Exchange, found: Explanation, name: str) -> Explanation:
    return found.replace(
        cause="helo.not-fqdn",
        actor="you",
        retry="after-fix",
        rule="context.hello-without-dot",
        meaning=_("The name in EHLO, {name}, has no dot: this server wants a full name.").format(name=name),
        causes=(_("The short name of this machine was said instead of its full name in DNS."),),
        steps=(("you", _("Say a full name: {command}").format(command=_test(heard, "--helo mail.example.com"))),),
        references=("RFC 5321 section 2.3.5",),
        evidence=(*found.evidence, f"helo={name}"),
        alternatives=("connection.restricted",),
    )


def _restriction(found: Explanation, name: str) -> Explanation:
    return found.replace(
        cause="connection.restricted",
        actor="their-admin",
        retry="after-fix",
        rule="context.hello-well-formed",
        meaning=_("The name in EHLO, {name}, is well formed: the server does not want this client.").format(name=name),
        causes=(
            _("A connection restriction on the target: it takes only addresses or names that it knows."),
            _("The name does not resolve, or not to this client's address."),
        ),
        steps=(
            ("their-admin", _("Look up the connection rules for this client's address and name (receive connector).")),
            ("you", _("Say a name that resolves to this client's address, or try from another address.")),
        ),
        references=("RFC 5321 section 4.1.4",),
        evidence=(*found.evidence, f"helo={name}", "helo-syntax=good"),
        alternatives=("helo.unresolvable", "helo.forged", "helo.invalid"),
    )


def _path(heard: Exchange, found: Explanation) -> Explanation | None:
    """A refused address: the column that is wrong with it, or that nothing is (RFC 5321 section 4.1.2)."""
    keyword = {"mail": "FROM", "rcpt": "TO"}.get(heard.stage, "")
    cause = {"mail": "sender.syntax", "rcpt": "recipient.syntax"}.get(heard.stage, "")
    if not keyword or heard.reply.kind != 5 or not _blames_syntax(heard, found, cause):
        return None
    _verb, blank, argument = heard.command.partition(" ")
    if not blank:
        return None
    from smtpscope.protocol.command import parse_path_argument

    path = parse_path_argument(argument, keyword)
    if path.fault:
        return _ill_formed_path(found, cause, heard.command, path.fault.replace(column=path.fault.column + 5))
    if found.cause == cause:
        return _well_formed_path(found, heard.stage, path.path)
    return None


def _blames_syntax(heard: Exchange, found: Explanation, cause: str) -> bool:
    """Whether the reply may be about how the address is written: by its cause or its codes (RFC 3463 section 3.2)."""
    code = heard.reply.enhanced
    about_syntax = code is not None and code.subject == 1 and code.detail in (3, 7)
    return found.cause in (cause, "protocol.argument") or heard.reply.code == 501 or about_syntax


def _ill_formed_path(found: Explanation, cause: str, command: str, fault: Fault) -> Explanation:
    from smtpscope.render.faults import fault_text

    return found.replace(
        cause=cause,
        actor="you",
        retry="after-fix",
        rule="context.address-ill-formed",
        meaning=_("The address is not well formed: column {column} of the command: {fault}.").format(
            column=fault.column, fault=fault_text(fault)
        ),
        steps=(("you", _("Correct the address and send it in angle brackets: <name@example.com>")),),
        evidence=(*found.evidence, *_column(command, fault)),
        alternatives=(),
    )


def _well_formed_path(found: Explanation, stage: str, address: str) -> Explanation:
    others = {
        "mail": ("sender.blocked", "sender.domain-unresolvable", "sender.not-allowed"),
        "rcpt": ("recipient.unknown", "route.domain-unknown"),
    }
    return found.replace(
        rule="context.address-well-formed",
        meaning=_("The server calls the address {address} invalid, though it is well formed.").format(address=address),
        causes=(
            _("The server's own rules for addresses are stricter than RFC 5321."),
            _("The server refuses this address or its domain and says so in the wrong words."),
        ),
        steps=(
            ("their-admin", _("Look into the log for the rule that refused this address.")),
            ("you", _("Try another address of the same domain, then one of another domain.")),
        ),
        evidence=(*found.evidence, "address-syntax=good"),
        alternatives=others[stage],
    )


def _login(heard: Exchange, found: Explanation) -> Explanation | None:
    """530: what the client can do next depends on what was announced (RFC 4954 section 6, RFC 3207 section 4)."""
    if heard.announced is None or found.cause != "login.required" or "tls" in heard.reply.text.lower():
        return None
    if heard.announced.has("AUTH"):
        return _login_offered(heard, found, " ".join(heard.announced.parameters("AUTH")))
    return _login_behind_tls(heard, found) if heard.announced.has("STARTTLS") else _no_login(heard, found)


def _login_offered(heard: Exchange, found: Explanation, how: str) -> Explanation:
    return found.replace(
        rule="context.login-offered",
        meaning=_("A login is needed before mail is taken, and the server offers one: AUTH {how}.").format(how=how),
        steps=(("you", _("Log in: {command}").format(command=_test(heard, "--user NAME"))), *found.steps),
        evidence=(*found.evidence, "announced=AUTH"),
    )


def _login_behind_tls(heard: Exchange, found: Explanation) -> Explanation:
    command = _test(heard, "--tls require --user NAME")
    return found.replace(
        rule="context.login-after-tls",
        meaning=_("A login is needed; the server offers none in clear, most likely one behind STARTTLS."),
        steps=(("you", _("Encrypt, then log in: {command}").format(command=command)), *found.steps),
        evidence=(*found.evidence, "announced=STARTTLS", "absent=AUTH"),
        alternatives=tuple(dict.fromkeys(("tls.required", *found.alternatives))),
    )


def _no_login(heard: Exchange, found: Explanation) -> Explanation:
    return found.replace(
        actor="their-admin",
        rule="context.login-not-offered",
        meaning=_("The server takes no anonymous mail, and offers neither a login nor encryption on this port."),
        causes=(
            _("An internal server (a hub transport server, for one) that knows only its own clients."),
            _("This is not the server, or not the port, that takes mail from outside."),
        ),
        steps=(
            ("you", _("Try the submission port: {command}").format(command=_test(heard, "--port 587"))),
            ("their-admin", _("To take mail from here, allow anonymous users on the receive connector.")),
        ),
        evidence=(*found.evidence, "absent=AUTH", "absent=STARTTLS"),
    )


def _parameter(heard: Exchange, found: Explanation) -> Explanation | None:
    """A parameter of an extension that was not announced (RFC 5321 section 2.2.1)."""
    if heard.announced is None or heard.stage not in ("mail", "rcpt") or heard.reply.kind != 5:
        return None
    if not found.cause.startswith(("protocol.", "policy.unspecified", "unknown.")):
        return None
    missing = _unannounced(heard)
    if not missing:
        return None
    keyword, extension = missing
    return found.replace(
        cause="protocol.parameter",
        actor="you",
        retry="after-fix",
        rule="context.dsn-not-announced" if extension == "DSN" else "context.parameter-not-announced",
        meaning=_("{keyword} belongs to the extension {extension}, which the server did not announce.").format(
            keyword=keyword, extension=extension
        ),
        causes=(_("The server does not have {extension}, or not for this client.").format(extension=extension),),
        steps=(("you", _("Leave {keyword} out, as a client must when it is not announced.").format(keyword=keyword)),),
        references=("RFC 5321 section 2.2.1", *(("RFC 3461 section 4",) if extension == "DSN" else ())),
        evidence=(*found.evidence, f"parameter={keyword}", f"absent={extension}"),
        alternatives=(),
    )


def _unannounced(heard: Exchange) -> tuple[str, str] | None:
    """The first parameter of the command whose extension was not announced, and the extension."""
    from smtpscope.protocol.command import MAIL_PARAMETERS, RCPT_PARAMETERS, parse_path_argument

    keyword = "FROM" if heard.stage == "mail" else "TO"
    path = parse_path_argument(heard.command.partition(" ")[2], keyword)
    extensions = {**MAIL_PARAMETERS, **RCPT_PARAMETERS}  # also one that stands behind the wrong command
    for name, _value in path.parameters:
        extension = extensions.get(name, "")
        if extension and heard.announced and not heard.announced.has(extension):
            return name, extension
    return None


def _header(heard: Exchange, found: Explanation) -> Explanation | None:
    """A message whose header has translated field names: no server knows them (RFC 5322 section 2.2)."""
    if heard.stage != "end-of-data" or heard.message.isascii():
        return None
    from smtpscope.dialogue.lint import lint
    from smtpscope.render.lint import remark_text

    remark = next((remark for remark in lint(heard.message) if remark.id == "header-translated"), None)
    if remark is None:
        return None
    changes = {
        "rule": "context.header-translated",
        "steps": (("you", _("Write the field names in English, with an ASCII colon: Subject: ...")), *found.steps),
        "references": tuple(dict.fromkeys(("RFC 5322 section 2.2", *found.references))),
        "evidence": (*found.evidence, f"message-line={remark.line}"),
        "meaning": f"{found.meaning} {remark_text(remark)}",
        "alternatives": tuple(dict.fromkeys(("content.malformed", *found.alternatives))),
    }
    if heard.reply.kind == 2:
        return found.replace(**changes)
    vague = found.cause in ("unknown.unknown", "policy.unspecified", "content.malformed", "content.spam")
    return found.replace(**changes, cause="content.malformed", actor="you", retry="after-fix") if vague else None


def _column(text: str, fault: Fault) -> tuple[str, str]:
    """Where a text is wrong, as evidence."""
    return f"argument={text}", f"column={fault.column}"


def _test(heard: Exchange, more: str) -> str:
    """The command that takes the next step."""
    server = heard.server if "--port" in more else heard.target
    return f"smtpscope test {server or _('SERVER')} {more}"


JUDGES: tuple[Judge, ...] = (
    *(judge_failure, judge_break, judge_speech, judge_fit),
    *(_hello, _parameter, judge_value, _path, _login, _header),
)
