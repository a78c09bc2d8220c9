"""The options about TLS and login, to values. Every mistake is found here, before anything is sent."""

from __future__ import annotations

from smtpscope.cli import values
from smtpscope.dialogue.plan import AUTO, IMPLICIT, NEVER, Login, Tls
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.protocol.sasl import Credentials

IMPLICIT_PORT = 465  # RFC 8314 section 7.3


def tls_settings(given: Mapping[str, object], port: int) -> Tls:
    """The TLS settings; port 465 speaks TLS from the first octet. Raises UsageError, LocalError."""
    mode = str(given["tls"])
    if mode == NEVER:
        _refuse_what_tls_needs(given)
    tls = Tls(
        mode=IMPLICIT if mode == AUTO and port == IMPLICIT_PORT else mode,
        name=values.one_line("--tls-name", str(given["tls_name"] or "")),
        ca=str(given["tls_ca"] or ""),
        verify=not given["no_verify"],
        certificate=str(given["tls_cert"] or ""),
        key=str(given["tls_key"] or ""),
        version=str(given["tls_version"] or ""),
        ciphers=str(given["tls_ciphers"] or ""),
    )
    if tls.key and not tls.certificate:
        raise UsageError("--tls-key", _("goes with --tls-cert, the certificate that the key belongs to"))
    if mode != NEVER and (tls.ca or tls.certificate or tls.ciphers or tls.version):
        from smtpscope.engine.tls import make_context

        make_context(tls, enforced=True)
    return tls


def _refuse_what_tls_needs(given: Mapping[str, object]) -> None:
    elsewhere = str(given["dsn_at"] or "").startswith("imap")  # its server is encrypted all the same (cli/inboxes.py)
    for name in ("tls_ca", "tls_name", "tls_cert", "tls_key", "tls_version", "tls_ciphers"):
        if given[name] and not (name == "tls_ca" and elsewhere):
            option = "--" + name.replace("_", "-")
            text = _("{one} and {other} exclude one another")
            raise UsageError(option, text.format(one=option, other="--tls never"))


def login(given: Mapping[str, object], target: Target, nonce: str, tls: Tls) -> Login | None:
    """Who logs in; None when nobody does. Asks for the password that is not given. Raises UsageError, LocalError."""
    if given["auth"] is None and given["user"] is None:
        for option in ("password_file", "password_env", "auth_in_clear", "auth_force"):
            if given[option]:
                raise UsageError("--" + option.replace("_", "-"), _("goes with --user NAME"))
        return None
    if given["user"] is None:
        raise UsageError("--auth", _("name who logs in: --user NAME"))
    in_clear = bool(given["auth_in_clear"])
    if tls.mode == NEVER and not in_clear:
        text = _("would send the password in clear; let TLS be used (--tls require), or say --auth-in-clear")
        raise UsageError("--auth", text)
    user = _clean("--user", str(given["user"]))
    mechanism = str(given["auth"] or "").upper()
    return Login(
        credentials=_credentials(user, _secret(given, user), nonce, target),
        mechanism="" if mechanism == "AUTO" else mechanism,
        in_clear=in_clear,
        unannounced=bool(given["auth_force"]),
    )


def _credentials(user: str, secret: str, nonce: str, target: Target) -> Credentials:
    from smtpscope.protocol.sasl import Credentials

    return Credentials(user, secret, nonce=nonce, host=target.host, port=target.port)


def _secret(given: Mapping[str, object], user: str) -> str:
    return _clean("--user", read_password(given, "--password", user))


def read_password(given: Mapping[str, object], option: str, user: str) -> str:
    """A password or token: from the environment (``option``-env), a file (``option``-file), or whoever sits there.

    Raises UsageError, LocalError.
    """
    import os

    key = option.strip("-").replace("-", "_")
    name, path = given[f"{key}_env"], given[f"{key}_file"]
    by_name, by_file = f"{option}-env", f"{option}-file"
    if name and path:
        text = _("{one} and {other} exclude one another")
        raise UsageError(by_name, text.format(one=by_name, other=by_file))
    if name:
        if str(name) not in os.environ:
            raise UsageError(by_name, _("there is no {name!r} in the environment").format(name=str(name)))
        return _clean(by_name, os.environ[str(name)])
    return _clean(by_file, _first_line(str(path), by_file)) if path else _ask(user)


def _first_line(path: str, option: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise LocalError(
            _("cannot read {path!r}: {reason}").format(path=path, reason=error.strerror), option
        ) from error


def _ask(user: str) -> str:
    """The password, typed at the terminal without echo. Raises UsageError where there is no terminal."""
    from getpass import getpass

    try:
        with open("/dev/tty", "w+b", buffering=0):
            pass
    except OSError:
        text = _("there is no terminal to ask for the password; give --password-file FILE or --password-env NAME")
        raise UsageError("--user", text) from None
    return getpass(_("password of {user}: ").format(user=user))


def _clean(option: str, text: str) -> str:
    """``text``, when it can go into a SASL message. The text itself is not shown: it may be the password."""
    if not text:
        raise UsageError(option, _("is empty"))
    for character in ("\0", "\1", "\r", "\n"):
        if character in text:
            raise UsageError(option, _("holds a control character, which no mechanism can send"))
    return text
