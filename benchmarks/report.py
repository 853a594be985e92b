"""The table: medians, ratios, targets, and whether they are met."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .data import Sizes
from .operations import DEEP, Operation, SearchPage, search_name, search_pages
from .processes import Throughput
from .searches import DEFAULT, SELECTIVE
from .subjects import NAMES, OURS, POSTGRES, RAW, SQLITE
from .timing import Sample

MET, MISSED = "✓", "✗"
TITLES = {
    POSTGRES: "MLflow on PostgreSQL",
    SQLITE: "MLflow on SQLite",
    OURS: "ours",
    RAW: "bare pymongo",
}

DEEP_LIMIT = 1.2
GROWTH_LIMIT = 2.0
OPENING_LIMIT = 3
MEMORY_LIMIT = 2**30
WRITE_LIMIT = 1.5

_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(slots=True)
class Results:
    """Everything that one run of the benchmarks measured."""

    sizes: Sizes
    machine: dict[str, str]
    skipped: dict[str, str] = field(default_factory=dict)
    samples: dict[str, dict[str, Sample]] = field(default_factory=dict)
    throughput: dict[str, Throughput] = field(default_factory=dict)
    opening: dict[str, list[str]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)


def render(results: Results, operations: Sequence[Operation]) -> str:
    """The whole report, as Markdown."""
    parts = [_conditions(results), _medians(results, operations)]
    parts += [_growth(results), _processes(results), _footprint(results)]
    return "\n\n".join(part for part in parts if part)


def keep(report: str, page: Path) -> None:
    """Put the report between the markers of a page, in place of what is there."""
    text = page.read_text()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers {_BEGIN} and {_END}")
    page.write_text(f"{before}{_BEGIN}\n\n{report}\n\n{_END}{after}")


def _conditions(results: Results) -> str:
    lines = [f"- {name}: {value}" for name, value in results.machine.items()]
    lines += [f"- skipped {TITLES[name]}: {why}" for name, why in results.skipped.items()]
    return "\n".join(lines)


def _medians(results: Results, operations: Sequence[Operation]) -> str:
    header = [
        "operation",
        *(TITLES[name] for name in NAMES),
        "ours / bare",
        "PostgreSQL / ours",
        "SQLite / ours",
        "calls of ours",
        "spread of ours",
    ]
    rows = [
        _median_row(operation, results.samples[operation.name])
        for operation in operations
        if operation.name in results.samples
    ]
    return _table(header, rows) if rows else ""


def _median_row(operation: Operation, samples: Mapping[str, Sample]) -> list[str]:
    ours = samples.get(OURS)
    return [
        operation.name,
        *(_time(samples[name].median) if name in samples else "-" for name in NAMES),
        _ratio(samples, OURS, RAW, most=operation.limit),
        _ratio(samples, POSTGRES, OURS, least=operation.faster),
        _ratio(samples, SQLITE, OURS),
        str(len(ours.seconds)) if ours else "-",
        f"{ours.spread:.0%}" if ours else "-",
    ]


def _ratio(
    samples: Mapping[str, Sample],
    one: str,
    other: str,
    *,
    most: float | None = None,
    least: float | None = None,
) -> str:
    if one not in samples or other not in samples:
        return "-"
    return _judged(samples[one].median / samples[other].median, most=most, least=least)


def _judged(value: float, *, most: float | None = None, least: float | None = None) -> str:
    """A ratio, its target, and whether it is met."""
    shown = f"{value:.2f}" if value < 10 else f"{value:.0f}"
    if most is not None:
        return f"{shown} (≤ {most:g} {MET if value <= most else MISSED})"
    if least is not None:
        return f"{shown} (≥ {least:g} {MET if value >= least else MISSED})"
    return shown


def _growth(results: Results) -> str:
    """Ours against itself: deep pages against first ones, many runs against few."""
    sizes = results.sizes
    pages = search_pages(sizes)
    comparisons: list[tuple[str, str, str, float | None]] = []
    for name, search, page in pages:
        runs = sizes.small if page.experiment == "small" else sizes.large
        if page.number == DEEP:
            first = search_name(search, runs, SearchPage(page.experiment, page.size))
            comparisons.append((name, first, f"{search.title}, {runs:,} runs", DEEP_LIMIT))
        elif page.experiment == "large":
            few = search_name(search, sizes.small, page)
            limit = GROWTH_LIMIT if search in (DEFAULT, *SELECTIVE) else None
            title = f"{search.title}, {sizes.large:,} runs against {sizes.small:,}"
            comparisons.append((name, few, title, limit))
    header = ["page 100 against page 1; many runs against few", *(TITLES[name] for name in NAMES)]
    rows = [
        [title, *(_against(results, name, one, other, limit) for name in NAMES)]
        for one, other, title, limit in comparisons
        if one in results.samples and other in results.samples
    ]
    return _table(header, rows) if rows else ""


def _against(results: Results, subject: str, one: str, other: str, limit: float | None) -> str:
    first, second = results.samples[one].get(subject), results.samples[other].get(subject)
    if first is None or second is None:
        return "-"
    return _judged(first.median / second.median, most=limit if subject == OURS else None)


def _processes(results: Results) -> str:
    found = results.throughput
    if not found:
        return ""
    header = ["", *(TITLES[name] for name in NAMES), "bare / ours", "ours / PostgreSQL"]
    row = [
        f"log_metric by {results.sizes.processes} processes at once, calls a second",
        *(_rate(found[name]) if name in found else "-" for name in NAMES),
        _faster(found, RAW, OURS, most=WRITE_LIMIT),
        _faster(found, OURS, POSTGRES),
    ]
    return _table(header, [row])


def _rate(throughput: Throughput) -> str:
    refused = f" ({throughput.refused} refused)" if throughput.refused else ""
    return f"{throughput.median:,.0f}{refused}"


def _faster(
    found: Mapping[str, Throughput], one: str, other: str, most: float | None = None
) -> str:
    if one not in found or other not in found:
        return "-"
    return _judged(found[one].median / found[other].median, most=most)


def _footprint(results: Results) -> str:
    header = ["", *(TITLES[name] for name in NAMES)]
    rows = [
        _footprint_row(
            "commands (or SQL statements) that open a store on an existing database",
            {name: len(commands) for name, commands in results.opening.items()},
            str,
            OPENING_LIMIT,
        ),
        _footprint_row(
            f"memory to read a history of {results.sizes.long_history:,} points",
            results.memory,
            lambda value: f"{value / 2**20:,.0f} MiB",
            MEMORY_LIMIT,
        ),
    ]
    return _table(header, [row for row in rows if row])


def _footprint_row(
    title: str, found: Mapping[str, int], shown: Callable[[int], str], limit: int
) -> list[str]:
    cells = {name: shown(value) for name, value in found.items()}
    if OURS in found:
        mark = MET if found[OURS] <= limit else MISSED
        cells[OURS] += f" (≤ {shown(limit)} {mark})"
    return [title, *(cells.get(name, "-") for name in NAMES)] if cells else []


def _time(seconds: float) -> str:
    for limit, factor, unit, digits in (
        (1e-3, 1e6, "µs", 0),
        (1e-1, 1e3, "ms", 2),
        (1.0, 1e3, "ms", 0),
    ):
        if seconds < limit:
            return f"{seconds * factor:.{digits}f} {unit}"
    return f"{seconds:.2f} s"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned, so that it reads in a terminal as well."""
    table = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    lines = [_line(row, widths) for row in table]
    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join([lines[0], _line(rule, widths), *lines[1:]]) if rows else ""


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
