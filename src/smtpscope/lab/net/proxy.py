"""The PROXY protocol at the lab: the header comes first, before TLS, too; without it, the connection is closed."""

from __future__ import annotations

import asyncio

from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.protocol.proxy import Header, read_header
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.lab.net.transport import Transport

# Seconds to wait for the whole header: a proxy sends it immediately.
TIME_LIMIT = 10.0

# The attributes of XCLIENT for the fields of the header.
_NAMES = ("ADDR", "PORT", "DESTADDR", "DESTPORT")


async def receive_header(transport: Transport) -> tuple[Header, bytes]:
    """Read the header. Returns it with its bytes; what follows it can still be read from the transport.

    Without a header, its size is 0 and ``fault`` is the reason, unless the client disconnected without sending
    anything, as clients do that only check the port.
    """
    octets = b""
    header: Header | None = None
    try:
        async with asyncio.timeout(min(TIME_LIMIT, transport.patience)):
            while header is None:
                piece = await transport.read(transport.patience)
                if not piece:
                    return Header(fault=Fault.at(len(octets) + 1, FaultId.PROXY_CUT) if octets else None), octets
                octets += piece
                header = read_header(octets)
    except TimeoutError:
        return Header(fault=Fault.at(len(octets) + 1, FaultId.PROXY_LATE)), octets
    if header.fault:
        return header, octets
    transport.put_back(octets[header.size :])
    return header, octets[: header.size]


def client_data(header: Header) -> dict[str, str]:
    """The client data in the header, by the names of XCLIENT's attributes."""
    return dict(zip(_NAMES, header.addresses, strict=False))
