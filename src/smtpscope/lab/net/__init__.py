"""The lab's network I/O, for asyncio: one connection, TLS, certificates, the PROXY header."""
