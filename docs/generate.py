"""Writes the parts of the reference that follow from the code. `python docs/generate.py`; a test holds them equal."""

from __future__ import annotations

import ast
import inspect
import tomllib
from pathlib import Path

from smtpscope.cli.exit import Exit, meaning
from smtpscope.cli.options import every_command
from smtpscope.cli.options.spec import Option
from smtpscope.lab.scenario.builtin import library
from smtpscope.lab.scenario.model import STAGES
from smtpscope.lab.scenario.reader import RULE_KEYS, SCENARIO_KEYS, THEN_KEYS, WHEN_KEYS
from smtpscope.model.claim import Goal
from smtpscope.model.codec import KINDS as EVENTS
from smtpscope.model.codec import VOCABULARIES, declared_types
from smtpscope.model.event import SCHEMA
from smtpscope.model.report import Status
from smtpscope.net.probed_session import LEAST, PATIENCE
from smtpscope.net.probing.runner import WHOLE
from smtpscope.probes.builtin import BUILTIN
from smtpscope.probes.question import BOUND, LEVEL_OF, Probe
from smtpscope.protocol.phase import BLOCK_TIMEOUT, TIMEOUTS, Phase
from smtpscope.protocol.tracking import BANNER, MESSAGE, MOVES, RESPONSE, State
from smtpscope.render.diagnosis import PROBES
from smtpscope.render.explanation import RETRIES
from smtpscope.render.phases import PURPOSES
from smtpscope.render.steps import ACTORS
from smtpscope.values import Vocabulary

REFERENCE = Path(__file__).parent / "reference"
ARCHITECTURE = Path(__file__).parent / "architecture.md"
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
PACKAGE = Path(__file__).parents[1] / "src" / "smtpscope"


def exit_codes() -> str:
    """The table of exit codes, as Markdown."""
    rows = [f"| {code.value} | {code.name} | {meaning(code)} |" for code in Exit]
    return "\n".join(["# Exit codes", "", "| code | name | meaning |", "|---|---|---|", *rows, ""])


def options() -> str:
    """The options of every command, as Markdown."""
    lines = ["# Options", ""]
    for options in every_command():
        command = options.command
        lines += [f"## smtpscope {command.name}", "", command.summary[:1].upper() + command.summary[1:] + ".", ""]
        for group in options.groups:
            lines += [f"### {group.title}", "", "| option | meaning |", "|---|---|"]
            lines += [_row(option) for option in group.options] + [""]
    return "\n".join(lines)


def _row(option: Option) -> str:
    value = "|".join(option.choices) or option.metavar
    shown = ", ".join(f"`{flag}`" for flag in option.flags) + (f" {value}" if value else "")
    return "| " + shown.replace("|", "\\|") + f" | {option.shown_help} |"


def scenarios() -> str:
    """The scenarios that are shipped, and everything that a scenario file can say, as Markdown."""
    rows = [f"| `{item.name}` | {item.teaches} | {item.teaches_zh} |" for item in library()]
    lines = ["# Scenarios", "", "## Shipped", "", "| name | teaches | 说明 |", "|---|---|---|", *rows, ""]
    lines += ["## Files", "", "A file is TOML. Stages: " + ", ".join(f"`{stage}`" for stage in STAGES) + ".", ""]
    for title, keys in SCENARIO_TABLES.items():
        lines += [f"### {title}", "", "| key | meaning |", "|---|---|"]
        lines += [f"| `{key}` | {meaning} |" for key, (_, _, meaning) in keys.items()] + [""]
    return "\n".join(lines)


_PHASES = """# Phases

The name of a phase is what events, logs and `--stop-after` say.

| phase | seconds to wait | what it is for |
|---|---|---|
{rows}

Each block of the message must be taken within {block:g} s. `--timeout` replaces every limit of this table. It never
makes that of a block or of QUIT longer. It limits each wait, not the run: every address of a server is tried for that
long.

Probes come on top. After a failure they take up to {whole:g} s. Where no banner came in time, a late one is still
awaited while they run, for {least:g} to {patience:g} s. `--no-probes` leaves all of this out.

The order of the phases, and what a reply answers: [the session](session.md).
"""


def phases() -> str:
    """The phases of a session and their limits."""
    rows = [f"| `{phase}` | {_limit(phase)} | {purpose} |" for phase, purpose in PURPOSES.items()]
    return _PHASES.format(rows="\n".join(rows), block=BLOCK_TIMEOUT, whole=WHOLE, patience=PATIENCE, least=LEAST)


_PROBES = """# Probes

After a failure, `smtpscope test` looks further to find the cause ([diagnosis](../guide/diagnosis.md)). These are
all its probes, in the order in which they are announced. Each lookup or connection takes at most {bound:g} s, and all
together take at most {whole:g} s. None sends mail.

| probe | allowed by `--probes` | what is shown | what it is for |
|---|---|---|---|
{rows}
"""


