"""Playing a script: the dialogue that sends its lines, and compares each reply with the expected one."""

from __future__ import annotations

import re

from smtpscope.dialogue import script as marks
from smtpscope.dialogue.plan import IMPLICIT, NEVER, Tls
from smtpscope.dialogue.step import Closed, Listen, Pause, Raw, StartTls, Tell
from smtpscope.model.event import Expected
from smtpscope.protocol.body import stuff
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.protocol.sasl import find_mechanism
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from smtpscope.dialogue.plan import Login
    from smtpscope.dialogue.script import Script, ScriptStep
    from smtpscope.dialogue.step import Answer, Dialogue, Step

PLAIN_TLS = Tls()

# Largest number of replies that one ``S*`` skips.
SKIP_LIMIT = 1000


def play(
    script: Script, files: Mapping[str, bytes], tls: Tls = PLAIN_TLS, enforced: bool = False, login: Login | None = None
) -> Dialogue:
    """The dialogue of ``script``, up to the first reply that differs. ``files``: the bytes of each file that it sends.

    A 220 reply to STARTTLS is followed by the TLS handshake, unless ``tls`` is never; ``enforced`` as in StartTls.
    ``login`` is required for a script that logs in.
    """
    player = _Player(files, tls, enforced, login)
    if tls.mode == IMPLICIT:
        yield StartTls(tls, enforced)
    for act in script.acts:
        met = yield from player.perform(act)
        if not met:
            return


class _Player:
    """Performs the acts of a script. The driver finds out which command a reply answers (protocol/tracking.py)."""

    def __init__(self, files: Mapping[str, bytes], tls: Tls, enforced: bool, login: Login | None) -> None:
        self._files, self._tls, self._enforced, self._login = files, tls, enforced, login

    def perform(self, act: ScriptStep) -> Generator[Step, Answer, bool]:
        """Perform one act. Returns whether the expected reply was received; True if the act expects none."""
        match act.mark:
            case marks.SEND:
                yield Raw(act.text.encode("utf-8", "surrogateescape") + b"\r\n")
            case marks.OCTETS:
                yield Raw(marks.unescape(act.text))
            case marks.FILE:
                yield Raw(b"".join(stuff(self._files[act.text])))
            case marks.LOGIN:
                return (yield from self._log_in(act))
            case marks.WAIT:
                yield Pause(float(act.text))
            case _:
                return (yield from self._expect(act))
        return True

    def _expect(self, act: ScriptStep) -> Generator[Step, Answer, bool]:
        answer = yield from self._listen()
        for _time in range(SKIP_LIMIT):
            if act.mark != marks.SKIP or not isinstance(answer, Reply) or _meets(act, answer):
                break
            answer = yield from self._listen()
        met = _meets(act, answer)
        yield _tell(act, answer, met)
        return met

    def _listen(self) -> Generator[Step, Answer, Answer]:
        """Read a reply. If it accepts STARTTLS, do the handshake."""
        answer = yield Listen()
        if isinstance(answer, Reply) and self._tls.mode != NEVER:
            yield StartTls(self._tls, self._enforced, when_agreed=True)
        return answer

    def _log_in(self, act: ScriptStep) -> Generator[Step, Answer, bool]:
        from smtpscope.dialogue.login import authenticate

        mechanism = find_mechanism(act.text.strip())
        assert mechanism is not None  # the script was checked when it was read
        assert self._login is not None
        answer = yield from authenticate(mechanism, self._login.credentials)
        met = isinstance(answer, Reply) and answer.code == 235
        yield _tell(act, answer, met)
        return met


def _meets(act: ScriptStep, answer: Answer) -> bool:
    """Whether ``answer`` is what ``act`` expects."""
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
    """The reply as received, its lines joined by LF, without the last line ending."""
    text = reply.raw.decode("utf-8", "surrogateescape")
    return text.replace("\r\n", "\n").removesuffix("\n")


def _tell(act: ScriptStep, answer: Answer, met: bool) -> Tell:
    came = reply_text(answer) if isinstance(answer, Reply) else ""  # a failure is an event of its own
    return Tell(Expected(0.0, Phase.OTHER, act.line, str(act), came, met))
