"""The state machine of a session, as dialogues: what the client sends, what the server replies, what each answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpscope.protocol.body import stuff
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.protocol.tracking import State, Tracked, Tracker

# A dialogue: ``> `` a line that the client sends, ``>> `` octets as they are, ``< `` what the server replies. Behind
# `` = `` stands what the reply answers (``-``: nothing; ``!``: it is about the message that BDAT ends; ``~``: it came
# early), and the state that follows from it.
BEGIN = ("< 220 mx ready = (banner) hello", "> EHLO contoso.com", "< 250-mx\n250 PIPELINING = EHLO ready")
ENVELOPE = (
    *("> MAIL FROM:<chris@contoso.com>", "< 250 ok = MAIL sender"),
    *("> RCPT TO:<kate@fabrikam.com>", "< 250 ok = RCPT:kate@fabrikam.com recipient"),
)
MESSAGE = ("> DATA", "< 354 go = DATA message", r">> Subject: x\r\n\r\ntext\r\n.\r\n", "< 250 queued = . ready")
BYE = ("> QUIT", "< 221 bye = QUIT closed")
LMTP = ("< 220 mx = (banner) hello", "> LHLO contoso.com", "< 250 mx = LHLO ready")
TWO = (
    *("> MAIL FROM:<>", "< 250 ok = MAIL sender"),
    *("> RCPT TO:<a@b.test>", "< 250 ok = RCPT:a@b.test recipient"),
    *("> RCPT TO:<c@d.test>", "< 550 no = RCPT:c@d.test recipient"),
    *("> RCPT TO:<e@f.test>", "< 251 ok = RCPT:e@f.test recipient"),
)

DIALOGUES: dict[str, tuple[str, ...]] = {
    "normal": (*BEGIN, *ENVELOPE, *MESSAGE, *BYE),
    "banner refused": ("< 554 no = (banner) greeting", *BYE),
    "helo": ("< 220 mx = (banner) hello", "> EHLO a", "< 502 no = EHLO hello", "> HELO a", "< 250 mx = HELO ready"),
    "two messages": (*BEGIN, *ENVELOPE, *MESSAGE, *ENVELOPE, *MESSAGE, *BYE),
    "nobody is known": (
        *(*BEGIN, *ENVELOPE[:2], "> RCPT TO:<x@b.test>", "< 550 no = RCPT:x@b.test sender"),
        *("> DATA", "< 554 no valid recipients = DATA sender", *BYE),
    ),
    "pipelined": (
        *(*BEGIN, "> MAIL FROM:<>", "> RCPT TO:<a@b.test>", "> RCPT TO:<c@d.test>", "> DATA"),
        *("< 250 ok = MAIL sender", "< 550 no = RCPT:a@b.test sender", "< 250 ok = RCPT:c@d.test recipient"),
        *("< 354 go = DATA message", r">> x\r\n.\r\n", "< 250 queued = . ready", *BYE),
    ),
    "pipelined, one write": (
        *(*BEGIN, r">> MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nNOOP\r\n"),
        *("< 250 ok = MAIL sender", "< 250 ok = RCPT:a@b.test recipient", "< 250 ok = OTHER:NOOP recipient"),
    ),
    "the message right behind DATA": (
        *(*BEGIN, *ENVELOPE, r">> DATA\r\nx\r\n.\r\n", "< 354 go = DATA ready", "< 250 queued = . ready", *BYE),
    ),
    "DATA refused, the message sent ahead": (  # the server took its lines for commands
        *(*BEGIN, *ENVELOPE, r">> DATA\r\nhello\r\n.\r\n", "< 503 no = DATA recipient"),
        *("< 500 what? = OTHER: recipient", "< 500 what? = OTHER: recipient", "< 500 = - recipient", *BYE),
    ),
    "DATA refused, half the message sent ahead": (
        *(*BEGIN, *ENVELOPE, r">> DATA\r\nhello\r\nNO", "< 503 no = DATA recipient", r">> OP\r\n"),
        *("< 500 what? = OTHER: recipient", "< 250 ok = OTHER:NOOP recipient", *BYE),
    ),
    "DATA refused, the message and a command sent ahead": (
        *(*BEGIN, *ENVELOPE, r">> DATA\r\nhello\r\n.\r\nNOOP\r\n", "< 503 no = DATA recipient"),
        *("< 500 = OTHER: recipient", "< 500 = OTHER: recipient", "< 250 ok = OTHER:NOOP recipient", *BYE),
    ),
    "334 to DATA asks for nothing": (
        *(*BEGIN, *ENVELOPE, "> DATA", "< 334 go = DATA recipient", "> NOOP", "< 250 ok = OTHER:NOOP recipient"),
    ),
    "250 to DATA asks for nothing": (
        *(*BEGIN, *ENVELOPE, "> DATA", "< 250 ok = DATA recipient", "> NOOP", "< 250 ok = OTHER:NOOP recipient"),
    ),
    "354 to MAIL accepts nothing": (*BEGIN, "> MAIL FROM:<>", "< 354 go = MAIL ready"),
    "whatever ends the message": (
        *(*BEGIN, *ENVELOPE, *MESSAGE[:3], "< what? = . ready", "> NOOP", "< 250 ok = OTHER:NOOP ready"),
    ),
    "commands behind the message, unanswered": (  # RFC 2920 section 3.1
        *(*BEGIN, *ENVELOPE, "> DATA", "< 354 go = DATA message", r">> x\r\n.\r\nRSET\r\nQUIT\r\n"),
        *("< 250 queued = . ready", "< 250 ok = OTHER:RSET ready", "< 221 bye = QUIT closed"),
    ),
    "354 to the message": (*BEGIN, *ENVELOPE, *MESSAGE[:3], "< 354 more = . ready", *BYE),
    "AUTH with challenges": (
        *(
            *BEGIN,
            "> AUTH LOGIN",
            "< 334 VXNlcm5hbWU6 = AUTH challenge",
            "> a2F0ZQ==",
            "< 334 UGFzcw== = 334 challenge",
        ),
        *("> c2VjcmV0", "< 235 ok = 334 ready", *ENVELOPE),
    ),
    "AUTH in one line": (*BEGIN, "> AUTH PLAIN AGNocmlzAHNlY3JldA==", "< 235 ok = AUTH ready"),
    "AUTH given up": (*BEGIN, "> AUTH LOGIN", "< 334 x = AUTH challenge", "> *", "< 501 ok = 334 ready", *BYE),
    "AUTH refused": (*BEGIN, "> AUTH LOGIN", "< 334 x = AUTH challenge", "> a2F0ZQ==", "< 535 no = 334 ready"),
    "a response is no command": (
        *(*BEGIN, "> AUTH LOGIN", "< 334 x = AUTH challenge", "> QUIT", "< 334 x = 334 challenge"),
        *("> DATA", "< 535 no = 334 ready", *BYE),
    ),
    "AUTH, the responses sent ahead": (
        *(*BEGIN, r">> AUTH LOGIN\r\na2F0ZQ==\r\nc2VjcmV0\r\nNOOP\r\n", "< 334 x = AUTH challenge"),
        *("< 334 x = 334 challenge", "< 235 ok = 334 ready", "< 250 ok = OTHER:NOOP ready"),
    ),
    "354 is no challenge": (*BEGIN, "> AUTH LOGIN", "< 354 x = AUTH ready", *BYE),
    "STARTTLS": (
        *(*BEGIN, "> STARTTLS", "< 220 go = STARTTLS handshake", "! secured = hello"),
        *("> EHLO contoso.com", "< 250 mx = EHLO ready", *ENVELOPE),
    ),
    "STARTTLS refused": (*BEGIN, "> STARTTLS", "< 454 no = STARTTLS ready", *ENVELOPE),
    "XCLIENT": (
        *(*BEGIN, "> XCLIENT ADDR=192.0.2.1", "< 220 mx = XCLIENT hello"),
        *("> EHLO contoso.com", "< 250 mx = EHLO ready", *ENVELOPE),
    ),
    "XCLIENT refused": (*BEGIN, "> XCLIENT ADDR=192.0.2.1", "< 550 no = XCLIENT ready", *BYE),
    "BDAT": (
        *(*BEGIN, *ENVELOPE, r">> BDAT 5\r\nhello", "< 250 5 octets = BDAT recipient"),
        *(r">> BDAT 7 LAST\r\n\r\n.\r\nxy", "< 250 queued = BDAT! ready", *BYE),
    ),
    "BDAT with an empty last chunk": (
        *(*BEGIN, *ENVELOPE, r">> BDAT 5\r\nhello", "< 250 ok = BDAT recipient"),
        *("> BDAT 0 LAST", "< 250 queued = BDAT! ready", *BYE),
    ),
    "BDAT, all in one write": (
        *(*BEGIN, *ENVELOPE, r">> BDAT 5\r\nhelloBDAT 2\r\n.\nBDAT 0 LAST\r\nNOOP\r\n"),
        *("< 250 ok = BDAT recipient", "< 250 ok = BDAT recipient", "< 250 queued = BDAT! ready"),
        "< 250 ok = OTHER:NOOP ready",
    ),
    "BDAT refused": (*BEGIN, *ENVELOPE, r">> BDAT 5\r\nhello", "< 552 no = BDAT recipient", *BYE),
    "BDAT refused before the chunk is out": (
        *(*BEGIN, *ENVELOPE, r">> BDAT 9 LAST\r\nhello", "< 552 no = BDAT!~ recipient", r">> 6789", *BYE),
    ),
    "250 before the chunk is out": (
        *(*BEGIN, *ENVELOPE, r">> BDAT 9 LAST\r\nhello", "< 250 ok = - recipient", r">> 6789"),
        *("< 250 queued = BDAT! ready", *BYE),
    ),
    "a size that is none": (
        *BEGIN,
        *ENVELOPE,
        "> BDAT x LAST",
        "< 501 no = BDAT! ready",
        "> BDAT",
        "< 501 = BDAT ready",
    ),
    "LMTP": (
        *(*LMTP, *TWO, "> DATA", "< 354 go = DATA message", r">> x\r\n.\r\n"),
        *("< 250 kept = .:a@b.test ready", "< 452 full = .:e@f.test ready", *BYE),
    ),
    "LMTP with BDAT": (
        *(*LMTP, *TWO, r">> BDAT 1\r\nx", "< 250 ok = BDAT recipient", r">> BDAT 1 LAST\r\ny"),
        *("< 250 kept = BDAT!:a@b.test ready", "< 250 kept = BDAT!:e@f.test ready", *BYE),
    ),
    "LMTP with an empty last chunk": (
        *(*LMTP, *TWO, "> BDAT 0 LAST", "< 250 x = BDAT!:a@b.test ready", "< 250 x = BDAT!:e@f.test ready"),
    ),
    "LMTP, all of it ahead of the replies": (  # RFC 3030 section 4.2
        *(*LMTP, r">> MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<e@f.test>\r\n"),
        *(r">> BDAT 1 LAST\r\nxNOOP\r\n", "< 250 ok = MAIL sender", "< 250 ok = RCPT:a@b.test recipient"),
        *("< 550 no = RCPT:c@d.test recipient", "< 250 ok = RCPT:e@f.test recipient"),
        *("< 250 kept = BDAT!:a@b.test ready", "< 250 kept = BDAT!:e@f.test ready", "< 250 ok = OTHER:NOOP ready"),
    ),
    "LMTP, nobody is known": (
        *(*LMTP, "> MAIL FROM:<>", "< 250 ok = MAIL sender", "> RCPT TO:<a@b.test>", "< 550 no = RCPT:a@b.test sender"),
        *(r">> BDAT 1 LAST\r\nx", "< 503 no = BDAT! sender", *BYE),
    ),
    "LMTP, one reply too many": (
        *(*LMTP, *TWO, "> DATA", "< 354 go = DATA message", r">> x\r\n.\r\n", "< 250 x = .:a@b.test ready"),
        *("< 250 x = .:e@f.test ready", "< 250 x = - ready"),
    ),
    "LMTP, refused before the message is out": (
        *(*LMTP, *TWO, "> DATA", "< 354 go = DATA message", r">> x\r\n", "< 552 no = .~ message", r">> .\r\n", *BYE),
    ),
    "250 before the message is out": (
        *(*BEGIN, *ENVELOPE, "> DATA", "< 354 go = DATA message", r">> x\r\n", "< 250 queued = - message"),
        *(r">> .\r\n", "< 250 queued = . ready", *BYE),
    ),
    "250 before the message was begun": (
        *(*BEGIN, *ENVELOPE, "> DATA", "< 354 go = DATA message", "< 250 queued = - message", r">> .\r\n"),
        *("< 250 queued = . ready", *BYE),
    ),
    "refused before the message is out": (
        *(*BEGIN, *ENVELOPE, "> DATA", "< 354 go = DATA message", r">> x\r\n", "< 552 no = .~ message"),
        *(r">> .\r\n", *BYE),
    ),
    "refused twice": (
        *(*BEGIN, *ENVELOPE, "> DATA", "< 354 go = DATA message", r">> x\r\n", "< 552 no = .~ message"),
        *("< 552 no = - message", r">> .\r\n", "< 552 no = - ready", *BYE),
    ),
    "surplus replies": (
        *BEGIN,
        "< 250 what? = - ready",
        "> MAIL FROM:<>",
        "< 250 ok = MAIL sender",
        "< 250 = - sender",
    ),
    "two banners": ("< 220 a = (banner) hello", "< 220 b = - hello", "> EHLO a", "< 250 mx = EHLO ready"),
    "RSET": (*BEGIN, *ENVELOPE, "> RSET", "< 250 ok = OTHER:RSET ready", *ENVELOPE),
    "RSET refused": (*BEGIN, *ENVELOPE, "> RSET", "< 500 no = OTHER:RSET recipient"),
    "EHLO in a transaction": (*BEGIN, *ENVELOPE, "> EHLO contoso.com", "< 250 mx = EHLO ready"),
    "EHLO refused in a transaction": (*BEGIN, *ENVELOPE, "> EHLO x", "< 501 no = EHLO recipient"),
    "QUIT refused": (*BEGIN, "> QUIT", "< 500 no = QUIT ready"),
    "no order is enforced": ("< 220 mx = (banner) hello", "> MAIL FROM:<>", "< 250 ok = MAIL sender"),
    "an empty line": (*BEGIN, "> ", "< 500 no = OTHER: ready"),
    "a command in lower case": (*BEGIN, "> mail from:<>", "< 250 ok = MAIL sender"),
}


def named(answered: Tracked | None) -> str:
    """What a reply answers, as the tables write it."""
    if answered is None:
        return "-"
    verb = answered.verb or "(banner)"
    if answered.phase is Phase.OTHER:
        return f"OTHER:{answered.verb}"
    marks = ("!" if answered.last and verb == "BDAT" else "") + ("~" if answered.early else "")
    return verb + marks + (f":{answered.recipient}" if answered.recipient else "")


def octets(line: str) -> bytes:
    """What a line of a table sends."""
    mark, _, text = line.partition(" ")
    return text.encode() + b"\r\n" if mark == ">" else text.replace(r"\r", "\r").replace(r"\n", "\n").encode()


def at_once(tracker: Tracker, data: bytes) -> None:
    list(tracker.send(data))


def octet_by_octet(tracker: Tracker, data: bytes) -> None:
    for place in range(len(data)):
        list(tracker.send(data[place : place + 1]))


@pytest.mark.parametrize("send", [at_once, octet_by_octet])
@pytest.mark.parametrize("name", DIALOGUES)
def test_a_dialogue(name: str, send: Callable[[Tracker, bytes], None]) -> None:
    tracker = Tracker()
    for line in DIALOGUES[name]:
        text, _, expected = line.rpartition(" = ")
        if line[0] == ">":
            send(tracker, octets(line))
            continue
        answered, _, state = expected.rpartition(" ")
        if line[0] == "<":
            found = tracker.receive(parse_reply(text[2:].replace("\n", "\r\n").encode() + b"\r\n"))
            assert named(found) == answered, line
        else:
            tracker.secured()
        assert tracker.state == State(state), line


STEPS = [(name, step) for name, dialogue in DIALOGUES.items() for step in range(len(dialogue) + 1)]


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_421_ends_the_session_wherever_it_comes(name: str, step: int) -> None:
    """It answers what was to be answered, or nothing."""
    tracker = Tracker()
    for line in DIALOGUES[name][:step]:
        if line[0] == ">":
            at_once(tracker, octets(line))
        elif line[0] == "<":
            tracker.receive(parse_reply(line[2:].rpartition(" = ")[0].encode()))
        else:
            tracker.secured()
    awaited, unfinished = list(tracker.awaited), tracker.in_content
    answered = tracker.receive(parse_reply(b"421 4.3.2 going down"))
    assert tracker.state is State.CLOSED
    if unfinished:
        assert answered is None or answered.early or answered in awaited
    else:
        assert (answered.index if answered else None) == (awaited[0].index if awaited else None)


def test_tls_ends_a_login() -> None:
    """What was said before the handshake counts no more (RFC 3207 section 4.2)."""
    tracker = Tracker()
    for line, reply in ((b"", b"220 mx"), (b"EHLO a", b"250 mx"), (b"AUTH PLAIN AGEAYg==", b"235 ok")):
        if line:
            tracker.command(line)
        tracker.receive(parse_reply(reply))
    assert tracker.logged_in
    tracker.command(b"STARTTLS")
    tracker.receive(parse_reply(b"220 go"))
    tracker.secured()
    assert not tracker.logged_in


def test_what_is_learned_on_the_way() -> None:
    tracker = Tracker()
    tracker.receive(parse_reply(b"220 mx.fabrikam.com ready\r\n"))
    assert (tracker.greeting, tracker.phase) == ("mx.fabrikam.com", Phase.EHLO)
    tracker.command(b"EHLO contoso.com")
    tracker.receive(parse_reply(b"250-mx\r\n250-STARTTLS\r\n250 SIZE 1000\r\n"))
    assert tracker.announced is not None
    assert tracker.announced.has("STARTTLS")
    tracker.command(b"STARTTLS")
    tracker.receive(parse_reply(b"220 go\r\n"))
    assert tracker.phase is Phase.TLS
    tracker.secured()
    assert (tracker.announced, tracker.secure, tracker.phase) == (None, True, Phase.EHLO)
    tracker.command(b"EHLO contoso.com")
    tracker.receive(parse_reply(b"250 mx\r\n"))
    tracker.command(b"AUTH PLAIN AGEAYg==")
    tracker.receive(parse_reply(b"235 ok\r\n"))
    assert tracker.logged_in
    tracker.command(b"MAIL FROM:<chris@contoso.com> SIZE=5")
    tracker.receive(parse_reply(b"250 ok\r\n"))
    tracker.command(b"RCPT TO:<kate@fabrikam.com> NOTIFY=NEVER")
    tracker.receive(parse_reply(b"250 ok\r\n"))
    assert tracker.recipients == ["kate@fabrikam.com"]
    tracker.command(b"RSET")
    tracker.receive(parse_reply(b"250 ok\r\n"))
    assert (tracker.recipients, tracker.sender) == ([], "")
    tracker.close()
    assert (tracker.state, tracker.awaited) == (State.CLOSED, [])


@pytest.mark.parametrize(
    ("line", "recipient"),
    [
        ("RCPT TO:<kate@fabrikam.com>", "kate@fabrikam.com"),
        ("RCPT TO:<kate@fabrikam.com> X-TAG=<v>", "kate@fabrikam.com"),
        ('RCPT TO:<"a>b"@fabrikam.com>', '"a>b"@fabrikam.com'),
        ("rcpt to: kate@fabrikam.com", "kate@fabrikam.com"),
    ],
)
def test_the_recipient_of_a_line(line: str, recipient: str) -> None:
    assert Tracker().command(line.encode()).recipient == recipient


def test_secrets_are_masked_in_what_may_be_shown() -> None:
    tracker = Tracker()
    tracker.receive(parse_reply(b"220 mx\r\n"))
    lines = [piece.of.line for piece in tracker.send(b"AUTH PLAIN AGEAYg==\r\nAUTH LOGIN\r\n")]
    tracker.receive(parse_reply(b"501 no\r\n"))
    tracker.receive(parse_reply(b"334 x\r\n"))
    lines += [piece.of.line for piece in tracker.send(b"a2F0ZQ==\r\n")]
    assert lines == ["AUTH PLAIN ***", "AUTH LOGIN", "***"]


# --------------------------------------------------------------------------------------------------- any session at all

CLIENT = st.sampled_from(
    [
        *(b"EHLO a\r\n", b"LHLO a\r\n", b"HELO a\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<a@b.test>\r\n", b"DATA\r\n"),
        *(b"RSET\r\n", b"QUIT\r\n", b"AUTH LOGIN\r\n", b"a2F0ZQ==\r\n", b"*\r\n", b"STARTTLS\r\n", b"XCLIENT A=b\r\n"),
        *(b"text\r\n", b".\r\n", b"\r\n.\r\n", b"\n.\n", b"\r", b"\n", b".", b"BDAT 3\r\nabc", b"BDAT 0 LAST\r\n"),
        *(b"BDAT 12 LAST\r\nab", b"BDAT", b" 3 LAST", b"BDAT 99999999999999999\r\n", b"BDAT -1\r\n", b"\xff\x00\r\n"),
    ]
)
SERVER = st.sampled_from([b"220 a", b"250 a", b"250-a\r\n250 b", b"334 a", b"354 a", b"235 a", b"421 a", b"452 a"]) | (
    st.sampled_from([b"550 a", b"221 a", b"251 a", b"what", b"", b"999 a", b"334", b"150 a"])
)
SESSION = st.lists(st.tuples(st.just("client"), CLIENT) | st.tuples(st.just("server"), SERVER), max_size=40)


def played(session: list[tuple[str, bytes]], cuts: list[int]) -> tuple[list[object], Tracker]:
    """What each reply answers, the state behind it, and the octets of each command and message; cut by ``cuts``."""
    tracker, seen, of, places = Tracker(), [], {}, list(cuts)
    for who, what in session:
        if who == "server":
            found = tracker.receive(parse_reply(what + b"\r\n"))
            seen.append((found, tracker.state, tracker.phase, tuple(tracker.recipients), tuple(tracker.awaited)))
            continue
        while what:
            size = min(places.pop() if places else len(what), len(what))
            for piece in tracker.send(what[:size]):
                before, content, final = of.get(piece.of.index, (b"", False, False))
                assert not final, "nothing belongs to a message behind its end"
                of[piece.of.index] = (before + piece.data, content or piece.content, piece.final)
            what = what[size:]
    return [*seen, of], tracker


@given(SESSION, st.lists(st.integers(1, 4), max_size=60))
@settings(max_examples=300)
def test_the_same_octets_mean_the_same_however_they_are_cut(session: list[tuple[str, bytes]], cuts: list[int]) -> None:
    whole, one = played(session, [])
    cut, other = played(session, cuts)
    single, third = played(session, [1] * sum(len(what) for _who, what in session))
    assert whole == cut == single
    assert one.awaited == other.awaited == third.awaited


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=80)), max_size=30))
@settings(max_examples=300)
def test_whatever_is_said_raises_nothing(session: list[tuple[bool, bytes]]) -> None:
    played([("client" if client else "server", what) for client, what in session], [])


@given(SESSION)
@settings(max_examples=300)
def test_a_reply_answers_one_command_and_a_command_has_one_reply(session: list[tuple[str, bytes]]) -> None:
    """The same index twice would be two replies to one command; with LMTP, each recipient has an index of its own."""
    seen, tracker = played(session, [])
    answered = [item[0].index for item in seen[:-1] if isinstance(item, tuple) and item[0]]
    assert len(answered) == len(set(answered))
    assert answered == sorted(answered)
    assert not {item.index for item in tracker.awaited} & set(answered)


@given(st.binary(max_size=300), st.integers(1, 50))
@settings(max_examples=200)
def test_a_stuffed_message_ends_where_it_ends(message: bytes, block: int) -> None:
    """Whatever it holds: nothing of it is a command, and what follows it is one."""
    tracker = Tracker()
    for reply in (b"220 a", b"250 a", b"354 a"):
        if reply == b"354 a":
            tracker.command(b"DATA")
        tracker.receive(parse_reply(reply))
    wire = b"".join(stuff(message, block)) + b"NOOP\r\n"
    pieces = [piece for place in range(0, len(wire), block) for piece in tracker.send(wire[place : place + block])]
    assert b"".join(piece.data for piece in pieces if piece.content) == wire[: -len(b"NOOP\r\n")]
    assert [piece.of.verb for piece in pieces if not piece.content] == ["NOOP"]
    assert [piece.final for piece in pieces if piece.content][-1:] == [True]
