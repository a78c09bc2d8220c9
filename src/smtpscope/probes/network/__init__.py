"""Whether this machine, the network, the host, or the port is in the way."""
