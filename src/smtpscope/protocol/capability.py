"""The extensions that a server advertises in its reply to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.protocol.reply import Reply


class Capabilities(Value):
    """The host name of the server, and each keyword (upper case) with its parameters, in the order of the reply."""

    host: str = ""
    keywords: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def has(self, keyword: str) -> bool:
        """Whether the server advertises ``keyword``, in any case of letters."""
        return any(name == keyword.upper() for name, _ in self.keywords)

    def parameters(self, keyword: str) -> tuple[str, ...]:
        """The parameters of ``keyword``; empty if it has none or is not advertised."""
        return next((values for name, values in self.keywords if name == keyword.upper()), ())

    @property
    def overwritten(self) -> tuple[str, ...]:
        """The keywords that a firewall has overwritten, as Cisco's ESMTP inspection does with STARTTLS.

        Cisco keeps the length of the keyword: ``XXXXXXXA``. Others add a letter: ``STARTTLSX``.
        """
        names = (name for name, _values in self.keywords)
        return tuple(name for name in names if (name[:4] == "XXXX" and len(name.strip("X")) < 2) or name == "STARTTLSX")

    @property
    def size(self) -> int:
        """The largest message that the server accepts, in bytes; 0 if it advertises no limit (RFC 1870 section 4)."""
        limit = next(iter(self.parameters("SIZE")), "0")
        return int(limit) if limit.isascii() and limit.isdigit() and len(limit) <= 20 else 0


NONE = Capabilities()


def parse_capabilities(reply: Reply) -> Capabilities:
    """Read the reply to EHLO. Lines without a keyword are left out. Never raises."""
    host = reply.lines[0].split(" ")[0] if reply.lines else ""
    found: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        # Some servers also send AUTH=LOGIN for clients older than RFC 2554. The form with a space is the keyword.
        words = line.split()
        if words and "=" not in words[0]:
            found.setdefault(words[0].upper(), tuple(words[1:]))
    return Capabilities(host, tuple(found.items()))
