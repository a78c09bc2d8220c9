"""Options as data: each is a field with a type, a flag and a help; they are read as argparse reads them."""

from __future__ import annotations

import re
from argparse import ArgumentError
from collections.abc import Callable
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpscope.cli import conflicts
from smtpscope.cli.main import COMMANDS, main
from smtpscope.cli.options import every_command
from smtpscope.cli.options.explain import ExplainOptions
from smtpscope.cli.options.help import make_parser
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.spec import Command, Heading, Option, Options, Source, flag, number, several, text
from smtpscope.cli.options.test import TestOptions
from smtpscope.cli.values import port_number
from smtpscope.errors import UsageError
from smtpscope.protocol.endpoint import Endpoint

KINDS = every_command()
NAMES = [kind.command.name for kind in KINDS]
FLAGS = [word for group in TestOptions.groups for option in group.options for word in option.flags]
NUMERIC = [
    word
    for group in TestOptions.groups
    for option in group.options
    if option.kind in ("number", "optional")
    for word in option.flags
]
WORD = st.one_of(
    st.sampled_from(FLAGS),
    st.sampled_from(["x", "-", "-qv", "-tkate", "--to=kate", "--no-such", "-4q", "a b", "-a b", "-1", "force"]),
)
EVERY = [(kind, field, option) for kind in KINDS for group in kind.groups for field, option in group.members]


def ours(argv: list[str]) -> object:
    """The values; None for a mistake."""
    try:
        made = parse(TestOptions, argv)
    except UsageError:
        return None
    return {field: getattr(made, field) for field in made.sources}


def of_argparse(argv: list[str]) -> object:
    """The same from argparse, which is told what each text means."""
    parser = make_parser(TestOptions)
    for action in parser._actions:
        if action.dest in TestOptions.fields() and action.nargs != 0:
            action.type = meaning(TestOptions.option(action.dest))
    try:
        found, rest = parser.parse_known_args(argv)
    except (ArgumentError, UsageError):
        return None
    made = {field: tuple(value) if isinstance(value, list) else value for field, value in vars(found).items()}
    return None if rest else {field: value for field, value in made.items() if value is not None}


def meaning(option: Option) -> Callable[[str], Any]:
    """What makes a value of a text."""

    def take(text: str) -> Any:
        if not (text or option.may_be_empty):
            raise UsageError(option.shown, "is empty")
        chosen = {choice.lower(): choice for choice in option.choices}
        if option.choices and text.lower() not in chosen:
            raise UsageError(option.shown, "is none of them")
        return option.read(option.shown, chosen.get(text.lower(), text))

    return take


@given(st.lists(WORD, max_size=6))
@settings(max_examples=1000)
def test_a_command_line_is_read_as_argparse_reads_it(argv: list[str]) -> None:
    """But for a number below 0, which argparse takes for an option wherever there is one such as -4."""
    if not any(re.match(r"-\d", word) and before in NUMERIC for before, word in pairwise(argv)):
        assert ours(argv) == of_argparse(argv)


