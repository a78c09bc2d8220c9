"""Causes, and the evidence for and against each."""

from __future__ import annotations

from smtpscope.language import N_, _, current
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.knowledge.entry import Explanation


class Fact(Value):
    """Something that was observed. ``name`` is a key of ``FACTS``, ``details`` fill its sentence."""

    name: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The sentence, in the language in use."""
        return _(FACTS[self.name]).format_map(dict(self.details))


class Cause(Value):
    """A cause that evidence supports: its id (knowledge of it: the catalogue), and what speaks for and against it.

    ``weight`` orders the causes, it is no probability. ``next`` is a command to type.
    """

    id: str
    weight: int
    evidence: tuple[Fact, ...]
    against: tuple[Fact, ...]
    next: str

    @property
    def explanation(self) -> Explanation:
        """What the catalogue knows of the cause, in the language in use."""
        from smtpscope.knowledge.catalogue import explain_cause

        return explain_cause(self.id, current())


class Diagnosis(Value):
    """The causes, likeliest first.

    findings   what is worth knowing beside the causes
    not_asked  (probe, why) of what could not be asked
    decides    what would decide between the first causes, a sentence; empty where the evidence decides
    """

    causes: tuple[Cause, ...] = ()
    findings: tuple[Fact, ...] = ()
    not_asked: tuple[tuple[str, str], ...] = ()
    decides: str = ""

    @property
    def summary(self) -> str:
        """One sentence for the whole."""
        if not self.causes:
            return _("no evidence could be had: the cause stays open")
        if self.decides:
            return _("the evidence leaves more than one cause")
        return self.causes[0].explanation.meaning


FACTS: dict[str, str] = {
    # the connection itself
    "refused": N_("the connection to port {port} was refused at once"),
    "silent": N_("port {port} did not answer for {waited} s"),
    "unreachable": N_("the system says: {reason}"),
    "denied": N_("this machine itself refused to send: {reason}"),
    "reset": N_("the connection to port {port} was reset while it was opened"),
    "other": N_("the connection failed: {reason}"),
    "closed": N_("port {port} accepted the connection and closed it without a greeting"),
    "cut": N_("port {port} accepted the connection and reset it without a greeting"),
    "mute": N_("port {port} accepted the connection and said nothing for {waited} s"),
    "mute-long": N_("it said nothing for {waited} s, as long as RFC 5321 section 4.5.3.2.1 asks a client to wait"),
    "slow-greeting": N_("the greeting took {waited} s"),
    "late-greeting": N_("the greeting came after our time limit: {said}"),
    "foreign": N_("port {port} speaks {protocol}, not SMTP: {said}"),
    "unknown-speech": N_("port {port} speaks something that is not SMTP: {said}"),
    "turned-away": N_("the greeting turns us away: {said}"),
    # names
    "name-unknown": N_("{name} does not exist in DNS (NXDOMAIN)"),
    "name-empty": N_("{name} exists in DNS, but has no address"),
    "name-unanswered": N_("DNS gave no answer about {name}: another DNS server may (--resolver ADDRESS)"),
    "near-name": N_("spelled almost the same, and known to DNS: {near}"),
    "mx-elsewhere": N_("the mail servers (MX) of {domain} are {mx}, not {host}"),
    "mx-greets": N_("{mx}, an MX of {domain}, does greet on port 25"),
    "mx-greets-elsewhere": N_("{mx}, an MX of {domain}, does greet on port 25"),
    "mx-is-host": N_("{host} is a mail server (MX) of {domain}"),
    # this machine and the way
    "no-route": N_("this machine has no route to {address}: {reason}"),
    "refused-here": N_("nothing left this machine: the refusal of port {port} is made by a rule here"),
    "dropped-here": N_("this machine's kernel failed to send the packets for {target}: a rule here drops them"),
    "prohibited-here": N_("the refusal comes from this machine ({by}): {what}"),
    "prohibited-there": N_("the refusal comes from the host itself ({by}): {what}"),
    "prohibited-between": N_("the refusal comes from {by}, between us and the host: {what}"),
    "no-neighbour": N_("no machine answers to {address} on its network (reported by {by})"),
    # other ports of the host
    "host-answers": N_("the host answers on other ports: {ports}"),
    "host-silent": N_("the host answers on none of the ports tried: {ports}"),
    "other-smtp": N_("port {port} of the host greets as a mail server: {said}"),
    "mail-host": N_("the host does take mail: port {port} greets: {said}"),
    "no-other-smtp": N_("no other SMTP port of the host greets: {ports}"),
    # other hosts
    "control-open": N_("port {port} of other hosts can be reached from here: {hosts}"),
    "control-fine": N_("port {port} of other hosts can be reached from here: {hosts}"),
    "control-blocked": N_("port {port} of every other host tried is {how}, while other ports get through: {hosts}"),
    "control-nothing": N_("no other host could be reached on any port: {hosts}"),
    # a silent port, asked
    "tls-greets": N_("a TLS handshake succeeds, and inside of it a greeting comes: {said}"),
    "tls-works": N_("a TLS handshake succeeds ({version})"),
    "tls-is-web": N_("inside of TLS the port chooses HTTP (ALPN {alpn})"),
    "speaks-when-asked": N_("asked with a line of text, the port answers in {protocol}: {said}"),
    "answers-early-talk": N_("spoken to before its greeting, the port answers as a mail server: {said}"),
    "nothing-moves-it": N_("neither TLS nor a line of text makes the port speak"),
    "closes-again": N_("a second connection ended the same way"),
    # beside the causes: how the server treats names, and what it can see of us
    "greylisted": N_("greylisting: refused at first, accepted {seconds} s later"),
    "still-refused": N_("refused again {seconds} s later: not greylisting, or the delay is longer"),
    "takes-every-name": N_("a random name is accepted too: the server takes every name, so accepting proves nothing"),
    "refuses-this-name": N_("a random name is accepted: this recipient is refused on purpose ({said})"),
    "checks-names": N_("a random name is refused: the server checks names, so this recipient exists ({said})"),
    "refuses-names": N_("a random name is refused as well: the server knows neither, or refuses us ({said})"),
    "refuses-everyone": N_("a random name and postmaster are refused as well: it is not about this name ({said})"),
    "chance-deferred": N_("a random name is neither accepted nor refused: {said}"),
    "postmaster-refused": N_("postmaster is refused, which RFC 5321 section 4.5.1 forbids: {said}"),
    "postmaster-accepted": N_("postmaster is accepted: the server takes mail from us, the other names are the reason"),
    "address": N_("the server sees us as {address}"),
    "address-private": N_("our address is {address}; beyond our network the server sees another one"),
    "ptr-missing": N_("{address} has no name in DNS (PTR): many servers refuse such clients"),
    "ptr-unanswered": N_("DNS gave no answer about the name of {address} (PTR)"),
    "ptr-unconfirmed": N_("{address} is called {name} in DNS, but that name does not lead back to it"),
    "ptr-confirmed": N_("{address} is called {name} in DNS, and that name leads back to it"),
    "helo-matches": N_("our EHLO name {name} leads to our address"),
    "helo-elsewhere": N_("our EHLO name {name} leads to {found}, which is not our address"),
    "helo-unresolvable": N_("our EHLO name {name} does not exist in DNS"),
    "helo-unanswered": N_("DNS gave no answer about our EHLO name {name}"),
    "answers-now": N_("a second try a moment later does get a greeting: {said}"),
}
