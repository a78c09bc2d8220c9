"""Playing a script: the dialogue that says its lines and holds each reply against what was expected."""

from __future__ import annotations

import re

from smtpscope.dialogue import script as marks
from smtpscope.dialogue.plan import IMPLICIT, NEVER, Tls
from smtpscope.dialogue.step import Closed, Listen, Note, Pause, Raw, Silence, StartTls
from smtpscope.language import _
from smtpscope.protocol.body import stuff
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.reply import Reply
from smtpscope.protocol.sasl import find_mechanism
from smtpscope.protocol.secret import mask, mask_octets, secrets_in
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from smtpscope.dialogue.plan import Login
    from smtpscope.dialogue.script import Act, Script
    from smtpscope.dialogue.step import Answer, Dialogue, Step

MET, DIFFERS = "met", "differs"
"""The topics of the notes that an expectation becomes; their details are line, expected, came."""

PLAIN_TLS = Tls()

# Replies that ``S*`` may skip before it gives up.
SKIP_LIMIT = 1000


def play(
    script: Script, files: Mapping[str, bytes], tls: Tls = PLAIN_TLS, enforced: bool = False, login: Login | None = None
) -> Dialogue:
    """The dialogue of ``script``, up to the first reply that differs; ``files``: the octets of each file it sends.

    A 220 to STARTTLS is followed by the handshake, unless ``tls`` says never; ``enforced`` is that of StartTls.
    ``login``: who it is that logs in; a script that does so needs it.
    """
    player = _Player(files, tls, enforced, login)
    if tls.mode == IMPLICIT:
        yield StartTls(tls, enforced)
    for act in script.acts:
        met = yield from player.perform(act)
        if not met:
            return


class _Player:
    """Where the script stands: what was sent and not answered yet, and how the next line will be taken."""

    def __init__(self, files: Mapping[str, bytes], tls: Tls, enforced: bool, login: Login | None) -> None:
        self._files, self._tls, self._enforced, self._login = files, tls, enforced, login
        self._unanswered: list[str] = [""]  # the banner answers nothing
        self._content = self._challenged = False
        self._begun = b""  # of a line that has no line end yet

    def perform(self, act: Act) -> Generator[Step, Answer, bool]:
        """Do one act. Returns whether what was expected came."""
        match act.mark:
            case marks.SEND:
                yield self._say(act.text.encode("utf-8", "surrogateescape"))
            case marks.OCTETS:
                yield from self._throw(marks.unescape(act.text))
            case marks.FILE:
                yield Raw(b"".join(stuff(self._files[act.text])), Phase.END_OF_DATA, body=True)
                self._unanswered.append(".")
                self._content = False
            case marks.LOGIN:
                return (yield from self._log_in(act))
            case marks.WAIT:
                yield Pause(float(act.text))
            case _:
                return (yield from self._expect(act))
        return True

    def _say(self, line: bytes) -> Raw:
        if self._content:
            if line == b".":
                self._content = False
                self._unanswered.append(".")
            return Raw(line + b"\r\n", Phase.END_OF_DATA, body=True)
        shown, secrets = mask(line, self._challenged), secrets_in(line, self._challenged)
        self._unanswered.append(shown.decode("utf-8", "surrogateescape"))
        phase = Phase.AUTH if self._challenged else phase_of(_verb(self._unanswered[-1]))
        self._challenged = False
        return Raw(line + b"\r\n", phase, False, *_hidden(line, shown, secrets))

    def _throw(self, octets: bytes) -> Generator[Step, Answer, None]:
        """Raw octets: each line end in them may be answered."""
        if self._content:
            yield Raw(octets, Phase.OTHER, body=True)
            return
        shown = mask_octets(octets, self._challenged, self._begun).removesuffix(b"\r\n")
        *lines, self._begun = (self._begun + octets).split(b"\n")
        secrets: tuple[bytes, ...] = ()
        for line in lines:
            masked = mask(line.removesuffix(b"\r"), self._challenged)
            secrets += secrets_in(line, self._challenged)
            self._unanswered.append(masked.decode("utf-8", "replace"))
            self._challenged = False
        yield Raw(octets, Phase.OTHER, False, *_hidden(octets.removesuffix(b"\r\n"), shown, secrets))

    def _expect(self, act: Act) -> Generator[Step, Answer, bool]:
        answer = yield from self._hear()
        for _time in range(SKIP_LIMIT):
            if act.mark != marks.SKIP or not isinstance(answer, Reply) or _meets(act, answer):
                break
            answer = yield from self._hear()
        met = _meets(act, answer)
        yield _note(act, answer, met)
        return met

    def _hear(self) -> Generator[Step, Answer, Answer]:
        command = self._unanswered.pop(0) if self._unanswered else ""
        phase = phase_of(_verb(command)) if command or not self._unanswered else Phase.BANNER
        answer = yield Listen(phase, command)
        if isinstance(answer, Reply):
            self._content = self._content or (_verb(command) == "DATA" and answer.kind == 3)
            self._challenged = answer.code == 334
            if _verb(command) == "STARTTLS" and answer.kind == 2 and self._tls.mode != NEVER:
                yield StartTls(self._tls, self._enforced)
        return answer

    def _log_in(self, act: Act) -> Generator[Step, Answer, bool]:
        from smtpscope.dialogue.login import authenticate

        mechanism = find_mechanism(act.text.strip())
        assert mechanism is not None  # the script was checked when it was read
        assert self._login is not None
        answer = yield from authenticate(mechanism, self._login.credentials)
        met = isinstance(answer, Reply) and answer.kind == 2
        yield _note(act, answer, met)
        return met


def _hidden(line: bytes, shown: bytes, secrets: tuple[bytes, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """What is shown in the place of ``line``, where it holds a secret, and what is hidden in the replies."""
    return (shown, secrets) if shown != line else (b"", ())


def _verb(command: str) -> str:
    return command.partition(" ")[0].upper()


def _meets(act: Act, answer: Answer) -> bool:
    if act.mark == marks.CLOSE:
        return isinstance(answer, Closed)
    if not isinstance(answer, Reply):
        return False
    text = reply_text(answer)
    match act.mark:
        case marks.EXACT:
            return text == act.text
        case marks.SEARCH:
            return re.search(act.text, text) is not None
    return text.startswith(act.text)


def reply_text(reply: Reply) -> str:
    """The reply as it came, its lines joined by LF, without the last line end."""
    text = reply.raw.decode("utf-8", "surrogateescape")
    return text.replace("\r\n", "\n").removesuffix("\n")


def _note(act: Act, answer: Answer, met: bool) -> Note:
    match answer:
        case Reply():
            came = reply_text(answer)
        case Silence(limit=limit):
            came = _("nothing within {limit:g} s").format(limit=limit)
        case _:
            came = _("the connection closed")
    details = (("line", str(act.line)), ("expected", str(act)), ("came", came))
    return Note(Phase.OTHER, MET if met else DIFFERS, details)