def probes() -> str:
    """Every probe: its name, the level that allows it, its announcement, and the first sentence of its module."""
    rows = [
        f"| `{probe.name}` | `{LEVEL_OF[probe.cost]}` | {PROBES[probe.name]} | {_about(probe)} |" for probe in BUILTIN
    ]
    return _PROBES.format(rows="\n".join(rows), bound=BOUND, whole=WHOLE)


def _about(probe: Probe) -> str:
    """The first paragraph of the docstring of the module that makes the probe."""
    text = inspect.getdoc(inspect.getmodule(probe.questions)) or ""
    return " ".join(text.split("\n\n")[0].split())


_SESSION = """# The session

One state machine says where a session stands: `MOVES` in `protocol/tracking.py`. The client, the lab server, the
console and the reader of transcripts all use it, so they never disagree about which reply answers which command.

## What is in it, and what is not

SMTP has no request numbers. A reply answers the oldest command that has none (RFC 5321 section 4.2, RFC 2920 section
3.2). So the machine has two parts: a state, which says what the client may send next, and a queue of the commands that
wait for their reply. The state is moved by replies alone: a command that was sent has changed nothing yet.

The table forbids nothing. A tester breaks the order on purpose, and a server that accepts MAIL without EHLO has
accepted it. That is why most commands lead to the same state from wherever they are sent.

Only one code of its class lets the client continue where the message or a login is concerned: 354 to DATA (RFC 5321
section 4.3.2), 334 to AUTH (RFC 4954 section 4). Any other 3yz there counts as class 0, and leads nowhere.

Three places need care.

- **The message.** Between 354 and the end of the message nothing is awaited, so a reply that comes there is early. A
  rejection may be believed: the server has decided. A 2yz answers nothing, because a server replies after the end of
  the message (section 4.1.1.4). The same holds for a BDAT chunk whose bytes are not all sent (RFC 3030 section 2).
- **LMTP.** After the end of the message one reply is awaited for each recipient that was accepted (RFC 2033 section
  4.2).
- **421.** The server may send it at any time, also where nothing is awaited. The session is over (RFC 5321 section
  3.8).

A reply that answers nothing is kept as such. It is never dropped, and never matched to a later command: it would shift
every reply after it.

## The way through it

In the place of a verb stand (banner), (message) for the end of a message and of the last BDAT chunk, and (response)
for the response to a challenge. A reply counts by its first digit.

```mermaid
stateDiagram-v2
    [*] --> greeting
{arrows}
    handshake --> hello: TLS
    closed --> [*]
```

## The whole table

By the command and the first digit of its reply. What is not in the table leaves the state as it is; 421 leads to
`closed` from everywhere.

| from | by | to |
|---|---|---|
{rows}
"""

# What stands in the place of a verb.
_PLACES = {BANNER: "(banner)", MESSAGE: "(message)", RESPONSE: "(response)"}

# Where the RFCs have each command; it leads to the same state from elsewhere, which the picture leaves out.
_USUAL: dict[str, tuple[State, ...]] = {
    "EHLO": (State.HELLO,),
    "HELO": (State.HELLO,),
    "LHLO": (State.HELLO,),
    "STARTTLS": (State.READY,),
    "XCLIENT": (State.READY,),
    "AUTH": (State.READY,),
    "MAIL": (State.READY,),
    "RCPT": (State.SENDER,),
    "DATA": (State.RECIPIENT,),
    "QUIT": (State.READY,),
    "RSET": (State.SENDER, State.RECIPIENT),
}


def session() -> str:
    """The state machine of a session: an essay, a Mermaid state diagram, and its table."""
    ways: dict[tuple[State, State], list[str]] = {}
    for start, verb, said, end in _moves():
        if start is not end and start in _USUAL.get(verb, (start,)):
            ways.setdefault((start, end), []).append(said)
    arrows = [f"    {start} --> {end}: {', '.join(said)}" for (start, end), said in ways.items()]
    return _SESSION.format(arrows="\n".join(arrows), rows="\n".join(_rows()))


def _moves() -> list[tuple[State, str, str, State]]:
    """Every move: from where, by which verb, in words with the replies, to where."""
    found = []
    for start, moves in MOVES.items():
        for verb, end in dict.fromkeys((verb, end) for (verb, _kind), end in moves.items()):
            kinds = [kind for (other, kind), target in moves.items() if (other, target) == (verb, end)]
            found += [(start, verb, f"{_PLACES.get(verb, verb)} {said}", end) for said in _kinds(kinds)]
    return found


