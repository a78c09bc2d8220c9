"""Places to connect to."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

import smtpscope
from smtpscope.protocol.endpoint import Endpoint, EndpointError, format_endpoint, host_of, parse_endpoint, parse_port

SOURCE = Path(smtpscope.__file__).parent


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("mx.example.net", "mx.example.net", None),
        ("mx.example.net.", "mx.example.net.", None),
        ("mx.example.net:587", "mx.example.net", 587),
        ("192.0.2.1:25", "192.0.2.1", 25),
        ("2001:db8::1", "2001:db8::1", None),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("[2001:db8::1]:2525", "2001:db8::1", 2525),
        ("[IPv6:2001:db8::1]:25", "2001:db8::1", 25),
        ("[ipv6:2001:db8::1]", "2001:db8::1", None),
        ("[192.0.2.1]:25", "192.0.2.1", 25),
        ("[fe80::1%eth0]:25", "fe80::1%eth0", 25),
        ("mail_server", "mail_server", None),
        ("邮件.example.net", "邮件.example.net", None),
    ],
)
def test_its_forms(text: str, host: str, port: int | None) -> None:
    assert parse_endpoint(text) == Endpoint(host, port)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "host"),
        (":25", "host"),
        ("a b", "host"),
        ("mx\nquit", "host"),
        ("mx\0", "host"),
        ("mx..example.net", "host"),
        ("::1:x:y", "host"),
        ("mx,mx2", "host"),
        ("[]:25", "host"),
        ("[::1", "form"),
        ("[::1]x", "form"),
        ("[::1]25", "form"),
        ("mx:", "port"),
        ("mx:0", "port"),
        ("mx:65536", "port"),
        ("mx:x", "port"),
        ("mx:-1", "port"),
        ("smtp://mx.example.net", "port"),
        ("[fe80::1%]:25", "host"),
        ("[fe80::1%lo\r\nQUIT]:25", "host"),
        ("192.0.2.1%lo", "host"),
        ("mx:٢٥", "port"),
        ("[::1]:", "port"),
    ],
)
def test_what_is_none_says_which_part_is_wrong(text: str, part: str) -> None:
    with pytest.raises(EndpointError) as caught:
        parse_endpoint(text)
    assert caught.value.part == part
    assert caught.value.text in text


def test_zero_is_a_port_to_listen_on() -> None:
    assert parse_endpoint("127.0.0.1:0", lowest=0) == Endpoint("127.0.0.1", 0)
    assert parse_port("0", lowest=0) == 0


@pytest.mark.parametrize("port", [None, 25])
@pytest.mark.parametrize("host", ["mx.example.net", "192.0.2.1", "2001:db8::1"])
def test_it_is_read_as_it_is_written(host: str, port: int | None) -> None:
    assert parse_endpoint(str(Endpoint(host, port))) == Endpoint(host, port)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("mx.example.net", "mx.example.net:25"),
        ("192.0.2.1", "192.0.2.1:25"),
        ("2001:db8::1", "[2001:db8::1]:25"),
        ("fe80::1%eth0", "[fe80::1%eth0]:25"),
    ],
)
def test_the_host_is_read_back_from_what_is_written(host: str, shown: str) -> None:
    assert format_endpoint(host, 25) == shown
    assert host_of(shown) == host


def test_the_port_of_a_record_may_be_0() -> None:
    assert host_of("192.0.2.1:0") == "192.0.2.1"


@pytest.mark.parametrize("text", ["", ":25", "[::1", "a b:25", "mx:x", "\ud800:25"])
def test_a_record_without_a_host(text: str) -> None:
    assert host_of(text) == ""


# A place is cut in two, or put together, in protocol/endpoint.py. What is allowed besides is no place.
OTHER_CUTS = {
    "cli/inboxes.py": 1,  # KIND:PLACE
    "cli/values.py": 2,  # a header field; NAME:PASSWORD
    "console/advice.py": 1,  # a header field
    "lab/http/server.py": 1,  # a header field
    "net/inbox.py": 1,  # the flags of a file in a maildir
    "protocol/command.py": 1,  # FROM:<...>
    "reading/dsn.py": 1,  # a header field
    "reading/read.py": 1,  # a header field
    "render/diagnosis.py": 1,  # the kind of an ICMP message
}


def test_nothing_else_cuts_a_place_in_two() -> None:
    assert found(cuts_at_colon) == OTHER_CUTS


def test_nothing_else_puts_a_place_together() -> None:
    assert found(joins_with_colon) == {}


def test_no_judgment_rests_on_a_colon_in_an_address() -> None:
    """Nobody takes what holds a colon for an IPv6 address; port.py and read.py look into lines of text."""
    assert found(looks_for_colon) == {"net/probing/port.py": 1, "reading/read.py": 1}


def found(seen: Callable[[ast.AST], bool]) -> dict[str, int]:
    """How often each module, but for the one that may, has what ``seen`` recognizes."""
    counts = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        count = sum(map(seen, ast.walk(ast.parse(path.read_text("utf-8")))))
        if count and name not in ("protocol/endpoint.py", "protocol/address.py"):
            counts[name] = count
    return counts


def cuts_at_colon(node: ast.AST) -> bool:
    match node:
        case ast.Call(ast.Attribute(attr=method), [ast.Constant(value), *_]):
            cuts = ("partition", "rpartition", "split", "rsplit", "find", "rfind", "index", "rindex")
            return method in cuts and value == ":"
    return False


def joins_with_colon(node: ast.AST) -> bool:
    """``f"{host}:{port}"``"""
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    for piece, last in pairwise(parts):
        match piece, last:
            case ast.Constant(":" | "]:"), ast.FormattedValue():
                return ast.unparse(last.value).rpartition(".")[2] in ("port", "number")
    return False


def looks_for_colon(node: ast.AST) -> bool:
    match node:
        case ast.Compare(ast.Constant(":"), [ast.In() | ast.NotIn()]):
            return True
    return False
