"""When a line or a word is a secret, and when it is not."""

from __future__ import annotations

import base64 as b64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol import secret
from smtpscope.protocol.reply import parse_reply
from smtpscope.protocol.secret import hide, hide_in_reply, hide_in_text, is_masked, mask, mask_octets, secrets_in


def base64(text: str) -> str:
    return b64.b64encode(text.encode()).decode()


PLAIN = base64("\0alice\0secret")
XOAUTH2 = base64("user=kate@fabrikam.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29t\x01\x01")
BEARER = base64("n,a=kate@fabrikam.com,\x01host=mx\x01port=587\x01auth=Bearer vF9dft4qmTc2\x01\x01")
CRAM = base64("kate b913a602c7eda7a495b4e6e7334d3890")
PROOF = base64(
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
NTLM = b64.b64encode(b"NTLMSSP\0\x03\0\0\0\x18\0\x18\0" + bytes(range(64))).decode()
DIGEST = base64(
    'charset=utf-8,username="kate",realm="mx",nonce="OA6MG9tEQGm2hh",response=d388dad90d4bbd760a152321f2143af7'
)


@pytest.mark.parametrize("line", ["kate", "QUIT", base64("secret"), "", "MAIL FROM:<a@b>", " x ", "**"])
def test_a_response_is_a_secret_whatever_it_looks_like(line: str) -> None:
    assert mask(line.encode(), challenged=True) == b"***"


def test_giving_up_is_no_secret() -> None:
    assert mask(b"*", challenged=True) == b"*"
    assert secrets_in(b"*", challenged=True) == ()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"AUTH PLAIN {PLAIN}", "AUTH PLAIN ***"),
        ("auth  login  a2F0ZQ==", "auth  login  ***"),
        ("AUTH PLAIN kate secret", "AUTH PLAIN ***"),
        ("AUTH CRAM-MD5", "AUTH CRAM-MD5"),
        ("AUTH PLAIN =", "AUTH PLAIN ***"),
        ("AUTH", "AUTH"),
        ("AUTH LOGIN ", "AUTH LOGIN "),
        ("AUTH AUTH x", "AUTH AUTH ***"),
        (f"PLAIN {PLAIN}", "PLAIN ***"),
        ("LOGIN a2F0ZQ==", "LOGIN ***"),
        (f"XAUTH {PLAIN} x", "XAUTH *** x"),
    ],
)
def test_an_initial_response(line: str, shown: str) -> None:
    assert mask(line.encode()) == shown.encode()


STRAY = [
    *(
        base64("secret"),
        base64("practice"),
        base64("kate"),
        base64("pa55 wörd"),
        base64("密码"),
        base64("a"),
        base64("abc"),
    ),
    *(PLAIN, XOAUTH2, BEARER, CRAM, PROOF, NTLM, DIGEST, PLAIN.rstrip("=")),
    b64.b64encode("geheim-öä".encode("latin-1")).decode(),
]


@pytest.mark.parametrize("word", STRAY)
@pytest.mark.parametrize("around", ["{}", " {} ", "{}\t"])
def test_base64_that_is_no_command_is_a_secret(word: str, around: str) -> None:
    """A password that was typed after AUTH was refused."""
    assert mask(around.format(word).encode()) == b"***"


