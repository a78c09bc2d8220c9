"""From the options of ``test`` to what the probes may do."""

from __future__ import annotations

from smtpscope.cli import values
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.probes.wish import Wish


def make_wish(given: Mapping[str, object]) -> Wish:
    """What --probes, --no-probes, --control, --retry and -v allow. Raises UsageError."""
    from smtpscope.probes.wish import Wish

    if given["no_probes"] and given["probes"] not in (None, "none"):
        text = _("{one} and {other} exclude one another")
        raise UsageError("--no-probes", text.format(one="--no-probes", other=f"--probes {given['probes']}"))
    named = given["control"] if isinstance(given["control"], list) else []
    controls = tuple(pair for text in named for pair in _control(str(text)))
    return Wish(
        level="none" if given["no_probes"] else str(given["probes"] or "network"),
        controls=controls or None,
        view=bool(given["verbose"]) and not given["no_probes"],
        retry=_retry(given["retry"]),
    )


def _control(text: str) -> tuple[tuple[str, int], ...]:
    """HOST:PORT is asked on that port, HOST alone on 25 and 443."""
    host, port = values.server(text, None, option="--control")
    if not host:
        raise UsageError("--control", _("name a HOST or HOST:PORT"))
    alone = text in (host, f"[{host}]")
    return ((host, 25), (host, 443)) if alone else ((host, port),)


def _retry(given: object) -> float | None:
    """None: no second try; 0: after the delay that the reply names."""
    if given is None:
        return None
    return 0.0 if given == "auto" else values.seconds("--retry", given)
