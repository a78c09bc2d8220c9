"""Asks what the probes want to know (smtpscope.probes): connections, DNS lookups, TLS handshakes, recipients."""
