"""Probes that tell this machine, the network, the host, and the port apart."""
