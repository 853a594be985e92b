"""The pytest plugin of a check: which cases are run, and what becomes of them."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

from mlflow_docstore.testing.report import AREAS, DRIVER, OTHER, Failure, Lacking, Row

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from mlflow_docstore.ports.backend import Usage
    from mlflow_docstore.testing.watch import Watch

COLLECTION = "collection"
"""The capability, if you like, of modules that could not even be read."""

DECK_USED = pytest.StashKey["Usage"]()
"""Of the run's configuration: what the deck of the driver used, where the service counts that."""

_ERROR_LINES = 6
_ERROR_WIDTH = 200
_ADVICE = ("Use -v", "...Full output", "(pytest_assertion")
_STORES = ("store", "registry")
_LACK = "lacks: "


class Place(NamedTuple):
    """Where a case belongs."""

    area: str
    capability: str


class Progress(Protocol):
    """Who watches the cases go by."""

    @abstractmethod
    def begin(self, total: int) -> None:
        """So many cases are to come."""

    @abstractmethod
    def advance(self, place: Place, failed: int) -> None:
        """Another one is done, and this many have failed."""


class Silent(Progress):
    """Nobody watches."""

    def begin(self, total: int) -> None:
        pass

    def advance(self, place: Place, failed: int) -> None:
        pass


@dataclass(frozen=True)
class Selection:
    """Which cases to run; all of them, unless told otherwise.

    Args:
        areas: Of these areas.
        cases: These, or all of these modules or classes: ``store/test_params.py::TestLogging``.
    """

    areas: Sequence[str] = ()
    cases: Sequence[str] = ()

    def takes(self, place: Place, case: str) -> bool:
        """Whether to run one."""
        if self.areas and place.area not in self.areas:
            return False
        return not self.cases or any(
            case == one or case.startswith((f"{one}::", f"{one}[")) for one in self.cases
        )


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Recorder:
    """What became of the cases.

    Args:
        suite: The folder of the suite.
        labels: What subjects are called in ids of cases; they are left out.
        command: The line that runs a check of this store.
        selection: Which cases to run.
        watch: Sees the calls.
        progress: Is told.
    """

    suite: Path
    labels: Sequence[str]
    command: Sequence[str]
    selection: Selection
    watch: Watch
    progress: Progress
    counts: dict[Place, Counter[str]] = field(default_factory=dict)
    lacks: Counter[tuple[Place, str]] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    used: Usage | None = None
    _cases: dict[str, tuple[Place, str]] = field(default_factory=dict)
    _lines: dict[str, str] = field(default_factory=dict)

    def rows(self) -> tuple[Row, ...]:
        """Counts by area and capability, areas in their own order."""
        places = sorted(self.counts, key=lambda place: AREAS.index(place.area))
        return tuple(
            Row(*place, *(self.counts[place][kind] for kind in ("passed", "lacking", "failed")))
            for place in places
        )

    def lacking(self) -> tuple[Lacking, ...]:
        """What is lacking, with how many cases asked for it."""
        found = sorted(self.lacks.items())
        return tuple(Lacking(*place, reason, cases) for (place, reason), cases in found)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Note what the deck of the driver leaves."""
        self.used = session.config.stash.get(DECK_USED, None)

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what was not asked for."""
        chosen: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            place, case = _place(item), self._case(item)
            self._cases[item.nodeid] = place, case
            (chosen if self.selection.takes(place, case) else left_out).append(item)
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = chosen

    def _case(self, item: pytest.Item) -> str:
        """The same whatever the store is called: with this, a case can be asked for."""
        path = item.path.relative_to(self.suite).as_posix()
        _, _, name = item.nodeid.partition("::")
        for label in self.labels:
            name = name.removesuffix(f"[{label}]").replace(f"[{label}-", "[", 1)
            if name.endswith(f"-{label}]"):
                name = f"{name.removesuffix(f'-{label}]')}]"
        return f"{path}::{name}"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell how many there are."""
        self.progress.begin(len(session.items))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be read is a failure of every test in it."""
        if report.failed:
            place = Place(OTHER, COLLECTION)
            self._count(place, "failed")
            error = report.longreprtext.strip()
            self._fail(place, report.nodeid, error.splitlines()[-1] if error else "", "")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """Watch each store as soon as it is made."""
        made = yield
        if fixturedef.argname in _STORES:
            self.watch.attach(fixturedef.argname, made)
        elif fixturedef.argname == DRIVER:
            self.watch.attach(DRIVER, made, timed=False)
        return made

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """A case's calls are its own."""
        self.watch.begin_case()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the line of the case that did not get through."""
        if call.excinfo is not None:
            own = [entry for entry in call.excinfo.traceback if Path(entry.path) == item.path]
            entry = own[-1] if own else call.excinfo.traceback[-1]
            where = f"{Path(entry.path).name}:{entry.lineno + 1}"
            self._lines[item.nodeid] = f"{where}: {' '.join(str(entry.statement).split())}"
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case once: when it was called, or else where it stopped before or after."""
        if report.passed and report.when != "call":
            return
        place, case = self._cases[report.nodeid]
        if report.passed:
            self._count(place, "passed")
        elif report.skipped:
            self._skip(place, report)
        else:
            self._count(place, "failed")
            self._fail(place, case, _error(report), self._lines.get(report.nodeid, ""))
        self.progress.advance(place, len(self.failures))

    def _skip(self, place: Place, report: pytest.TestReport) -> None:
        """What is left out for another reason than that the store lacks it does not count."""
        longrepr = report.longrepr
        reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        _, lacks, what = reason.partition(_LACK)
        if lacks:
            self._count(place, "lacking")
            self.lacks[place, what.partition("\n")[0]] += 1

    def _fail(self, place: Place, case: str, error: str, line: str) -> None:
        rerun = shlex.join((*self.command, "--case", case))
        calls = tuple(map(str, self.watch.calls))
        self.failures.append(Failure(*place, case, error, line, calls, self.watch.made, rerun))

    def _count(self, place: Place, outcome: str) -> None:
        self.counts.setdefault(place, Counter())[outcome] += 1


def _place(item: pytest.Item) -> Place:
    marker = item.get_closest_marker("area")
    capability = item.path.stem.removeprefix("test_").replace("_", " ")
    if marker is not None:
        return Place(marker.args[0], capability)
    return Place(DRIVER if item.path.parent.name == DRIVER else OTHER, capability)


def _error(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext.strip()
    lines = (line.strip() for line in text.splitlines())
    told = [line[:_ERROR_WIDTH] for line in lines if line and not line.startswith(_ADVICE)]
    return "\n".join(told[:_ERROR_LINES])
