"""What programs say of a connection that failed: the event that each text is."""

from __future__ import annotations

import pytest

from smtpscope.model.event import Disconnected, Failed, GaveUp, TimedOut, Unsecured
from smtpscope.model.vocabulary import FailureKind, Party, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.reading.trouble import CLOSED, classify, is_trouble, trouble_event

WORDS = [
    ("telnet: could not resolve mx.fabrikam.example/25: Name or service not known", FailureKind.DNS),
    ("curl: (6) Could not resolve host: mx.fabrikam.example", FailureKind.DNS),
    ("Connection refused", FailureKind.REFUSED),
    ("No connection could be made because the target machine actively refused it", FailureKind.REFUSED),
    ("Failed to connect. Winsock error code: 10061", FailureKind.REFUSED),
    ("192.0.2.1:25: refused: Connection refused", FailureKind.REFUSED),
    ("IO::Socket: connect: timeout", FailureKind.TIMEOUT),
    ("Connection timed out", FailureKind.TIMEOUT),
    ("no reply within 30 s", FailureKind.TIMEOUT),
    ("No route to host", FailureKind.UNREACHABLE),
    ("Network is unreachable", FailureKind.UNREACHABLE),
    ("Permission denied", FailureKind.DENIED),
    ("Connection reset by peer", FailureKind.RESET),
    ("write: Broken pipe", FailureKind.RESET),
    ("Connection closed by foreign host.", CLOSED),
    ("Connection to host lost.", CLOSED),
    ("遗失对主机的连接。", CLOSED),
    ("Remote host closed connection unexpectedly.", CLOSED),
    ("TLS startup failed (connect(): error)", FailureKind.TLS),
    ("connection closed during the TLS handshake", FailureKind.TLS),
    ("certificate verification failed: certificate has expired", FailureKind.TLS),
    ("mx.fabrikam.com: lookup failed: name not found", FailureKind.DNS),
    ("192.0.2.1:25: blocked by this machine (Operation not permitted)", FailureKind.DENIED),
    ("Connect failed", FailureKind.OTHER),
    ("连接失败", FailureKind.OTHER),
]


@pytest.mark.parametrize(("words", "kind"), WORDS)
def test_the_kind_of_failure(words: str, kind: str) -> None:
    assert classify(words) == kind


def test_a_connection_that_never_stood_failed() -> None:
    event = trouble_event("Connection timed out", Phase.CONNECT, "mx")
    assert event == Failed(0.0, Phase.CONNECT, FailureKind.TIMEOUT, "mx", "Connection timed out")


def test_in_the_middle_of_a_session_it_is_what_a_client_would_have_seen() -> None:
    assert trouble_event("timed out", Phase.RCPT, "mx") == TimedOut(0.0, Phase.RCPT, 0.0, b"")
    assert trouble_event("Connection closed by foreign host.", Phase.RCPT, "mx") == Disconnected(
        0.0, Phase.RCPT, Party.PEER
    )
    assert trouble_event("TLS startup failed", Phase.STARTTLS, "mx") == Unsecured(
        0.0, Phase.TLS, "mx", "handshake", "TLS startup failed"
    )


def test_what_a_client_gave_up_for_want_of_an_offer() -> None:
    words = "Host did not advertise STARTTLS"
    assert is_trouble(words)
    assert trouble_event(words, Phase.EHLO, "mx") == GaveUp(0.0, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED)


def test_other_words_are_no_trouble() -> None:
    assert not is_trouble("No authentication type succeeded")
