"""A sentence for each message that a running lab server prints."""

from __future__ import annotations

from smtpscope.language import N_, fill
from smtpscope.render.faults import reason_text
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NEWS: dict[str, str] = {
    "listening": N_("listening on {host}, port {port}; scenario {scenario}"),
    "listening-lmtp": N_("listening on {host}, port {port}, for LMTP; scenario {scenario}"),
    "control": N_("control: http://127.0.0.1:{port}/openapi.json"),
    "keeping": N_("messages are stored in {folder}; press Ctrl-C to stop"),
    "discarding": N_("messages are not stored; press Ctrl-C to stop"),
    "trust": N_("TLS: to trust this server, use the CA certificate {file}"),
    "exposed": N_("warning: {host} is reachable from other machines, and this server accepts mail from anyone"),
    "count": N_("messages received: {count}"),
    "received": N_("received {id}: <{sender}> -> {recipients} ({octets} bytes)"),
    "rejected": "{peer} {command}: {reply}",
    "message-lost": N_("a message of {octets} bytes was rejected with 452: {reason} ({folder})"),
    "mailbox-full": N_("a message of {octets} bytes was rejected with 452: {folder} holds {count} messages"),
    "transcript-cut": N_("the transcript of session {session} is incomplete: {reason} ({folder})"),
    "no-proxy-header": N_("{address}: connection closed: {reason}"),
    "dsn-relayed": N_("DSN for {sender} relayed: {said}"),
    "dsn-lost": N_("a DSN about message {id} was lost: {reason}"),
}


def announcement_text(id: str, fields: Mapping[str, str]) -> str:  # noqa: A002 - the name in the whole lab
    """The sentence for an announcement of the lab; ``id`` is a key of ``NEWS``."""
    if id == "listening" and fields["protocol"] == "lmtp":
        id = "listening-lmtp"  # noqa: A001
    if id == "no-proxy-header":
        fields = {**fields, "reason": reason_text(fields["fault"], fields)}
    return fill(NEWS[id], **fields)
