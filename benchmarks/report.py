"""The tables: medians, ratios, targets, whether they are met, and why they are not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .data import Sizes
from .footprint import Opening
from .operations import SINGLE, WRITE, Growth, Operation, Weight
from .processes import Throughput
from .reasons import reason
from .stages import EMBEDDED, Comparison
from .subjects import TITLES
from .timing import Sample

MET, MISSED = "✓", "✗"

COMMANDS_LIMIT = 3
SECONDS_LIMIT = 0.030


@dataclass(slots=True)
class Results:
    """Everything that was measured for one table."""

    comparison: Comparison
    title: str
    subjects: list[str]
    sizes: Sizes
    rows: list[Operation] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    samples: dict[str, dict[str, Sample]] = field(default_factory=dict)
    throughput: dict[str, dict[str, Throughput]] = field(default_factory=dict)
    opening: dict[str, Opening] = field(default_factory=dict)
    memory: dict[Weight, dict[str, int]] = field(default_factory=dict)
    charges: dict[str, dict[str, float]] = field(default_factory=dict)

    def titles(self) -> list[str]:
        """Of the columns of subjects."""
        return [TITLES[name] for name in self.subjects]

    def fastest(self, values: Mapping[str, float], choose: Callable[..., float]) -> float | None:
        """The best value of MLflow's stores, if any was measured."""
        found = [values[name] for name in self.comparison.rivals if name in values]
        return choose(found) if found else None


def render(conditions: Mapping[str, str], results: Sequence[Results]) -> str:
    """The whole report, as Markdown."""
    lines = [f"- {name}: {value}" for name, value in conditions.items()]
    skipped = {name: why for one in results for name, why in one.skipped.items()}
    lines += [f"- skipped {TITLES[name]}: {why}" for name, why in skipped.items()]
    parts = ["\n".join(lines)]
    for one in results:
        parts.append(f"#### {one.title}")
        parts += [_medians(one), _growth(one), _processes(one), _footprint(one)]
    return "\n\n".join(part for part in parts if part)


def keep(report: str, page: Path, area: str) -> None:
    """Put the report of an area between its markers of a page, in place of what is there."""
    first, last = (f"<!-- measured of {area}: {which} -->" for which in ("begin", "end"))
    text = page.read_text()
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers {first} and {last}")
    page.write_text(f"{before}{first}\n\n{report}\n\n{last}{after}")


def _medians(results: Results) -> str:
    rivals = ["faster of MLflow's / ours"] if results.comparison.rivals else []
    charged = [f"RU: {title}" for title in results.titles()] if results.charges else []
    header = ["operation", *results.titles(), *rivals, "ours / bare", *charged, "calls", "spread"]
    rows = [_median_row(results, row) for row in results.rows]
    return _table(header, rows, results.comparison.ours)


def _median_row(results: Results, row: Operation) -> list[str]:
    samples = results.samples[row.name]
    medians = {name: sample.median for name, sample in samples.items()}
    ours, bare = (medians.get(name) for name in (results.comparison.ours, results.comparison.bare))
    fastest = results.fastest(medians, min)
    own = samples.get(results.comparison.ours)
    return [
        row.name,
        *(_time(medians[name]) if name in medians else "-" for name in results.subjects),
        *([_ratio(fastest, ours, least=row.faster)] if results.comparison.rivals else []),
        _ratio(ours, bare, most=row.limit),
        *_charges(results, row),
        str(len(own.seconds)) if own else "-",
        f"{own.spread:.0%}" if own and own.spread == own.spread else "-",
    ]


def _charges(results: Results, row: Operation) -> list[str]:
    """Request units of a call, subject by subject."""
    if not results.charges:
        return []
    found = results.charges.get(row.name, {})
    return [f"{found[name]:,.1f}" if name in found else "-" for name in results.subjects]


def _growth(results: Results) -> str:
    """Subjects against themselves: deep pages against first ones, many runs against few."""
    header = ["one row against another", *results.titles()]
    rows = []
    for one in results.growth:
        if one.row not in results.samples or one.base not in results.samples:
            continue
        cells = []
        for name in results.subjects:
            first, second = (results.samples[row].get(name) for row in (one.row, one.base))
            limit = one.limit if name == results.comparison.ours else None
            cells.append(_ratio(first and first.median, second and second.median, most=limit))
        rows.append([one.title, *cells])
    return _table(header, rows, results.comparison.ours)


