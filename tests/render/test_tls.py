"""Encryption in words: what was agreed on, and what a certificate says."""

from __future__ import annotations

import pytest

from smtpscope.model.event import Secured
from smtpscope.protocol.certificate import Certificate
from smtpscope.protocol.phase import Phase
from smtpscope.render.palette import COLOUR
from smtpscope.render.text import TextView
from smtpscope.render.tls import tls_lines

NOW, DAY = 1_795_000_000.0, 86400.0


def secured(left: float) -> Secured:
    """A session with a certificate that is valid for ``left`` more seconds."""
    own = Certificate("CN=mx", "CN=CA", ("mx.test",), NOW - 90 * DAY, NOW + left, "00", "1", "EC 256 bits", "sha256")
    return Secured(NOW, Phase.TLS, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 128, "mx.test", True, "", 0, (own,))


@pytest.mark.parametrize(
    ("left", "words", "style"),
    [
        (90 * DAY, "(90 days left)", "dim"),
        (21 * DAY, "(21 days left)", "dim"),
        (21 * DAY - 1, "(20 days left)", "warn"),
        (DAY, "(1 days left)", "warn"),
        (DAY - 1, "(0 days left)", "warn"),
        (0, "(0 days left)", "warn"),
        (-1, "(expired)", "warn"),
        (-90 * DAY, "(expired)", "warn"),
    ],
)
def test_a_certificate_that_should_long_have_been_renewed(left: float, words: str, style: str) -> None:
    """Certificate authorities renew a third of the lifetime before the end: 30 of 90 days. With 21 left, none came."""
    event = secured(left)
    (line,) = [(text, given) for text, given in tls_lines(event) if text.startswith("valid from")]
    assert line[0].endswith(words)
    assert line[1] == style
    shown = [line for line in TextView(palette=COLOUR).lines(event) if "valid from" in line]
    assert (COLOUR.warn in shown[0]) == (style == "warn")
