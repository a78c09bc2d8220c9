"""What was found out, and what to do about it: ids and details, which each front end words (render).

No sentence and no command line stands here, so that a terminal, a console, a page or a program can show the same
finding in its own words and language.
"""

from __future__ import annotations

from smtpscope.values import Value, Vocabulary


class Actor(Vocabulary):
    """Who can act."""

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
    """What can be done; render.steps has the sentence for each, with the names of its details in brackets."""

    # what the client tests next
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
    # what the client says
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
    # what is looked at on a host; ``target`` names it
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
    """Something that was observed; ``details`` are its (name, value) pairs."""

    id: str
    details: tuple[tuple[str, str], ...] = ()


class NextStep(Value):
    """What to do next, derived from the user's own plan with only the wrong part changed.

    action    what; ``actor``: who can do it
    target    the host concerned; empty where there is none
    settings  (field of the plan, value) of what changes in the plan: ``("target.port", "587")``; an empty value takes
              the setting out, and a value in capitals stands for what the user has to give
    details   (name, value) pairs for the sentence
    """

    action: Action
    actor: Actor = Actor.YOU
    target: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()


class Finding(Value):
    """One thing worth knowing about a session, also after a success.

    details   its (name, value) pairs
    severity  how much it matters
    actor     who can change it
    steps     what to do, the likeliest to help first
    """

    id: str
    details: tuple[tuple[str, str], ...] = ()
    severity: Severity = Severity.NOTICE
    actor: Actor = Actor.NOBODY
    steps: tuple[NextStep, ...] = ()


def fact(id_: str, /, **details: object) -> Fact:
    """A fact with its details."""
    return Fact(id_, tuple((name, str(value)) for name, value in details.items()))