def _processes(results: Results) -> str:
    rivals = ["ours / faster of MLflow's"] if results.comparison.rivals else []
    header = ["calls a second", *results.titles(), *rivals, "bare / ours"]
    rows = [_processes_row(results, title, one) for title, one in results.throughput.items()]
    return _table(header, rows, results.comparison.ours)


def _processes_row(results: Results, title: str, found: Mapping[str, Throughput]) -> list[str]:
    comparison = results.comparison
    medians = {name: one.median for name, one in found.items()}
    ours, bare = medians.get(comparison.ours), medians.get(comparison.bare)
    fastest = results.fastest(medians, max)
    return [
        f"{title} by {results.sizes.processes} processes at once",
        *(_rate(found[name]) if name in found else "-" for name in results.subjects),
        *([_ratio(ours, fastest, least=SINGLE)] if comparison.rivals else []),
        _ratio(bare, ours, most=WRITE),
    ]


def _rate(throughput: Throughput) -> str:
    refused = f" ({throughput.refused} refused)" if throughput.refused else ""
    return f"{throughput.median:,.0f}{refused}"


def _footprint(results: Results) -> str:
    timed = SECONDS_LIMIT if results.comparison is EMBEDDED else None
    rows = [
        _footprint_row(
            results,
            "commands (or SQL statements) that open a store on an existing database",
            {name: len(one.commands) for name, one in results.opening.items()},
            str,
            COMMANDS_LIMIT,
        ),
        _footprint_row(
            results,
            "time to open it in a new process that has imported MLflow",
            {name: one.seconds for name, one in results.opening.items()},
            _time,
            timed,
        ),
        *(
            _footprint_row(
                results,
                f"memory to {weight.title}",
                found,
                lambda value: f"{value / 2**20:,.0f} MiB",
                weight.limit,
            )
            for weight, found in results.memory.items()
        ),
    ]
    header = ["", *results.titles()]
    return _table(header, [row for row in rows if row], results.comparison.ours)


def _footprint_row(
    results: Results,
    title: str,
    found: Mapping[str, float],
    shown: Callable[[float], str],
    limit: float | None,
) -> list[str]:
    cells = {name: shown(value) for name, value in found.items()}
    ours = results.comparison.ours
    if ours in found and limit is not None:
        cells[ours] += f" (≤ {shown(limit)} {MET if found[ours] <= limit else MISSED})"
    return [title, *(cells.get(name, "-") for name in results.subjects)] if cells else []


def _ratio(
    one: float | None,
    other: float | None,
    *,
    most: float | None = None,
    least: float | None = None,
) -> str:
    """A ratio, its target, and whether it is met."""
    if one is None or other is None:
        return "-"
    value = one / other
    shown = f"{value:.2f}" if value < 10 else f"{value:.0f}"
    if most is not None:
        return f"{shown} (≤ {most:g} {MET if value <= most else MISSED})"
    if least is not None:
        return f"{shown} (≥ {least:g} {MET if value >= least else MISSED})"
    return shown


def _time(seconds: float) -> str:
    for limit, factor, unit, digits in (
        (1e-3, 1e6, "µs", 0),
        (1e-1, 1e3, "ms", 2),
        (1.0, 1e3, "ms", 0),
    ):
        if seconds < limit:
            return f"{seconds * factor:.{digits}f} {unit}"
    return f"{seconds:.2f} s"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], subject: str) -> str:
    """Aligned, so that it reads in a terminal as well. What misses a mark has its reason beside."""
    if not rows:
        return ""
    table = [list(header), *(list(row) for row in rows)]
    missing = [any(MISSED in cell for cell in row) for row in table]
    if any(missing):
        table[0].append("why it misses")
        for row, misses in zip(table[1:], missing[1:], strict=True):
            row.append(reason(row[0], subject) if misses else "")
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    texts = {0, len(header)}
    rule = [
        "-" * width if column in texts else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    lines = [_line(row, widths, texts) for row in table]
    return "\n".join([lines[0], _line(rule, widths, texts), *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int], texts: set[int]) -> str:
    padded = [
        cell.ljust(width) if column in texts else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
