"""The client's network I/O: a loop without I/O, a blocking driver and one for asyncio, name resolution, TLS, probes."""
