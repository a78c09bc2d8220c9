"""Whether a port speaks TLS."""
