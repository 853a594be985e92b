"""A check in the terminal: a bar while it runs, then its report as tables."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import progress
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlflow_docstore.testing.recorder import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow_docstore.testing.recorder import Place
    from mlflow_docstore.testing.report import Report

_PLAIN_WIDTH = 200
"""Columns where nobody looks but a file or a pipe: room for whole lines."""

_STYLES = {0: "green", 1: "red", 2: "yellow"}


class _Bar(Progress):
    """Cases done, of all.

    Args:
        shown: Where.
    """

    def __init__(self, shown: progress.Progress) -> None:
        self._shown = shown
        self._task = shown.add_task("collecting cases", total=None)

    def begin(self, total: int) -> None:
        self._shown.update(self._task, total=total)

    def advance(self, place: Place, failed: int) -> None:
        failures = f", [red]{failed} failed[/red]" if failed else ""
        told = f"{place.area}: {place.capability}{failures}"
        self._shown.update(self._task, advance=1, description=told)


@contextmanager
def bar() -> Iterator[Progress]:
    """A bar on the terminal's standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    # By a handle of its own: while a case runs, pytest keeps what is written to the usual ones.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8") as terminal:
        width = shutil.get_terminal_size().columns
        console = Console(file=terminal, force_terminal=True, width=width)
        columns = (
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("{task.description}"),
        )
        with progress.Progress(*columns, console=console, transient=True) as shown:
            yield _Bar(shown)


def show(report: Report) -> None:
    """Print a report."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    if report.rows:
        _show_counts(console, report)
        _show_latencies(console, report)
        _show_product(console, report)
        _show_lacking(console, report)
        _show_failures(console, report)
        console.print()
    console.print(f"[{_STYLES[report.status]}]{escape(report.verdict)}[/]", soft_wrap=True)


def _table(title: str, *columns: str, numbers: int) -> Table:
    """A table whose last columns are numbers."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, title_style="bold")
    for position, column in enumerate(columns):
        right = position >= len(columns) - numbers
        table.add_column(column, justify="right" if right else "left", no_wrap=True)
    return table


def _show_counts(console: Console, report: Report) -> None:
    outcomes = ("passed", "lacking", "failed")
    table = _table("Cases", "area", "capability", *outcomes, numbers=len(outcomes))
    last = None
    for row in report.rows:
        area = row.area if row.area != last else ""
        last = row.area
        style = "red" if row.failed else "yellow" if row.lacking else None
        counts = map(str, (row.passed, row.lacking, row.failed))
        table.add_row(area, row.capability, *counts, style=style)
    total = (str(report.total[outcome]) for outcome in outcomes)
    table.add_row("total", "", *total, style="bold")
    console.print(table)


def _show_latencies(console: Console, report: Report) -> None:
    for title, kinds in (("Operations", report.operations), ("Commands", report.commands)):
        if not kinds:
            continue
        counted = kinds[0].commands is not None
        columns = ["calls", "p50 ms", "p95 ms", *["commands a call"] * counted]
        table = _table(title, "kind", *columns, numbers=len(columns))
        for latency in kinds:
            table.add_row(*latency.cells())
        console.print("")
        console.print(table)


def _show_product(console: Console, report: Report) -> None:
    if report.product is None:
        return
    console.print(f"\n[bold]Judged[/] {escape(report.store)}", soft_wrap=True)
    console.print(f"  {escape(str(report.product))}", soft_wrap=True)
    if report.used is not None:
        console.print(f"  used {report.used}", soft_wrap=True)
    for answer in report.features:
        if not answer.supported:
            lack = f"  lacks {answer.name}: {answer.reason} ({answer.whose})"
            console.print(escape(lack), soft_wrap=True)


def _show_lacking(console: Console, report: Report) -> None:
    for lack in report.lacking:
        told = f"LACKING {lack.area}, {lack.capability}: {lack.reason} ({lack.cases})"
        console.print(escape(told), style="yellow", soft_wrap=True)


def _show_failures(console: Console, report: Report) -> None:
    failed = Counter((failure.area, failure.capability) for failure in report.failures)
    for failure in report.shortest:
        console.print(
            f"\nFAILED {failure.area}, {failure.capability}: {escape(failure.case)}",
            style="red",
            soft_wrap=True,
        )
        lines = [failure.line, *failure.error.splitlines()]
        lines += [f"  {call}" for call in failure.calls]
        lines += [f"again: {failure.rerun}"]
        if others := failed[failure.area, failure.capability] - 1:
            lines += [f"and {others} more of this capability"]
        for line in filter(None, lines):
            console.print(escape(f"  {line}"), soft_wrap=True)
