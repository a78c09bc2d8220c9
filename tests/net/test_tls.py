"""TLS of the client, against the lab: what is agreed, what is refused, and what OpenSSL says about each certificate."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripted import scripted
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.plan import Envelope, Login, Plan, Target, Tls
from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.net.tls import Authority
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab
from smtpscope.model.event import Disconnected, Event, Failed, Injected, Received, Secured, Sent, Unsecured
from smtpscope.model.report import Status
from smtpscope.net.tls import judge as judge_chain
from smtpscope.net.tls import make_context
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.sasl import Credentials
from smtpscope.services.test import run_test

TLS = Security(starttls=True)

CERTIFICATES = [
    ("certificate-expired", 10, "expired"),
    ("certificate-not-yet-valid", 9, "not yet valid"),
    ("certificate-wrong-name", 62, "mismatch"),
    ("certificate-self-signed", 18, "self-signed"),
    ("certificate-unknown-authority", 20, "issuer"),
    ("certificate-incomplete-chain", 20, "issuer"),
]


def plan(lab: Lab, port: int = 0, **tls: object) -> Plan:
    """A test of ``lab`` up to MAIL, trusting its authority."""
    return Plan(
        Target("127.0.0.1", port or lab.port),
        Envelope("contoso.com", "chris@contoso.com", ()),
        message=b"Subject: x\r\n\r\ntext\r\n",
        stop_after="mail",
        timeouts={**TIMEOUTS, Phase.BANNER: 20, Phase.TLS: 20, Phase.EHLO: 20},
        tls=Tls(ca=lab.ca_file, name="localhost").replace(**tls),
    )


def said(events: list[Event]) -> list[str]:
    """What the client said, with the handshake in its place."""
    return [
        "<tls>" if isinstance(event, Secured) else event.data.decode().split(" ")[0]
        for event in events
        if isinstance(event, Sent | Secured)
    ]


def one(kind: type[Event], events: list[Event]) -> Event:
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]


def test_starttls_and_ehlo_anew() -> None:
    with lab_running(security=TLS) as lab:
        events = list(run_test(plan(lab)))
    assert said(events) == ["EHLO", "STARTTLS", "<tls>", "EHLO", "MAIL", "QUIT"]
    secured = one(Secured, events)
    assert isinstance(secured, Secured)
    assert (secured.version, secured.verified, secured.problem, secured.code) == ("TLSv1.3", True, "", 0)
    assert secured.bits >= 128
    assert secured.name == "localhost"
    own = secured.certificates[0]
    assert {"localhost", "127.0.0.1", "mail1.fabrikam.com"} <= set(own.names)
    assert own.subject == "CN=localhost"
    assert "temporary test CA" in own.issuer
    assert len(own.fingerprint) == 64
    assert own.not_before < time.time() < own.not_after
    assert own.key == "EC 256 bits"
    assert judge(events).servers[0].secured == secured


def test_implicit_tls_comes_before_the_greeting() -> None:
    with lab_running(security=Security(implicit=True)) as lab:
        events = list(run_test(plan(lab, mode="implicit")))
    assert said(events) == ["<tls>", "EHLO", "MAIL", "QUIT"]
    assert judge(events).servers[0].status is Status.OK


def test_a_message_larger_than_a_tls_record() -> None:
    content = b"Subject: x\r\n\r\n" + b"0123456789abcdef" * 64 * 1024 + b"\r\n"
    with lab_running(security=TLS) as lab:
        asked = plan(lab).replace(stop_after="", message=content)
        asked = asked.replace(envelope=asked.envelope.replace(recipients=("kate@fabrikam.com",)))
        events = list(run_test(asked))
        assert judge(events).servers[0].queued
        assert lab.messages[0].content == content
        assert lab.messages[0].tls == "TLSv1.3"


def test_never_stays_in_clear() -> None:
    with lab_running(security=TLS) as lab:
        assert said(list(run_test(plan(lab, mode="never")))) == ["EHLO", "MAIL", "QUIT"]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_one_version_only(version: str) -> None:
    scenario = "tls-old-version" if version < "1.2" else "ok"
    with lab_running(scenario, security=TLS) as lab:
        secured = one(Secured, list(run_test(plan(lab, version=version))))
    assert isinstance(secured, Secured)
    assert secured.version == f"TLSv{version}".removesuffix(".0")


# ------------------------------------------------------------------------------------------------ the certificate


@pytest.mark.parametrize(("scenario", "code", "words"), CERTIFICATES)
def test_a_certificate_that_fails_ends_what_requires_it(scenario: str, code: int, words: str) -> None:
    with lab_running(scenario) as lab:
        events = list(run_test(plan(lab, mode="require")))
    broken = one(Unsecured, events)
    assert isinstance(broken, Unsecured)
    assert (broken.kind, broken.code) == ("certificate", code)
    assert words in broken.reason
    assert broken.certificates[0].fingerprint
    assert said(events) == ["EHLO", "STARTTLS"]
    assert judge(events).servers[0].status is Status.TLS


@pytest.mark.parametrize(("scenario", "code", "words"), CERTIFICATES)
@pytest.mark.parametrize("tls", [{}, {"mode": "require", "verify": False}])
def test_where_it_is_not_enforced_the_test_says_the_same(
    scenario: str, code: int, words: str, tls: dict[str, object]
) -> None:
    """The judgement afterwards is OpenSSL's own, as if it had been asked in the handshake."""
    with lab_running(scenario) as lab:
        events = list(run_test(plan(lab, **tls)))
    secured = one(Secured, events)
    assert isinstance(secured, Secured)
    assert (secured.verified, secured.code) == (False, code)
    assert words in secured.problem
    assert said(events)[-3:] == ["EHLO", "MAIL", "QUIT"]


