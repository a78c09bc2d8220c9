"""Probes that look something up in DNS."""
