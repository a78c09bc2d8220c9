"""SASL mechanisms (RFC 4422), client and server, as generators: challenge in, response out.

A client's mechanism yields its initial response (None: the server begins), then a response to each challenge, or Abort.
A server's mechanism yields its challenge (empty: the client begins), and returns the Outcome. All are bytes without
base64 (``encode``, ``decode``); the caller says AUTH and 334, and gives the nonce.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from typing import TypeAlias

# RFC 7677 section 4 requires at least 4096 rounds. The upper limit keeps a server from stalling the client.
FEWEST_ROUNDS, MOST_ROUNDS = 4096, 1_000_000


class Credentials(Value):
    """A user and a secret. ``repr`` does not show the secret.

    secret      the password, or the access token of XOAUTH2 and OAUTHBEARER
    acting_as   another identity to act for (the authorization identity); empty: the user
    nonce       random text for the mechanisms that need it, printable ASCII without comma
    host, port  the server, for OAUTHBEARER
    """

    user: str
    secret: str
    acting_as: str = ""
    nonce: str = ""
    host: str = ""
    port: int = 0

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"  # the secret is never shown


class AbortId(Vocabulary):
    """What is wrong with a server's challenge. The names of its details are in brackets."""

    NOT_BASE64 = "not-base64"
    TOO_MANY_CHALLENGES = "too-many-challenges"
    SERVER_ERROR = "server-error"  # [error]
    UNKNOWN_EXTENSION = "unknown-extension"
    WRONG_NONCE = "wrong-nonce"
    NO_SALT = "no-salt"
    BAD_ROUNDS = "bad-rounds"  # [rounds, fewest, most]
    WRONG_SIGNATURE = "wrong-signature"


class Abort(Value):
    """The client cancels the login: ``why`` is what is wrong with the server's challenge, with its details."""

    why: AbortId
    details: tuple[tuple[str, str], ...] = ()


class Outcome(Value):
    """How a login ended at the server. ``malformed``: a response is not a valid message of the mechanism."""

    user: str
    accepted: bool
    malformed: bool = False


class Verifier(Value):
    """What a server needs to check a login: the secret of each user, and a random nonce (printable ASCII)."""

    secrets: Mapping[str, str]
    host: str
    nonce: str
    salt: bytes = b"smtpscope"
    rounds: int = FEWEST_ROUNDS

    def __repr__(self) -> str:
        return f"Keeper(users={tuple(self.secrets)!r}, host={self.host!r})"


if TYPE_CHECKING:
    ClientTalk: TypeAlias = Generator[bytes | Abort | None, bytes, None]
    ServerTalk: TypeAlias = Generator[bytes, bytes, Outcome]


class Mechanism(Value):
    """A mechanism: its client side and its server side.

    responses  how many responses the client sends in a complete login
    mutual     whether the server proves that it knows the password, too
    token      whether the secret is an access token instead of a password
    reveals    whether the secret itself goes over the line, for whoever listens
    """

    name: str
    client: Callable[[Credentials], ClientTalk]
    server: Callable[[Verifier], ServerTalk]
    responses: int
    mutual: bool = False
    token: bool = False
    reveals: bool = False


def encode(octets: bytes) -> bytes:
    """``octets`` in base64, on one line."""
    from binascii import b2a_base64

    return b2a_base64(octets, newline=False)


def decode(text: bytes) -> bytes | None:
    """Undo ``encode``. None if ``text`` is not valid base64 (RFC 4954 section 4)."""
    from binascii import Error, a2b_base64

    try:
        return a2b_base64(text, strict_mode=True)
    except Error:
        return None


# ------------------------------------------------------------------------------------------------- PLAIN, RFC 4616


def _plain_client(login: Credentials) -> ClientTalk:
    yield _octets(f"{login.acting_as}\0{login.user}\0{login.secret}")


def _plain_server(keeper: Verifier) -> ServerTalk:
    parts = _text((yield b"")).split("\0")
    if len(parts) != 3 or not parts[1]:
        return Outcome("", False, malformed=True)
    acting_as, user, secret = parts
    return Outcome(user, acting_as in ("", user) and _matches(keeper, user, secret))


# ------------------------------------------------------------------- LOGIN, draft-murchison-sasl-login (never an RFC)


def _login_client(login: Credentials) -> ClientTalk:
    # The text of the prompts differs between servers; their order does not.
    yield None
    yield _octets(login.user)
    yield _octets(login.secret)


def _login_server(keeper: Verifier) -> ServerTalk:
    user = _text((yield b"Username:"))
    secret = _text((yield b"Password:"))
    return Outcome(user, _matches(keeper, user, secret))


# ---------------------------------------------------------------------------------------------- CRAM-MD5, RFC 2195


def _cram_client(login: Credentials) -> ClientTalk:
    challenge = yield None
    yield _octets(login.user) + b" " + _cram_digest(login.secret, challenge)


