"""What the run sends to the stand-in, judged by every dialect at once.

All tests reach the stand-in through a proxy with a watching judge. What the adapter of MongoDB is
known to send that some dialect refuses is in ``known_refusals``; anything else fails the run.
"""

import os
from collections.abc import Iterable, Iterator, Sequence

import pytest

from mlflow_docstore.testing.guard.guard import Finding, Watch
from mlflow_docstore.testing.guard.profiles import load_profile, profile_names

from .known_refusals import is_known

APPLICATION = "mlflow-docstore"
"""What our clients call themselves; what tests send themselves proves nothing."""

GUARDED = {
    "azure-documentdb": "azure-documentdb",
    "cosmos-mongodb-7.0": "cosmos-mongodb",
    **dict.fromkeys(("documentdb-5.0", "documentdb-8.0", "documentdb-elastic"), "documentdb"),
    **dict.fromkeys(("mongodb-6.0", "mongodb-8.0"), "mongodb"),
}
"""More subjects: an adapter through the guard of a dialect, by the scheme of its URI."""

JUDGED = ("documentdb-5.0", "cosmos-mongodb-7.0")
"""Those that every run judges: all that one of the others does otherwise, one of these does too."""

OPTIONS = "directConnection=true&retryWrites=false&tls=false"

DIFFERING = frozenset(
    {
        *("test_lifecycle", "test_metric_history", "test_metrics", "test_logged_model_metrics"),
        *("test_search_logged_models_order", "test_search_runs_order", "test_large_inputs"),
        *("test_search_registered_models", "test_search_model_versions", "test_stages"),
        *("test_find_order", "test_find_paging", "test_find_join", "test_patch_maximum"),
        *("test_prepare", "test_limits", "test_delete_traces", "test_resent_spans"),
    }
)
"""Modules of the contract and of the driver's deck in which a dialect's adapter does otherwise than
that of MongoDB: they judge it in every run, and the others can wait."""

_OUTPUT = "refusals"


def _test() -> str:
    """The test that runs."""
    return os.environ.get("PYTEST_CURRENT_TEST", "no test").rpartition(" (")[0]


class DialectWatch:
    """A plugin that gathers what the watch finds, of all worker processes.

    Args:
        config: Of the run.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.watch = Watch(list(map(load_profile, profile_names())), _test, APPLICATION)
        self._worker_output: dict[str, object] | None = getattr(config, "workeroutput", None)
        self._findings: dict[Finding, str] = {}

    def pytest_testnodedown(self, node: object) -> None:
        """A worker process has ended."""
        output: dict[str, object] = getattr(node, "workeroutput", {})
        told = output.get(_OUTPUT, ())
        assert isinstance(told, list)
        for *words, test in told:
            self._findings.setdefault(Finding(*words), test)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where a dialect would refuse what is not known."""
        self._findings = {**self.watch.findings, **self._findings}
        if self._worker_output is not None:
            self._worker_output[_OUTPUT] = list(_rows(self._findings))
        elif self._unknown() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name each, and the first test that sent it."""
        unknown = self._unknown()
        if unknown:
            terminalreporter.section("dialects that refuse what was sent")
            for line in table(_rows({one: self._findings[one] for one in unknown})):
                terminalreporter.line(line)

    def _unknown(self) -> list[Finding]:
        return sorted(one for one in self._findings if not is_known(one))


def _rows(findings: dict[Finding, str]) -> Iterator[tuple[str, ...]]:
    for one, test in findings.items():
        yield one.profile, one.command, one.kind, one.name, test


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """The rows as lines of aligned columns."""
    found = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*found, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in found
    ]
