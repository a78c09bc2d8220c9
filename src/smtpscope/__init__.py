"""Hold an SMTP conversation, see every line, know what it means."""

__version__ = "0.1.0"

__all__ = ["__version__"]