def _cram_server(keeper: Verifier) -> ServerTalk:
    challenge = f"<{keeper.nonce}@{keeper.host}>".encode()
    user, blank, digest = _text((yield challenge)).rpartition(" ")
    if not blank:
        return Outcome("", False, malformed=True)
    expected = _cram_digest(keeper.secrets.get(user, ""), challenge)
    return Outcome(user, user in keeper.secrets and _same(_octets(digest), expected))


def _cram_digest(secret: str, challenge: bytes) -> bytes:
    from hmac import new

    return new(_octets(secret), challenge, "md5").hexdigest().encode()


# --------------------------------------------------------------------------------- SCRAM, RFC 5802 and RFC 7677


class _Proofs:
    """The proof of the client and the signature of the server (RFC 5802 section 3). ``signed`` is its AuthMessage."""

    def __init__(self, digest: str, secret: str, salt: bytes, rounds: int, signed: str) -> None:
        from hashlib import new as hash_of
        from hashlib import pbkdf2_hmac
        from hmac import digest as hmac_of

        octets = _octets(signed)
        salted = pbkdf2_hmac(digest, _octets(prepare(secret)), salt, rounds)
        client_key = hmac_of(salted, b"Client Key", digest)
        signature = hmac_of(hash_of(digest, client_key).digest(), octets, digest)
        self.client = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        self.server = hmac_of(hmac_of(salted, b"Server Key", digest), octets, digest)


def _scram_client(digest: str) -> Callable[[Credentials], ClientTalk]:
    def talk(login: Credentials) -> ClientTalk:
        header = f"n,{f'a={_escape(login.acting_as)}' if login.acting_as else ''},"
        bare = f"n={_escape(prepare(login.user))},r={login.nonce}"
        first = _text((yield _octets(header + bare)))
        found = _attributes(first)
        salt = decode(_octets(found.get("s", "")))
        count = found.get("i", "")
        rounds = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0
        wrong = _fault_of_first(found, login.nonce, salt, rounds)
        if wrong:
            yield wrong
            return
        final = f"c={encode(_octets(header)).decode()},r={found['r']}"
        proofs = _Proofs(digest, login.secret, salt or b"", rounds, f"{bare},{first},{final}")
        last = _attributes(_text((yield f"{final},p={encode(proofs.client).decode()}".encode())))
        yield _judge_last(last, proofs.server)

    return talk


def _fault_of_first(found: Mapping[str, str], nonce: str, salt: bytes | None, rounds: int) -> Abort | None:
    """What is wrong with the server's first message (RFC 5802 section 5.1); None if it is valid."""
    if "e" in found:
        return Abort(AbortId.SERVER_ERROR, (("error", found["e"]),))
    if "m" in found:
        return Abort(AbortId.UNKNOWN_EXTENSION)
    if not found.get("r", "").startswith(nonce) or found["r"] == nonce:
        return Abort(AbortId.WRONG_NONCE)
    if not salt:
        return Abort(AbortId.NO_SALT)
    if not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS:
        sensible = (("fewest", str(FEWEST_ROUNDS)), ("most", str(MOST_ROUNDS)))
        return Abort(AbortId.BAD_ROUNDS, (("rounds", found.get("i", "-")), *sensible))
    return None


def _judge_last(last: Mapping[str, str], expected: bytes) -> bytes | Abort:
    """The empty response if the signature proves that the server knows the password; else Abort (RFC 5802)."""
    if "e" in last:
        return Abort(AbortId.SERVER_ERROR, (("error", last["e"]),))
    proof = decode(_octets(last.get("v", "")))
    if proof is None or not _same(proof, expected):
        return Abort(AbortId.WRONG_SIGNATURE)
    return b""


def _scram_server(digest: str) -> Callable[[Verifier], ServerTalk]:
    def talk(keeper: Verifier) -> ServerTalk:
        header, bare = _split_header(_text((yield b"")))
        found = _attributes(bare)
        if not header or not found.get("n") or not found.get("r"):
            return Outcome("", False, malformed=True)
        user = _unescape(found["n"])
        nonce = found["r"] + keeper.nonce
        first = f"r={nonce},s={encode(keeper.salt).decode()},i={keeper.rounds}"
        reply = _text((yield _octets(first)))
        final, _, proof = reply.rpartition(",p=")
        found = _attributes(final)
        proofs = _Proofs(digest, keeper.secrets.get(user, ""), keeper.salt, keeper.rounds, f"{bare},{first},{final}")
        bound = decode(_octets(found.get("c", "")))
        if bound != _octets(header) or found.get("r") != nonce:
            return Outcome(user, False, malformed=True)
        given = decode(_octets(proof)) or b""
        if user not in keeper.secrets or not _same(given, proofs.client):
            return Outcome(user, False)
        yield b"v=" + encode(proofs.server)
        return Outcome(user, True)

    return talk


def _split_header(message: str) -> tuple[str, str]:
    """The GS2 header of a client without channel binding, and the rest; both empty if the header is not valid."""
    binding, first, rest = message.partition(",")
    identity, second, bare = rest.partition(",")
    if binding not in ("n", "y") or not first or not second or (identity and not identity.startswith("a=")):
        return "", ""
    return f"{binding},{identity},", bare


