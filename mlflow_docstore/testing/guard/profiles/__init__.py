"""Dialects as data: a table each, whose every row is a rule with its source."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from mlflow_docstore.testing.guard.usage.found import Feature

COLUMNS = ("kind", "name", "value", "code", "text", "source")

OTHERS = "*"
"""The name of the row that answers for all names of its kind that have none."""

ROLES = (
    *("command", "stage", "expression", "accumulator", "window", "query", "projection"),
    *("update", "modifier", "variable", "form", "option", "index", "partial filter"),
    *("session", "transaction"),
)
"""Kinds of what commands use."""

_FACTS = ("limit", "hello", "buildInfo", "answer", "reply")
"""Kinds of what else is told of a database."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row.

    Args:
        kind: What is ruled on: a role that names have in commands; a limit; a field of the answer
            to ``hello`` or ``buildInfo``; a command that the server behind does not know, and its
            answer; how something is told.
        name: Which of them.
        value: ``yes`` or ``no`` of a role; the number of a limit; a document or value in JSON.
        code: What the database answers, where it refuses.
        text: What it says then.
        source: Who says so.
    """

    kind: str
    name: str
    value: str
    code: str
    text: str
    source: str


@dataclass(frozen=True)
class Objection:
    """Why a database refuses a command.

    Args:
        rule: The row that says so.
        name: What was used, or the size that was too large.
        code: What the database answers.
        text: What it says.
    """

    rule: Rule
    name: str
    code: int
    text: str

    @property
    def reply(self) -> dict[str, Any]:
        return {"ok": 0.0, "code": self.code, "errmsg": self.text}


@dataclass(frozen=True)
class Profile:
    """One dialect.

    Args:
        name: Such as ``"documentdb-5.0"``.
        rules: Its rows, by kind and name.
    """

    name: str
    rules: Mapping[Feature, Rule]

    def objection(self, feature: Feature) -> Objection | None:
        """Why a command that uses this is refused; None where it is not.

        Raises:
            KeyError: The profile says nothing of it, nor of others of its kind.
        """
        kind, name = feature
        others = self.rules.get((kind, OTHERS))
        rule = self.rules.get(feature, others)
        if rule is None:
            raise KeyError(f"{self.name} has no row for {kind} {name}")
        if rule.value == "yes":
            return None
        said = rule if rule.code else others
        if said is None:
            raise KeyError(f"{self.name} has no code for {kind} {name}")
        return Objection(rule, name, int(said.code), said.text.format(name=name))

    def excess(self, limit: str, size: int) -> Objection | None:
        """Why something of this size is refused; None where it is not."""
        rule = self.rules.get(("limit", limit))
        if rule is None or size <= int(rule.value):
            return None
        text = rule.text.format(name=limit, size=size, limit=rule.value)
        return Objection(rule, limit, int(rule.code), text)

    @cached_property
    def limits(self) -> Mapping[str, int]:
        """Sizes that are bounded."""
        return {rule.name: int(rule.value) for rule in self._of("limit")}

    def told(self, command: str) -> Mapping[str, Any]:
        """Fields of the answer to a command that tell the product; None for one that is absent."""
        return {rule.name: json.loads(rule.value) for rule in self._of(command)}

    def answer(self, command: str) -> Mapping[str, Any] | None:
        """What is answered in the stead of a server that does not know the command."""
        rule = self.rules.get(("answer", command))
        return None if rule is None else json.loads(rule.value)

    @property
    def fails_each_document(self) -> bool:
        """Whether an insert of documents that are too large fails for each by itself."""
        return ("reply", "document_bytes") in self.rules

    def _of(self, kind: str) -> Iterator[Rule]:
        return (rule for rule in self.rules.values() if rule.kind == kind)


def profile_names() -> list[str]:
    """The profiles that are here."""
    names = (one.name for one in files(__name__).iterdir())
    return sorted(name.removesuffix(".csv") for name in names if name.endswith(".csv"))


@cache
def load_profile(name: str) -> Profile:
    """A profile.

    Args:
        name: One of ``profile_names``, or the path of a table of one's own.

    Raises:
        ValueError: There is none of that name, or its table is not in order.
    """
    if name.endswith(".csv"):
        path = Path(name)
        text = path.read_text(encoding="utf-8")
        return read_profile(path.stem, text.splitlines())
    if name not in profile_names():
        raise ValueError(f"no profile {name!r}: there are {', '.join(profile_names())}")
    text = (files(__name__) / f"{name}.csv").read_text(encoding="utf-8")
    return read_profile(name, text.splitlines())


def read_profile(name: str, lines: Iterable[str]) -> Profile:
    """A profile of the lines of its table."""
    rows = csv.DictReader(lines)
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError(f"{name}: the columns are not {', '.join(COLUMNS)}")
    rules: dict[Feature, Rule] = {}
    for row in rows:
        if None in row or None in row.values():
            raise ValueError(f"{name}: a row of {row['kind']} {row['name']} is cut short")
        rule = Rule(**row)
        twice = f"two rows of {rule.kind} {rule.name}" if (rule.kind, rule.name) in rules else ""
        trouble = twice or _trouble(rule)
        if trouble:
            raise ValueError(f"{name}: {trouble}")
        rules[rule.kind, rule.name] = rule
    return Profile(name, rules)


def _trouble(rule: Rule) -> str:
    """What is wrong with a row; empty where nothing is."""
    if rule.kind not in {*ROLES, *_FACTS}:
        return f"{rule.kind!r} is no kind of rule"
    if rule.kind in ROLES and rule.value not in {"yes", "no"}:
        return f"{rule.kind} {rule.name} is neither yes nor no"
    return "" if rule.source.strip() else f"{rule.kind} {rule.name} has no source"
