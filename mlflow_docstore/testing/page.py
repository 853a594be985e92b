"""A report as one HTML page, which needs nothing but itself."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from mlflow_docstore.testing.chart import chart
from mlflow_docstore.testing.report import FAILED, PASSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlflow_docstore.testing.report import Failure, Latency, Report, Row

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c2128; --dim: #57606a; --line: #d8dee4;
  --bar: #9db8d9; --mark: #1f5fa8; --good: #1a6b35; --bad: #b3261e; --some: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e4e7eb; --dim: #9aa4af;
  --line: #343b43; --bar: #38567a; --mark: #8fc1ff; --good: #6cc986; --bad: #ff8f85;
  --some: #e2b85c; } }
body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p { margin: .3rem 0; } .dim { color: var(--dim); }
.verdict { border-left: .3rem solid; font-size: 1.1rem; margin: 1.2rem 0; padding: .3rem .8rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .some { color: var(--some); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem .25rem 0; text-align: left;
  vertical-align: top; }
thead th { color: var(--dim); font-weight: 600; } tbody th { font-weight: 400; }
.group th, .group td { font-weight: 600; }
.number { font-variant-numeric: tabular-nums; padding: .25rem 0 .25rem .9rem; text-align: right;
  white-space: nowrap; width: 6rem; }
code { overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { border: 1px solid var(--line); border-radius: .3rem; margin: .4rem 0; overflow-x: auto;
  padding: .5rem .7rem; }
summary { cursor: pointer; padding: .25rem 0; } details { border-bottom: 1px solid var(--line); }
svg { display: block; max-width: 100%; height: auto; } svg text { fill: var(--text); font: 12px
  system-ui, sans-serif; } svg .dim { fill: var(--dim); } svg .grid { stroke: var(--line); }
svg .bar { fill: var(--bar); } svg .mark { fill: var(--mark); }
"""

_CLASSES = {PASSED: "good", FAILED: "bad"}


def page(report: Report) -> str:
    """The page."""
    style = _CLASSES.get(report.status, "some")
    title = f"Check of {escape(report.store)}"
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            f"<h1>{title}</h1>",
            *_about(report),
            f'<p class="verdict {style}">{escape(report.verdict)}</p>',
            *_failures(report.failures),
            *_features(report),
            *_counts(report),
            *_latencies("Operations", "The store's methods", report.operations),
            *_latencies("Commands", "The verbs of the database's driver", report.commands),
            "</main>\n</body>\n</html>\n",
        )
    )


def _about(report: Report) -> Iterator[str]:
    if report.product is not None:
        yield f"<p>{escape(str(report.product))}</p>"
    if report.used is not None:
        yield f"<p>Used {report.used}</p>"
    yield (
        f'<p class="dim">mlflow-docstore {escape(report.mlflow_docstore)} on MLflow'
        f" {escape(report.mlflow)}, in {report.seconds:.0f} seconds</p>"
    )


def _failures(failures: Sequence[Failure]) -> Iterator[str]:
    if not failures:
        return
    yield f"<h2>Failed ({len(failures)})</h2>"
    for failure in failures:
        told = "\n".join((failure.line, failure.error, "", *failure.calls))
        yield (
            f'<details><summary><span class="bad">{escape(failure.area)}</span>'
            f" <code>{escape(failure.case)}</code></summary>"
            f"<pre>{escape(told)}</pre><p>Again:</p><pre>{escape(failure.rerun)}</pre></details>"
        )


def _features(report: Report) -> Iterator[str]:
    lacks = [
        (lack.area, lack.capability, lack.reason, f"{lack.cases:,}") for lack in report.lacking
    ]
    if lacks:
        yield "<h2>Lacking</h2>"
        heads = ("Area", "Capability", "Reason", "Cases")
        yield from _table("Operations that the store does not implement", heads, lacks, numbers=1)
    features = [
        (one.name.replace("_", " "), "yes" if one.supported else one.whose, one.reason)
        for one in report.features
    ]
    if features:
        yield "<h2>Features</h2>"
        columns = ("Feature", "There", "Why not")
        yield from _table("What is used of a database where it is there", columns, features)


def _counts(report: Report) -> Iterator[str]:
    if not report.rows:
        return
    yield "<h2>Cases</h2>"
    heads = ("Capability", "Passed", "Lacking", "Failed")
    yield '<div class="wide"><table>'
    yield "<caption hidden>Cases by area and capability</caption>"
    yield _head(heads, numbers=3)
    for area, grouped in groupby(report.rows, key=lambda row: row.area):
        rows = list(grouped)
        yield "<tbody>" + _sum(area, rows, "rowgroup")
        yield from (_sum(row.capability, [row], "row") for row in rows)
        yield "</tbody>"
    yield "<tfoot>" + _sum("total", report.rows, "rowgroup") + "</tfoot></table></div>"


def _sum(name: str, rows: Sequence[Row], scope: str) -> str:
    style = ' class="group"' if scope == "rowgroup" else ""
    cells = (
        _numbers(sum(row.passed for row in rows), ""),
        _numbers(sum(row.lacking for row in rows), "some"),
        _numbers(sum(row.failed for row in rows), "bad"),
    )
    return f'<tr{style}><th scope="{scope}">{escape(name)}</th>{"".join(cells)}</tr>'


def _numbers(number: int, style: str) -> str:
    shown = f" {style}" if style and number else " dim" if not number else ""
    return f'<td class="number{shown}">{number:,}</td>'


def _latencies(title: str, caption: str, kinds: Sequence[Latency]) -> Iterator[str]:
    if not kinds:
        return
    yield f"<h2>{title}</h2>"
    yield f'<p class="dim">{caption}: a bar to the 95th percentile, a mark at the median.</p>'
    yield chart(f"{caption}: p50 and p95", kinds)
    counted = kinds[0].commands is not None
    heads = ["Kind", "Calls", "p50 ms", "p95 ms", *["Commands a call"] * counted]
    rows = [one.cells() for one in kinds]
    yield from _table(caption, heads, rows, numbers=len(heads) - 1)


def _table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0
) -> Iterator[str]:
    """A table whose last columns are numbers."""
    yield f'<div class="wide"><table><caption hidden>{escape(caption)}</caption>'
    yield _head(heads, numbers=numbers)
    yield "<tbody>"
    for first, *rest in rows:
        words, figures = rest[: len(rest) - numbers], rest[len(rest) - numbers :]
        cells = [f"<td>{escape(cell)}</td>" for cell in words]
        cells += [f'<td class="number">{escape(cell)}</td>' for cell in figures]
        yield f'<tr><th scope="row">{escape(first)}</th>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"


def _head(heads: Sequence[str], *, numbers: int) -> str:
    classes = [""] * (len(heads) - numbers) + [' class="number"'] * numbers
    cells = (
        f'<th scope="col"{style}>{escape(head)}</th>'
        for head, style in zip(heads, classes, strict=True)
    )
    return f"<thead><tr>{''.join(cells)}</tr></thead>"