def _attributes(message: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in message.split(","))
    return {name: value for name, sign, value in pairs if sign}


def _escape(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


def _unescape(name: str) -> str:
    return name.replace("=2C", ",").replace("=3D", "=")


def prepare(text: str) -> str:
    """``text`` prepared with SASLprep (RFC 4013). Characters that it forbids remain: the server checks them."""
    if text.isascii():
        return text
    from stringprep import in_table_b1, in_table_c12
    from unicodedata import normalize

    mapped = (" " if in_table_c12(letter) else letter for letter in text if not in_table_b1(letter))
    return normalize("NFKC", "".join(mapped))


# ------------------------------------------------- access tokens: XOAUTH2 (Google, Microsoft), OAUTHBEARER (RFC 7628)


def _xoauth2_client(login: Credentials) -> ClientTalk:
    # A challenge after it is an error in JSON. After an empty response, the server rejects the login.
    yield _octets(f"user={login.user}\x01auth=Bearer {login.secret}\x01\x01")
    yield b""


def _bearer_client(login: Credentials) -> ClientTalk:
    place = f"host={login.host}\x01port={login.port}\x01" if login.host else ""
    header = f"n,a={_escape(login.user)},\x01{place}auth=Bearer {login.secret}\x01\x01"
    yield _octets(header)
    yield b"\x01"  # RFC 7628 section 3.2.3


_TOKEN_REFUSED = b'{"status":"401","schemes":"bearer","scope":"smtp"}'


def _xoauth2_server(keeper: Verifier) -> ServerTalk:
    fields = _attributes_of_token(_text((yield b"")))
    return (yield from _judge_token(keeper, fields.get("user", ""), fields))


def _bearer_server(keeper: Verifier) -> ServerTalk:
    header, _, rest = _text((yield b"")).partition("\x01")
    identity = _attributes(header).get("a", "")
    return (yield from _judge_token(keeper, _unescape(identity), _attributes_of_token(rest)))


def _judge_token(keeper: Verifier, user: str, fields: Mapping[str, str]) -> ServerTalk:
    kind, _, token = fields.get("auth", "").partition(" ")
    if not user or kind.lower() != "bearer":
        return Outcome(user, False, malformed=True)
    if _matches(keeper, user, token):
        return Outcome(user, True)
    yield _TOKEN_REFUSED
    return Outcome(user, False)


def _attributes_of_token(message: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in message.split("\x01"))
    return {name.lower(): value for name, sign, value in pairs if sign}


# -------------------------------------------------------------------------------------------------------- the table


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _matches(keeper: Verifier, user: str, secret: str) -> bool:
    known = keeper.secrets.get(user)
    return known is not None and _same(_octets(known), _octets(secret))


def _same(one: bytes, other: bytes) -> bool:
    from hmac import compare_digest

    return compare_digest(one, other)


# Strongest first: the first ones reveal least to an eavesdropper.
MECHANISMS: tuple[Mechanism, ...] = (
    Mechanism("SCRAM-SHA-256", _scram_client("sha256"), _scram_server("sha256"), 3, mutual=True),
    Mechanism("SCRAM-SHA-1", _scram_client("sha1"), _scram_server("sha1"), 3, mutual=True),
    Mechanism("CRAM-MD5", _cram_client, _cram_server, 1),
    Mechanism("PLAIN", _plain_client, _plain_server, 1, reveals=True),
    Mechanism("LOGIN", _login_client, _login_server, 2, reveals=True),
    Mechanism("OAUTHBEARER", _bearer_client, _bearer_server, 1, token=True, reveals=True),
    Mechanism("XOAUTH2", _xoauth2_client, _xoauth2_server, 1, token=True, reveals=True),
)


def is_mechanism(name: str) -> bool:
    """Whether ``name``, in any case of letters, is a mechanism; DIGEST-MD5 and NTLM are spoken by others only."""
    return (
        name.upper().startswith("SCRAM-") or name.upper() in ("DIGEST-MD5", "NTLM") or find_mechanism(name) is not None
    )


def find_mechanism(name: str) -> Mechanism | None:
    """The mechanism called ``name``, in any case of letters; None if it is unknown."""
    return next((mechanism for mechanism in MECHANISMS if mechanism.name == name.upper()), None)


def choose_mechanism(announced: Iterable[str]) -> Mechanism | None:
    """The strongest of the advertised mechanisms that uses a password; None if there is none."""
    names = {name.upper() for name in announced}
    return next((known for known in MECHANISMS if known.name in names and not known.token), None)


def secrets_of(login: Credentials, responses: Iterable[bytes] = ()) -> tuple[bytes, ...]:
    """Forms (of 4 bytes or more) in which a server may repeat the secret: as is, base64, hexadecimal, ``responses``."""
    octets = _octets(login.secret)
    forms = (octets, encode(octets), octets.hex().encode(), octets.hex().upper().encode(), *responses)
    return tuple(dict.fromkeys(form for form in forms if len(form) >= 4))
