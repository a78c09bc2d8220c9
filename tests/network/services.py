"""Services that misbehave on purpose: `python services.py ADDRESS PORT=BEHAVIOUR...`.

Says ``ready`` when all listen, then every line that an SMTP service hears.

Behaviours: smtp, ssh, http, pop3, imap, ftp, close, reset, mute, turn-away, late:SECONDS, tls:CERTIFICATE (SMTP
inside), tls-mute:CERTIFICATE (nothing inside), web:CERTIFICATE (HTTPS).
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
import time

WORDS = {
    "smtp": b"220 mail1.fabrikam.com ESMTP ready\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "pop3": b"+OK POP3 server ready\r\n",
    "imap": b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
    "ftp": b"220 (vsFTPd 3.0.3)\r\n",
    "turn-away": b"554 mail1.fabrikam.com no mail is taken from you\r\n",
}


def serve(listener: socket.socket, behaviour: str) -> None:
    """Accept for ever; each connection has its own thread."""
    while True:
        channel, _ = listener.accept()
        threading.Thread(target=behave, args=(channel, behaviour), daemon=True).start()


def behave(channel: socket.socket, behaviour: str) -> None:
    """One connection."""
    name, _, argument = behaviour.partition(":")
    try:
        with channel:
            if name == "reset":
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif name == "mute":
                drain(channel)
            elif name == "late":
                time.sleep(float(argument))
                talk(channel, WORDS["smtp"])
            elif name == "http":
                channel.recv(1000)
                channel.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            elif name in ("tls", "tls-mute", "web"):
                behave_in_tls(channel, name, argument)
            elif name != "close":
                talk(channel, WORDS[name])
    except OSError:
        return


def behave_in_tls(channel: socket.socket, name: str, certificate: str) -> None:
    """TLS from the first octet, with or without words inside."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if name == "web":
        context.set_alpn_protocols(["http/1.1"])
    with context.wrap_socket(channel, server_side=True) as secure:
        if name == "tls":
            talk(secure, WORDS["smtp"])
        else:
            drain(secure)


def talk(channel: socket.socket, greeting: bytes) -> None:
    """Greet, take every command, end at QUIT."""
    channel.sendall(greeting)
    while True:
        line = channel.recv(4096)
        if line:
            print(line.decode("ascii", "backslashreplace").rstrip(), flush=True)
        if not line or line[:4].upper() == b"QUIT":
            return
        channel.sendall(b"250 ok\r\n" if greeting.startswith(b"220") and b"FTP" not in greeting else b"500 what?\r\n")


def drain(channel: socket.socket) -> None:
    """Hear everything, say nothing."""
    while channel.recv(4096):
        pass


def main(address: str, wishes: list[str]) -> None:
    """Listen on every port that is wished for."""
    for wish in wishes:
        port, _, behaviour = wish.partition("=")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, int(port)), family=family)
        threading.Thread(target=serve, args=(listener, behaviour), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
