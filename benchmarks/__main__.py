"""``python -m benchmarks``: fill, measure, print, and keep the tables."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FrameType

from . import huge, machine
from .areas import AREAS, TRACKING
from .data import QUICK_SIZES, Sizes
from .footprint import memory, opening
from .operations import Operation
from .processes import measure_throughput
from .report import Results, keep, render
from .stages import EMBEDDED, MONGODB, Comparison, Filled, Stage, Wanted, embedded, mongodb, told
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
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    if options.list:
        print("\n".join(_names(options)))
        return 0
    for area in options.areas:
        report = _report(area, options)
        print(f"\n## {area}\n\n{report}")
        if _is_full(options):
            keep(report, PAGE, area)
    return 0


def _report(area: str, options: argparse.Namespace) -> str:
    """What was measured of one area, and under which conditions."""
    before, started = machine.load(), time.monotonic()
    results = [_compared(comparison, build, area, options) for comparison, build in _STAGES]
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


def _is_full(options: argparse.Namespace) -> bool:
    """Whether results of areas are to be kept: parts of one would stand beside nothing."""
    part = options.quick or options.rows or options.scale != 1
    return not part and len(options.subjects) == len(NAMES) and not options.no_keep


def _sizes(comparison: Comparison, options: argparse.Namespace) -> Sizes:
    sizes = QUICK_SIZES if options.quick else comparison.sizes
    if comparison is MONGODB:
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
    results = Results(comparison, names, sizes)
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
        _measure_rows([row], area, stage.filled, effort, results)
    if huge_rows:
        results.growth += huge.growth(results.sizes)
        _measure_rows(huge_rows, area, stage.huge, effort, results)
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
    for row in rows:
        results.rows.append(row)
        results.samples[row.name] = {
            name: sample for (measured, name), sample in samples.items() if measured == row.name
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