@pytest.mark.parametrize(
    ("argv", "field", "value"),
    [
        (["-tkate@b.test"], "to", ("kate@b.test",)),
        (["-t", "a@b.test", "--to=c@b.test"], "to", ("a@b.test", "c@b.test")),
        (["-qv"], "verbose", True),
        (["-qtkate@b.test"], "to", ("kate@b.test",)),
        (["--", "mx.test"], "server", Endpoint("mx.test")),
        (["-q", "mx.test"], "server", Endpoint("mx.test")),
        (["--data", "-"], "data", "-"),
        (["--subject", "- a b"], "subject", "- a b"),
        (["--subject=--to"], "subject", "--to"),
        (["--subject=a=b"], "subject", "a=b"),
        (["--retry", "--json"], "retry", 0.0),
        (["--body", "a", "--body", "b"], "body", "b"),
    ],
)
def test_the_ways_to_write_an_option(argv: list[str], field: str, value: object) -> None:
    assert getattr(parse(TestOptions, argv), field) == value


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["a.test", "b.test"], "b.test"),
        (["a.test", "--", "--json"], "--json"),
        (["--", "a.test", "--"], "--"),
        (["-Z"], "-Z"),
        (["-qZ"], "--quiet: takes no value"),
        (["--json="], "--json: takes no value"),
        (["--to", "--", "x@b.test"], "--to: needs a value"),
        (["--t", "x@b.test"], "--t"),
    ],
)
def test_the_ways_to_get_one_wrong(argv: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
        parse(TestOptions, argv)


def test_every_word_without_a_flag_counts_wherever_it_stands() -> None:
    assert parse(ExplainOptions, ["550", "--json", "5.1.1", "--", "--no", "user"]).text == (
        "550",
        "5.1.1",
        "--no",
        "user",
    )


# ------------------------------------------------------------------------------------------------ fields and options


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_each_field_is_an_option_and_each_option_a_field(kind: type[Options]) -> None:
    """What is annotated and no option would have no flag; an option without annotation would have no value."""
    assert [field for group in kind.groups for field, _ in group.members] == list(kind.fields()[1:])


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_no_flag_stands_for_two_options(kind: type[Options]) -> None:
    flags = [word for group in kind.groups for option in group.options for word in option.flags]
    assert len(flags) == len(set(flags))


@pytest.mark.parametrize(("kind", "field", "option"), EVERY, ids=[f"{k.command.name} {f}" for k, f, _ in EVERY])
def test_the_type_of_a_field_is_that_of_its_values(kind: type[Options], field: str, option: Option) -> None:
    """mypy compares them where they are declared; this holds that what is made at run time is what mypy believes."""
    import smtpscope.cli.options.test as module

    names = {**vars(module), "Endpoint": Endpoint, "Mapping": dict, "Source": Source}
    declared = get_type_hints(kind, names)[field]

    def fits(value: object) -> bool:
        return _is(value, declared)

    assert fits(option.default)
    if option.kind == "flag":
        assert declared is bool
    elif option.kind in ("list", "words"):
        assert str(declared).startswith("tuple[")
    if option.kind == "optional":
        assert fits(option.bare)
    sample = SAMPLES.get(option.metavar, option.choices[-1] if option.choices else "x")
    if option.kind in ("text", "number", "list", "optional", "argument"):
        made = option.read(option.shown, SAMPLES.get(option.shown, sample))
        assert fits((made,) if option.kind == "list" else made)


# A good value, by placeholder or by flag.
SAMPLES = {
    "PORT": "26",
    "SECONDS": "1.5",
    "OCTETS": "7",
    "NUMBER": "7",
    "ADDRESS[:PORT]": "[::1]:53",
    "port": "26",
    "HOST[:PORT]": "mx:26",
    "PORT=NAME|FILE": "26=ok",
    "NAME:PASSWORD": "a:b",
    "'NAME: TEXT'": "X-A: b",
    "--source": "192.0.2.1",
    "--help": "",
}


def _is(value: Any, declared: Any) -> bool:
    """Whether ``value`` is of a type such as ``int | None`` or ``tuple[tuple[str, str], ...]``."""
    origin, parts = getattr(declared, "__origin__", None), get_args(declared)
    if origin is tuple and parts[-1:] == (...,):
        return isinstance(value, tuple) and all(_is(item, parts[0]) for item in value)
    if origin is tuple:
        return isinstance(value, tuple) and all(map(_is, value, parts))
    if parts:
        return any(_is(value, part) for part in parts)
    return type(value) is declared


@pytest.mark.parametrize("option", [option for _, _, option in EVERY], ids=[option.shown for _, _, option in EVERY])
def test_each_option_has_a_help(option: Option) -> None:
    assert option.shown_help
    assert "{" not in option.shown_help


# ---------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_what_is_not_given_has_its_default(kind: type[Options]) -> None:
    made = parse(kind, [])
    assert made == kind()
    assert not any(made.is_given(field) for field in kind.fields()[1:])


def test_what_is_given_is_told_from_a_default_of_the_same_value() -> None:
    default, given_ = parse(TestOptions, []), parse(TestOptions, ["--tls", "auto"])
    assert default.tls == given_.tls == "auto"
    assert (default.source_of("tls"), given_.source_of("tls")) == (Source.DEFAULT, Source.COMMAND_LINE)
    assert (default.is_given("tls"), given_.is_given("tls")) == (False, True)


def test_the_option_behind_a_field() -> None:
    assert TestOptions.option("sender").shown == "--from"
    with pytest.raises(KeyError):
        TestOptions.option("subjekt")


def test_a_list_is_not_shared_between_runs() -> None:
    assert parse(TestOptions, ["--to", "kate@fabrikam.com"]).to == ("kate@fabrikam.com",)
    assert parse(TestOptions, []).to == ()


class Small(Options):
    command = Command("small", "s", "e")

    _one = Heading("one")
    port: int = number("-p --port", "h", "PORT", port_number, 25)

    _two = Heading("two")
    name: tuple[str, ...] = several("--name", "h", "NAME", text)
    loud: bool = flag("--loud", "h")


def test_a_class_of_options_is_a_value_like_any_other() -> None:
    made = parse(Small, ["--name", "a", "-p26", "--name=b"])
    assert (made.port, made.name, made.loud) == (26, ("a", "b"), False)
    assert made.replace(port=27).port == 27
    assert [(group.title, [field for field, _ in group.members]) for group in Small.groups] == [
        ("one", ["port"]),
        ("two", ["name", "loud"]),
    ]
    assert (Small().port, Small(port=1).port) == (25, 1)
    with pytest.raises(AttributeError):
        made.port = 1  # type: ignore[misc]


# --------------------------------------------------------------------------------------------------- command lines


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_help_shows_every_option_and_every_group(kind: type[Options], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*kind.command.name.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(group.title in shown for group in kind.groups)
    assert all(word in shown for group in kind.groups for option in group.options for word in option.flags)


def test_every_command_has_its_options() -> None:
    assert {name.split()[0] for name in NAMES} == set(COMMANDS)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--ret", "x"], "--ret: 'x' is none of full, hdrs"),
        (["--timeout"], "--timeout: needs a value; one that begins with a hyphen is written --timeout=VALUE"),
        (["--subject", "-x"], "--subject: needs a value; one that begins with a hyphen is written --subject=VALUE"),
        (["--quiet=yes"], "--quiet: takes no value"),
        (["--no-such", "x"], "--no-such"),
        (["--timeout", "soon"], "--timeout: 'soon' is no time limit"),
        (["--timeout", "-1"], "--timeout: '-1' is no time limit"),
        (["-4", "-p", "-25"], "--port: '-25' is no port"),
        (["--retry", "-.5"], "--retry: '-.5' is no time limit"),
        (["--retry", "-4"], "--retry: '-4' is no time limit"),
        (["mx:x"], "server: 'x' is no port"),
        (["--control", "a b"], "--control: 'a b' is no host name or address"),
        (["--source", "eth0"], "--source: 'eth0' is no address"),
        (["--header", "x"], "--header: 'x' is no header field"),
        (["--chunk-size", "0"], "--chunk-size: a chunk has one octet at least"),
        (["--to", "a\nb"], "--to: holds LF"),
        (["--junit", ""], "--junit: is empty"),
        (["--auth", ""], "--auth: is empty"),
        ([""], "server: is empty"),
    ],
)
def test_a_mistake_names_its_option_first(argv: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
        parse(TestOptions, argv)


@pytest.mark.parametrize(
    ("argv", "field", "value"),
    [
        (["--auth", "scram-sha-256"], "auth", "SCRAM-SHA-256"),
        (["--auth"], "auth", "auto"),
        (["--retry"], "retry", 0.0),
        (["--retry", "7"], "retry", 7.0),
        (["--ret", "FULL"], "ret", "full"),
        (["--subject", ""], "subject", ""),
        (["--ehlo", "contoso.com"], "helo", "contoso.com"),
        (["[::1]:26"], "server", Endpoint("::1", 26)),
        (["--header", "A: b", "--header", "C:d"], "header", (("A", "b"), ("C", "d"))),
        (["--8bitmime", "force"], "eight_bit_mime", "force"),
        (["--from", "<>"], "sender", "<>"),
    ],
)
def test_values_are_what_their_types_say(argv: list[str], field: str, value: object) -> None:
    made = parse(TestOptions, argv)
    assert (getattr(made, field), made.is_given(field)) == (value, True)


# -------------------------------------------------------------------------------------------------------- conflicts


def test_the_conflicts_name_fields_that_there_are() -> None:
    named = {*conflicts.NEEDS, *conflicts.NEEDS.values(), *(field for pair in conflicts.EXCLUDES for field in pair)}
    assert named <= set(TestOptions.fields())


def words(field: str) -> list[str]:
    """The option of a field, with a good value."""
    option = TestOptions.option(field)
    value = SAMPLES.get(option.shown) or SAMPLES.get(option.metavar) or (option.choices or ("x",))[-1]
    if option.kind == "argument":
        return ["mx.example.net"]
    return [option.shown] if option.kind == "flag" else [option.shown, value]


def refused(*fields: str) -> str:
    """The option that is named when these are given together; empty: they go together."""
    try:
        conflicts.check_test(parse(TestOptions, [word for field in fields for word in words(field)]))
    except UsageError as error:
        return error.field
    return ""


@pytest.mark.parametrize(("field", "needed"), conflicts.NEEDS.items())
def test_what_means_nothing_alone_is_refused(field: str, needed: str) -> None:
    assert refused(field) == TestOptions.option(field).shown
    more = [needed, *([conflicts.NEEDS[needed]] if needed in conflicts.NEEDS else [])]
    assert refused(field, *more) == ""


@pytest.mark.parametrize(("field", "other"), conflicts.EXCLUDES)
def test_what_cannot_be_used_together_is_refused(field: str, other: str) -> None:
    needed = [conflicts.NEEDS[name] for name in (field, other) if name in conflicts.NEEDS]
    assert refused(field, other, *needed) == TestOptions.option(field).shown
    assert refused(field, *needed) == refused(other, *needed) == ""


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["mx:25", "--port", "26"], "--port: the server 'mx:25' names a port already"),
        (["--chunk-size", "7"], "--chunk-size: requires --chunking force"),
        (["--no-probes", "--probes", "all"], "--no-probes: --no-probes and --probes all cannot be used together"),
        (["--tls", "never", "--tls-name", "x"], "--tls-name: --tls-name and --tls never cannot be used together"),
        (["--tls", "never", "--stop-after", "starttls"], "--stop-after: starttls tests the encryption"),
        (["--stop-after", "auth"], "--stop-after: auth tests the login"),
        (["--tls", "never", "--user", "kate"], "--auth: would send the password in clear"),
        (["--source", "::1", "-4"], "--source: '::1' is no address of IPv4"),
        (["192.0.2.1", "-6"], "server: '192.0.2.1' is no address of IPv6"),
        (["[2001:db8::1]:26", "--source", "192.0.2.9"], "server: '2001:db8::1' is no address of IPv4"),
        (["--lab", "ok", "-6"], "server: '127.0.0.1' is no address of IPv6"),
        (["--lab", "ok", "--proxy=v1", "--proxy-source=::1"], "--proxy-destination: source and destination must both"),
        (["--proxy-source", "192.0.2.1"], "--proxy-source: requires --proxy v1|v2"),
        (["--dsn-at", "lab"], "--dsn-at: requires --await-dsn SECONDS"),
        (["--script", "x", "--from", "a@b.test"], "--from: --from and --script cannot be used together"),
    ],
)
def test_conflicts_are_told_by_the_names_of_the_options(argv: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
        conflicts.check_test(parse(TestOptions, argv))


def test_trust_for_the_imap_server_goes_with_a_session_in_clear() -> None:
    imap = ["--await-dsn", "1", "--dsn-at", "imap://kate@mx.example.net", "--tls-ca", "ca.pem"]
    conflicts.check_test(parse(TestOptions, ["--tls", "never", *imap]))
