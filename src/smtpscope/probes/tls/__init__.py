"""Probes that speak TLS."""
