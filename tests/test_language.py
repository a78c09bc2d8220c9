"""The language of the interface: chosen by wish or environment, complete in Chinese."""

from __future__ import annotations

import string
import subprocess
import sys
from pathlib import Path

import pytest

from smtpscope import language
from smtpscope.knowledge.entry import LANGUAGES

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import translate  # type: ignore[import-not-found]


@pytest.mark.parametrize(
    ("wish", "environ", "chosen"),
    [
        ("auto", {}, "en"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("auto", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ("auto", {"LANG": "zh_CN", "LC_ALL": ""}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh", {}, "zh"),
    ],
)
def test_the_language_is_chosen(wish: str, environ: dict[str, str], chosen: str) -> None:
    assert language.choose(wish, environ) == chosen


def test_there_is_no_other_language() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        language.speaking("fr")


def test_the_catalogue_of_causes_has_the_same_languages() -> None:
    assert LANGUAGES == language.LANGUAGES


def test_a_language_is_that_of_a_block() -> None:
    with language.speaking("zh"):
        assert language._("Log in.") == "登录。"
        with language.speaking("en"), language.speaking():
            assert language.current() == "en"
        assert language.current() == "zh"
        with pytest.raises(KeyError), language.speaking("en"):
            raise KeyError
        assert language.fill("Test port {port}.", port=25) == "测试端口 25。"
    assert language.current() == "en"


def test_every_text_of_the_source_is_in_the_catalogue_and_translated() -> None:
    catalogue = translate.read()
    texts = set(translate.extract())
    assert texts - {message.id for message in catalogue} == set(), "run docs/translate.py"
    assert [message.id for message in catalogue if message.id and not message.string] == []


def test_a_translation_has_the_fields_of_its_text() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    messages = [message for message in translate.read() if message.id and "%" not in message.id]
    assert messages
    assert [message.id for message in messages if fields(message.id) != fields(message.string)] == []


def test_the_compiled_catalogue_is_that_of_the_source(tmp_path: Path) -> None:
    from babel.messages.mofile import write_mo

    compiled = tmp_path / "smtpscope.mo"
    with compiled.open("wb") as file:
        write_mo(file, translate.read())
    assert compiled.read_bytes() == translate.PO.with_suffix(".mo").read_bytes(), "run: .venv/bin/python hatch_build.py"


def test_the_command_line_speaks_chinese() -> None:
    command = [sys.executable, "-m", "smtpscope", "--lang", "zh", "test", "--help"]
    said = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", env={"PYTHONUTF8": "1"}).stdout
    assert "用法" in said
    assert "收件人" in said