# What is no secret, however like base64 it looks.
ORDINARY = [
    *("EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "QUIT", "NOOP", "HELP", "VRFY", "EXPN", "AUTH"),
    *("STARTTLS", "starttls", "StartTls", "ETRN", "ATRN", "TURN", "XCLIENT", "quit", "Quit", "GET", "POST", "OPTIONS"),
    *("QUITQUIT", "QIUT", "QUTI", "HLEO", "EHLP", "Helo", "hello", "shutdown", "Shutdown", "password", "test", "TEST"),
    *(
        "STARTTLSSTARTTLS",
        "abcdefghijklmnop",
        "1234",
        "12345678",
        "1504",
        "0644",
        "",
        " ",
        ".",
        "..",
        "*",
        "=",
        "==",
        "====",
        "a=b",
    ),
    *("MAIL FROM:<chris@contoso.com>", "RCPT TO:<kate@fabrikam.com> NOTIFY=SUCCESS ORCPT=rfc822;kate@fabrikam.com"),
    *("EHLO mail.contoso.com", "HELO [192.0.2.1]", "BDAT 100 LAST", "VRFY kate", "AUTH LOGIN", "XCLIENT NAME=a ADDR=b"),
    *("MAIL FROM:<> SIZE=100 BODY=8BITMIME AUTH=<> ENVID=smtpscope.3e116e71e0c44d91", "Subject: aGVsbG8gd29ybGQ="),
    *("subject:x", "kate@fabrikam.com", "From:kate", "-----BEGIN", "GET / HTTP/1.1", "\x16\x03\x01", "Host:x"),
]


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_is_no_secret(line: str) -> None:
    assert mask(line.encode()) == line.encode()
    assert secrets_in(line.encode()) == ()


REPLIES = [
    *(
        "334 VXNlcm5hbWU6",
        "334 UGFzc3dvcmQ6",
        "334 ",
        "235 2.7.0 ok",
        "250-AUTH PLAIN LOGIN CRAM-MD5 NTLM EXTERNAL GSSAPI",
    ),
    "334 cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxz"
    "PVcyMlphSjBTTlk3c29Fc1VFamI2Z1E9PSxpPTQwOTY=",
    "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
    *(
        "250 2.0.0 Ok: queued as 4XyzAB3C2mz1",
        "250 2.0.0 Ok: queued as 4B1C2DEF1234",
        "250 OK id=1tFgXz-000000001Ab-0Abc",
    ),
    "250 2.6.0 <0102019362d1f8a2-3f1b1234-5e1a-4c1b-9b1e-1234567890ab-000000@eu-west-1.amazonses.com> Queued mail",
    "250 2.0.0 OK  1732464000 d9443c01a7336-2129f5a8b3esi12345678ab.123 - gsmtp",
    "250 2.6.0 <AM6PR01MB1234C0FFEE0123456789@AM6PR01MB1234.eurprd01.prod.exchangelabs.com> [InternalId=123456789]",
    "550 5.7.1 see https://support.example.com/mail/answer/81126?x=aGVsbG8gd29ybGQgYWdhaW4gYW5kIGFnYWlu for more",
    "550 5.7.26 d=fabrikam.com b=dHzbZapWIk4jUhNUte9ytag9zjfMHgsqmmiz7AndVQdHzbZapWIk4jUhNUte9ytag9zjfMHgsqmmiz7A",
    *(
        "220 mx.fabrikam.com ESMTP QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        "535 5.7.3 Authentication unsuccessful [BL0PR01CA0123.prod]",
    ),
]


@pytest.mark.parametrize("text", REPLIES)
def test_an_ordinary_reply_holds_no_secret(text: str) -> None:
    assert hide_in_text(text) == text
    reply = parse_reply(text.encode() + b"\r\n")
    assert hide_in_reply(reply) is reply


@pytest.mark.parametrize(
    "word", [PLAIN, XOAUTH2, BEARER, CRAM, PROOF, NTLM, DIGEST, PLAIN.rstrip("="), base64("kate\0pw")]
)
@pytest.mark.parametrize("text", ["535 5.7.8 response was {}", "500 unrecognized: '{}'", "{}", "x={}.", "550 ({})"])
def test_credentials_in_a_reply(word: str, text: str) -> None:
    assert hide_in_text(text.format(word)) == text.format("***")
    reply = hide_in_reply(parse_reply(text.format(word).encode() + b"\r\n"))
    assert word[:8] not in repr(reply)


def test_what_stands_behind_auth_in_a_text() -> None:
    line = f"smtpd: < unknown[192.0.2.1]: AUTH LOGIN {base64('kate')}, then AUTH PLAIN {PLAIN}; 250-AUTH PLAIN LOGIN"
    assert (
        hide_in_text(line) == "smtpd: < unknown[192.0.2.1]: AUTH LOGIN ***, then AUTH PLAIN ***; 250-AUTH PLAIN LOGIN"
    )


def test_a_reply_without_octets_is_hidden_too() -> None:
    reply = parse_reply(b"250 ok").replace(raw=b"", lines=(f"was {PLAIN}", "x"))
    assert hide_in_reply(reply).lines == ("was ***", "x")


def test_every_line_of_octets() -> None:
    octets = f"EHLO x\r\nAUTH PLAIN {PLAIN}\r\n{base64('secret')}\nQUIT".encode()
    assert mask_octets(octets) == b"EHLO x\r\nAUTH PLAIN ***\r\n***\nQUIT"
    assert mask_octets(b"kate\r\nQUIT\r\n", challenged=True) == b"***\r\nQUIT\r\n"
    assert mask_octets(b"") == mask_octets(b"", challenged=True) == b""


def test_a_line_that_is_sent_in_two_pieces() -> None:
    assert mask_octets(b"bGFpbg==\r\nQUIT\r\n", before=b"AUTH PLAIN AGtleQ") == b"***\r\nQUIT\r\n"
    assert mask_octets(b"bGFpbg==", before=b"AUTH PLAIN ") == b"***"
    assert mask_octets(b"OP\r\nQUIT\r\n", before=b"NO") == b"OP\r\nQUIT\r\n"


def test_what_is_hidden_is_known_so_that_an_echo_can_be_hidden() -> None:
    """Some servers repeat a command in capitals."""
    assert secrets_in(f"AUTH PLAIN {PLAIN}".encode()) == (PLAIN.encode(), PLAIN.upper().encode())
    assert secrets_in(b" c2VjcmV0 ", challenged=True) == (b"c2VjcmV0", b"C2VJCMV0")
    assert secrets_in(b"cHJhY3RpY2U=") == (b"cHJhY3RpY2U=", b"CHJHY3RPY2U=")
    assert secrets_in(b"12345678", challenged=True) == (b"12345678",)
    assert secrets_in(b"abc", challenged=True) == ()  # so short a word would hide parts of others
    assert hide(b"500 what is c2VjcmV0?", (b"c2VjcmV0",)) == b"500 what is ***?"


@pytest.mark.parametrize("line", ["***", "AUTH PLAIN ***", " *** ", "auth LOGIN ***", "PLAIN ***"])
def test_a_line_that_was_masked(line: str) -> None:
    assert is_masked(line.encode())


@pytest.mark.parametrize("line", ["*", "AUTH LOGIN", "NOOP ***", "VRFY ***", "", "*** x", "RCPT TO:<***@fabrikam.com>"])
def test_a_line_that_was_not(line: str) -> None:
    assert not is_masked(line.encode())


WORDS = st.text(st.characters(min_codepoint=33, exclude_categories=("C", "Z")), min_size=3, max_size=20)


@given(WORDS, WORDS)
def test_no_login_is_shown(user: str, password: str) -> None:
    plain = base64(f"\0{user}\0{password}")
    for line in (f"AUTH PLAIN {plain}", plain, f"PLAIN {plain}", f"AUTH LOGIN {base64(user)}"):
        shown = mask(line.encode()).decode()
        assert plain not in shown
        assert base64(user) not in shown
        assert mask(shown.encode()) == shown.encode()
        assert is_masked(shown.encode())
    assert plain not in hide_in_text(f"535 5.7.8 no: {plain} (x)")
    word = base64(password)
    if not word.isalpha() or word not in (word.upper(), word.lower(), word.title()):
        assert mask(word.encode()) == b"***"


@given(st.binary(max_size=200), st.booleans())
def test_any_octets(octets: bytes, challenged: bool) -> None:
    shown = mask(octets, challenged)
    assert mask(shown, challenged) == shown
    assert mask_octets(octets, challenged).count(b"\n") == octets.count(b"\n")
    hide_in_reply(parse_reply(octets))
    hide_in_text(octets.decode("utf-8", "surrogateescape"))


@given(st.from_regex(r"[A-Za-z0-9]{10,16}", fullmatch=True))
def test_an_id_of_letters_and_digits_in_a_reply_is_shown(word: str) -> None:
    text = f"250 2.0.0 Ok: queued as {word}"
    assert hide_in_text(text) == text


def test_no_credentials_are_small_letters() -> None:
    """What is passed over for speed: letters written as words are, which no message of a mechanism encodes to."""
    users, passwords = ("a", "kate", "chris@contoso.com", "zz"), ("x", "wonderland", "aaaaaaaa", "0" * 32)
    for user in users:
        for password in passwords:
            for message in (
                f"\0{user}\0{password}",
                f"{user}\0{password}",
                f"user={user}\1auth=Bearer {password}\1\1",
                f"{user} {'0123456789abcdef' * 2}",
                f"c=biws,r={user},p={password}",
            ):
                word = b64.b64encode(message.encode()).decode().rstrip("=")
                assert not (word[1:].islower() and word.isalpha()), message


MESSAGES = st.one_of(
    st.binary(min_size=1, max_size=30),
    st.tuples(st.sampled_from(["", "kate"]), st.text(max_size=8), st.text(max_size=8)).map("\0".join).map(str.encode),
    st.tuples(
        st.sampled_from(
            ["user=kate\x01auth=Bearer ", "n,a=kate,\x01auth=", "n,,\x01auth=", "c=biws,r=ab,p=", "c=,r=,p="]
        ),
        st.text(max_size=9),
    )
    .map("".join)
    .map(str.encode),
    st.just(b"NTLMSSP\0\x03\0"),
    st.text(min_size=1, max_size=5).map(lambda name: f"{name} {'0a' * 16}".encode()),
    st.just(b"username=a,response=b"),
)


@given(MESSAGES, st.booleans())
def test_credentials_are_known_without_being_decoded(message: bytes, padded: bool) -> None:
    """What tells quickly that a word is none never says so of one that is."""
    word = b64.b64encode(message).decode()
    word = word if padded else word.rstrip("=")
    assert secret._holds_nul(word) == (b"\0" in message)
    hidden = hide_in_text(f"250 {word} ok") != f"250 {word} ok"
    parts = message.split(b"\0")
    plain = len(parts) == 3 or (len(parts) == 2 and len(word) >= 12)
    carries = secret._carries_token(message) or secret._carries_proof(message)
    known = all(map(secret._is_text, parts[-2:])) and secret._is_text(parts[0] or b"-") if plain else carries
    assert not known or hidden or len(word.rstrip("=")) < 6
