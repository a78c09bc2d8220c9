"""Probes: lookups and connections that find the cause of a failure. One module each, by topic. None sends mail."""
