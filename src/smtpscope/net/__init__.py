"""The client's network side: sessions without I/O, a blocking and an asyncio driver, name resolution, TLS, probes."""
