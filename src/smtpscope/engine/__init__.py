"""Drivers: the loop between a dialogue and a socket. One blocking, one for asyncio, one shared core without I/O."""
