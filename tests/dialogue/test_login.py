"""AUTH and STARTTLS as the client says them, played against scripted answers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator, Sequence

import pytest

from smtpscope.dialogue.login import authenticate, log_in
from smtpscope.dialogue.plan import Envelope, Login, Plan, Target, Tls
from smtpscope.dialogue.starttls import switch_to_tls
from smtpscope.dialogue.step import Closed, Send, Silence, StartTls, Step, Tell
from smtpscope.model.event import Secured
from smtpscope.protocol.capability import NONE, Capabilities
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply, parse_reply
from smtpscope.protocol.sasl import Credentials, find_mechanism
from told import told

SECRET = "wonder land"
KATE = Credentials("kate", SECRET, nonce="abcdef")
SECURED = Secured(0.0, Phase.TLS, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 128, "mx.example.net", True)


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def play(
    dialogue: Generator[Step, object, object], script: Sequence[object]
) -> tuple[list[str], list[str], object, list[Send]]:
    """What was said, the topics of the notes, what was returned, and the steps that were sent."""
    answers = iter(script)
    said: list[str] = []
    notes: list[str] = []
    sends: list[Send] = []
    answer: object = None
    try:
        while True:
            match dialogue.send(answer):
                case Tell() as step:
                    notes.append(told(step))
                    answer = Silence(0)
                    continue
                case StartTls():
                    said.append("<tls>")
                case Send() as send:
                    said.append(send.line.decode())
                    sends.append(send)
            answer = next(answers)
            if isinstance(answer, str):
                answer = parse_reply(answer.encode())
    except StopIteration as end:
        return said, notes, end.value, sends


def announced(*mechanisms: str) -> Capabilities:
    return Capabilities("mx.example.net", (("AUTH", mechanisms),))


# ------------------------------------------------------------------------------------------------ which, and whether


# What a server asks before its 235, where the command holds no response.
CHALLENGES = {"AUTH CRAM-MD5": ["334 PDFAeD4="], "AUTH LOGIN": ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"]}


@pytest.mark.parametrize(
    ("login", "offered", "encrypted", "first", "note"),
    [
        (Login(KATE), ("PLAIN", "LOGIN"), True, "AUTH PLAIN ", "auth"),
        (Login(KATE), ("PLAIN", "CRAM-MD5"), True, "AUTH CRAM-MD5", "auth"),
        (Login(KATE, "LOGIN"), ("PLAIN", "LOGIN"), True, "AUTH LOGIN", "auth"),
        (Login(KATE, "login"), ("PLAIN", "LOGIN"), True, "AUTH LOGIN", "auth"),
        (Login(KATE, in_clear=True), ("PLAIN",), False, "AUTH PLAIN ", "auth"),
        (Login(KATE), ("PLAIN",), False, "", "auth-in-clear"),
        (Login(KATE, "SCRAM-SHA-256"), ("SCRAM-SHA-256",), False, "", "auth-in-clear"),
        (Login(KATE, "LOGIN"), ("PLAIN",), True, "", "auth-not-offered"),
        (Login(KATE), ("XOAUTH2", "GSSAPI"), True, "", "auth-not-offered"),
        (Login(KATE), (), True, "", "auth-not-announced"),
        (Login(KATE, unannounced=True), (), True, "AUTH PLAIN ", "auth"),
        (Login(KATE, "XOAUTH2", unannounced=True), (), True, "AUTH XOAUTH2 ", "auth"),
    ],
)
def test_what_is_chosen_and_what_is_kept_back(
    login: Login, offered: tuple[str, ...], encrypted: bool, first: str, note: str
) -> None:
    capabilities = announced(*offered) if offered else NONE
    script = [*CHALLENGES.get(first, []), "235 2.7.0 ok"]
    said, notes, answer, _sends = play(log_in(login, capabilities, encrypted), script)
    assert notes[0] == note
    assert (notes[-1] == "logged-in") == bool(first)
    assert (said[0] if said else "").startswith(first)
    assert bool(said) == bool(first)
    assert isinstance(answer, Reply)
    assert answer.code == (235 if first else 0)


# ------------------------------------------------------------------------------------------------------- the exchange


def exchange(name: str, *script: object, login: Credentials = KATE) -> tuple[list[str], list[str], object, list[Send]]:
    mechanism = find_mechanism(name)
    assert mechanism is not None
    return play(authenticate(mechanism, login), script)


def test_plain_in_one_line() -> None:
    said, notes, _answer, sends = exchange("PLAIN", "235 2.7.0 ok")
    assert said == [f"AUTH PLAIN {base64(chr(0) + 'kate' + chr(0) + SECRET)}"]
    assert notes == ["logged-in"]
    assert sends[0].mask == b"AUTH PLAIN ***"


def test_login_in_three() -> None:
    said, notes, _answer, sends = exchange("LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0 ok")
    assert said == ["AUTH LOGIN", base64("kate"), base64(SECRET)]
    assert notes == ["auth-challenge", "auth-challenge", "logged-in"]
    assert [send.mask for send in sends] == [b"", b"***", b"***"]


def test_every_form_of_the_secret_is_known_to_be_masked() -> None:
    for name in ("PLAIN", "LOGIN", "XOAUTH2"):
        _said, _notes, _answer, sends = exchange(name, "334 ", "334 ", "235 ok")
        known = b" ".join(secret for send in sends for secret in send.secrets)
        for form in (SECRET.encode(), base64(SECRET).encode(), SECRET.encode().hex().encode()):
            assert form in known
        assert all(send.line.split(b" ")[-1] in known for send in sends if send.mask)


def test_a_response_that_is_too_long_for_the_line_waits_for_its_own() -> None:
    token = "t" * 600
    said, _notes, _answer, sends = exchange("XOAUTH2", "334 ", "235 ok", login=KATE.replace(secret=token))
    assert said[0] == "AUTH XOAUTH2"
    assert len(said[1]) > 600
    assert sends[1].mask == b"***"


def test_a_refused_token_is_answered_and_its_error_shown() -> None:
    said, notes, answer, _sends = exchange("XOAUTH2", f"334 {base64('{}')}", "535 5.7.8 no")
    assert said[1] == ""
    assert notes == ["auth-challenge"]
    assert isinstance(answer, Reply)
    assert answer.code == 535


SCRAM = f"334 {base64('r=other,s=YQ==,i=4096')}"  # its nonce does not begin with ours


@pytest.mark.parametrize("reply", ["501 ok", "235 2.7.0 come in", "334 more", "250 ok"])
@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("CRAM-MD5", ["334 !no base64!"]),
        ("PLAIN", ["334 "]),
        ("LOGIN", ["334 ", "334 ", "334 "]),
        ("SCRAM-SHA-256", [SCRAM]),
    ],
)
def test_a_login_that_this_client_gave_up_stays_given_up(name: str, script: list[str], reply: str) -> None:
    """It ends with a star (RFC 4954 section 4), and whatever the server replies to that is no login."""
    said, notes, answer, _sends = exchange(name, *script, reply)
    assert said[-1] == "*"
    assert notes[-1] == "auth-aborted"
    assert isinstance(answer, Reply)
    assert answer.code == 0


@pytest.mark.parametrize("end", ["421 4.7.0 bye", Closed(), Silence(1)])
def test_a_session_that_is_over_is_over_behind_the_star_too(end: object) -> None:
    answer = exchange("SCRAM-SHA-256", SCRAM, end)[2]
    assert answer == (parse_reply(end.encode()) if isinstance(end, str) else end)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("SCRAM-SHA-256", ["235 2.7.0 come in"]),
        ("CRAM-MD5", ["235 2.7.0 come in"]),
        ("LOGIN", ["235 2.7.0 come in"]),
        ("LOGIN", ["334 VXNlcm5hbWU6", "235 2.7.0 come in"]),
    ],
)
def test_a_235_before_the_exchange_is_whole_is_no_login(name: str, script: list[str]) -> None:
    _said, notes, answer, _sends = exchange(name, *script)
    assert notes[-1] == "auth-unproven"
    assert "logged-in" not in notes
    assert isinstance(answer, Reply)
    assert answer.code == 0


@pytest.mark.parametrize("reply", ["334 again", "354 go", "250 ok", "220 ok", "251 ok", "221 bye", "535 no", "454 no"])
def test_nothing_but_235_is_a_login(reply: str) -> None:
    _said, notes, answer, _sends = exchange("PLAIN", reply, "501 ok")
    assert "logged-in" not in notes
    assert isinstance(answer, Reply)
    assert answer.code != 235


@pytest.mark.parametrize("end", [Closed(), Silence(1)])
def test_nobody_there_any_more(end: object) -> None:
    assert exchange("LOGIN", "334 ", end)[2] == end


# ---------------------------------------------------------------------------------------------------------- STARTTLS


def plan(**tls: object) -> Plan:
    return Plan(Target("mx.example.net"), Envelope("contoso.com", "", ()), tls=Tls().replace(**tls))


OFFERS = Capabilities("mx.example.net", (("STARTTLS", ()),))


@pytest.mark.parametrize(
    ("mode", "capabilities", "script", "said", "notes", "result"),
    [
        ("auto", OFFERS, ["220 go", SECURED], ["STARTTLS", "<tls>"], [], Secured),
        ("auto", OFFERS, ["220 go", Closed()], ["STARTTLS", "<tls>"], [], Closed),
        ("auto", OFFERS, ["454 no"], ["STARTTLS"], ["tls-refused"], type(None)),
        ("auto", OFFERS, ["421 bye"], ["STARTTLS"], [], Reply),
        ("auto", OFFERS, [Silence(1)], ["STARTTLS"], [], Silence),
        ("auto", NONE, [], [], [], type(None)),
        ("require", OFFERS, ["454 no"], ["STARTTLS"], [], Reply),
        ("require", NONE, [], [], ["tls-not-announced"], Reply),
        ("never", OFFERS, [], [], [], type(None)),
        ("implicit", OFFERS, [], [], [], type(None)),
    ],
)
def test_when_tls_is_asked_for(
    mode: str, capabilities: Capabilities, script: list[object], said: list[str], notes: list[str], result: type
) -> None:
    spoken, noted, answer, _sends = play(switch_to_tls(plan(mode=mode), capabilities), script)
    assert (spoken, noted) == (said, notes)
    assert isinstance(answer, result)
