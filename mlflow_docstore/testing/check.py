"""``mlflow-docstore check URI``: what of the contract a store of the user's own fulfils."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_docstore.core.areas import Area
from mlflow_docstore.testing.subjects import THROW_AWAY_STORES, without_credentials

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    import pytest

OUTCOMES = ("passed", "lacking", "failed")
NOT_JUDGED = 2
_OTHER = "other"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that `check` reads."""
    parser.add_argument(
        "uri",
        metavar="URI",
        help="the store to judge, best an empty one: the suite leaves what it makes behind "
        f"({', '.join(THROW_AWAY_STORES)}: a throw-away store)",
    )
    parser.add_argument("-k", dest="keyword", metavar="EXPRESSION", help="only tests that match")
    parser.add_argument(
        "--no-lacks", action="store_true", help="count what the store lacks as failed"
    )


def check(options: argparse.Namespace) -> int:
    """Run the check that the parsed arguments ask for; its exit status."""
    return run_check(options.uri, keyword=options.keyword, no_lacks=options.no_lacks)


def run_check(uri: str, *, keyword: str | None = None, no_lacks: bool = False) -> int:
    """Judge the store behind a URI by the contract suite and print a table by area.

    Args:
        uri: A tracking URI that MLflow can open, or the name of a throw-away store.
        keyword: Run only the tests that match, in the syntax of pytest's ``-k``.
        no_lacks: Count what the store says it does not implement as failed.

    Returns:
        0 where nothing failed, 1 where anything did, 2 where nothing could be judged.
    """
    trouble = _trouble(uri)
    if trouble is not None:
        _print(f"Cannot check {without_credentials(uri)}: {trouble}")
        return NOT_JUDGED
    import pytest  # noqa: PLC0415 - an optional extra, and its absence is told above

    verdicts = Verdicts()
    arguments = _pytest_arguments(uri)
    if keyword:
        arguments += ["-k", keyword]
    if no_lacks:
        arguments.append("--no-lacks")
    status = pytest.main(arguments, plugins=[verdicts])
    for line in verdicts.lines():
        _print(line)
    if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and verdicts.judged:
        return int(status)
    return NOT_JUDGED


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Verdicts:
    """A pytest plugin that counts outcomes by area."""

    areas: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    lacks: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def judged(self) -> bool:
        """Whether the store was asked anything at all."""
        return bool(self.counts)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Learn the area of each test, which its report does not tell."""
        for item in items:
            marker = item.get_closest_marker("area")
            self.areas[item.nodeid] = marker.args[0] if marker else _OTHER

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be read is a failure of every test in it."""
        if report.failed:
            self._count(_OTHER, "failed")
            self.failures.append(f"{report.nodeid}: {_first_line(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: when it was called, or else where it stopped before or after."""
        if report.passed and report.when != "call":
            return
        area = self.areas[report.nodeid]
        if report.passed:
            self._count(area, "passed")
        elif report.skipped:
            self._count(area, "lacking")
            self.lacks[f"{area}: {_first_line(report)}"] += 1
        else:
            self._count(area, "failed")
            module, _, name = report.nodeid.partition("::")
            test = f"{Path(module).name}::{name}"
            self.failures.append(f"{area}: {test}: {_first_line(report)}")

    def lines(self) -> Iterator[str]:
        """What the user reads: failures and lacks a line each, then the table."""
        yield ""
        for failure in self.failures:
            yield f"FAILED {failure}"
        for lack, times in sorted(self.lacks.items()):
            yield f"LACKING {lack} ({times})"
        yield _row("area", OUTCOMES)
        for area in (*Area, _OTHER):
            if area in self.counts:
                name = area.value if isinstance(area, Area) else area
                yield _row(name, [str(self.counts[area][outcome]) for outcome in OUTCOMES])
        total: Counter[str] = sum(self.counts.values(), Counter())
        yield _row("total", [str(total[outcome]) for outcome in OUTCOMES])

    def _count(self, area: str, outcome: str) -> None:
        self.counts.setdefault(area, Counter())[outcome] += 1


def _pytest_arguments(uri: str) -> list[str]:
    suite = _suite()
    return [
        str(suite / "store"),
        str(suite / "registry"),
        f"--store-uri={uri}",
        # Whatever configures pytest where the user happens to stand has no say in a verdict.
        f"-c{os.devnull}",
        f"--rootdir={suite}",
        "--import-mode=importlib",
        "-pno:cacheprovider",
        "-q",
        "--no-header",
        "--no-summary",
        "--disable-warnings",
        "--tb=no",
        "--show-capture=no",
    ]


def _suite() -> Path:
    """Where the suite lies: in the package once installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "contract"
    return installed if installed.is_dir() else package.parent / "tests" / "contract"


def _trouble(uri: str) -> str | None:
    """Why the store cannot be judged at all, in one line rather than in hundreds of failures."""
    if importlib.util.find_spec("pytest") is None:
        return "pytest is missing, install mlflow-docstore[check]"
    if uri in THROW_AWAY_STORES:
        return None
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - takes seconds

    from mlflow_docstore.compat.mlflow_internals.finding import (  # noqa: PLC0415
        tracking_store_of,
    )

    try:
        tracking_store_of(uri).get_experiment("0")
    except MlflowException as error:
        message = str(error.message).strip().replace(uri, without_credentials(uri))
        return message.partition("\n")[0]
    return None


def _first_line(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ").removeprefix("store lacks: ")
        return reason.partition("\n")[0]
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext.strip()
    return text.partition("\n")[0]


def _row(name: str, cells: list[str] | tuple[str, ...]) -> str:
    return f"{name:<20}" + "".join(f"{cell:>9}" for cell in cells)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
