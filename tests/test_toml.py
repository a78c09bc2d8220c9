"""A mistake in a TOML file names the file, the line and the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.errors import sentence
from smtpscope.toml import SIZE_LIMIT, TomlError, find_line, parse_document, read_document

TEXT = """\
teaches = "x"

[[rule]]
when = { stage = "rcpt" }
then = { reply = "550 no", delay = 1 }

[[rule]]  # the second
"when" = { stage = "mail", helo = "x" }
times = 1
[rule.then]
delay = 2

[code."421"]
meaning = { en = "the stage = rcpt", zh = "..." }
[code."421".at.rcpt]
meaning = 5
users.kate = "secret"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("teaches",), 1),
        (("rule",), 3),
        (("rule", 0), 3),
        (("rule", 0, "when"), 4),
        (("rule", 0, "then", "delay"), 5),
        (("rule", 1), 7),
        (("rule", 1, "when", "helo"), 8),
        (("rule", 1, "then", "delay"), 11),
        (("rule", 1, "times"), 9),
        (("rule", 1, "after"), 7),
        (("code", "421", "meaning"), 14),
        (("code", "421", "meaning", "zh"), 14),
        (("code", "421", "at", "rcpt", "meaning"), 16),
        (("code", "421", "at", "rcpt", "users", "kate"), 17),
        (("missing",), 1),
    ],
)
def test_the_line_of_a_value(path: tuple[str | int, ...], line: int) -> None:
    assert find_line(TEXT, path) == line


def test_a_mistake_says_where_it_is() -> None:
    error = parse_document(TEXT, "own.toml").mistake(("code", "421", "at", "rcpt", "meaning"), sentence("is wrong"))
    assert str(error) == "own.toml, line 16: code.421.at.rcpt.meaning: is wrong"
    error = parse_document(TEXT, "own.toml").mistake(("rule", 1, "a b"), sentence("is wrong"))
    assert str(error) == 'own.toml, line 7: rule."a b": is wrong'


@pytest.mark.parametrize(
    ("text", "line"),
    [('a = "b"\n= 1', 2), ('a = """\n\n', 2), ("", None), ("a = 1\na = 2\n", 2), ("x" + "[" * 20, 1)],
)
def test_text_that_is_no_toml_names_its_line(text: str, line: int | None) -> None:
    if line is None:
        assert parse_document(text, "x.toml").content == {}
        return
    with pytest.raises(TomlError, match=rf"^x\.toml, line {line}: "):
        parse_document(text, "x.toml")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match=r"cannot read .*missing\.toml.*: No such file"):
        read_document(str(tmp_path / "missing.toml"))
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"')
    with pytest.raises(TomlError, match=r"latin\.toml': it is not UTF-8"):
        read_document(str(tmp_path / "latin.toml"))
    with pytest.raises(TomlError, match="cannot read '/dev/zero': it is larger than 1 MB"):
        read_document("/dev/zero")
    (tmp_path / "long.toml").write_bytes(b"#" * SIZE_LIMIT)
    assert read_document(str(tmp_path / "long.toml")).content == {}


def test_tables_in_tables_without_end() -> None:
    with pytest.raises(TomlError, match=r"deep\.toml"):
        parse_document("a = " + "[" * 5000, "deep.toml")


@given(st.text(), st.lists(st.one_of(st.text(), st.integers(0, 3)), max_size=4))
def test_a_line_is_found_in_any_text(text: str, path: list[str | int]) -> None:
    assert 1 <= find_line(text, path) <= max(1, len(text.splitlines()))
