"""What a text takes from the front end that shows it: its language, how a setting is written, how a step is taken."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.finding import NextStep


class Front:
    """The library's: nothing can be typed but what a system has, so no option is named. Front ends make their own."""

    def setting(self, field: str, value: str = "") -> str:
        """How ``field`` of a plan (``login.in_clear``) is set to ``value``; empty where there is no way to."""
        return ""

    def command(self, step: NextStep) -> str:
        """What to type to take ``step``; empty where there is nothing to type."""
        from smtpscope.render.steps import system_command

        return system_command(step)

    def applies(self, step: NextStep) -> bool:
        """Whether ``step`` can be taken by whoever reads it."""
        return True

    def about(self, server: str, port: int, recipient: str, stage: str) -> Front:
        """The front for what is said about a reply: ``server``, ``port``, ``recipient`` as far as they are known."""
        return self


LIBRARY = Front()
