"""``python -m benchmarks``: fill, measure, print, and keep the table."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from mlflow_docstore.adapters.embedded.supervision.files import Files
from mlflow_docstore.compat.container import CONTAINER

from . import machine
from .areas import AREAS, TRACKING, filling_sql
from .data import Sizes
from .footprint import memory_of_history, opening_commands, server_behind
from .operations import Operation
from .postgres import PostgresMissingError, running
from .processes import measure_throughput
from .raw import RawSource
from .report import Results, keep, render
from .subjects import NAMES, OURS, POSTGRES, RAW, SQLITE, Source, StoreSource
from .timing import Effort, measure

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

QUICK_SIZES = Sizes(
    small=200,
    large=1_000,
    history=2_000,
    long_history=10_000,
    processes=4,
    models=300,
    versions=10,
    prompts=5,
)
QUICK_EFFORT = Effort(seconds=0.05, patience=1.0)

THROUGHPUT = "processes"
OPENING = "opening"
MEMORY = "memory"
"""Names that ``--only`` knows besides those of operations."""

_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Filled:
    """A subject, how other processes open it, and what it holds; the latter two by area."""

    source: Source
    subjects: dict[str, Any]
    worlds: dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    sizes, effort = _sizes(options), QUICK_EFFORT if options.quick else Effort(options.seconds)
    rows = {name: AREAS[name].rows(sizes) for name in AREAS if name in options.areas}
    table = [row for these in rows.values() for row in these]
    if options.list:
        print("\n".join([*(one.name for one in table), THROUGHPUT, OPENING, MEMORY]))
        return 0
    before, started = machine.load(), time.monotonic()
    with ExitStack() as stack:
        results = Results(sizes, {})
        filled, version = _subjects(stack, options, sizes, results)
        _measure(filled, rows, effort, options, results)
    results.machine = machine.describe(version) | {
        "load average": f"{before} before, {machine.load()} after",
        "took": f"{time.monotonic() - started:.0f} s",
    }
    report = render(results, table)
    print(f"\n{report}")
    if _is_full(options):
        keep(report, PAGE)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: a smoke test")
    parser.add_argument(
        "--only",
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
        "--no-keep", action="store_true", help=f"do not put a full result into {PAGE.name}"
    )
    options = parser.parse_args(arguments)
    for what, known in (("subjects", NAMES), ("areas", AREAS)):
        unknown = set(getattr(options, what)) - set(known)
        if unknown:
            parser.error(f"unknown {what}: {', '.join(sorted(unknown))}")
    return options


def _is_full(options: argparse.Namespace) -> bool:
    """Whether the result is one to keep: parts of it would stand beside nothing."""
    part = options.quick or options.only or options.scale != 1
    some = len(options.subjects) < len(NAMES) or len(options.areas) < len(AREAS)
    return not part and not some and not options.no_keep


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK_SIZES if options.quick else Sizes()
    return replace(
        sizes,
        large=max(sizes.small, int(sizes.large * options.scale)),
        long_history=max(sizes.history, int(sizes.long_history * options.scale)),
    )


def _subjects(
    stack: ExitStack, options: argparse.Namespace, sizes: Sizes, results: Results
) -> tuple[dict[str, Filled], str | None]:
    """Open and fill what was asked for; with it, PostgreSQL's version."""
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
    artifacts, version = str(home / "artifacts"), None
    sources: list[StoreSource] = []
    if POSTGRES in options.subjects:
        try:
            cluster = stack.enter_context(running())
        except PostgresMissingError as error:
            results.skipped[POSTGRES] = str(error)
            print(f"{POSTGRES} is skipped. To have it: {error}", file=sys.stderr)
        else:
            version = cluster.version
            sources.append(StoreSource(POSTGRES, cluster.uri, artifacts))
    if SQLITE in options.subjects:
        sources.append(StoreSource(SQLITE, f"sqlite:///{home / 'mlflow.db'}", artifacts))
    # Beside the documents, whose server is busy with one core.
    with filling_sql(sources, options.areas, sizes) as receiver:
        documents: dict[str, Filled] = {}
        if {OURS, RAW} & set(options.subjects):
            ours = StoreSource(OURS, f"docstore://{home / 'embedded'}", artifacts)
            documents = _filled_documents(stack, ours, options.areas, sizes)
        with _told("filling the rest"):
            worlds: dict[str, dict[str, Any]] = receiver.recv()
    filled = {
        source.name: Filled(
            source, {name: AREAS[name].open(source) for name in options.areas}, worlds[source.name]
        )
        for source in sources
    }
    filled |= {name: one for name, one in documents.items() if name in options.subjects}
    return filled, version


def _filled_documents(
    stack: ExitStack, ours: StoreSource, areas: Sequence[str], sizes: Sizes
) -> dict[str, Filled]:
    """Ours, and on the server that it starts, the bare driver."""
    stack.callback(_stop_embedded, ours.uri)
    ours.open()
    address, database = server_behind(ours)
    source = RawSource(address, database)
    raw = source.open()
    stack.callback(raw.close)
    raw.prepare()
    filled = {OURS: Filled(ours, {}, {}), RAW: Filled(source, {}, {})}
    for name in areas:
        with _told(f"filling {OURS} and {RAW}: {name}"):
            subjects = AREAS[name].open_documents(ours, raw)
            worlds = AREAS[name].fill_documents(subjects, raw, sizes)
        for key, one in filled.items():
            one.subjects[name] = getattr(subjects, key)
            one.worlds[name] = getattr(worlds, key)
    return filled


def _stop_embedded(uri: str) -> None:
    """Let go of the server, and wait until it has gone: its directory is about to be removed."""
    CONTAINER.backend(uri).close()
    files = Files(Path(uri.removeprefix("docstore://")))
    deadline = time.monotonic() + _STOP_SECONDS
    while files.server_is_there() and time.monotonic() < deadline:
        time.sleep(0.1)


def _measure(
    filled: Mapping[str, Filled],
    rows: Mapping[str, Sequence[Operation]],
    effort: Effort,
    options: argparse.Namespace,
    results: Results,
) -> None:
    def wanted(name: str) -> bool:
        return not options.only or any(text in name for text in options.only)

    for area, operation in ((area, one) for area, these in rows.items() for one in these):
        if wanted(operation.name):
            with _told(operation.name):
                calls = {
                    name: operation.arrange(one.subjects[area], one.worlds[area])
                    for name, one in filled.items()
                }
                results.samples[operation.name] = measure(calls, effort)
    sources = [one.source for one in filled.values()]
    if wanted(OPENING):
        stores = [source for source in sources if isinstance(source, StoreSource)]
        results.opening = {source.name: opening_commands(source) for source in stores}
    if TRACKING in rows and wanted(THROUGHPUT):
        with _told(THROUGHPUT):
            scratch = {name: one.worlds[TRACKING].scratch for name, one in filled.items()}
            results.throughput = measure_throughput(
                sources, scratch, results.sizes.processes, effort.seconds
            )
    if TRACKING in rows and wanted(MEMORY):
        with _told(MEMORY):
            for name, one in filled.items():
                history = one.worlds[TRACKING].long_history
                results.memory[name] = memory_of_history(one.source, history)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    print(f"{what} ... ", end="", file=sys.stderr, flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    """Have everything stopped that was started."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
