"""The teacher: what a reply means, and what to type next. Pure."""

from __future__ import annotations

from smtpscope.console.advice import WARNING, Advice, advise
from smtpscope.console.session import HEADER
from smtpscope.language import N_, _, current
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.console.session import State
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.protocol.reply import Reply

# Where TLS begins with the first octet (RFC 8314 section 3.3).
IMPLICIT_PORT = 465

# What it means that a command went well, by verb and first digit. "" is the banner.
_GOOD: dict[tuple[str, int], str] = {
    ("", 2): N_("the server is ready"),
    ("HELO", 2): N_("the server knows our name; HELO announces nothing"),
    ("MAIL", 2): N_("the sender is accepted"),
    ("DATA", 3): N_("the server waits for the message"),
    (".", 2): N_("the server has taken charge of the message"),
    ("RSET", 2): N_("sender, recipients and message are forgotten"),
    ("QUIT", 2): N_("the server says goodbye"),
    ("STARTTLS", 2): N_("the handshake may begin"),
    ("NOOP", 2): N_("the server is there"),
    ("VRFY", 2): N_("252 says neither yes nor no: only RCPT will tell"),
    ("BDAT", 2): N_("the chunk has arrived"),
}

# What each extension is good for, where it changes what to type.
_OFFERS: dict[str, str] = {
    "STARTTLS": N_("can be encrypted (STARTTLS)"),
    "AUTH": N_("log in with {values}"),
    "SIZE": N_("messages up to {values} octets"),
    "DSN": N_("delivery notifications (NOTIFY=)"),
    "SMTPUTF8": N_("addresses in any script (SMTPUTF8)"),
    "8BITMIME": N_("8-bit text"),
    "PIPELINING": N_("commands in one go"),
}


def explain_reply(reply: Reply, command: str, phase: Phase, state: State, follow: bool = True) -> tuple[str, ...]:
    """What ``reply`` to ``command`` means; ``state`` is that behind the reply. ``follow``: what to type next, too."""
    if has_telnet_options(reply.raw):
        return (_("Telnet option bytes (IAC, 0xFF): a plain SMTP session does not answer them"),)
    if reply.kind in (4, 5):
        return (*_refused(reply, command, phase, state), *_go_on(reply, state, follow))
    verb = "" if phase in (Phase.BANNER, Phase.AUTH) else command.partition(" ")[0].upper()
    meaning = _meaning(verb, reply, phase, state)
    following = next_step(state, sent=verb == ".") if follow and verb != "STARTTLS" else ""
    lines = [meaning, _("next: {step}").format(step=following) if following else ""]
    return tuple(line for line in lines if line)


def has_telnet_options(raw: bytes) -> bool:
    """Whether ``raw`` holds the beginning of a Telnet command: IAC and WILL, WONT, DO or DONT (RFC 854)."""
    return any(bytes((0xFF, verb)) in raw for verb in (0xFB, 0xFC, 0xFD, 0xFE))


def _meaning(verb: str, reply: Reply, phase: Phase, state: State) -> str:
    if phase is Phase.AUTH:
        if reply.code == 334:
            return _("the server waits for a response; what is typed is not shown")
        return _("logged in")
    if verb in ("EHLO", "LHLO") and reply.kind == 2:
        return _announced(state)
    if verb == "RCPT" and reply.kind == 2:
        return _("the recipient is accepted; {count} so far").format(count=state.recipients)
    return _(_GOOD.get((verb, reply.kind), ""))


def _announced(state: State) -> str:
    """What the answer to EHLO is good for, in one line."""
    found = []
    for keyword, text in _OFFERS.items():
        if state.announced.has(keyword):
            values = " ".join(state.announced.parameters(keyword))
            if keyword != "SIZE" or state.announced.size:
                found.append(_(text).format(values=values))
    return (
        _("the server offers: {list}").format(list="; ".join(found)) if found else _("the server offers nothing more")
    )


def _refused(reply: Reply, command: str, phase: Phase, state: State) -> tuple[str, ...]:
    verb = command.partition(" ")[0].upper()
    if reply.code in (500, 502) and phase is Phase.OTHER:
        if not verb:
            return (_("an empty line is no command"),)
        return (_("the server does not know the command {verb!r}").format(verb=verb),)
    from smtpscope.knowledge.catalogue import explain

    announced = state.announced if state.extended else None
    found = explain(
        reply, "" if phase is Phase.OTHER else phase.value, state.banner.partition(" ")[0], announced, current()
    )
    return tuple(line for line in (found.meaning, *_causes(found), *_advice(found)) if line)


def _causes(found: Explanation) -> tuple[str, ...]:
    return (_("likely: {cause}").format(cause=found.causes[0]),) if found.causes else ()


def _advice(found: Explanation) -> tuple[str, ...]:
    return (_("try: {step}").format(step=found.steps[0][1]),) if found.steps else ()


def _go_on(reply: Reply, state: State, follow: bool) -> tuple[str, ...]:
    if reply.code == 421 or state.phase is Phase.CLOSED:
        return (_("the server closes the connection"),)
    following = next_step(state) if follow else ""
    return (_("next: {step}").format(step=following),) if following else ()


def next_step(state: State, sent: bool = False) -> str:
    """What to type now; empty where that is plain or unknown. ``sent``: a message was just taken."""
    if not state.connected:
        return _("open HOST [PORT]")
    if state.content:
        if state.content == HEADER:
            return _("header lines (Subject: ...), an empty line, the text, a lone dot")
        return _("the text; a lone dot ends the message")
    if state.challenged or state.waiting:
        return ""
    if sent:
        return _("QUIT, or MAIL FROM:<...> for another message")
    match state.phase:
        case Phase.EHLO:
            return _("EHLO and this machine's name: EHLO contoso.com")
        case Phase.MAIL:
            return _("MAIL FROM:<sender>") + _choices(state)
        case Phase.RCPT:
            return _("RCPT TO:<recipient>") + (" NOTIFY=SUCCESS,FAILURE" if state.announced.has("DSN") else "")
        case Phase.DATA:
            return _("DATA, or another RCPT TO:<recipient>")
    return ""


def _choices(state: State) -> str:
    if state.announced.has("STARTTLS") and not state.secure:
        return _(", or STARTTLS first")
    if state.announced.has("AUTH") and not state.logged_in:
        return _(", or Ctrl-] and auth to log in first")
    return ""


def advise_session(line: str, state: State) -> Advice:
    """What is said under the line of a session: the advice on it, or what to type next while it is empty."""
    if line or state.content:
        return advise(line, state)
    following = next_step(state)
    return Advice(_("next: {step}").format(step=following)) if following else Advice("")


def advise_patience(seconds: float, port: int, state: State) -> Advice:
    """What is said while a reply is awaited; ``seconds``: for how long it has been."""
    if port == IMPLICIT_PORT and state.phase is Phase.BANNER and not state.secure:
        return Advice(
            _("silence: this port wants TLS from the first octet; Ctrl-], close, open HOST 465 tls"), level=WARNING
        )
    return Advice(_("waiting for the reply, {seconds:.0f} s").format(seconds=seconds))