def _kinds(kinds: list[int]) -> list[str]:
    """The classes of replies, in words: ``2yz``, ``anything``, ``anything but 3yz``."""
    missing = [f"{kind}yz" for kind in range(10) if kind not in kinds]
    if len(missing) > 1:
        return [f"{kind}yz" for kind in kinds]
    return [f"anything but {missing[0]}" if missing else "anything"]


def _rows() -> list[str]:
    """A row for each target and the states from which the same leads there."""
    starts: dict[tuple[str, State], list[State]] = {}
    for start, _verb, said, end in _moves():
        starts.setdefault((said, end), []).append(start)
    rows: dict[tuple[str, State], list[str]] = {}
    for (said, end), found in starts.items():
        rows.setdefault((_named(found), end), []).append(said)
    return [f"| {found} | {', '.join(said)} | `{end}` |" for (found, end), said in rows.items()]


def _named(states: list[State]) -> str:
    most = [state for state in MOVES if state not in (State.MESSAGE, State.CLOSED)]
    return "all but `message` and `closed`" if states == most else ", ".join(f"`{state}`" for state in states)


_JSON = """# JSON

`smtpscope test --json` writes a line of JSON for each event as it happens, and a result, or an error, as the last line;
`--transcript FILE` keeps the events, with a line `{{"event": "transcript", "schema": {schema}}}` before them.
Transcripts of schema 1, which version 0.1.0 wrote, are still read by `explain` and by `replay` of the console.

The schema is {schema}: a key may be added under the same number, and none is renamed or taken away. `at` is seconds
since 1970 in UTC, `phase` one of the [phases](phases.md). Octets that are no UTF-8 are `{{"base64": "..."}}`.
Control characters, characters that change the direction of text, and invisible ones are always escaped (`\\u009b`).

The package has a JSON Schema of these lines, `smtpscope/model/schema/events.schema.json`, and one of the lines of
`smtpscope explain --json`, `explain.schema.json`. Every other JSON has the key `schema` too: the records of `explain`
and of `lab mails`, and the objects in the replies of the lab's control interface, which sends the header field
`Smtpscope-Schema` besides.

## The result

`event` is `result`; `schema` its version; `exit` the [exit code](exit-codes.md); `status` the status of the whole;
`servers` one object for each server. `smtpscope explain --json` writes results, too: one for each session in a text, or
one for a run of `smtpscope test`; `exit` is then what `smtpscope test` would have returned.

| key | meaning |
|---|---|
{result}

## An explanation

`event` is `explanation`; it stands behind the refusal that it explains. Besides `at`, `phase`, and `command`, `server`
and `recipient` where they are known, it has the keys that `smtpscope explain --json` writes: see the
[guide](../guide/explain.md). `failure` says what came in the place of a reply, and is null where there is one.

## An error

Where the run ends before its result (an option that cannot be used, a file that cannot be read or written, a signal
before the session began), the last line has `event` `error`, `schema`, `exit_code`, `option` (the option or argument
that the message is about; empty where it is about none) and `message`, which standard error shows too.
`smtpscope explain --json` and `smtpscope lab mails --json` write it as well.

## Events

| event | keys besides `at` | meaning |
|---|---|---|
{events}

## Vocabularies

Each of these has no other value than those that are listed.

{vocabularies}
"""

RESULT_KEYS = {
    "host": "the server, by the name or address that was asked for",
    "status": "how it ended: " + ", ".join(f"`{status}`" for status in Status),
    "phase": "the phase that decided",
    "why": "an id that says more than the status; null where there is none",
    "reply": "the reply that decided, with `code`, `enhanced`, `text`, `defects`; null where none came",
    "claims": "what the test claims, in order: `claim` (see [Goal](#goal)), `subject` (the recipient, the line of the "
    "script, or the verb), `proven`, and `event`, the place of its proof among the events of this server, from 0",
    "queued": "whether the server accepted the message for delivery, for one recipient at least",
    "accepted": "the reply with which it did, as in `reply`; null where it did not",
    "tls": "the encryption; null where there was none",
    "cause": "id of the cause of a failure, here and in the five keys below; null where nothing failed",
    "family": "the part of the id before the dot",
    "actor": "who can fix it: " + ", ".join(f"`{actor}`" for actor in ACTORS),
    "retry": "whether sending again helps: " + ", ".join(f"`{answer}`" for answer in RETRIES),
    "rule": "the rule of the catalogue that fired; `diagnosis` where the probes decided",
    "evidence": "what it matched on, or what the probes found",
    "findings": (
        "what is worth knowing besides, also after a success: `finding` (an id), `severity`, `actor` (who can change "
        "it), `text`, `details`, `steps`"
    ),
    "diagnosis": "the ranked causes, each with evidence, and what could not be asked; null where nothing was asked",
    "recipients": "for each recipient that was named: `recipient`, `accepted`, `reply` (null where none came)",
}