def test_without_the_authority_nothing_is_trusted() -> None:
    with lab_running(security=TLS) as lab:
        broken = one(Unsecured, list(run_test(plan(lab, mode="require", ca=""))))
    assert isinstance(broken, Unsecured)
    assert broken.code == 20


def test_a_folder_of_authorities(tmp_path: Path) -> None:
    with lab_running(security=TLS) as lab:
        events = list(run_test(plan(lab, mode="require", ca=str(tmp_path))))
    assert isinstance(one(Unsecured, events), Unsecured)


def test_the_address_is_held_against_the_certificate_where_no_name_is_given() -> None:
    with lab_running(security=TLS) as lab:
        secured = one(Secured, list(run_test(plan(lab, name=""))))
    assert isinstance(secured, Secured)
    assert (secured.name, secured.verified) == ("127.0.0.1", True)


def test_a_name_that_cannot_be_asked_for_is_no_crash() -> None:
    with lab_running(security=TLS) as lab:
        broken = one(Unsecured, list(run_test(plan(lab, name=".", mode="require"))))
    assert isinstance(broken, Unsecured)
    assert broken.kind in ("handshake", "certificate")


def test_judging_octets_that_are_no_certificate() -> None:
    code, problem = judge_chain(make_context(Tls(), True), [b"no certificate"], "localhost")
    assert code == -1
    assert problem
    assert judge_chain(make_context(Tls(), True), [], "localhost")[0] == -1


def test_a_long_chain_is_judged_too(tmp_path: Path) -> None:
    """The chain then fills more than one record."""
    import ssl

    authority = Authority(str(tmp_path), ("localhost",), time.time())
    authority.context("good")
    pem = (tmp_path / "good.pem").read_text().partition("-----BEGIN PRIVATE")[0]
    der = ssl.PEM_cert_to_DER_cert(pem)
    assert judge_chain(make_context(Tls(ca=authority.ca_file), True), [der] * 40, "localhost") == (0, "")


def test_a_client_certificate() -> None:
    with lab_running("tls-wants-certificate") as lab:
        shown = list(run_test(plan(lab, certificate=lab.authority.client_file)))
        not_shown = list(run_test(plan(lab)))
        not_shown_12 = list(run_test(plan(lab, version="1.2")))
    assert judge(shown).servers[0].status is Status.OK
    failed = one(Failed, not_shown)  # TLS 1.3 says so behind the handshake (RFC 8446 section 4.4.2.4)
    assert isinstance(failed, Failed)
    assert failed.kind == "tls"
    assert "certificate required" in failed.reason
    assert judge(not_shown).servers[0].status is Status.TLS
    assert isinstance(one(Unsecured, not_shown_12), Unsecured)


# ------------------------------------------------------------------------------------- servers that do it wrong


def test_text_ahead_of_the_handshake_is_reported_and_never_used() -> None:
    with lab_running("starttls-injection") as lab:
        events = list(run_test(plan(lab)))
    injected = one(Injected, events)
    assert isinstance(injected, Injected)
    assert injected.data == b"250 injected\r\n"
    assert not [event for event in events if isinstance(event, Received) and "injected" in event.reply.text]
    assert said(events)[2:] == ["<tls>", "EHLO", "MAIL", "QUIT"]


def test_half_a_line_ahead_of_the_handshake_is_no_part_of_the_first_reply_behind_it(tmp_path: Path) -> None:
    """Kept, ``250-injected`` would be the first line of the reply to the EHLO that is encrypted."""
    authority = Authority(str(tmp_path), ("localhost",), time.time())
    inside: list[bytes] = []

    def encrypt(connection: socket.socket) -> None:
        with authority.context().wrap_socket(connection, server_side=True) as secure:
            for reply in (b"250 mail1.fabrikam.com\r\n", b"250 ok\r\n", b"221 bye\r\n"):
                inside.append(secure.recv(4096))
                secure.sendall(reply)

    offer = b"250-mail1.fabrikam.com\r\n250 STARTTLS\r\n"
    tls = Tls(ca=authority.ca_file, name="localhost")
    with scripted(b"220 hi\r\n", "line", offer, "line", b"220 go\r\n250-injected", encrypt) as server:
        asked = Plan(Target("127.0.0.1", server.port), Envelope("a.test", "", ()), stop_after="mail", tls=tls)
        events = list(run_test(asked))
    injected = one(Injected, events)
    assert isinstance(injected, Injected)
    assert injected.data == b"250-injected"
    assert [event.reply.lines for event in events if isinstance(event, Received)][3:] == [
        ("mail1.fabrikam.com",),
        ("ok",),
        ("bye",),
    ]
    assert inside == [b"EHLO a.test\r\n", b"MAIL FROM:<>\r\n", b"QUIT\r\n"]


