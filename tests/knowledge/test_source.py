"""The TOML of the catalogue: what is shipped is what was written, and a mistake names file, entry and key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from smtpscope.errors import LocalError
from smtpscope.knowledge import build
from smtpscope.knowledge.catalogue import COMPILED, DATA, explain, load
from smtpscope.knowledge.source import Source, read_folder
from smtpscope.language import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def source() -> Source:
    return read_folder(DATA)


def test_what_is_shipped_is_what_the_toml_says() -> None:
    pages = build.pages()
    assert sorted(pages) == sorted(os.listdir(COMPILED))
    for name, page in pages.items():
        with open(os.path.join(COMPILED, name), encoding="utf-8") as file:
            assert file.read() == page, f"{name}: run .venv/bin/python hatch_build.py"


def test_every_text_is_there_in_every_language(source: Source) -> None:
    english = source.words["en"]
    for language in LANGUAGES:
        for name, words in source.words[language].items():
            assert len(words.causes) == len(english[name].causes)
            assert [actor for actor, _ in words.steps] == [actor for actor, _ in english[name].steps]
            texts = [words.meaning, *words.causes, *(step for _, step in words.steps)]
            assert all(text.strip() for text in texts if text is not words.meaning), name
    assert all(
        any("\u4e00" <= sign <= "\u9fff" for sign in words.meaning)
        for words in source.words["zh"].values()
        if words.meaning
    )


def test_no_text_was_left_in_english(source: Source) -> None:
    for name, words in source.words["zh"].items():
        same = {words.meaning, *words.causes} & {source.words["en"][name].meaning, *source.words["en"][name].causes}
        assert not same - {""}, name


GOOD = """
[rule."ours.paused"]
cause = "server.maintenance"
any = ["paused by kate"]
meaning = { en = "Kate stopped the queue.", zh = "Kate 暂停了队列。" }
steps = [{ actor = "their-admin", en = "Ask Kate.", zh = "联系 Kate。" }]
example = "450 4.3.2 Paused by Kate"
counterexample = "450 4.3.2 Paused"
"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("server.maintenance", "server.moon"), "server.moon"),
        (('example = "450 4.3.2 Paused by Kate"', ""), "example"),
        (('counterexample = "450 4.3.2 Paused"', ""), "counterexample"),
        ((', zh = "Kate 暂停了队列。"', ""), "meaning"),
        ((', zh = "联系 Kate。"', ""), "steps"),
        (("any =", "anny ="), "anny"),
        (('any = ["paused by kate"]', 'any = "paused by kate"'), "any"),
        (('any = ["paused by kate"]', ""), "any"),
        (("paused by kate", "Paused by Kate"), "paused by kate"),
        (('actor = "their-admin"', 'actor = "the king"'), "the king"),
        (("cause =", "strength = 12\ncause ="), "strength"),
        (("cause =", 'stages = ["lunch"]\ncause ='), "lunch"),
        (("[rule.", "[ruler."), "ruler"),
        (("cause =", "cause"), "own.toml"),
        (('cause = "server.maintenance"', "cause = 5"), 'rule."ours.paused".cause: must be a text'),
        (("[{ actor", "5 # [{ actor"), "steps: must be a list"),
        (("cause =", "strength = 'x'\ncause ="), "strength: must be a whole number"),
        (('"450 4.3.2 Paused by Kate"', "450"), "example: must be a table"),
        (('"450 4.3.2 Paused by Kate"', '{ tex = "x" }'), "example: unknown key"),
        (("[rule.", "[code.450]\nat = 1\nmeaning = { en = 'a', zh = 'b' }\n[rule."), "line 3: code.450.at: must be a"),
        (("[rule.", "[code.450.at.lunch]\n[rule."), "code.450.at: 'lunch' is not valid"),
        (("[rule.", "rule = 1\n[ruler."), "rule: must be a table"),
    ],
)
def test_a_mistake_names_file_entry_and_key(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    assert change[0] in GOOD
    (tmp_path / "own.toml").write_text(GOOD.replace(*change, 1), encoding="utf-8")
    with pytest.raises(LocalError) as caught:
        explain("450 no", folders=[str(tmp_path)])
    assert "own.toml" in str(caught.value)
    assert named in str(caught.value)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(LocalError, match=r"two.toml, line 2: rule.\"ours.paused\": one.toml"):
        read_folder(str(tmp_path), load().causes)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="nowhere"):
        explain("450 no", folders=[str(tmp_path / "nowhere")])


def test_own_rules_win(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD, encoding="utf-8")
    reply = "450 4.3.2 User unknown, paused by Kate"
    found = explain(reply, language="zh", folders=[str(tmp_path)])
    assert (found.cause, found.rule, found.meaning) == ("server.maintenance", "ours.paused", "Kate 暂停了队列。")
    assert found.steps[0] == ("their-admin", "联系 Kate。")
    assert explain(reply).rule != "ours.paused"
