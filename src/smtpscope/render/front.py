"""What a text takes from the front end that shows it: how a setting is written there, and how a next step."""

from __future__ import annotations


class Front:
    """The library's: nothing can be typed, so no option is named and no command given. Front ends make their own."""

    def setting(self, field: str, value: str = "") -> str:
        """How ``field`` of a plan (``login.in_clear``) is set to ``value``; empty where there is no way to."""
        return ""


LIBRARY = Front()
