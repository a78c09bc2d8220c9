"""Answers the questions of the probes (smtpscope.probes): connections, lookups, TLS handshakes, recipients."""
