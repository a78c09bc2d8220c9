"""Connections that send no message: to a port, with a line of text, with a TLS ClientHello."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import sys
import time

from smtpscope.diagnosis.service import first_line, identify_service
from smtpscope.net.connection import family_of, trouble
from smtpscope.net.resolver import find_addresses
from smtpscope.protocol.address import is_address
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from smtpscope.dialogue.plan import Target
    from smtpscope.probes.question import Found, Question

    Act: TypeAlias = Callable[[socket.socket, float], Found]

# Linux: keep ICMP errors with the socket (ip(7), ipv6(7)). The socket module has no names for them.
_RECVERR: dict[int, tuple[int, int]] = {socket.AF_INET: (0, 11), socket.AF_INET6: (41, 25)}
_ERRQUEUE = 0x2000

# Connections that are tried to find out whether anything leaves this machine.
_LOOKS = 3
_ICMP, _ICMP6 = 2, 3
_ERROR = struct.Struct("=IBBBBII")

_OUTCOMES = {"timeout": "silent", "other": "failed"}


def find_route(question: Question, target: Target, bound: float) -> Found:
    """The local address that is used to reach the host. Connecting a UDP socket tells it and sends nothing."""
    with socket.socket(family_of(question.host), socket.SOCK_DGRAM) as channel:
        try:
            channel.connect((question.host, 9))
            return "found", {"source": str(channel.getsockname()[0])}
        except OSError as error:
            reason = error.strerror or str(error)
            return ("denied" if error.errno in (errno.EACCES, errno.EPERM) else "unreachable"), {"reason": reason}


def probe_port(question: Question, target: Target, bound: float) -> Found:
    """Connect and read what the port sends first; SMTP is ended with QUIT."""
    return _visit(question, target, bound, _listen)


def look_inside(question: Question, target: Target, bound: float) -> Found:
    """Whether this machine itself refuses the connection: then packets go over loopback and over no other interface.

    Other traffic may hide that, so a few connections are tried: each must receive over loopback, and one must send
    nothing over the other interfaces.
    """
    left: list[int] = []
    for _ in range(_LOOKS):
        before = _packets()
        outcome, details = _visit(question, target, bound, _listen)
        after = _packets()
        if outcome != "refused" or before is None or after is None or after[0] == before[0]:
            return "from-outside", details
        left.append(after[1] - before[1])
    return ("made-here" if min(left) == 0 else "from-outside"), {}


def _packets() -> tuple[int, int] | None:
    """Packets received over loopback, and sent over all other interfaces; None where the system does not count them."""
    inside = outside = 0
    try:
        with open("/proc/net/dev", encoding="ascii") as file:
            rows = [line.replace(":", " ").split() for line in file if ":" in line]
        for row in rows:
            inside += int(row[2]) if row[0] == "lo" else 0
            outside += int(row[10]) if row[0] != "lo" else 0
    except (OSError, ValueError, IndexError):
        return None
    return inside, outside


def speak_first(question: Question, target: Target, bound: float) -> Found:
    """Connect, send QUIT and an empty line, and read."""

    def speak(channel: socket.socket, end: float) -> Found:
        channel.sendall(b"QUIT\r\n\r\n")
        return _listen(channel, end)

    return _visit(question, target, bound, speak)


def shake_hands(question: Question, target: Target, bound: float) -> Found:
    """Connect, do a TLS handshake, and read inside TLS. The certificate is not verified: only the protocol matters."""

    def shake(channel: socket.socket, end: float) -> Found:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2", "http/1.1"])  # web servers choose one of them, mail servers none
        name = question.names[0] if question.names and not is_address(question.names[0]) else None
        try:
            secure = context.wrap_socket(channel, server_hostname=name)
        except (ssl.SSLError, OSError, ValueError) as error:
            return "no-tls", {"reason": getattr(error, "reason", None) or str(error)}
        with secure:
            found = {"version": secure.version() or "", "alpn": secure.selected_alpn_protocol() or ""}
            return "secured", {**found, **_listen(secure, min(end, time.monotonic() + 1.5))[1]}

    return _visit(question, target, bound, shake)


def _visit(question: Question, target: Target, bound: float, act: Act) -> Found:
    """Connect within ``bound`` seconds and ``act`` on the connection. A failure is an outcome."""
    end = time.monotonic() + bound
    address = _address_of(question.host, target, bound)
    if not address:
        return "no-name", {}
    outcome, details = _connect(address, question, target, end, act)
    return outcome, details if address == question.host else {**details, "address": address}


def _connect(address: str, question: Question, target: Target, end: float, act: Act) -> Found:
    family = family_of(address)
    failed = _failed_sends()
    with socket.socket(family, socket.SOCK_STREAM) as channel:
        try:
            if target.source and family_of(target.source) == family:
                channel.bind((target.source, 0))
            if sys.platform == "linux":
                channel.setsockopt(*_RECVERR[family], 1)
            channel.settimeout(max(end - time.monotonic(), 0.05))
            channel.connect((address, question.port))
        except OSError as error:
            return _refusal(channel, error, address, _failed_sends() - failed)
        try:
            return act(channel, end)
        except ConnectionError as error:
            return "resets", {"reason": error.strerror or str(error)}
        except OSError as error:
            return "accepts", {"reason": error.strerror or str(error)}


def _address_of(host: str, target: Target, bound: float) -> str:
    """The first address of ``host``, from DNS or else from the hosts file; empty where there is none."""
    if is_address(host):
        return host
    from smtpscope.net.probing import dns

    outcome, address = dns.first_address(host, target, bound / 2)
    if outcome != "no-answer" and not address:
        found = find_addresses(host, target, bound)
        address = found[0] if isinstance(found, tuple) and found else ""
    return address


def _listen(channel: socket.socket, end: float) -> Found:
    """What the port sends until ``end``. SMTP gets QUIT after its banner, so that its log shows a complete session."""
    try:
        channel.settimeout(max(end - time.monotonic(), 0.05))
        said = channel.recv(512)
    except TimeoutError:
        return "accepts", {}
    if not said:
        return "closes", {}
    if identify_service(said) == "SMTP":
        with contextlib.suppress(OSError):
            channel.sendall(b"QUIT\r\n")
    return "greets", {"said": first_line(said), "protocol": identify_service(said)}


def _refusal(channel: socket.socket, error: OSError, address: str, failed: int) -> Found:
    """Why there is no connection, and what this machine knows about it."""
    what = trouble(error)
    found = {"reason": what.reason, **_kept_message(channel)}
    if what.kind == "timeout":
        found |= {"here": "yes"} if failed > 0 else {}
        found |= {"neighbour": "none"} if _lacks_neighbour(address) else {}
    return _OUTCOMES.get(what.kind, what.kind), found


def _kept_message(channel: socket.socket) -> dict[str, str]:
    """The ICMP message that the kernel kept with the socket: ``4:3/13``, the sender, whether it is this machine."""
    channel.setblocking(False)  # with a time-out, Python would wait for a message
    try:
        _, messages, _, _ = channel.recvmsg(512, 512, _ERRQUEUE)
    except (OSError, AttributeError):
        return {}
    return next((_read_message(data) for _, _, data in messages if len(data) >= _ERROR.size + 8), {})


def _read_message(data: bytes) -> dict[str, str]:
    """struct sock_extended_err and the offender's address (ip(7))."""
    _, origin, kind, code, _, _, _ = _ERROR.unpack_from(data)
    offender = data[_ERROR.size :]
    if origin == _ICMP:
        by = socket.inet_ntop(socket.AF_INET, offender[4:8])
    elif origin == _ICMP6 and len(offender) >= 24:
        by = socket.inet_ntop(socket.AF_INET6, offender[8:24])
    else:
        return {}
    found = {"icmp": f"{4 if origin == _ICMP else 6}:{kind}/{code}", "by": by}
    return {**found, "own": "yes"} if _is_ours(by) else found


def _is_ours(address: str) -> bool:
    """Whether this machine has ``address``: only then is it possible to bind it."""
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as channel:
        try:
            channel.bind((address, 0))
        except OSError:
            return False
    return True


def _failed_sends() -> int:
    """How often the kernel could not even retransmit a segment (TcpExt TCPRetransFail): a local firewall drops it."""
    try:
        with open("/proc/net/netstat", encoding="ascii") as file:
            names, values = file.readline().split(), file.readline().split()
        return int(values[names.index("TCPRetransFail")])
    except (OSError, ValueError, IndexError):
        return 0


def _lacks_neighbour(address: str) -> bool:
    """Whether ARP asked for ``address`` without a reply (flags 0 in /proc/net/arp)."""
    try:
        with open("/proc/net/arp", encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        return False
    return any(len(row) > 3 and row[0] == address and row[2] == "0x0" for row in rows)
