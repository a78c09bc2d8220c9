"""LMTP with Dovecot: LHLO, and an answer for each recipient behind the message."""

from __future__ import annotations

from interop.probe import probe
from interop.servers.dovecot import dovecot
from smtpscope.protocol.phase import Phase


def test_lmtp_to_dovecot_itself() -> None:
    with dovecot() as server:
        outcome = probe(server, "--protocol=lmtp", "--to=kate@fabrikam.com", "--to=info@fabrikam.com")
    assert (outcome.code, outcome.queued) == (0, True)
    assert outcome.said[0] == "LHLO contoso.com"
    assert outcome.codes(Phase.END_OF_DATA) == [250, 250]
    assert [result["accepted"] for result in outcome.server["recipients"]] == [True, True]
