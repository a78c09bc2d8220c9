"""The options about TLS and login, to values. Every mistake is found here, before anything is sent."""

from __future__ import annotations

from smtpscope.dialogue.plan import AUTO, IMPLICIT, NEVER, Login, Tls
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Target
    from smtpscope.protocol.sasl import Credentials

IMPLICIT_PORT = 465  # RFC 8314 section 7.3


def tls_settings(options: TestOptions, port: int) -> Tls:
    """The TLS settings; port 465 speaks TLS from the first octet. Raises UsageError, LocalError."""
    mode = options.tls
    tls = Tls(
        mode=IMPLICIT if mode == AUTO and port == IMPLICIT_PORT else mode,
        name=options.tls_name or "",
        ca=options.tls_ca or "",
        verify=not options.no_verify,
        certificate=options.tls_cert or "",
        key=options.tls_key or "",
        version=options.tls_version or "",
        ciphers=options.tls_ciphers or "",
    )
    if mode != NEVER and (tls.ca or tls.certificate or tls.ciphers or tls.version):
        from smtpscope.net.tls import make_context

        make_context(tls, enforced=True)
    return tls


def login(options: TestOptions, target: Target, nonce: str) -> Login | None:
    """Who logs in; None when nobody does. Asks for the password that is not given. Raises UsageError, LocalError."""
    if options.user is None:
        return None
    user = _clean("--user", options.user)
    secret = _clean("--user", read_password("--password", options.password_env, options.password_file, user))
    return Login(
        credentials=_credentials(user, secret, nonce, target),
        mechanism="" if options.auth in (None, AUTO) else options.auth,
        in_clear=options.auth_in_clear,
        unannounced=options.auth_force,
    )


def _credentials(user: str, secret: str, nonce: str, target: Target) -> Credentials:
    from smtpscope.protocol.sasl import Credentials

    return Credentials(user, secret, nonce=nonce, host=target.host, port=target.port)


def read_password(option: str, name: str | None, path: str | None, user: str) -> str:
    """A password or token: from the variable ``name`` (``option``-env), the first line of the file ``path``
    (``option``-file), or whoever sits there.

    Raises UsageError, LocalError.
    """
    if name:
        import os

        by_name = f"{option}-env"
        if name not in os.environ:
            raise UsageError(by_name, _("there is no {name!r} in the environment").format(name=name))
        return _clean(by_name, os.environ[name])
    by_file = f"{option}-file"
    return _clean(by_file, _first_line(path, by_file)) if path else _ask(user)


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
