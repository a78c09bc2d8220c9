"""What TLS that failed, or proves nothing, means: each rule has an event that selects it, and one beside it."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.context import explain_exchange
from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.outcome import judge
from smtpscope.diagnosis.tls import explain_event
from smtpscope.model.event import Connected, Done, Event, Failed, GaveUp, Noted, Received, Secured, Unsecured
from smtpscope.model.finding import Action
from smtpscope.model.transcript import header_line, write_line
from smtpscope.model.vocabulary import FailureKind, Reason, Topic
from smtpscope.protocol.capability import Capabilities
from smtpscope.protocol.certificate import Certificate
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.reading.jsonl import read_jsonl
from smtpscope.render.explanation import word

DAY = 86400.0
NOW = 20000 * DAY
OWN = Certificate("CN=mx.example.net", "CN=Issuing CA", ("mx.example.net", "192.0.2.1"), NOW - 9 * DAY, NOW + 9 * DAY)
ROOT = Certificate("CN=Root", "CN=Root")


def broken(code: int = 0, reason: str = "", chain: tuple[Certificate, ...] = (OWN,), **more: object) -> Unsecured:
    kind = "certificate" if code else "handshake"
    return Unsecured(NOW, Phase.TLS, "mail.example.net", kind, reason, code, b"", chain).replace(**more)


def lost(reason: str) -> Failed:
    """TLS broke behind the handshake."""
    return Failed(NOW, Phase.EHLO, "tls", "192.0.2.1:25", reason)


@pytest.mark.parametrize(
    ("event", "rule", "actor", "words"),
    [
        (broken(10, chain=(OWN.replace(not_after=NOW - 3 * DAY),)), "expired", "their-admin", "3 days ago"),
        (broken(9, chain=(OWN.replace(not_before=NOW + 2 * DAY),)), "not-yet-valid", "their-admin", "in 2 days"),
        (broken(62), "wrong-name", "their-admin", "for mx.example.net, 192.0.2.1, not for mail.example.net"),
        (broken(64, chain=(OWN.replace(names=()),)), "wrong-name", "their-admin", "has no name"),
        (broken(18), "self-signed", "their-admin", "self-signed"),
        (broken(20), "unknown-authority", "their-admin", "The issuer CN=Issuing CA is unknown"),
        (broken(19, chain=(OWN, ROOT)), "unknown-authority", "their-admin", "ends at CN=Root, a CA"),
        (broken(66), "weak", "their-admin", "too weak"),
        (broken(23, "certificate revoked"), "other", "their-admin", "certificate revoked"),
        (broken(10, chain=()), "expired", "their-admin", "OpenSSL reports"),
    ],
)
def test_certificates(event: Unsecured, rule: str, actor: str, words: str) -> None:
    found = explain_event(event)
    assert found
    assert (found.cause, found.rule, found.actor) == ("tls.certificate", f"certificate.{rule}", actor)
    assert words in word(found).meaning
    assert found.advice[-1].action is Action.IGNORE_CERTIFICATE


def test_a_certificate_that_was_not_enforced_needs_no_way_around() -> None:
    secured = Secured(NOW, Phase.TLS, "TLSv1.3", "x", 128, "mail.example.net", False, "mismatch", 62, (OWN,))
    found = explain_event(secured)
    assert found
    assert found.rule == "certificate.wrong-name"
    assert found.advice[0].settings == (("tls.name", "mx.example.net"),)
    assert Action.IGNORE_CERTIFICATE not in [step.action for step in found.advice]
    assert explain_event(secured.replace(verified=True, problem="", code=0)) is None


@pytest.mark.parametrize(
    ("event", "cause", "rule"),
    [
        (broken(heard=b"220 mx.example.net ESMTP\r\n"), "tls.handshake", "handshake.plain-smtp"),
        (broken(heard=b"500 5.5.1 what?\r\n"), "tls.handshake", "handshake.plain-smtp"),
        (broken(heard=b"HTTP/1.1 400 Bad Request\r\n"), "tls.handshake", "handshake.plain-http"),
        (broken(heard=b"what do you want"), "tls.handshake", "handshake.plain-text"),
        (broken(kind="closed"), "tls.unavailable", "handshake.closed"),
        (broken(kind="reset"), "tls.unavailable", "handshake.closed"),
        (broken(kind="timeout"), "tls.handshake", "handshake.silence"),
        (broken(reason="tlsv1 alert protocol version"), "tls.handshake", "handshake.version"),
        (broken(reason="unsupported protocol"), "tls.handshake", "handshake.version"),
        (broken(reason="sslv3 alert handshake failure"), "tls.handshake", "handshake.cipher"),
        (broken(reason="tlsv13 alert certificate required"), "tls.handshake", "handshake.client-certificate"),
        (broken(reason="tlsv1 alert unknown ca"), "tls.handshake", "handshake.our-certificate"),
        (broken(reason="tlsv1 unrecognized name"), "tls.handshake", "handshake.server-name"),
        (broken(reason="dh key too small"), "tls.handshake", "handshake.weak"),
        (broken(reason="tlsv1 alert internal error"), "tls.handshake", "handshake.internal"),
        (broken(reason="bad record type"), "tls.handshake", "handshake.other"),
        (broken(reason="unsupported protocol", heard=b"\x15\x03\x01"), "tls.handshake", "handshake.version"),
        (lost("tlsv13 alert certificate required"), "tls.handshake", "handshake.client-certificate"),
        (lost("decryption failed or bad record mac"), "tls.handshake", "handshake.other"),
    ],
)
def test_handshakes(event: Event, cause: str, rule: str) -> None:
    found = explain_event(event)
    assert found
    assert (found.cause, found.rule) == (cause, rule)
    assert word(found).meaning
    assert word(found).steps


def test_a_port_that_greets_in_clear_is_the_wrong_port_for_implicit_tls() -> None:
    found = explain_event(broken(heard=b"220 mx.example.net ESMTP\r\n"))
    assert found
    assert found.actor == "you"
    assert found.alternatives == ("connection.wrong-port",)


def test_starttls_absent_and_overwritten() -> None:
    absent = GaveUp(NOW, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED)
    plain = explain_event(absent, Capabilities("mx", (("SIZE", ()), ("XCLIENT", ()))))
    cut = explain_event(absent, Capabilities("mx", (("XXXXXXXA", ()),)))
    unknown = explain_event(absent)
    assert plain
    assert cut
    assert unknown
    assert (plain.cause, plain.rule, plain.actor) == ("tls.unavailable", "starttls.absent", "their-admin")
    assert (cut.cause, cut.rule, cut.actor) == ("tls.unavailable", "starttls.overwritten", "network")
    assert cut.evidence == ("keyword=XXXXXXXA",)
    assert unknown.rule == "starttls.absent"


def test_other_events_say_nothing_of_tls() -> None:
    assert explain_event(Failed(NOW, Phase.EHLO, FailureKind.RESET, "192.0.2.1:25", "Connection reset by peer")) is None
    assert explain_event(Noted(NOW, Phase.EHLO, Topic.USING)) is None


def test_the_verdict_carries_the_explanation() -> None:
    hello = parse_reply(b"250-mx.example.net\r\n250 XXXXXXXA\r\n")
    events = [
        Connected(NOW, "mx.example.net", "192.0.2.1", 25, "192.0.2.9:1"),
        Received(NOW, Phase.EHLO, hello, "EHLO contoso.com", 0.1),
        GaveUp(NOW, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED),
        Done(NOW, "mx.example.net"),
    ]
    interpreter = Interpreter()
    told = [said for event in events if (said := interpreter.take(event))]
    assert [said.explanation.rule for said in told] == ["starttls.overwritten"]
    (server,) = interpreter.explain(judge(events)).servers
    assert server.explanation == told[0].explanation


def test_a_saved_conversation_is_explained_as_it_was() -> None:
    """What the transcript holds is enough: the certificate, its dates, what was heard."""
    event = broken(10, "certificate has expired", (OWN.replace(not_after=NOW - 3 * DAY),))
    (heard,) = read_jsonl([header_line(), write_line(event)]).found
    found = explain_exchange(heard)
    assert (heard.stage, heard.words) == ("tls", "certificate has expired")
    assert found == explain_event(event)
