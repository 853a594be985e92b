"""What a check found, as values: for tables, for JSON and for programs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mlflow_docstore.core.areas import Area

if TYPE_CHECKING:
    from mlflow_docstore.ports.backend import Usage

FORMAT = 1
"""Of the JSON; a higher one has fields that readers of this one do not find."""

PASSED, FAILED, NOT_JUDGED = 0, 1, 2

DRIVER = "driver"
"""The area, if you like, of the database itself: what its driver is asked."""

OTHER = "other"
AREAS = (*(area.value for area in Area), DRIVER, OTHER)


@dataclass(frozen=True)
class Product:
    """What was judged: a database's product or, of a store that is none of ours, its class."""

    name: str
    version: str
    form: str = ""

    def __str__(self) -> str:
        form = f" ({self.form})" if self.form else ""
        return f"{self.name} {self.version}{form}"


@dataclass(frozen=True)
class Used:
    """What the judged cases used of a database whose service counts that."""

    requests: int
    charge: float

    @classmethod
    def by(cls, *usages: Usage | None) -> Used | None:
        """All of them; None where nobody counts."""
        counted = [usage for usage in usages if usage is not None]
        if not counted:
            return None
        return cls(sum(one.requests for one in counted), sum(one.charge for one in counted))

    def __str__(self) -> str:
        each = self.charge / self.requests if self.requests else 0
        return f"{self.requests:,} requests, {self.charge:,.0f} request units: {each:.1f} each"


@dataclass(frozen=True)
class FeatureAnswer:
    """Whether the database has a feature that we use where it is there."""

    name: str
    supported: bool
    whose: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """What became of the cases of one capability of an area."""

    area: str
    capability: str
    passed: int
    lacking: int
    failed: int


@dataclass(frozen=True)
class Lacking:
    """An operation that the store says it has not got, and how many cases asked for it."""

    area: str
    capability: str
    reason: str
    cases: int


@dataclass(frozen=True)
class Failure:
    """A case that failed.

    Args:
        area: Of the store.
        capability: The case's module, in words.
        case: What ``--case`` takes to run it again, and it alone.
        error: What went wrong, in a few lines.
        line: The line of the case that failed.
        calls: The last calls that it made on the store.
        made: How many it made in all.
        rerun: A command line.
    """

    area: str
    capability: str
    case: str
    error: str
    line: str
    calls: tuple[str, ...]
    made: int
    rerun: str


@dataclass(frozen=True)
class Latency:
    """How long calls of one kind took; those that raised are left out.

    Args:
        kind: A method of the store or a verb of the driver.
        calls: How many there were.
        p50_ms: Half took no longer.
        p95_ms: 95 of 100 took no longer.
        commands: How many commands to the database a call took on average; None where nobody
            counts them.
    """

    kind: str
    calls: int
    p50_ms: float
    p95_ms: float
    commands: float | None = None

    def cells(self) -> tuple[str, ...]:
        """A row of a table, with as many digits as are worth reading."""
        each = () if self.commands is None else (f"{self.commands:.1f}",)
        return (self.kind, f"{self.calls:,}", f"{self.p50_ms:.2f}", f"{self.p95_ms:.2f}", *each)


@dataclass(frozen=True)
class Report:
    """All of it.

    Args:
        store: The URI that was given, without credentials.
        mlflow: Its version.
        mlflow_docstore: Ours.
        seconds: How long it took.
        product: Who was asked; None where nobody answered.
        features: What the database has of what we use.
        rows: Counts by area and capability.
        lacking: What it lacks, with reasons.
        failures: What failed.
        operations: Latencies of the store's methods.
        commands: Latencies of the driver's verbs.
        trouble: Why it could not be judged, if it could not.
        used: What that used of the database; None where no service counts.
    """

    store: str
    mlflow: str
    mlflow_docstore: str
    seconds: float
    product: Product | None = None
    features: tuple[FeatureAnswer, ...] = ()
    rows: tuple[Row, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    failures: tuple[Failure, ...] = ()
    operations: tuple[Latency, ...] = ()
    commands: tuple[Latency, ...] = ()
    trouble: str | None = None
    used: Used | None = None

    @property
    def total(self) -> Counter[str]:
        """Cases by what became of them."""
        counts: Counter[str] = Counter()
        for row in self.rows:
            counts.update(passed=row.passed, lacking=row.lacking, failed=row.failed)
        return counts

    @property
    def shortest(self) -> tuple[Failure, ...]:
        """Of the failures of each capability the one that took the fewest calls."""
        found: dict[tuple[str, str], Failure] = {}
        for failure in sorted(self.failures, key=lambda failure: failure.made):
            found.setdefault((failure.area, failure.capability), failure)
        return tuple(failure for failure in self.failures if failure in found.values())

    @property
    def status(self) -> int:
        """The exit status: 0 where nothing failed, 1 where anything did, 2 if it was not judged."""
        if self.total["failed"]:
            return FAILED
        return PASSED if self.trouble is None and self.rows else NOT_JUDGED

    @property
    def verdict(self) -> str:
        """In one sentence."""
        total = self.total
        judged = f"{total.total():,} case{'s' if total.total() != 1 else ''}"
        if total["failed"]:
            areas = ", ".join(dict.fromkeys(failure.area for failure in self.failures))
            stop = f" It was not judged to the end: {self.trouble}." if self.trouble else ""
            return f"It fails: {total['failed']:,} of {judged} failed, in {areas}.{stop}"
        if self.trouble is not None:
            return f"Cannot check {self.store}: {self.trouble}"
        if not self.rows:
            return f"Cannot check {self.store}: no case was selected"
        if total["lacking"]:
            return (
                f"It works, but for what it lacks: of {judged} {total['passed']:,} passed, and"
                f" {total['lacking']:,} asked for that."
            )
        return f"It works: {'all ' if total.total() != 1 else ''}{judged} passed."

    def to_json(self) -> str:
        """As one JSON object; ``docs/checking.md`` has its form."""
        facts = {"format": FORMAT, "status": self.status, "verdict": self.verdict}
        return json.dumps(facts | {"total": dict(self.total)} | asdict(self), indent=2)
