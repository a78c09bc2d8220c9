"""What a plain conversation loads: the list is the price of every start, so it is held here."""

from __future__ import annotations

from modules import loaded
from smtpscope.lab.server import lab_running

# Each of these alone would cost a good part of the lead over swaks (docs/decisions/0002-values.md).
TOO_DEAR = {
    *("asyncio", "contextlib", "cryptography", "dataclasses", "datetime", "dns", "email", "getpass", "hashlib"),
    *("inspect", "ipaddress", "json", "locale", "logging", "msgspec", "pathlib", "prompt_toolkit", "random", "rich"),
    *("selectors", "shutil", "socket", "ssl", "subprocess", "tempfile", "threading", "tomllib", "traceback", "typing"),
}

# What is for failures, for other commands, or for other forms of output.
NOT_YET = {
    *("smtpscope.knowledge", "smtpscope.lab", "smtpscope.reading", "smtpscope.console", "smtpscope.transcript"),
    *("smtpscope.engine.aio", "smtpscope.engine.tls", "smtpscope.engine.inquiry", "smtpscope.probes.builtin"),
    *("smtpscope.dialogue.script", "smtpscope.protocol.sasl", "smtpscope.diagnosis.connection"),
    *("smtpscope.render.junit", "smtpscope.render.jsonl", "smtpscope.render.log"),
}


def test_a_plain_conversation_loads_what_it_needs_and_no_more() -> None:
    with lab_running() as lab:
        modules = loaded("test", f"127.0.0.1:{lab.port}", "--from", "chris@contoso.com", "--to", "kate@fabrikam.com")
    assert lab.messages
    assert "smtpscope.dialogue.conversation" in modules
    assert modules & TOO_DEAR == set()
    assert modules & NOT_YET == set()
    assert len([name for name in modules if name.startswith("smtpscope")]) <= 61


def test_the_version_loads_next_to_nothing() -> None:
    modules = loaded("--version")
    assert modules & TOO_DEAR == set()
    assert len([name for name in modules if name.startswith("smtpscope")]) <= 10
