"""SASL mechanisms: the examples of the RFCs, each mechanism against itself, and peers that cheat."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.sasl import (
    MECHANISMS,
    Abort,
    Credentials,
    Mechanism,
    Outcome,
    Verifier,
    choose_mechanism,
    decode,
    encode,
    find_mechanism,
    prepare,
    secrets_of,
)

SECRET = "correct horse battery staple"


def converse(mechanism: Mechanism, login: Credentials, keeper: Verifier) -> tuple[Outcome, Abort | None]:
    """Let both ends talk. What came of it for the server, and why the client gave up, if it did."""
    client, server = mechanism.client(login), mechanism.server(keeper)
    response, challenge = next(client), next(server)
    try:
        if isinstance(response, bytes):
            assert challenge == b""
            challenge = server.send(response)
        while True:
            response = client.send(challenge)
            if isinstance(response, Abort):
                return Outcome("", False), response
            assert response is not None
            challenge = server.send(response)
    except StopIteration as end:
        return end.value, None


def keeper(**secrets: str) -> Verifier:
    return Verifier(secrets or {"kate": SECRET}, "mail1.fabrikam.com", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")


def kate(secret: str = SECRET, **more: str) -> Credentials:
    return Credentials("kate", secret, nonce="rOprNGfwEbeRWgbNEkqO").replace(**more)


def found(name: str) -> Mechanism:
    mechanism = find_mechanism(name)
    assert mechanism is not None
    return mechanism


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=[mechanism.name for mechanism in MECHANISMS])
def test_each_lets_the_right_one_in_and_no_other(mechanism: Mechanism) -> None:
    assert converse(mechanism, kate(), keeper()) == (Outcome("kate", True), None)
    assert not converse(mechanism, kate("wrong"), keeper())[0].accepted
    assert not converse(mechanism, kate(), keeper(chris=SECRET))[0].accepted
    assert not converse(mechanism, kate(""), keeper(chris=SECRET))[0].accepted


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=[mechanism.name for mechanism in MECHANISMS])
def test_names_and_passwords_of_any_kind(mechanism: Mechanism) -> None:
    login = Credentials("kä,t=e", "pä ß,=密", nonce="abc")
    assert converse(mechanism, login, keeper(**{"kä,t=e": "pä ß,=密"}))[0] == Outcome("kä,t=e", True)


def test_plain_of_rfc_4616() -> None:
    assert next(found("PLAIN").client(Credentials("tim", "tanstaaftanstaaf"))) == b"\0tim\0tanstaaftanstaaf"
    acting = Credentials("Kurt", "xipj3plmq", acting_as="Ursel")
    assert next(found("plain").client(acting)) == b"Ursel\0Kurt\0xipj3plmq"
    assert not converse(found("PLAIN"), acting, keeper(Kurt="xipj3plmq"))[0].accepted


def test_cram_md5_of_rfc_2195() -> None:
    talk = found("CRAM-MD5").client(Credentials("tim", "tanstaaftanstaaf"))
    assert next(talk) is None
    assert talk.send(b"<1896.697170952@postoffice.reston.mci.net>") == b"tim b913a602c7eda7a495b4e6e7334d3890"


def test_scram_sha_256_of_rfc_7677() -> None:
    talk = found("SCRAM-SHA-256").client(Credentials("user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO"))
    assert next(talk) == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    final = talk.send(f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode())
    assert final == f"c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".encode()
    assert talk.send(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == b""


def test_scram_sha_1_of_rfc_5802() -> None:
    talk = found("SCRAM-SHA-1").client(Credentials("user", "pencil", nonce="fyko+d2lbbFgONRv9qkxdawL"))
    assert next(talk) == b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"
    nonce = "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j"
    final = talk.send(f"r={nonce},s=QSXCR+Q6sek8bf92,i=4096".encode())
    assert final == f"c=biws,r={nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=".encode()
    assert talk.send(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") == b""


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (b"r=stranger,s=W22Z,i=4096", "wrong-nonce"),
        (b"r=mine,s=W22Z,i=4096", "wrong-nonce"),
        (b"r=mine+,s=,i=4096", "no-salt"),
        (b"r=mine+,s=?,i=4096", "no-salt"),
        (b"r=mine+,s=W22Z,i=1", "bad-rounds"),
        (b"r=mine+,s=W22Z,i=4095", "bad-rounds"),
        (b"r=mine+,s=W22Z,i=1000001", "bad-rounds"),
        (b"r=mine+,s=W22Z,i=9999999999999", "bad-rounds"),
        (b"r=mine+,s=W22Z", "bad-rounds"),
        (b"m=new,r=mine+,s=W22Z,i=4096", "unknown-extension"),
        (b"e=other-error", "server-error"),
        (b"\xff\x00", "wrong-nonce"),
    ],
)
def test_scram_gives_up_on_a_server_that_cheats(first: bytes, why: str) -> None:
    talk = found("SCRAM-SHA-256").client(kate(nonce="mine"))
    next(talk)
    answer = talk.send(first)
    assert isinstance(answer, Abort)
    assert answer.why == why


@pytest.mark.parametrize(
    ("last", "why"),
    [(b"v=AAAA", "wrong-signature"), (b"", "wrong-signature"), (b"e=no", "server-error"), (b"v=?", "wrong-signature")],
)
def test_scram_wants_the_servers_proof(last: bytes, why: str) -> None:
    talk = found("SCRAM-SHA-256").client(kate(nonce="mine"))
    next(talk)
    talk.send(b"r=mine+,s=W22Z,i=4096")
    answer = talk.send(last)
    assert isinstance(answer, Abort)
    assert answer.why == why


def test_a_refused_token_is_answered_as_each_wants() -> None:
    for name, farewell in (("XOAUTH2", b""), ("OAUTHBEARER", b"\x01")):
        talk = found(name).client(kate("token", host="mx.example.net"))
        assert b"auth=Bearer token\x01\x01" in (next(talk) or b"")
        assert talk.send(b'{"status":"401"}') == farewell


@given(st.sampled_from(MECHANISMS), st.lists(st.binary(max_size=80), max_size=4))
def test_servers_take_anything(mechanism: Mechanism, responses: list[bytes]) -> None:
    talk = mechanism.server(keeper())
    outcome = Outcome("", False)
    try:
        next(talk)
        for response in responses:
            talk.send(response)
    except StopIteration as end:
        outcome = end.value
    assert not outcome.accepted


@given(st.sampled_from(MECHANISMS), st.lists(st.binary(max_size=80), max_size=4))
def test_clients_take_anything(mechanism: Mechanism, challenges: list[bytes]) -> None:
    talk = mechanism.client(kate())
    said = [next(talk)]
    with suppress(StopIteration):
        for challenge in challenges:
            said.append(talk.send(challenge))
    assert len(said) <= mechanism.responses + 1


def test_the_strongest_is_chosen_and_a_token_never_by_itself() -> None:
    assert choose_mechanism(["LOGIN", "plain", "CRAM-MD5"]) == found("CRAM-MD5")
    assert choose_mechanism(["LOGIN", "SCRAM-SHA-256", "XOAUTH2"]) == found("SCRAM-SHA-256")
    assert choose_mechanism(["XOAUTH2", "GSSAPI"]) is None


def test_base64() -> None:
    assert decode(encode(b"\0\xff")) == b"\0\xff"
    assert decode(b"") == b""
    assert decode(b"not base64!") is None


def test_prepare_of_rfc_4013() -> None:
    assert prepare("I\u00adX") == "IX"
    assert prepare("\u00aa") == "a"
    assert prepare("\u2168") == "IX"
    assert prepare("a\u00a0b") == "a b"


def test_the_secret_is_never_shown() -> None:
    assert SECRET not in repr(kate())
    assert SECRET not in repr(keeper())
    assert encode(SECRET.encode()) in secrets_of(kate())
    assert SECRET.encode().hex().encode() in secrets_of(kate())
    assert secrets_of(kate("ab"), (b"abc",)) == (b"YWI=", b"6162")
