"""Real mail servers on loopback, for tests: ``postfix()``, ``exim()``, ``opensmtpd()``.

Each is a context manager. It writes a throw-away configuration into a new folder, starts the server on free ports of
127.0.0.1, waits until it greets, gives a ``Server``, and at the end stops exactly what it started. All three play the
same part: they are ``mail1.fabrikam.com``, take mail for the mailboxes of ``servers.server.MAILBOXES`` and
relay for nobody who is not logged in. tests/interop/install.sh installs them; they need root.
"""
