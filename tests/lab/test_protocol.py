"""The session, as dialogues: what is said to it, what it answers, what it takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpscope.diagnosis.outcome import judge
from smtpscope.lab.options import Limits, Security, Service
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.smtp.personality import POSTFIX
from smtpscope.model.report import Status
from smtpscope.protocol.tracking import State

ENVELOPE = ("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>", "RCPT TO:<kate@fabrikam.com>")


def test_the_procedure_word_for_word(talk: Any) -> None:
    client = talk()
    assert client.connect().startswith("220 mail1.fabrikam.com Microsoft ESMTP MAIL Service ready at ")
    hello = client.say("EHLO contoso.com").splitlines()
    assert hello[0] == "250-mail1.fabrikam.com Hello [192.0.2.1]"
    assert [line[4:] for line in hello[1:]] == [
        "SIZE 37748736",
        "PIPELINING",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "8BITMIME",
        "SMTPUTF8",
        "CHUNKING",
    ]
    # As it is typed by hand: no angle brackets.
    assert client.say("MAIL FROM:chris@contoso.com") == "250 2.1.0 Sender OK\r\n"
    assert client.say("RCPT TO:kate@fabrikam.com NOTIFY=success,failure") == "250 2.1.5 Recipient OK\r\n"
    assert client.say("DATA") == "354 Start mail input; end with <CRLF>.<CRLF>\r\n"
    assert client.say("Subject: 来自 Contoso 的测试", "", "这是一封测试邮件") == ""
    assert client.say(".") == "250 2.6.0 <id3@mail1.fabrikam.com> Queued mail for delivery\r\n"
    assert client.say("QUIT") == "221 2.0.0 Service closing transmission channel\r\n"
    assert client.outputs[-1].end == "drop"
    [(mail, octets)] = client.mails
    assert mail.sender == "chris@contoso.com"
    assert mail.recipients[0].parameters == (("NOTIFY", "success,failure"),)
    assert octets.decode() == "Subject: 来自 Contoso 的测试\r\n\r\n这是一封测试邮件\r\n"


def test_postfix_has_its_own_words(talk: Any) -> None:
    client = talk(personality=POSTFIX)
    assert client.connect() == "220 mail.example.test ESMTP Postfix\r\n"
    assert client.say("EHLO contoso.com").startswith("250-mail.example.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n")
    assert client.say("FOO") == "502 5.5.2 Error: command not recognized\r\n"
    assert client.say("RCPT TO:<a@b.test>") == "503 5.5.1 Error: need MAIL command\r\n"


def test_failures_of_the_procedure_are_complaints_about_real_mistakes_too(talk: Any) -> None:
    client = talk()
    assert client.say("EHLO bad_name!") == "501 5.5.4 Invalid domain name\r\n"
    assert client.codes("EHLO contoso.com", "MAIL FROM:<chris@@contoso.com>") == ["250 CHUNK", "550 5.1.7"]


def test_order_is_kept(talk: Any) -> None:
    client = talk()
    assert client.codes("MAIL FROM:<a@b.test>", "RCPT TO:<a@b.test>", "DATA") == ["503 5.5.2"] * 3
    client.say("EHLO contoso.com")
    assert client.codes("DATA", "MAIL FROM:<a@b.test>", "MAIL FROM:<a@b.test>", "DATA") == [
        "503 5.5.2",
        "250 2.1.0",
        "503 5.5.2",
        "503 5.5.2",
    ]
    assert client.codes("RSET", "RCPT TO:<a@b.test>", "NOOP", "VRFY kate", "EXPN staff", "HELP") == [
        "250 2.0.0",
        "503 5.5.2",
        "250 2.0.0",
        "252 2.1.5",
        "502 5.3.3",
        "214 This",
    ]


def test_a_second_greeting_forgets_the_transaction(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE)
    assert client.codes("EHLO contoso.com", "DATA") == ["250 CHUNK", "503 5.5.2"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MAIL FROM:<a@b.test> SIZE=99999999", "552 5.3.4"),
        ("MAIL FROM:<a@b.test> SIZE=many", "501 5.5.4"),
        ("MAIL FROM:<a@b.test> BODY=9BIT", "501 5.5.4"),
        ("MAIL FROM:<a@b.test> RET=SOME", "501 5.5.4"),
        ("MAIL FROM:<a@b.test> COLOR=RED", "501 5.5.4"),
        ("MAIL FROM:<凯特@b.test>", "553 5.6.7"),
        ("MAIL FROM:<凯特@b.test> SMTPUTF8", "250 2.1.0"),
        ("MAIL FROM:<> ENVID=x RET=HDRS", "250 2.1.0"),
        ("MAIL FROM:a b", "550 5.1.7"),
        ("MAIL TO:<a@b.test>", "550 5.1.7"),
    ],
)
def test_parameters_of_mail(talk: Any, line: str, answer: str) -> None:
    client = talk()
    client.say("EHLO contoso.com")
    assert client.codes(line) == [answer]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("RCPT TO:<a@b.test> NOTIFY=NEVER", "250 2.1.5"),
        ("RCPT TO:<a@b.test> NOTIFY=NEVER,DELAY", "501 5.5.4"),
        ("RCPT TO:<a@b.test> ORCPT=rfc822;a@b.test", "250 2.1.5"),
        ("RCPT TO:<a@b.test> ORCPT=a@b.test", "501 5.5.4"),
        ("RCPT TO:<>", "501 5.1.3"),
        ("RCPT TO:<Postmaster>", "250 2.1.5"),
    ],
)
def test_parameters_of_rcpt(talk: Any, line: str, answer: str) -> None:
    client = talk()
    client.say("EHLO contoso.com", "MAIL FROM:<a@b.test>")
    assert client.codes(line) == [answer]


def test_dots_are_unstuffed_and_line_ends_kept(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE, "DATA")
    client.send(b"..dot\r\n.\n.\rbare\r\n.\r\n")
    assert client.mails[0][1] == b".dot\r\n\n.\rbare\r\n"


def test_a_pipelined_group_is_answered_line_by_line(talk: Any) -> None:
    client = talk()
    answers = client.say("EHLO contoso.com", *ENVELOPE[1:], "DATA", "text", ".", "NOOP", "QUIT", "NOOP")
    assert [line[:3] for line in answers.splitlines() if line[3] == " "] == [
        "250",
        "250",
        "250",
        "354",
        "250",
        "250",
        "221",
    ]


def test_bdat_in_chunks(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE)
    assert client.send(b"BDAT 5\r\nhello") == "250 2.6.0 CHUNK received OK, 5 octets\r\n"
    assert client.codes("DATA") == ["503 5.5.1"]  # RFC 3030 section 2
    assert client.send(b"BDAT 8 LAST\r\n.\r\nbye\r") == ""
    assert client.send(b"\nNOOP\r\n").startswith("250 2.6.0 <")
    assert client.mails[0][1] == b"hello.\r\nbye\r\n"


def test_an_empty_last_chunk_ends_the_message(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE)
    client.send(b"BDAT 4\r\ntextBDAT 0 LAST\r\n")
    assert client.mails[0][1] == b"text"


def test_bdat_out_of_order_takes_its_octets_all_the_same(talk: Any) -> None:
    client = talk()
    client.say("EHLO contoso.com")
    assert client.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n") == "503 5.5.2 Need mail command\r\n250 2.0.0 OK\r\n"


@pytest.mark.parametrize("line", ["BDAT", "BDAT x", "BDAT -1", "BDAT 5 FIRST", "BDAT 9999999999999999"])
def test_bdat_whose_end_cannot_be_known_ends_the_session(talk: Any, line: str) -> None:
    client = talk()
    client.say(*ENVELOPE)
    assert client.codes(line) == ["501 5.5.4"]
    assert client.outputs[-1].end == "drop"


def test_limits_have_the_replies_of_the_rfc(talk: Any) -> None:
    client = talk(limits=Limits(size=100, command=60, recipients=2, errors=4, text_line=30))
    client.say("EHLO contoso.com", "MAIL FROM:<a@b.test>", "RCPT TO:<a@b.test>", "RCPT TO:<a@b.test>")
    assert client.codes("RCPT TO:<a@b.test>", "NOOP " + "x" * 100, "DATA") == ["452 4.5.3", "500 5.5.2", "354 Start"]
    assert client.codes("x" * 29, "y" * 31, ".") == ["", "", "554 5.6.0"]
    client.say("MAIL FROM:<a@b.test>", "RCPT TO:<a@b.test>", "DATA", *["x" * 20] * 10)
    assert client.codes(".") == ["552 5.3.4"]
    assert client.codes("FOO", "FOO", "FOO") == ["500 5.3.3", "500 5.3.3", "421 4.7.0"]
    assert client.outputs[-1].end == "drop"
    assert not client.mails


def test_a_chunk_over_the_limit_is_refused_at_once(talk: Any) -> None:
    client = talk(limits=Limits(size=10))
    client.say(*ENVELOPE)
    assert client.send(b"BDAT 20\r\n" + b"x" * 20).startswith("552 5.3.4")


def test_a_hello_that_is_refused_changes_nothing(talk: Any) -> None:
    """RFC 5321 section 4.1.4: the state stays as it was."""
    for refused in ("EHLO bad_name!", "EHLO 501-5-5-4.contoso.com", "EHLO refuse-helo.contoso.com"):
        client = talk()
        client.say(*ENVELOPE)
        assert client.codes(refused, "DATA") == ["501 5.5.4", "354 Start"]
        client.say("x", ".")
        assert [recipient.address for recipient in client.mails[0][0].recipients] == ["kate@fabrikam.com"]


def test_a_hello_is_outside_of_the_transaction_that_it_ends(talk: Any) -> None:
    """The rules that an address asked for are not for the next hello."""
    client = talk()
    client.say("EHLO contoso.com", "MAIL FROM:<refuse-helo@contoso.com>")
    assert client.codes("EHLO contoso.com", "RCPT TO:<kate@fabrikam.com>") == ["250 CHUNK", "503 5.5.2"]


@pytest.mark.parametrize("line", [".", "334", ""])
def test_what_stands_for_a_place_in_the_session_is_no_command(talk: Any, line: str) -> None:
    client = talk()
    client.say(*ENVELOPE)
    assert client.codes(line, "DATA") == ["500 5.3.3", "354 Start"]


@pytest.mark.parametrize(
    ("stage", "action", "lines", "then"),
    [
        ("rcpt", Action(421, ("later",)), ("RCPT TO:<a@b.test>",), State.SENDER),  # it says so, and does not close
        ("data", Action(334, ("go on",)), ("RCPT TO:<a@b.test>", "DATA"), State.RECIPIENT),
        ("auth", Action(334, ("go on",)), ("RSET", "AUTH PLAIN"), State.READY),
        ("quit", Action(221, ("bye",), end="half-close"), ("QUIT",), State.CLOSED),
    ],
)
def test_the_session_goes_only_where_the_lab_means_it(
    talk: Any, stage: str, action: Action, lines: tuple[str, ...], then: State
) -> None:
    client = talk(
        Scenario("x", rules=(Rule(When((stage,)), action),)),
        security=Security(users=(("kate", "x"),), auth_in_clear=True),
    )
    client.say("EHLO contoso.com", "MAIL FROM:<a@b.test>", *lines)
    assert client.session.state is then


SAID = st.sampled_from(
    [
        b"EHLO contoso.com\r\n",
        b"HELO contoso.com\r\n",
        b"EHLO bad_name!\r\n",
        b"MAIL FROM:<a@b.test>\r\n",
        b"RCPT TO:<a@b.test>\r\n",
        b"RCPT TO:<550-5.1.1@b.test>\r\n",
        b"DATA\r\n",
        b"text\r\n.\r\n",
        b"BDAT 3\r\nabc",
        b"BDAT 2 LAST\r\nxy",
        b"BDAT 0 LAST\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"AUTH PLAIN\r\n",
        b"AUTH PLAIN AGthdGUAeA==\r\n",
        b"AGthdGUAeA==\r\n",
        b"*\r\n",
        b".\r\n",
        b"\r\n",
    ]
)


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_the_server_stands_where_a_client_sees_it(talk: Any, protocol: str) -> None:
    """Both sides go by one table: whatever is said, the session and its record agree on the state."""

    @settings(max_examples=300, deadline=None)
    @given(said=st.lists(SAID, max_size=25))
    def follow(said: list[bytes]) -> None:
        client = talk(
            limits=Limits(errors=0),
            service=Service(protocol),
            security=Security(users=(("kate", "x"),), auth_in_clear=True),
        )
        if protocol == "lmtp":
            client.say("LHLO contoso.com")
        for octets in said:
            client.send(octets)
            client.recorder.flush()
            assert client.recorder.state is client.session.state

    follow()


@settings(max_examples=150, deadline=None)
@given(octets=st.binary(max_size=300), cut=st.integers(1, 40))
def test_garbage_gives_answers_and_pieces_do_not_matter(octets: bytes, cut: int) -> None:
    whole, pieces = _fresh(), _fresh()
    said = whole.send(octets)
    again = "".join(pieces.send(octets[place : place + cut]) for place in range(0, len(octets), cut))
    assert said == again


def _fresh() -> Any:
    from smtpscope.lab.scenario.rules import Memory
    from smtpscope.lab.smtp.personality import EXCHANGE
    from smtpscope.lab.smtp.session import Site

    class Client:
        def __init__(self) -> None:
            from smtpscope.lab.smtp.protocol import ServerProtocol

            class Nowhere:
                def write(self, octets: bytes) -> None: ...
                def discard(self) -> None: ...

            self.session = ServerProtocol(
                Site(EXCHANGE, Memory(lambda: 0.0), lambda: "id", Nowhere, lambda: 0.0), "192.0.2.1"
            )
            self.send(b"EHLO contoso.com\r\nMAIL FROM:<a@b.test>\r\n")

        def send(self, octets: bytes) -> str:
            return b"".join(output.data for output in self.session.receive(octets)).decode("latin-1")

    return Client()


def test_nul_and_bare_line_ends_are_told_as_they_came(talk: Any) -> None:
    client = talk()
    client.send(b"NOOP\0\nQUIT\n")
    client.recorder.flush()
    sent = [event.data for event in client.events if type(event).__name__ == "Sent"]
    assert sent == [b"NOOP\0\n", b"QUIT\n"]


def test_the_transcript_is_judged_like_a_clients(talk: Any) -> None:
    client = talk("user-unknown")
    client.say("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>")
    client.say("RCPT TO:<kate@fabrikam.com>")
    client.say("QUIT")
    client.recorder.ended("us")
    assert judge(client.events).status is Status.PERMANENT


def test_a_secret_is_masked_where_it_is_heard(talk: Any) -> None:
    client = talk()
    client.say("EHLO contoso.com", "AUTH PLAIN AGNocmlzAHNlY3JldA==")
    client.recorder.flush()
    assert not any(b"AGNocmlz" in getattr(event, "data", b"") for event in client.events)
    assert "AGNocmlz" not in repr(client.events)


def test_a_parameter_needs_its_extension_whichever_it_is(talk: Any) -> None:
    """The list is that of the protocol: a scenario may announce what no personality has."""
    words = ("MAIL FROM:<a@b.test> BODY=BINARYMIME", "MAIL FROM:<a@b.test> REQUIRETLS")
    for word in words:
        client = talk()
        assert client.codes("EHLO contoso.com", word)[1].startswith("501")
        client = talk(scenario=Scenario("announced", announce=("BINARYMIME", "REQUIRETLS")))
        assert client.codes("EHLO contoso.com", word)[1].startswith("250")
