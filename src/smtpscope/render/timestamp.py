"""Dates and times in UTC."""

from __future__ import annotations

from smtpscope.dialogue.message import civil


def utc_time(at: float) -> str:
    """``2026-11-24 16:00 UTC`` for seconds since the epoch."""
    return timestamp(at).replace("T", " ")[:-3] + " UTC"


def timestamp(at: float) -> str:
    """``2026-11-24T16:00:00`` (ISO 8601, UTC) for seconds since the epoch."""
    days, second = divmod(int(at), 86400)
    year, month, day = civil(days)
    return f"{year:04}-{month:02}-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
