"""Probes that speak SMTP: with other servers, or about other recipients."""
