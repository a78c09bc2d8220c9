"""Findings, and next steps: ids and details, without sentences and command lines.

The front ends have the sentences (render), so that a terminal, the console, a web page, or a program can show the same
finding in its own form and language.
"""

from __future__ import annotations

from smtpscope.values import Value, Vocabulary


class Actor(Vocabulary):
    """Who can change something."""

    YOU = "you"
    YOUR_ADMIN = "your-admin"
    THEIR_ADMIN = "their-admin"
    RECIPIENT = "recipient"
    NETWORK = "network"
    NOBODY = "nobody"


class Severity(Vocabulary):
    """How much a finding matters."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


class Action(Vocabulary):
    """What can be done. render.steps has the sentence for each; the names of its details are in brackets."""

    # another test
    TEST_AGAIN = "test-again"
    FIND_CAUSE = "find-cause"
    OTHER_NAME = "other-name"  # [name]
    CHECK_SPELLING = "check-spelling"
    MX_OF_DOMAIN = "mx-of-domain"  # [domain]
    OTHER_RESOLVER = "other-resolver"
    OTHER_PORT = "other-port"  # [port]
    OTHER_SOURCE = "other-source"
    IMPLICIT_TLS = "implicit-tls"
    REQUIRE_TLS = "require-tls"
    STARTTLS_INSTEAD = "starttls-instead"
    WITHOUT_TLS = "without-tls"
    TLS_ELSEWHERE = "tls-elsewhere"
    LOG_IN = "log-in"
    TLS_THEN_LOG_IN = "tls-then-log-in"
    WAIT_LONGER = "wait-longer"
    MORE_PROBES = "more-probes"
    REFERENCE_HOST = "reference-host"  # [port]
    IGNORE_CERTIFICATE = "ignore-certificate"
    CERTIFICATE_NAME = "certificate-name"  # [name]
    TRUST_CERTIFICATE = "trust-certificate"
    TRUST_CA = "trust-ca"
    CLIENT_CERTIFICATE = "client-certificate"
    OTHER_CLIENT_CERTIFICATE = "other-client-certificate"
    SERVER_NAME = "server-name"
    OLD_TLS_VERSION = "old-tls-version"
    OTHER_CIPHERS = "other-ciphers"
    # what the client sends
    FULL_NAME = "full-name"
    RESOLVABLE_NAME = "resolvable-name"
    CORRECT_NAME = "correct-name"
    CORRECT_ADDRESS = "correct-address"
    OTHER_ADDRESS = "other-address"
    CORRECT_PARAMETER = "correct-parameter"  # [keyword]
    WITHOUT_PARAMETER = "without-parameter"  # [keyword]
    FIELD_NAMES = "field-names"
    COMPARE_WITH_DATA = "compare-with-data"
    NEXT_CHUNK = "next-chunk"
    CONTINUE_LOGGED_IN = "continue-logged-in"
    # what to check on a host, which ``target`` names
    CHECK_LISTENER = "check-listener"  # [port]
    CHECK_LISTENERS = "check-listeners"
    CHECK_FIREWALL = "check-firewall"
    CHECK_OWN_FIREWALL = "check-own-firewall"
    CHECK_ROUTE = "check-route"
    CHECK_HOST = "check-host"
    CHECK_NEIGHBOR = "check-neighbor"
    CHECK_LOG = "check-log"
    CHECK_TLS_LOG = "check-tls-log"
    CHECK_CONNECTION_RULES = "check-connection-rules"
    CHECK_ADDRESS_RULES = "check-address-rules"
    ASK_ADMIN = "ask-admin"
    # what an administrator changes
    ALLOW_ANONYMOUS = "allow-anonymous"
    INSPECTION_OFF = "inspection-off"
    OFFER_STARTTLS = "offer-starttls"
    ALLOW_TLS_VERSIONS = "allow-tls-versions"
    COMPARE_CIPHERS = "compare-ciphers"
    RENEW_TLS_SETTINGS = "renew-tls-settings"
    RENEW_CERTIFICATE = "renew-certificate"
    COMPARE_CLOCKS = "compare-clocks"
    NAME_IN_CERTIFICATE = "name-in-certificate"  # [name]
    PUBLIC_CERTIFICATE = "public-certificate"
    PUBLISH_CA = "publish-ca"
    FULL_CHAIN = "full-chain"
    STRONGER_KEY = "stronger-key"


class Fact(Value):
    """Something that was observed. ``details``: (name, value) pairs."""

    id: str
    details: tuple[tuple[str, str], ...] = ()


class NextStep(Value):
    """What to do next: the user's own plan, with only the wrong part changed.

    action    what to do; ``actor``: who can do it
    target    the host concerned; empty if there is none
    settings  (field of the plan, new value), such as ``("target.port", "587")``; an empty value removes the setting,
              and a value in capitals is a placeholder for the user's value
    details   (name, value) pairs for the sentence
    """

    action: Action
    actor: Actor = Actor.YOU
    target: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()


class Finding(Value):
    """A fact worth knowing about a session, also after a success.

    details   (name, value) pairs for the sentence
    severity  how much it matters
    actor     who can change it
    steps     what to do, the most promising step first
    """

    id: str
    details: tuple[tuple[str, str], ...] = ()
    severity: Severity = Severity.NOTICE
    actor: Actor = Actor.NOBODY
    steps: tuple[NextStep, ...] = ()


def fact(id_: str, /, **details: object) -> Fact:
    """A fact with its details as keywords."""
    return Fact(id_, tuple((name, str(value)) for name, value in details.items()))