@pytest.mark.parametrize(
    ("scenario", "kinds", "heard"),
    [
        ("starttls-in-clear", ("handshake",), b"500 5.3.3"),
        # Our hello meets a closed connection: whether its end or a reset comes first is a matter of time.
        ("starttls-closed", ("closed", "reset"), b""),
        ("tls-old-version", ("handshake",), b"\x15\x03"),
    ],
)
def test_a_handshake_that_fails(scenario: str, kinds: tuple[str, ...], heard: bytes) -> None:
    with lab_running(scenario) as lab:
        events = list(run_test(plan(lab)))
    broken = one(Unsecured, events)
    assert isinstance(broken, Unsecured)
    assert broken.kind in kinds
    assert bool(broken.reason) == (broken.kind not in ("closed", "timeout"))
    assert broken.heard.startswith(heard)
    assert judge(events).servers[0].status is Status.TLS
    assert isinstance(one(Disconnected, events), Disconnected)


def test_a_greeting_in_clear_where_tls_was_due() -> None:
    with lab_running() as lab:
        broken = one(Unsecured, list(run_test(plan(lab, mode="implicit"))))
    assert isinstance(broken, Unsecured)
    assert broken.heard.startswith(b"220 mail1.fabrikam.com")


def test_starttls_refused_goes_on_in_clear_unless_it_is_required() -> None:
    with lab_running("starttls-refused") as lab:
        relaxed, strict = list(run_test(plan(lab))), list(run_test(plan(lab, mode="require")))
    assert said(relaxed) == ["EHLO", "STARTTLS", "MAIL", "QUIT"]
    assert judge(relaxed).servers[0].status is Status.OK
    assert said(strict) == ["EHLO", "STARTTLS", "QUIT"]
    verdict = judge(strict).servers[0]
    assert (verdict.status, verdict.phase) == (Status.TEMPORARY, Phase.STARTTLS)


def test_starttls_not_announced_and_required() -> None:
    with lab_running("starttls-stripped") as lab:
        relaxed, strict = list(run_test(plan(lab))), list(run_test(plan(lab, mode="require")))
    assert said(relaxed) == ["EHLO", "MAIL", "QUIT"]
    assert said(strict) == ["EHLO", "QUIT"]
    outcome = judge(strict).outcome
    assert (outcome.status, outcome.phase, outcome.why) == (Status.NOT_OFFERED, Phase.STARTTLS, "tls-not-announced")


@pytest.fixture
def mute() -> Iterator[int]:
    """A port that takes everything, and says ``220`` once and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.settimeout(20)
                peer.sendall(b"220 hi\r\n")
                peer.recv(1000)
                peer.sendall(b"250-hi\r\n250 STARTTLS\r\n")
                peer.recv(1000)
                peer.sendall(b"220 go\r\n")
                ended.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def test_silence_in_the_handshake(mute: int) -> None:
    with lab_running() as lab:
        asked = plan(lab, mute).replace(timeouts={**TIMEOUTS, Phase.TLS: 0.3})
    broken = one(Unsecured, list(run_test(asked)))
    assert isinstance(broken, Unsecured)
    assert broken.kind == "timeout"


# ---------------------------------------------------------------------------------- what is ours to get right


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for tls, error, words in (
        (Tls(ca=str(tmp_path / "missing")), LocalError, "cannot read"),
        (Tls(ca=str(empty)), LocalError, "must be in PEM format"),
        (Tls(certificate=str(tmp_path / "missing")), LocalError, "Tls.certificate"),
        (Tls(certificate=str(empty)), LocalError, "without a passphrase"),
        (Tls(ciphers="NO-SUCH-CIPHER"), UsageError, "no cipher suite"),
    ):
        with pytest.raises(error, match=words):
            make_context(tls, True)


def test_a_password_is_for_a_server_that_proves_its_name() -> None:
    asked = Plan(Target(), Envelope("a.test", "", ()))
    assert not asked.enforces_certificate
    assert asked.replace(tls=Tls(mode="require")).enforces_certificate
    assert asked.replace(login=Login(Credentials("kate", "x"))).enforces_certificate
    assert not asked.replace(login=Login(Credentials("kate", "x")), tls=Tls(verify=False)).enforces_certificate
