"""The version of smtpscope."""

__version__ = "0.1.0"
