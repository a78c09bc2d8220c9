"""A sentence for each fact that the diagnosis observed."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.finding import Fact

FACTS: dict[str, str] = {
    # the connection itself
    "refused": N_("port {port} refused the connection immediately"),
    "silent": N_("no response from port {port} for {waited} s"),
    "unreachable": N_("host unreachable: {reason}"),
    "denied": N_("this machine blocked the connection: {reason}"),
    "reset": N_("port {port} reset the connection instead of accepting it"),
    "other": N_("connection failed: {reason}"),
    "closed": N_("port {port} accepted the connection, then closed it without a banner"),
    "cut": N_("port {port} accepted the connection, then reset it without a banner"),
    "mute": N_("port {port} accepted the connection, then sent nothing for {waited} s"),
    "mute-long": N_("nothing received for {waited} s; RFC 5321 section 4.5.3.2.1 asks a client to wait 300 s"),
    "slow-greeting": N_("the banner took {waited} s"),
    "late-greeting": N_("the banner arrived after the time limit: {said}"),
    "foreign": N_("port {port} runs {protocol}, not SMTP: {said}"),
    "unknown-speech": N_("port {port} does not run SMTP: {said}"),
    "turned-away": N_("the banner rejects this client: {said}"),
    # names
    "name-unknown": N_("{name} does not exist in DNS (NXDOMAIN)"),
    "name-empty": N_("{name} exists in DNS, but has no address"),
    "name-unanswered": N_("DNS did not respond about {name}"),
    "near-name": N_("similar names that exist in DNS: {near}"),
    "mx-elsewhere": N_("the mail servers (MX) of {domain} are {mx}, not {host}"),
    "mx-greets": N_("{mx}, an MX of {domain}, sends an SMTP banner on port 25"),
    "mx-greets-elsewhere": N_("{mx}, an MX of {domain}, sends an SMTP banner on port 25"),
    "mx-is-host": N_("{host} is a mail server (MX) of {domain}"),
    # this machine and the route
    "no-route": N_("this machine has no route to {address}: {reason}"),
    "refused-here": N_("a rule on this machine rejects port {port}; no packet was sent"),
    "dropped-here": N_("a rule on this machine drops the packets for {target}"),
    "prohibited-here": N_("rejected by this machine ({by}): {message}"),
    "prohibited-there": N_("rejected by the host itself ({by}): {message}"),
    "prohibited-between": N_("rejected by {by}, on the way to the host: {message}"),
    "no-neighbour": N_("no machine responds at {address} on its network (reported by {by})"),
    # other ports of the host
    "host-answers": N_("the host responds on other ports: {ports}"),
    "host-silent": N_("the host does not respond on any port tried: {ports}"),
    "other-smtp": N_("port {port} on the host sends an SMTP banner: {said}"),
    "mail-host": N_("the host accepts mail: port {port} sends a banner: {said}"),
    "no-other-smtp": N_("no other SMTP port on the host sends a banner: {ports}"),
    # other hosts
    "control-open": N_("port {port} of other hosts is reachable from this machine: {hosts}"),
    "control-fine": N_("port {port} of other hosts is reachable from this machine: {hosts}"),
    "control-refused": N_("every other host tried refused port {port}, while other ports are reachable: {hosts}"),
    "control-blocked": N_("port {port} of every other host tried is blocked, while other ports are reachable: {hosts}"),
    "control-nothing": N_("no other host is reachable on any port: {hosts}"),
    # a port without a response, probed further
    "tls-greets": N_("the TLS handshake succeeded, followed by an SMTP banner: {said}"),
    "tls-works": N_("the TLS handshake succeeded ({version})"),
    "tls-is-web": N_("the TLS handshake succeeded, and the port chose HTTP (ALPN {alpn})"),
    "speaks-when-asked": N_("the port replied to a line of text with {protocol}: {said}"),
    "answers-early-talk": N_("the port replied as a mail server when this client sent first: {said}"),
    "nothing-moves-it": N_("the port does not respond, with TLS or without"),
    "closes-again": N_("a second connection ended in the same way"),
    "answers-now": N_("a second attempt received a banner: {said}"),
    # besides the causes: how the server treats recipients, and what it can see of this client
    "greylisted": N_("greylisting: rejected at first, accepted {seconds} s later"),
    "still-refused": N_("rejected again after {seconds} s; not greylisting, or a longer delay"),
    "takes-every-name": N_(
        "a random recipient was accepted too; the server accepts any recipient (catch-all), so this does not show that "
        "the mailbox exists"
    ),
    "refuses-this-name": N_("a random recipient was accepted; this recipient is rejected on purpose ({said})"),
    "checks-names": N_("a random recipient was rejected; the server checks recipients, so this one exists ({said})"),
    "refuses-names": N_(
        "a random recipient was rejected too; both are unknown, or the server rejects this client ({said})"
    ),
    "refuses-everyone": N_(
        "a random recipient and postmaster were rejected too; the reason is not this recipient ({said})"
    ),
    "chance-deferred": N_("a random recipient was neither accepted nor rejected permanently: {said}"),
    "postmaster-refused": N_("postmaster was rejected, which RFC 5321 section 4.5.1 forbids: {said}"),
    "postmaster-accepted": N_(
        "postmaster was accepted; the server accepts mail from this client, so the reason is the recipient"
    ),
    "address": N_("the server sees this client as {address}"),
    "address-private": N_("the local address is {address}; outside this network the server sees another address"),
    "ptr-missing": N_("{address} has no PTR record; many servers reject such clients"),
    "ptr-unanswered": N_("DNS did not respond about the PTR record of {address}"),
    "ptr-unconfirmed": N_("{address} has PTR record {name}, which does not resolve back to it"),
    "ptr-confirmed": N_("{address} has PTR record {name}, which resolves back to it"),
    "helo-matches": N_("EHLO name {name} resolves to this client's address"),
    "helo-elsewhere": N_("EHLO name {name} resolves to {found}, not to this client's address"),
    "helo-unresolvable": N_("EHLO name {name} does not exist in DNS"),
    "helo-unanswered": N_("DNS did not respond about EHLO name {name}"),
}

# ICMP destination unreachable: family, type, and code (RFC 792, RFC 1812 section 5.2.7.1; RFC 4443 section 3.1).
ICMP: dict[str, str] = {
    "4:3/0": N_("network unreachable"),
    "4:3/1": N_("host unreachable"),
    "4:3/2": N_("protocol unreachable"),
    "4:3/3": N_("port unreachable"),
    "4:3/9": N_("network administratively prohibited"),
    "4:3/10": N_("host administratively prohibited"),
    "4:3/13": N_("communication administratively prohibited"),
    "6:1/0": N_("no route to destination"),
    "6:1/1": N_("communication administratively prohibited"),
    "6:1/3": N_("address unreachable"),
    "6:1/4": N_("port unreachable"),
    "6:1/5": N_("source address failed the policy"),
    "6:1/6": N_("route rejected"),
}


def fact_text(fact: Fact) -> str:
    """The sentence for a fact, plain text without control characters."""
    fields = dict(fact.details)
    if "icmp" in fields:
        fields["message"] = _(ICMP.get(fields["icmp"], fields["icmp"]))
    if fields.get("by") == "":
        fields["by"] = _("this machine")
    if fields.get("protocol") == "":
        fields["protocol"] = _("an unknown protocol")
    return visible(fill(FACTS[fact.id], **fields))
