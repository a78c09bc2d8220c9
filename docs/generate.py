"""Writes the parts of the reference that follow from the code. `python docs/generate.py`; a test holds them equal."""

from __future__ import annotations

from pathlib import Path

from smtpscope.cli.exit import Exit, meaning
from smtpscope.cli.options import every_command
from smtpscope.cli.options.spec import Option
from smtpscope.diagnosis.verdict import Status
from smtpscope.events import SCHEMA, Event
from smtpscope.lab.library import library
from smtpscope.lab.scenario import STAGES
from smtpscope.lab.scenario_file import RULE_KEYS, SCENARIO_KEYS, THEN_KEYS, WHEN_KEYS
from smtpscope.protocol.phase import BLOCK_TIMEOUT, PURPOSES, TIMEOUTS, TRANSITIONS, Phase
from smtpscope.render.explanation import ACTORS, RETRIES

REFERENCE = Path(__file__).parent / "reference"


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

Each block of the message must be taken within {block:g} seconds. `--timeout` replaces every limit.

Where a conversation stands, by the command and the first digit of its answer; `.` ends the message.

```mermaid
stateDiagram-v2
    state "end-of-data" as end_of_data
    [*] --> banner
{arrows}
    mail --> closed: QUIT
    closed --> [*]
```

QUIT leads to `closed` from everywhere, and so does a reply 421 to anything. What is not in the picture leaves the
conversation where it stands.
"""


def phases() -> str:
    """The phases of a conversation, their limits and the way through them: a table and a Mermaid state diagram."""
    rows = [f"| `{phase}` | {_limit(phase)} | {purpose} |" for phase, purpose in PURPOSES.items()]
    ways: dict[tuple[Phase, Phase], list[str]] = {}
    for (start, verb, digit), end in TRANSITIONS.items():
        ways.setdefault((start, end), []).append(f"{verb or 'reply'} {digit}xx")
    arrows = [f"    {_state(start)} --> {_state(end)}: {', '.join(said)}" for (start, end), said in ways.items()]
    return _PHASES.format(rows="\n".join(rows), block=BLOCK_TIMEOUT, arrows="\n".join(arrows))


_JSON = """# JSON

`smtpscope test --json` writes a line of JSON for each event as it happens, and a result, or an error, as the last line;
`--transcript FILE` keeps the events, with a line `{{"event": "transcript", "schema": {schema}}}` before them.

The schema is {schema}: a key may be added under the same number, and none is renamed or taken away. `at` is seconds
since 1970 in UTC, `phase` one of the [phases](phases.md). Octets that are no UTF-8 are `{{"base64": "..."}}`.

## The result

`event` is `result`; `schema` its version; `exit` the [exit code](exit-codes.md); `servers` one object for each server:

| key | meaning |
|---|---|
{result}

## An explanation

`event` is `explanation`; it stands behind the refusal that it explains. Besides `at`, `phase`, and `command`, `server`
and `recipient` where they are known, it has the keys that `smtpscope explain --json` writes: see the
[guide](../guide/explain.md).

## An error

Where the run ends before its result (an option that cannot be used, a file that cannot be read or written, a signal
before the session began), the last line has `event` `error`, `schema`, `exit_code`, `option` (the option or argument
that the message is about; empty where it is about none) and `message`, which standard error shows too.
`smtpscope explain --json` and `smtpscope lab mails --json` write it as well.

## Events

| event | keys besides `at` | meaning |
|---|---|---|
{events}
"""

RESULT_KEYS = {
    "host": "the server, by the name or address that was asked for",
    "status": "how it ended: " + ", ".join(f"`{status}`" for status in Status),
    "phase": "the phase that decided",
    "reply": "the reply that decided, with `code`, `enhanced`, `text`, `defects`; null where none came",
    "queued": "whether the server took charge of the message",
    "tls": "the encryption; null where there was none",
    "cause": "id of the cause of a failure, here and in the five keys below; null where nothing failed",
    "family": "the part of the id before the dot",
    "actor": "who can mend it: " + ", ".join(f"`{actor}`" for actor in ACTORS),
    "retry": "whether sending again helps: " + ", ".join(f"`{answer}`" for answer in RETRIES),
    "rule": "the rule of the catalogue that fired; `diagnosis` where the probes decided",
    "evidence": "what it matched on, or what the probes found",
    "diagnosis": "the ranked causes, each with evidence, and what could not be asked; null where nothing was asked",
    "recipients": "for each recipient that was answered: `recipient`, `accepted`, `reply`",
}


def json_page() -> str:
    """Every event and the result of --json, as Markdown."""
    events = []
    for kind in Event.__subclasses__():
        keys = ", ".join(f"`{field}`" for field in kind.fields() if field != "at")
        events.append(f"| `{kind.__name__.lower()}` | {keys} | {_told(kind.__doc__ or '')} |")
    result = "\n".join(f"| `{key}` | {text} |" for key, text in RESULT_KEYS.items())
    return _JSON.format(schema=SCHEMA, result=result, events="\n".join(events))


def _told(text: str) -> str:
    """A docstring in one cell of a table; its lines ``key  meaning`` follow one another."""
    lines = [line.strip().partition("  ") for line in text.split("\n")]
    told = " ".join(f"{head.strip()}: {rest.strip()};" if rest else head for head, _blank, rest in lines if head)
    return told.replace("``", "`").replace("|", "\\|").removesuffix(";")


def _limit(phase: Phase) -> str:
    return f"{TIMEOUTS[phase]:g}" if phase in TIMEOUTS else ""


def _state(phase: Phase) -> str:
    return phase.replace("-", "_")


SCENARIO_TABLES = {
    "At the top": SCENARIO_KEYS,
    "when = { ... }": WHEN_KEYS,
    "then = { ... }": THEN_KEYS,
    "Beside when and then, in [[rule]]": RULE_KEYS,
}

PAGES = {
    "phases.md": phases,
    "scenarios.md": scenarios,
    "exit-codes.md": exit_codes,
    "options.md": options,
    "json.md": json_page,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
