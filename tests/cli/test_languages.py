"""A record holds ids, so that it reads the same in whatever language the run was shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from smtpscope.cli.main import main

pytestmark = pytest.mark.usefixtures("no_mail_here")

HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]")

RUNS = [
    ("starttls-closed", "--tls", "require"),
    ("certificate-expired", "--tls", "require"),
    ("silence-at-mail",),
    ("close-at-banner",),
    ("user-unknown",),
    ("endless-reply",),
    ("authentication-required", "--user", "kate", "--password-env", "PRACTICE"),
    ("no-dsn", "--notify", "success", "--chunking", "force"),
]


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRACTICE", "practice")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_a_record_of_a_chinese_run_is_read_in_english(
    run: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "session.jsonl"
    scenario, *options = run
    main(["--lang", "zh", "test", "--lab", scenario, "--timeout", "1", "--transcript", str(record), *options])
    assert HAN.search(capsys.readouterr().out)
    events = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    assert len(events) > 3
    assert [event for event in events if HAN.search(json.dumps(event, ensure_ascii=False))] == []
    assert main(["explain", str(record)]) == 0
    shown = capsys.readouterr().out
    assert shown
    assert not HAN.search(shown)


def test_the_error_of_a_setting_that_has_another_name_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there: the command line names its option, the library its field."""
    from smtpscope.dialogue.plan import Tls
    from smtpscope.errors import LocalError
    from smtpscope.net.tls import make_context

    assert main(["test", "127.0.0.1:1", "--stop-after", "ehlo", "--tls", "require", "--tls-ca", "/nonexistent"]) == 3
    assert capsys.readouterr().err.startswith("smtpscope: --tls-ca: ")
    with pytest.raises(LocalError) as raised:
        make_context(Tls(ca="/nonexistent"), True)
    assert raised.value.field == "Tls.ca"
    assert "--" not in str(raised.value)
