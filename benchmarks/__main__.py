"""``python -m benchmarks``: fill, measure, print, and keep the tables."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FrameType

from . import huge, machine
from .areas import AREAS, REGISTRY, TRACES, TRACKING
from .charges import charges
from .data import QUICK_SIZES, Sizes
from .footprint import memory, opening
from .operations import Operation
from .processes import measure_throughput
from .report import Results, keep, render
from .stages import (
    COSMOSDB,
    EMBEDDED,
    MONGODB,
    Comparison,
    Filled,
    Stage,
    Wanted,
    cosmosdb,
    embedded,
    mongodb,
    told,
)
from .subjects import NAMES, StoreSource
from .timing import Call, Effort, measure

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

QUICK_EFFORT = Effort(seconds=0.05, patience=1.0)

THROUGHPUT = "processes"
OPENING = "opening"
MEMORY = "memory"
"""Names that ``--rows`` knows besides those of operations."""

_STAGES: tuple[tuple[Comparison, Callable[[ExitStack, Wanted], Stage]], ...] = (
    (EMBEDDED, embedded),
    (MONGODB, mongodb),
    (COSMOSDB, cosmosdb),
)

Part = tuple[Comparison, Callable[[ExitStack, Wanted], Stage], str]
"""A comparison, what opens its subjects, and the area that they are compared at."""

_APART = " on Azure Cosmos DB"
"""What the sections of one comparison are called, behind their areas: it is measured by itself."""

_TITLES = {
    TRACKING: "Experiments, runs, metrics",
    REGISTRY: "Models and prompts",
    TRACES: "Traces",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    if options.list:
        print("\n".join(_names(options)))
        return 0
    for section, parts in _sections(options).items():
        names = {name for comparison, _, _ in parts for name in comparison.names}
        if names.isdisjoint(options.subjects):
            continue
        report = _report(parts, options)
        print(f"\n## {section}\n\n{report}")
        if _is_full(names, options):
            keep(report, PAGE, section)
    return 0


def _sections(options: argparse.Namespace) -> dict[str, list[Part]]:
    """What stands together on the page: an area of those on one machine, or of one service."""
    sections: dict[str, list[Part]] = {
        area: [(*stage, area) for stage in _STAGES if stage[0] is not COSMOSDB]
        for area in options.areas
    }
    apart = {f"{area}{_APART}": [(COSMOSDB, cosmosdb, area)] for area in options.areas}
    return sections | apart


def _report(parts: Sequence[Part], options: argparse.Namespace) -> str:
    """What was measured, and under which conditions."""
    before, started = machine.load(), time.monotonic()
    results = [_compared(*part, options) for part in parts]
    results = [one for one in results if one.subjects]
    versions = {name: text for one in results for name, text in one.versions.items()}
    conditions = machine.describe(versions) | {
        "load average": f"{before} before, {machine.load()} after",
        "took": f"{time.monotonic() - started:.0f} s",
    }
    return render(conditions, results)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: a smoke test")
    parser.add_argument(
        "--rows",
        action="append",
        default=[],
        metavar="TEXT",
        help="only rows whose name contains this (repeatable); see --list",
    )
    parser.add_argument("--list", action="store_true", help="the names of the rows, and no more")
    parser.add_argument(
        "--subjects",
        type=lambda text: text.split(","),
        default=list(NAMES),
        metavar="NAMES",
        help=f"some of {','.join(NAMES)}",
    )
    parser.add_argument(
        "--areas",
        type=lambda text: text.split(","),
        default=list(AREAS),
        metavar="NAMES",
        help=f"some of {','.join(AREAS)}; others are not even filled",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of the large sizes")
    parser.add_argument(
        "--seconds", type=float, default=Effort().seconds, help="per row and subject: %(default)s"
    )
    parser.add_argument(
        "--no-keep",
        action="store_true",
        help=f"do not put an area's full result into {PAGE.name}",
    )
    options = parser.parse_args(arguments)
    for what, known in (("subjects", NAMES), ("areas", AREAS)):
        unknown = set(getattr(options, what)) - set(known)
        if unknown:
            parser.error(f"unknown {what}: {', '.join(sorted(unknown))}")
    return options


def _is_full(names: Set[str], options: argparse.Namespace) -> bool:
    """Whether a section is to be kept: parts of one would stand beside nothing."""
    part = options.quick or options.rows or options.scale != 1
    return not part and names <= set(options.subjects) and not options.no_keep


def _sizes(comparison: Comparison, options: argparse.Namespace) -> Sizes:
    sizes = QUICK_SIZES if options.quick else comparison.sizes
    if comparison is not EMBEDDED:
        sizes = replace(sizes, huge=0, measured=())
    scale = options.scale
    return replace(
        sizes,
        large=max(sizes.small, int(sizes.large * scale)),
        huge=sizes.huge and max(2 * sizes.small, int(sizes.huge * scale)),
        long_history=max(sizes.history, int(sizes.long_history * scale)),
        measured=tuple(sorted({min(one, max(1_000, int(one * scale))) for one in sizes.measured})),
    )


def _rows(area: str, sizes: Sizes, options: argparse.Namespace) -> list[Operation]:
    return _wanted(AREAS[area].rows(sizes), options)


def _huge_rows(area: str, sizes: Sizes, options: argparse.Namespace) -> list[Operation]:
    return _wanted(huge.rows(sizes), options) if sizes.huge and area == TRACKING else []


def _wanted(rows: Sequence[Operation], options: argparse.Namespace) -> list[Operation]:
    return [row for row in rows if _is_wanted(row.name, options)]


def _is_wanted(name: str, options: argparse.Namespace) -> bool:
    return not options.rows or any(text in name for text in options.rows)


def _names(options: argparse.Namespace) -> list[str]:
    found: list[str] = []
    for comparison, _ in _STAGES:
        sizes = _sizes(comparison, options)
        for area in options.areas:
            rows = [*_rows(area, sizes, options), *_huge_rows(area, sizes, options)]
            found += [row.name for row in rows]
    return [*dict.fromkeys(found), THROUGHPUT, OPENING, MEMORY]


def _compared(
    comparison: Comparison,
    build: Callable[[ExitStack, Wanted], Stage],
    area: str,
    options: argparse.Namespace,
) -> Results:
    """Open, fill and measure what is in one table."""
    sizes = _sizes(comparison, options)
    names = [name for name in comparison.names if name in options.subjects]
    rows, huge_rows = _rows(area, sizes, options), _huge_rows(area, sizes, options)
    title = _TITLES[area] if comparison is COSMOSDB else comparison.title
    results = Results(comparison, title, names, sizes)
    if not names:
        return results
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
        filled = replace(sizes, huge=sizes.huge if huge_rows else 0)
        stage = build(stack, Wanted(Path(home), names, [area], filled))
        results.skipped, results.versions = stage.skipped, stage.versions
        _measure(stage, area, (rows, huge_rows), options, results)
    return results


def _measure(
    stage: Stage,
    area: str,
    rows: tuple[Sequence[Operation], Sequence[Operation]],
    options: argparse.Namespace,
    results: Results,
) -> None:
    """Measure the rows of an area, and those of huge sizes."""
    effort = QUICK_EFFORT if options.quick else Effort(options.seconds)
    usual, huge_rows = rows
    if stage.comparison is EMBEDDED:
        results.growth += AREAS[area].growth(results.sizes)
    for row in usual:
        _measure_rows([row], area, stage, stage.filled, effort, results)
    if huge_rows:
        results.growth += huge.growth(results.sizes)
        _measure_rows(huge_rows, area, stage, stage.huge, effort, results)
    if not stage.comparison.whole:
        return
    # A store is opened with all of its areas.
    if area == TRACKING and _is_wanted(OPENING, options):
        with told(OPENING):
            sources = [one.source for one in stage.filled.values()]
            stores = [source for source in sources if isinstance(source, StoreSource)]
            results.opening = {source.name: opening(source) for source in stores}
    _measure_processes(area, stage.filled, effort, options, results)


def _measure_rows(
    rows: Sequence[Operation],
    area: str,
    stage: Stage,
    filled: Mapping[str, Filled],
    effort: Effort,
    results: Results,
) -> None:
    """Measure rows of one area at the same time."""
    with told(", ".join(row.name for row in rows)):
        calls: dict[tuple[str, str], Iterator[Call]] = {
            (row.name, name): row.arrange(one.subjects[area], one.worlds[area])
            for row in rows
            for name, one in filled.items()
            if row.bare or name != results.comparison.bare
        }
        samples = measure(calls, effort)
        charged = charges(calls, stage.service) if stage.service else {}
    for row in rows:
        results.rows.append(row)
        results.samples[row.name] = {
            name: sample for (measured, name), sample in samples.items() if measured == row.name
        }
        if charged:
            results.charges[row.name] = {
                name: charge for (measured, name), charge in charged.items() if measured == row.name
            }


def _measure_processes(
    area: str,
    filled: Mapping[str, Filled],
    effort: Effort,
    options: argparse.Namespace,
    results: Results,
) -> None:
    worlds = {name: one.worlds[area] for name, one in filled.items()}
    crowd = AREAS[area].crowd
    if crowd is not None and _is_wanted(THROUGHPUT, options):
        with told(f"{THROUGHPUT}: {crowd.title}"):
            results.throughput[crowd.title] = measure_throughput(
                area,
                [one.source for one in filled.values()],
                {name: world.scratch for name, world in worlds.items()},
                results.sizes.processes,
                effort.seconds,
            )
    if _is_wanted(MEMORY, options):
        for number, weight in enumerate(AREAS[area].weights(results.sizes)):
            with told(f"{MEMORY}: {weight.title}"):
                results.memory[weight] = {
                    name: memory(area, number, one.source, worlds[name], results.sizes)
                    for name, one in filled.items()
                }


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    """Have everything stopped that was started."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
