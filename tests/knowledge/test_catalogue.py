"""What a reply means, from the reply to the explanation."""

from __future__ import annotations

import subprocess
import sys

import pytest

import smtpscope
from smtpscope.errors import UsageError
from smtpscope.knowledge.catalogue import describe_enhanced, explain, explain_cause, extension, load
from smtpscope.protocol.capability import Capabilities
from smtpscope.protocol.reply import parse_reply


def test_a_reply_and_its_text_mean_the_same() -> None:
    raw = b"550-5.1.1 The address kate@fabrikam.com\r\n550 5.1.1 is not known here.\r\n"
    assert explain(parse_reply(raw)).cause == explain(raw.decode()).cause == "recipient.unknown"


def test_every_part_is_filled_in() -> None:
    found = smtpscope.explain("550 5.1.1 User unknown", stage="rcpt")
    assert (found.cause, found.actor, found.retry) == ("recipient.unknown", "you", "never")
    assert found.meaning
    assert found.causes
    assert found.steps
    assert found.references
    assert "enhanced=5.1.1" in found.evidence


def test_a_temporary_refusal_is_tried_again() -> None:
    assert explain("450 4.1.1 User unknown").retry == "later"


def test_nothing_is_known_of_nothing() -> None:
    assert explain("").cause == "unknown.unknown"
    assert explain(parse_reply(b"")).rule == "nothing"


def test_the_stage_tells_codes_apart() -> None:
    assert explain("501 no", stage="ehlo").cause == "helo.invalid"
    assert explain("501 no", stage="mail").cause == "sender.syntax"
    assert explain("501 no", stage="rcpt").cause == "recipient.syntax"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_cause_can_be_explained(language: str) -> None:
    for cause in load().causes:
        found = explain_cause(cause, language)
        assert found.cause == cause
        assert found.meaning
        assert found.causes
        assert found.steps


def test_an_unknown_name_is_the_callers_mistake() -> None:
    with pytest.raises(UsageError, match="moon"):
        explain_cause("moon.full")
    with pytest.raises(UsageError, match="eo"):
        explain("250 ok", language="eo")
    with pytest.raises(AttributeError, match="explian"):
        smtpscope.explian  # noqa: B018


def test_keywords_of_ehlo() -> None:
    found = extension("dsn", "zh")
    assert found is not None
    assert found.reference == "RFC 3461"
    assert extension("MOON") is None


def test_the_package_loads_no_catalogue_before_it_is_asked() -> None:
    code = "import smtpscope, sys; assert 'smtpscope.knowledge' not in sys.modules; smtpscope.explain('250 ok')"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_capability_that_is_not_known_decides_nothing() -> None:
    assert explain("555 no", announced=Capabilities("mx")).cause == "protocol.parameter"


# RFC 5321 section 4.2.3, RFC 3207, RFC 4954, RFC 7504.
CODES = (
    "211 214 220 221 235 250 251 252 334 354 421 432 450 451 452 454 455 500 501 502 503 504 521 523 525 530 534 535"
    " 538 550 551 552 553 554 555 556"
)


@pytest.mark.parametrize("code", CODES.split())
def test_every_reply_code_is_known(code: str) -> None:
    assert explain(f"{code} xyzzy").rule.startswith(f"code.{code}")


# The IANA registry of enhanced status codes: the number of details of each subject (RFC 5248).
SUBJECTS = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}


@pytest.mark.parametrize(("subject", "last"), SUBJECTS.items())
def test_every_enhanced_code_is_known(subject: int, last: int) -> None:
    for detail in range(last + 1):
        for language in ("en", "zh"):
            assert describe_enhanced(f"5.{subject}.{detail}", language), (subject, detail)


def test_an_enhanced_code_that_is_not_registered_is_not_described() -> None:
    assert describe_enhanced("5.9.99") == ""
    assert describe_enhanced("") == ""


def test_a_procedure_step_has_its_own_cause() -> None:
    offered = Capabilities("mx", (("AUTH", ("PLAIN",)),))
    assert explain("530 5.7.1 Client was not authenticated", stage="mail", announced=offered).rule == "offers.login"
    assert explain("530 5.7.1 Client was not authenticated", stage="mail").cause == "login.required"
    assert explain("501 5.5.4 Invalid domain name", stage="ehlo").cause == "helo.invalid"
    assert explain("550 5.1.7 Invalid address", stage="mail").cause == "sender.syntax"
    assert explain("550 5.1.1 User unknown", stage="rcpt").cause == "recipient.unknown"
    assert explain("250 2.6.0 <1@mx> Queued mail for delivery", stage="end-of-data").cause == "ok.queued"


def test_the_same_enhanced_code_means_what_the_vendor_means() -> None:
    google = "gmail-smtp-in.l.google.com"
    assert explain("550 5.7.27 no").cause == "sender.domain-unresolvable"
    assert explain("550 5.7.27 no", server=google).cause == "domain-auth.spf"
    assert explain("550 5.7.30 no").cause == "tls.policy"
    assert explain("550 5.7.30 no", server=google).cause == "domain-auth.dkim"
