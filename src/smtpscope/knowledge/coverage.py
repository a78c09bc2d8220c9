"""How well the catalogue does on labelled replies: ``python -m smtpscope.knowledge.coverage FILE``.

FILE is a table with tabs between the columns and their names in the first line, or JSON Lines. A row has ``text`` and
``cause``; ``code``, ``enhanced``, ``stage``, ``server``, ``also`` (further causes that are right), ``actor`` and
``retry`` where they are known. The report says how many are right, by family, what was wrong, which rule fired how
often, and which rules never did.
"""

from __future__ import annotations

import sys
from collections import Counter

from smtpscope.knowledge.catalogue import explain, load
from smtpscope.model.explanation import Explanation
from smtpscope.protocol.reply import EnhancedCode, Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class Row(Value):
    """A reply with its label. ``causes`` are all that count as right, the best first."""

    id: str
    reply: Reply
    stage: str
    server: str
    causes: tuple[str, ...]
    actor: str
    retry: str


class Outcome(Value):
    """What was said of a row."""

    row: Row
    found: Explanation

    @property
    def right(self) -> bool:
        """Whether the cause is one of the label's."""
        return self.found.cause in self.row.causes

    @property
    def family_right(self) -> bool:
        """Whether the family is that of one of the label's causes."""
        return _family(self.found.cause) in {_family(cause) for cause in self.row.causes}


def read_rows(path: str) -> list[Row]:
    """The rows of a table or of JSON Lines."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    if lines and lines[0].startswith("{"):
        import json

        return [_row(json.loads(line)) for line in lines if line.strip()]
    names = lines[0].split("\t")
    return [_row(dict(zip(names, line.split("\t"), strict=True))) for line in lines[1:]]


def _row(fields: dict[str, str]) -> Row:
    code, enhanced = fields.get("code", ""), fields.get("enhanced", "")
    reply = Reply(int(code or 0), (fields["text"],), EnhancedCode(*map(int, enhanced.split("."))) if enhanced else None)
    causes = (fields["cause"], *filter(None, fields.get("also", "").split(",")))
    stage, server, actor, retry = (fields.get(name, "") for name in ("stage", "server", "actor", "retry"))
    return Row(fields.get("id", ""), reply, stage, server, causes, actor, retry)


def judge(rows: Iterable[Row], folders: Sequence[str] = ()) -> list[Outcome]:
    """What the catalogue says of each row."""
    return [Outcome(row, explain(row.reply, row.stage, row.server, folders=folders)) for row in rows]


def share(outcomes: Sequence[Outcome], right: Callable[[Outcome], bool]) -> float:
    """How many of the outcomes are right, between 0 and 1."""
    return sum(map(right, outcomes)) / len(outcomes) if outcomes else 0.0


def report(outcomes: Sequence[Outcome], wrong: bool = True) -> Iterator[str]:
    """The report, line by line; ``wrong`` lists each row that was not right."""
    figures: dict[str, Callable[[Outcome], bool]] = {
        "cause": lambda one: one.right,
        "family": lambda one: one.family_right,
        "actor": lambda one: one.row.actor in ("", one.found.actor),
        "retry": lambda one: one.row.retry in ("", one.found.retry),
    }
    yield f"{len(outcomes)} replies"
    yield from (f"{name:7} {share(outcomes, right):6.1%}" for name, right in figures.items())
    yield from _by_family(outcomes)
    if wrong:
        yield from _misses(outcomes)
    yield from _rules(outcomes)


def _by_family(outcomes: Sequence[Outcome]) -> Iterator[str]:
    families = sorted({_family(one.row.causes[0]) for one in outcomes})
    for family in families:
        own = [one for one in outcomes if _family(one.row.causes[0]) == family]
        yield f"  {family:12} {sum(one.right for one in own):4} of {len(own)}"


def _misses(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for one in outcomes:
        if not one.right:
            row = one.row
            yield f"wrong {row.id} {row.causes[0]}, not {one.found.cause} ({one.found.rule}): {row.reply.text[:150]}"


def _rules(outcomes: Sequence[Outcome]) -> Iterator[str]:
    fired = Counter(one.found.rule for one in outcomes)
    wrong = Counter(one.found.rule for one in outcomes if not one.right)
    for rule, times in fired.most_common():
        yield f"rule {rule}: {times}" + (f", wrong {wrong[rule]}" if wrong[rule] else "")
    never = [rule.id for rule in load().rules if rule.id not in fired]
    yield f"never fired: {len(never)}: {' '.join(never)}"


def _family(cause: str) -> str:
    return cause.partition(".")[0]


def main(argv: Sequence[str]) -> None:
    """Print the report for each file named; ``--figures`` leaves out the rows and rules."""
    for path in [word for word in argv if not word.startswith("--")]:
        outcomes = judge(read_rows(path))
        lines = list(report(outcomes))
        print("\n".join(lines[:5] if "--figures" in argv else lines))


if __name__ == "__main__":
    main(sys.argv[1:])
