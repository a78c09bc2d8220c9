"""The PROXY protocol at the lab: the header comes before everything else, TLS too, or the connection is closed."""

from __future__ import annotations

import asyncio

from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.protocol.proxy import Header, read_header
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.lab.net.transport import Transport

# Seconds to wait for all of it: a proxy sends it at once.
PATIENCE = 10.0

# What XCLIENT calls that which the header says.
_NAMES = ("ADDR", "PORT", "DESTADDR", "DESTPORT")


async def receive_header(transport: Transport) -> tuple[Header, bytes]:
    """The header, and its octets; what came behind it is left to be read.

    Without a header its size is 0 and ``fault`` says why, except where the client went away without a word, as those
    do that only ask whether somebody is there.
    """
    octets = b""
    header: Header | None = None
    try:
        async with asyncio.timeout(min(PATIENCE, transport.patience)):
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


def claims(header: Header) -> dict[str, str]:
    """What the header says of the client, by the names of XCLIENT's attributes."""
    return dict(zip(_NAMES, header.addresses, strict=False))
