"""Faults in a text that the grammar of SMTP describes: an id, and a column. render.faults has the sentences."""

from __future__ import annotations

from smtpscope.values import Value, Vocabulary


class FaultId(Vocabulary):
    """What is wrong. The names of its details are in brackets."""

    # domains and address literals (RFC 5321 section 4.1.2, section 4.1.3)
    DOMAIN_EMPTY = "domain-empty"
    DOMAIN_CHARACTER = "domain-character"  # [character]
    DOMAIN_LONG = "domain-long"  # [limit]
    LABEL_EMPTY = "label-empty"
    LABEL_HYPHEN_FIRST = "label-hyphen-first"
    LABEL_HYPHEN_LAST = "label-hyphen-last"
    LABEL_LONG = "label-long"  # [limit]
    LITERAL_UNOPENED = "literal-unopened"
    LITERAL_UNCLOSED = "literal-unclosed"
    LITERAL_UNTAGGED = "literal-untagged"
    LITERAL_ADDRESS = "literal-address"
    # mailboxes (RFC 5321 section 4.1.2)
    ADDRESS_EMPTY = "address-empty"
    ADDRESS_LONG = "address-long"  # [limit]
    DOMAIN_MISSING = "domain-missing"
    LOCAL_EMPTY = "local-empty"
    LOCAL_LONG = "local-long"  # [limit]
    LOCAL_DOT = "local-dot"
    LOCAL_CHARACTER = "local-character"  # [character]
    QUOTED_CHARACTER = "quoted-character"  # [character]
    QUOTED_UNCLOSED = "quoted-unclosed"
    QUOTED_FOLLOWED = "quoted-followed"
    # commands and their parameters (RFC 5321 section 4.1.1, RFC 3461 section 4.1)
    KEYWORD_MISSING = "keyword-missing"  # [keyword]
    PATH_UNCLOSED = "path-unclosed"
    PATH_UNBRACKETED = "path-unbracketed"
    PATH_FOLLOWED = "path-followed"
    PARAMETER = "parameter"  # [word]
    PARAMETER_UNKNOWN = "parameter-unknown"  # [keyword]
    PARAMETER_UNANNOUNCED = "parameter-unannounced"  # [keyword, extension]
    SIZE_NUMBER = "size-number"
    SIZE_LIMIT = "size-limit"  # [limit]
    BODY_VALUE = "body-value"
    RET_VALUE = "ret-value"
    ORCPT_VALUE = "orcpt-value"
    NOTIFY_WORD = "notify-word"  # [word]
    NOTIFY_NEVER = "notify-never"
    NOTIFY_TWICE = "notify-twice"
    # the PROXY header
    PROXY_MISSING = "proxy-missing"
    PROXY_LATE = "proxy-late"
    PROXY_CUT = "proxy-cut"
    PROXY_LINE_LONG = "proxy-line-long"  # [limit]
    PROXY_LINE_END = "proxy-line-end"
    PROXY_LINE = "proxy-line"
    PROXY_VERSION = "proxy-version"
    PROXY_BLOCK_LONG = "proxy-block-long"  # [size, limit]
    PROXY_ADDRESSES = "proxy-addresses"


class Fault(Value):
    """The first fault of a text: its column (counted in characters from 1), its id, and (name, value) pairs that fill
    the sentence."""

    column: int
    id: FaultId
    details: tuple[tuple[str, str], ...] = ()

    @classmethod
    def at(cls, column: int, id: FaultId, /, **fields: object) -> Fault:  # noqa: A002 - the name of the field
        """A fault at ``column``, with its details as keywords."""
        return cls(column, id, tuple((name, str(value)) for name, value in fields.items()))
