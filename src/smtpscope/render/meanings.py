"""The sentences of the diagnosis for a reply or a failure, where it knows more than the catalogue."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.explanation import Explanation


class Message(Value):
    """The texts for one kind of diagnosis.

    meaning  replaces the meaning of the catalogue
    causes   likely causes; None: those of the catalogue
    steps    whether the steps of the catalogue follow those of the diagnosis
    adds     whether the meaning follows that of the catalogue instead of replacing it
    """

    meaning: str
    causes: tuple[str, ...] | None = None
    steps: bool = False
    adds: bool = False


_LOOKUP = (
    N_("The server is waiting for a lookup (DNS, a block list, another server)."),
    N_("The server delays replies to untrusted clients on purpose (tarpitting)."),
)
_FILTERED = (
    N_("A firewall, or a rule of the server, closed the connection instead of replying."),
    N_("The service failed, or a device on the way did."),
)
_IN_MESSAGE = (
    N_("A content filter behind the server failed, or takes longer than the time limit."),
    N_("Large packets are lost on the way (path MTU): short messages pass, long ones do not."),
)
_NO_STARTTLS = N_("The server does not support TLS on this port, or has no certificate.")
_STRIPPED = N_("A device on the way removes STARTTLS from the reply, to read or to filter the traffic.")

MESSAGES: dict[str, Message] = {
    "context.hello-ill-formed": Message(
        N_("The EHLO name {name} is not valid: {fault} (column {column})."),
        (N_("The name has a character that DNS does not allow: an underscore, a space, a non-ASCII letter."),),
    ),
    "context.hello-without-dot": Message(
        N_("The EHLO name {name} has no dot; this server requires a fully qualified name."),
        (N_("The short name of this machine was sent instead of its fully qualified name."),),
    ),
    "context.hello-well-formed": Message(
        N_("The EHLO name {name} is valid; the server rejects this client for another reason."),
        (
            N_("The server restricts connections to known addresses or names."),
            N_("The name does not resolve, or not to the address of this client."),
        ),
    ),
    "context.address-ill-formed": Message(N_("The address is not valid: {fault} (column {column} of the command).")),
    "context.address-well-formed": Message(
        N_("The server rejects the address {address} as invalid, although its syntax is correct."),
        (
            N_("The server's address rules are stricter than RFC 5321."),
            N_("The server rejects this address or its domain, with a misleading reply."),
        ),
    ),
    "context.login-offered": Message(
        N_("The server requires a login before it accepts mail. It advertises AUTH {how}."), steps=True
    ),
    "context.login-after-tls": Message(
        N_(
            "The server requires a login. AUTH is not advertised on the unencrypted connection; it is probably "
            "available after STARTTLS."
        ),
        steps=True,
    ),
    "context.login-not-offered": Message(
        N_("The server does not accept anonymous mail, and advertises neither AUTH nor STARTTLS on this port."),
        (
            N_("This is an internal server (such as a hub transport server) that accepts only known clients."),
            N_("This is not the server, or not the port, that accepts mail from outside."),
        ),
    ),
    "context.dsn-not-announced": Message(
        N_("{keyword} requires the extension {extension}, which the server does not advertise."),
        (N_("The server does not support {extension}, or not for this client."),),
    ),
    "context.parameter-not-announced": Message(
        N_("{keyword} requires the extension {extension}, which the server does not advertise."),
        (N_("The server does not support {extension}, or not for this client."),),
    ),
    "context.parameter-value": Message(
        N_("The value of {keyword} is not valid: {fault} (column {column} of the command)."), ()
    ),
    "context.header-translated": Message(
        N_(
            "The message has a header field name that is not ASCII: {written!r} should be {meant}: with an ASCII colon."
        ),
        steps=True,
        adds=True,
    ),
    "context.consequence": Message(N_("This follows from the rejected {step}."), ()),
    "context.second-login": Message(
        N_("The session is logged in already; after 235, any further AUTH is rejected with 503."), ()
    ),
    "context.session-ended": Message(
        N_("The server ends the session: 221 is the reply to QUIT, not to {step}."), steps=True
    ),
    "context.wrong-reply": Message(
        N_("{code} is not a reply to {step}: SMTP allows {expected} there, or a rejection (4yz, 5yz)."), steps=True
    ),
    "context.chunk": Message(N_("The chunk was received. The message is complete only with BDAT ... LAST."), ()),
    "context.no-answer-in-time": Message(N_("{step} timed out (time limit of this client)."), _LOOKUP, steps=True),
    "context.no-answer-in-time.data": Message(
        N_("{step} timed out (time limit of this client)."), _IN_MESSAGE, steps=True
    ),
    "context.no-answer-in-time.message": Message(
        N_(
            "The message timed out (time limit of this client). It is unknown whether the message was accepted; "
            "sending it again may deliver it twice."
        ),
        _IN_MESSAGE,
        steps=True,
    ),
    "context.connection-lost": Message(N_("The connection closed at {step} without a reply."), _FILTERED, steps=True),
    "context.connection-lost.data": Message(
        N_("The connection closed at {step} without a reply."), _IN_MESSAGE, steps=True
    ),
    "context.connection-lost.message": Message(
        N_(
            "The connection closed after the message without a reply. It is unknown whether the message was accepted; "
            "sending it again may deliver it twice."
        ),
        _IN_MESSAGE,
        steps=True,
    ),
    "context.no-answer": Message("", steps=True),
    "context.no-answer.any-cause": Message(N_("The connection failed, but this message does not say why.")),
    "handshake.plain-text": Message(
        N_("Received plain text instead of TLS: {said}"),
        (
            N_(
                "The server accepted STARTTLS but did not start the handshake: its TLS is misconfigured or has crashed."
            ),
            N_("A firewall or proxy on the way replies instead of the server, and does not support TLS."),
        ),
    ),
    "handshake.banner": Message(
        N_("The port runs SMTP without implicit TLS. Its banner: {said}"),
        (N_("The port is for STARTTLS (25, 587), not for implicit TLS (465)."),),
    ),
    "handshake.closed": Message(
        N_("The server accepted STARTTLS, then closed the connection instead of starting the handshake."),
        (
            N_("Its certificate or key is missing or cannot be read, so each handshake ends the process."),
            N_("A firewall or proxy on the way blocks encrypted mail."),
            N_("It requires a client certificate, or supports none of the TLS versions offered."),
        ),
    ),
    "handshake.silence": Message(
        N_("The server did not reply to the TLS ClientHello in time."),
        (
            N_("A firewall or proxy passes SMTP but drops TLS."),
            N_("The port does not support TLS and waits for the end of a line."),
        ),
    ),
    "handshake.version": Message(N_("The client and the server have no TLS version in common."), ()),
    "handshake.cipher": Message(N_("The client and the server have no cipher suite or key type in common."), ()),
    "handshake.client-certificate": Message(N_("The server requires a client certificate."), ()),
    "handshake.our-certificate": Message(N_("The server does not accept the client certificate."), ()),
    "handshake.server-name": Message(N_("The server does not know the requested server name."), ()),
    "handshake.weak": Message(
        N_("The TLS settings of the server are too old and weak for OpenSSL on this machine."), ()
    ),
    "handshake.internal": Message(N_("The server ended the handshake with an internal error of its TLS."), ()),
    "handshake.other": Message(N_("The TLS handshake failed. OpenSSL reports: {reason}"), ()),
    "starttls.absent": Message(
        N_("The server does not advertise STARTTLS, so the session would be unencrypted."), (_NO_STARTTLS, _STRIPPED)
    ),
    "starttls.overwritten": Message(
        N_("STARTTLS was overwritten on the way: the EHLO reply contains {traces}."), (_STRIPPED, _NO_STARTTLS)
    ),
    "certificate.expired": Message(
        N_("The certificate expired {days} days ago. Clients that verify certificates do not trust the server."),
        (
            N_("The renewal was forgotten, or failed without notice."),
            N_("The certificate was renewed, but the mail service was not reloaded and still presents the old one."),
        ),
    ),
    "certificate.not-yet-valid": Message(
        N_("The certificate is not valid yet. It becomes valid in {days} days."),
        (N_("The clock of this machine or of the CA is wrong."), N_("The certificate was installed too early.")),
    ),
    "certificate.wrong-name": Message(
        N_("The certificate is for {names}, not for {name}."),
        (
            N_("The server has another name than the one used to connect (an alias, an address, a cluster)."),
            N_("The server presents the wrong certificate, for example that of the web server."),
            N_("You are connected to a different server."),
        ),
    ),
    "certificate.without-name": Message(
        N_("The certificate has no name, so it is not for {name}."),
        (N_("The certificate was made without a DNS name (subjectAltName)."),),
    ),
    "certificate.self-signed": Message(
        N_("The certificate is self-signed, so the server's identity cannot be verified."),
        (
            N_("The default certificate from the installation was never replaced."),
            N_("This is intended: between mail servers on port 25, most senders accept any certificate (RFC 7435)."),
        ),
    ),
    "certificate.unknown-root": Message(
        N_("The certificate chain ends at {issuer}, a CA that this machine does not trust."),
        (N_("The server uses its own CA."), N_("The CA list of this machine is outdated.")),
    ),
    "certificate.unknown-issuer": Message(
        N_("The issuer {issuer} is unknown to this machine, and the server did not send its certificate."),
        (
            N_("The intermediate certificate is missing on the server; browsers hide this, mail servers do not."),
            N_("The server uses its own CA."),
        ),
    ),
    "certificate.weak": Message(
        N_("The key or signature of the certificate is too weak for OpenSSL on this machine."),
        (N_("The certificate is old: RSA with less than 2048 bits, or a SHA-1 signature."),),
    ),
    "certificate.other": Message(N_("OpenSSL reports about the certificate: {reason}"), ()),
}

# The name of each step in a sentence.
_STAGES = {
    "": N_("the connection"),
    "banner": N_("the banner"),
    "ehlo": "EHLO",
    "starttls": "STARTTLS",
    "xclient": "XCLIENT",
    "auth": "AUTH",
    "mail": "MAIL FROM",
    "rcpt": "RCPT TO",
    "data": "DATA",
    "end-of-data": N_("the message"),
    ".": N_("the message"),
}


def message_of(explanation: Explanation) -> Message | None:
    """The texts of the diagnosis for an explanation. None if only the catalogue has texts for it."""
    return MESSAGES.get(explanation.message or explanation.rule)


def filled(text: str, explanation: Explanation) -> str:
    """A sentence of a ``Message``, filled in with the details of the explanation."""
    if not text:
        return ""
    fields = dict(explanation.details)
    step = fields.get("stage", fields.get("verb"))
    if "fault" in fields:
        from smtpscope.render.faults import reason_text

        fields["fault"] = reason_text(fields["fault"], fields)
    if step is not None:
        fields["step"] = _(_STAGES.get(step, step))
    return fill(text, **fields)