def json_page() -> str:
    """Every event and the result of --json, as Markdown."""
    events = []
    for name, kind in EVENTS.items():
        keys = ", ".join(f"`{field}`" for field in kind.fields() if field != "at")
        events.append(f"| `{name}` | {keys} | {_told(kind.__doc__ or '')} |")
    result = "\n".join(f"| `{key}` | {text} |" for key, text in RESULT_KEYS.items())
    lists = "\n\n".join(_vocabulary(name, kind) for name, kind in {**VOCABULARIES, "Goal": Goal}.items())
    return _JSON.format(schema=SCHEMA, result=result, events="\n".join(events), vocabularies=lists)


def _vocabulary(name: str, kind: type[Vocabulary]) -> str:
    """A closed vocabulary: what it is of, where it is used, and what each value means."""
    about, *_rest = (kind.__doc__ or "").split("\n\n")
    used = [
        f"`{event}.{field}`"
        for event, fields in EVENTS.items()
        for field, declared in declared_types(fields).items()
        if declared == name
    ]
    where = f" ({', '.join(used)})" if used else " (`claims`)"
    told = [f"| `{member.value}` | {meanings(kind).get(member.value, '')} |" for member in kind]
    head = f"### {name}\n\n{' '.join(about.split())}{where}\n\n| value | meaning |\n|---|---|\n"
    return head + "\n".join(told)


def meanings(kind: type[Vocabulary]) -> dict[str, str]:
    """What the docstring of a vocabulary says of each value: a line ``value  meaning`` each."""
    lines = (line.strip().partition("  ") for line in (kind.__doc__ or "").split("\n"))
    return {value.strip(): meaning.strip() for value, _gap, meaning in lines if meaning}


def _told(text: str) -> str:
    """A docstring in one cell of a table; its lines ``key  meaning`` follow one another."""
    lines = [line.strip().partition("  ") for line in text.split("\n")]
    told = " ".join(f"{head.strip()}: {rest.strip()};" if rest else head for head, _blank, rest in lines if head)
    return told.replace("``", "`").replace("|", "\\|").removesuffix(";")


def _limit(phase: Phase) -> str:
    return f"{TIMEOUTS[phase]:g}" if phase in TIMEOUTS else ""


SCENARIO_TABLES = {
    "At the top": SCENARIO_KEYS,
    "when = { ... }": WHEN_KEYS,
    "then = { ... }": THEN_KEYS,
    "Beside when and then, in [[rule]]": RULE_KEYS,
}

PAGES = {
    "phases.md": phases,
    "probes.md": probes,
    "session.md": session,
    "scenarios.md": scenarios,
    "exit-codes.md": exit_codes,
    "options.md": options,
    "json.md": json_page,
}


def layers() -> str:
    """The layers of pyproject.toml from the top, with what the docstring of each folder says; then the other rules."""
    contracts = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    order = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    lines = ["| layer | folder or module | what it holds |", "|---|---|---|"]
    for number, layer in enumerate(order, 1):
        lines += [f"| {number} | `{_file(name)}` | {_first_line(name)} |" for name in layer.split(" | ")]
    for contract in contracts:
        if contract["type"] == "forbidden":
            sources = ", ".join(f"`{_short(name)}`" for name in contract["source_modules"])
            forbidden = ", ".join(f"`{_short(name)}`" for name in contract["forbidden_modules"])
            lines += ["", f"**{contract['name']}.** None of {sources} imports {forbidden}."]
    return "\n".join(lines)


def _short(name: str) -> str:
    return name.removeprefix("smtpscope.")


def _file(name: str) -> str:
    """``cli`` for a folder, ``api.py`` for a module."""
    path = PACKAGE / _short(name)
    return path.name if path.is_dir() else f"{path.name}.py"


def _first_line(name: str) -> str:
    """The first line of the docstring of a folder or module, which is not imported for it."""
    path = PACKAGE / _short(name)
    source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0].replace("``", "`")


def with_parts(text: str) -> str:
    """A document with its generated parts, each between ``<!-- generated: NAME -->`` and ``<!-- end -->``."""
    for name, part in PARTS.items():
        before, mark, rest = text.partition(f"<!-- generated: {name} -->\n")
        _old, end, after = rest.partition("<!-- end -->")
        text = f"{before}{mark}{part()}\n{end}{after}" if mark else text
    return text


PARTS = {"layers": layers}


def main() -> None:
    """Write every page, and every generated part of one."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    ARCHITECTURE.write_text(with_parts(ARCHITECTURE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
