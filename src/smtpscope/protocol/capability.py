"""What a server says it can do: the answer to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.protocol.reply import Reply


class Capabilities(Value):
    """The host that the server calls itself, and each keyword (upper case) with its parameters, in order."""

    host: str = ""
    keywords: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def has(self, keyword: str) -> bool:
        """Whether ``keyword`` was announced."""
        return any(name == keyword.upper() for name, _ in self.keywords)

    def parameters(self, keyword: str) -> tuple[str, ...]:
        """The parameters of ``keyword``; empty when it has none or was not announced."""
        return next((values for name, values in self.keywords if name == keyword.upper()), ())

    @property
    def overwritten(self) -> tuple[str, ...]:
        """The keywords that a firewall has put in the place of others, as Cisco's ESMTP inspection does for STARTTLS.

        It keeps their length: ``XXXXXXXA``. Others add a letter: ``STARTTLSX``.
        """
        names = (name for name, _values in self.keywords)
        return tuple(name for name in names if (name[:4] == "XXXX" and len(name.strip("X")) < 2) or name == "STARTTLSX")

    @property
    def size(self) -> int:
        """The largest message taken, in octets; 0 when no limit was announced (RFC 1870 section 4)."""
        limit = next(iter(self.parameters("SIZE")), "0")
        return int(limit) if limit.isascii() and limit.isdigit() and len(limit) <= 20 else 0


NONE = Capabilities()


def parse_capabilities(reply: Reply) -> Capabilities:
    """Read the answer to EHLO. Lines that are no keyword lines are left out; never raises."""
    host = reply.lines[0].split(" ")[0] if reply.lines else ""
    found: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        # Some old servers write AUTH=LOGIN for clients of before RFC 2554; the form with a blank is the keyword.
        words = line.split()
        if words and "=" not in words[0]:
            found.setdefault(words[0].upper(), tuple(words[1:]))
    return Capabilities(host, tuple(found.items()))
