"""Messages from a running lab to its user: an id and fields; render.lab has the texts."""

from __future__ import annotations

from smtpscope.values import Value, Vocabulary


class AnnouncementId(Vocabulary):
    """What is announced; the names of its fields are in brackets."""

    LISTENING = "listening"  # [host, port, scenario, protocol]
    CONTROL = "control"  # [port]: the HTTP interface
    KEEPING = "keeping"  # [folder]
    DISCARDING = "discarding"
    TRUST = "trust"  # [file]: the CA that clients must trust
    EXPOSED = "exposed"  # [host]: other machines can connect
    COUNT = "count"  # [count]: messages, at the end
    RECEIVED = "received"  # [id, sender, recipients, octets]
    REJECTED = "rejected"  # [peer, command, reply]
    MESSAGE_LOST = "message-lost"  # [octets, reason, folder]
    MAILBOX_FULL = "mailbox-full"  # [octets, count, folder]
    TRANSCRIPT_CUT = "transcript-cut"  # [session, reason, folder]
    NO_PROXY_HEADER = "no-proxy-header"  # [address, fault, and the fields of the fault]
    DSN_RELAYED = "dsn-relayed"  # [sender, said]
    DSN_LOST = "dsn-lost"  # [id, reason]


class Announcement(Value):
    """One announcement. Text from clients is in the fields as received: escape it before it is shown."""

    id: AnnouncementId
    details: tuple[tuple[str, str], ...] = ()


def announce(id: AnnouncementId, /, **fields: object) -> Announcement:  # noqa: A002 - what it is everywhere
    """An announcement with its fields, as text."""
    return Announcement(id, tuple((name, str(value)) for name, value in fields.items()))
