"""Next steps: who can take a step, the sentence for each action, and the command for it."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.finding import Action
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.palette import PLAIN
from smtpscope.render.visible import visible
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smtpscope.model.finding import NextStep
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette

ACTORS = {
    "you": N_("you"),
    "your-admin": N_("your admin"),
    "their-admin": N_("server admin"),
    "recipient": N_("recipient"),
    "network": N_("network operator"),
    "nobody": N_("no action needed"),
}

STEPS: dict[Action, str] = {
    Action.TEST_AGAIN: N_("Run the test again."),
    Action.FIND_CAUSE: N_("Probe to find the cause."),
    Action.OTHER_NAME: N_("Use the name {name}."),
    Action.CHECK_SPELLING: N_("Check the spelling of {target}."),
    Action.MX_OF_DOMAIN: N_("Test the mail servers (MX) of {domain}."),
    Action.OTHER_RESOLVER: N_("Try another DNS server."),
    Action.OTHER_PORT: N_("Test port {port}."),
    Action.OTHER_SOURCE: N_("Test from another address: a restriction depends on the client."),
    Action.IMPLICIT_TLS: N_("Use implicit TLS on this port."),
    Action.REQUIRE_TLS: N_("Switch to TLS."),
    Action.STARTTLS_INSTEAD: N_("Use STARTTLS instead of implicit TLS."),
    Action.WITHOUT_TLS: N_("To test the rest anyway, turn TLS off."),
    Action.TLS_ELSEWHERE: N_("Test implicit TLS on port 465, or test from another network."),
    Action.LOG_IN: N_("Log in."),
    Action.TLS_THEN_LOG_IN: N_("Switch to TLS, then log in."),
    Action.WAIT_LONGER: N_("Wait longer."),
    Action.MORE_PROBES: N_("Allow more probes."),
    Action.REFERENCE_HOST: N_(
        "Give a host whose port {port} is known to be open, or run this test from another network."
    ),
    Action.IGNORE_CERTIFICATE: N_(
        "To test the rest anyway, continue without certificate verification. Do not send a password this way."
    ),
    Action.CERTIFICATE_NAME: N_("If the server's name is {name}, check the certificate for that name."),
    Action.TRUST_CERTIFICATE: N_("If you got this certificate from its owner, trust it."),
    Action.TRUST_CA: N_("If it is your own CA, trust it."),
    Action.CLIENT_CERTIFICATE: N_("Present a client certificate."),
    Action.OTHER_CLIENT_CERTIFICATE: N_("Use a client certificate from a CA that the server trusts, or none."),
    Action.SERVER_NAME: N_("Give the name by which the server is known."),
    Action.OLD_TLS_VERSION: N_("Test an old TLS version: the server may support only those."),
    Action.OTHER_CIPHERS: N_("Offer other cipher suites."),
    Action.FULL_NAME: N_("Use a fully qualified name."),
    Action.RESOLVABLE_NAME: N_("Use a name that resolves to the address of this client, or test from another address."),
    Action.CORRECT_NAME: N_("Use the fully qualified name of this machine, or its address in brackets."),
    Action.CORRECT_ADDRESS: N_("Correct the address and send it in angle brackets: <name@example.com>"),
    Action.OTHER_ADDRESS: N_("Try another address in the same domain, then one in another domain."),
    Action.CORRECT_PARAMETER: N_("Correct the value of {keyword}, or leave {keyword} out."),
    Action.WITHOUT_PARAMETER: N_("Leave {keyword} out."),
    Action.FIELD_NAMES: N_("Write the header field names in English, with an ASCII colon: Subject: ..."),
    Action.COMPARE_WITH_DATA: N_("Compare with DATA in the place of BDAT."),
    Action.NEXT_CHUNK: N_("Send the next chunk."),
    Action.CONTINUE_LOGGED_IN: N_("Continue with MAIL FROM; to log in as another user, open a new connection."),
    Action.CHECK_LISTENER: N_("On {target}, check that a service is listening on port {port}."),
    Action.CHECK_LISTENERS: N_("On {target}, check which ports are listening."),
    Action.CHECK_FIREWALL: N_("On {target} and on the firewall in front of it, check the rules for port {port}."),
    Action.CHECK_OWN_FIREWALL: N_(
        "On this machine and on the firewall of its network, check the rules for outgoing port {port}."
    ),
    Action.CHECK_ROUTE: N_("Check the route to {target}, and whether it responds at all."),
    Action.CHECK_HOST: N_("From the network of {target}, check that the host is up and responds."),
    Action.CHECK_NEIGHBOR: N_("Check whether another host in the same network is reachable."),
    Action.CHECK_LOG: N_("Check the log at the time of this step."),
    Action.CHECK_TLS_LOG: N_(
        "Check the log of the mail service at this moment: often the certificate or key cannot be read."
    ),
    Action.CHECK_CONNECTION_RULES: N_(
        "Check the connection rules for the address and name of this client (receive connector)."
    ),
    Action.CHECK_ADDRESS_RULES: N_("In the log, find the rule that rejected this address."),
    Action.ASK_ADMIN: N_("Ask the administrator of {target} whether it is meant to receive mail."),
    Action.ALLOW_ANONYMOUS: N_("To accept mail from this client, allow anonymous users on the receive connector."),
    Action.INSPECTION_OFF: N_("Turn off SMTP inspection (such as ESMTP fixup) on the firewall."),
    Action.OFFER_STARTTLS: N_("Give the mail service a certificate and advertise STARTTLS."),
    Action.ALLOW_TLS_VERSIONS: N_("Allow TLS 1.2 and 1.3 on the server (RFC 9325)."),
    Action.COMPARE_CIPHERS: N_("Compare the cipher lists; a server with an old list needs a new one."),
    Action.RENEW_TLS_SETTINGS: N_(
        "Update the TLS settings of the server: keys of 2048 bits or more, secure renegotiation (RFC 9325)."
    ),
    Action.RENEW_CERTIFICATE: N_(
        "Renew the certificate and reload the mail service. Make sure that future renewals reload it."
    ),
    Action.COMPARE_CLOCKS: N_("Compare the clocks; use the previous certificate until the new one is valid."),
    Action.NAME_IN_CERTIFICATE: N_("Get a certificate that includes the name {name}."),
    Action.PUBLIC_CERTIFICATE: N_("Get a certificate from a public CA; mail clients require one for submission."),
    Action.PUBLISH_CA: N_("Give the CA certificate to those who connect, or use a certificate from a public CA."),
    Action.FULL_CHAIN: N_(
        "Put the full chain into the server's certificate file: server certificate first, then the intermediates."
    ),
    Action.STRONGER_KEY: N_("Create a new key (RSA 2048 bits, or EC P-256) and get a new certificate for it."),
}


def actor_text(actor: str) -> str:
    """Who can fix it, in the current language."""
    return _(ACTORS.get(actor, actor))


def command_line(command: str, indent: str, palette: Palette = PLAIN, ascii_only: bool = False) -> str:
    """A command on its own line. It is never wrapped, so that it can be copied."""
    arrow = "->" if ascii_only else "→"
    return f"{indent}{palette.sent}{arrow} {visible(command)}{palette.reset}"


def step_text(step: NextStep) -> str:
    """The sentence, without the actor."""
    return fill(STEPS[step.action], **{"target": step.target, **dict(step.details)})


@in_its_language
def step_record(step: NextStep, front: Front = LIBRARY) -> Mapping[str, object]:
    """The step for JSON."""
    return {
        "actor": step.actor.value,
        "step": step_text(step),
        "action": step.action.value,
        "target": step.target or None,
        "settings": dict(step.settings),
        "command": front.command(step) or None,
    }


def step_lines(
    form: str, step: NextStep, indent: str, palette: Palette, ascii_only: bool, columns: int, front: Front
) -> Iterator[str]:
    """A step and its actor in the pattern ``form``, then the command for it. Empty if the step does not apply."""
    if not front.applies(step):
        return
    text = fill(form, actor=actor_text(step.actor), step=visible(step_text(step)))
    yield from wrap(text, columns, indent + "  ", indent)
    command = front.command(step)
    if command:
        yield command_line(command, indent + "  ", palette, ascii_only)
