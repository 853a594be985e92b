"""What is measured of traces, and what is to be reached."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

from benchmarks.data import EPOCH, HITS, Sizes
from benchmarks.operations import (
    BULK_READ,
    DEEP_LIMIT,
    DEEP_PAGE,
    PAGE,
    SEARCH,
    SINGLE,
    WRITE,
    Crowd,
    Growth,
    Operation,
    Weight,
    expect,
)
from benchmarks.subjects import Token
from benchmarks.timing import Call

from .charts import CHARTS, Chart
from .data import HELD, SPANS, feedback, untold, wide_trace
from .fill import TraceWorld
from .searches import FREQUENT, SEARCHES, Holds, Search
from .subjects import TraceSubject

METRICS = 3.0
"""How many times faster charts must be than on the faster of MLflow's stores."""

MANY_LIMIT = 1.5
"""What a search of many traces may cost, as a multiple of the same of few."""

WIDE = (10, 100)
"""How many spans the traces have that are written and read whole."""

_MEMORY = 256 * 2**20
_MANY_TRACES = 100
_STRIDE = 7_919

_numbers = count()
"""Of what nobody has logged yet."""

_judgements = count(2**31)
"""Of assessments: those that the traces were filled with have the numbers of their traces."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Which page of what size in which experiment."""

    experiment: str
    size: int
    number: int = 1


def operations(sizes: Sizes) -> list[Operation]:
    """All rows."""
    write = partial(Operation, limit=WRITE, faster=SINGLE)
    read = partial(Operation, limit=BULK_READ, faster=SINGLE)
    return [
        write("start_trace", _start_trace),
        *(write(f"log_spans: {spans} spans", partial(_log_spans, spans=spans)) for spans in WIDE),
        write(f"a trace of {SPANS} spans, as it is exported", _export),
        write("create_assessment", _assess),
        *(
            read(f"get_trace: {spans:,} spans", partial(_get_trace, spans=spans))
            for spans in (*WIDE, sizes.long_trace)
        ),
        read(f"batch_get_traces: {_MANY_TRACES} traces", _get_traces),
        *(
            Operation(name, partial(_search, search=search, page=page), BULK_READ, SEARCH)
            for name, search, page in search_pages(sizes)
        ),
        *(
            Operation(
                f"query_trace_metrics: {chart.title}, {sizes.large:,} traces",
                partial(_chart, chart=chart),
                BULK_READ,
                METRICS,
            )
            for chart in CHARTS
        ),
    ]


def growth(sizes: Sizes) -> list[Growth]:
    """Rows against each other: deep pages against first ones, many traces against few."""
    found: list[Growth] = []
    for name, search, page in search_pages(sizes):
        traces = sizes.small if page.experiment == "small" else sizes.large
        title = f"{search.title}, {traces:,} traces"
        if page.number == DEEP_PAGE:
            first = search_name(search, traces, SearchPage(page.experiment, page.size))
            found.append(Growth(f"{title}: page 100 against page 1", name, first, DEEP_LIMIT))
        elif page.experiment == "large" and page.size == PAGE:
            few = search_name(search, sizes.small, page)
            found.append(Growth(f"{title} against {sizes.small:,}", name, few, MANY_LIMIT))
    return found


def weights(sizes: Sizes) -> list[Weight]:
    """Of what memory is measured: of what looks at every duration, and of what looks at spans."""
    many = f"{sizes.large:,} traces"
    charts = [
        (f"read {one.title} of {many}", partial(_read_chart, chart=one))
        for one in CHARTS
        if one.aggregation.percentile_value is not None
    ]
    searches = [
        (f"search {many} by {one.title}", partial(_read_page, search=one))
        for one in SEARCHES
        if isinstance(one.where, Holds)
    ]
    return [
        Weight(title, _MEMORY, partial(read, experiment="small"), partial(read, experiment="large"))
        for title, read in (*charts, *searches)
    ]


def _read_chart(subject: TraceSubject, world: TraceWorld, chart: Chart, experiment: str) -> object:
    return subject.chart(world.experiments[experiment], chart)


def _read_page(subject: TraceSubject, world: TraceWorld, search: Search, experiment: str) -> object:
    return subject.search(world.experiments[experiment], search, PAGE)


def _export_many(subject: TraceSubject, experiment_id: str) -> Callable[[int], object]:
    return lambda number: exporting(subject, experiment_id, number)()


CROWD = Crowd(f"log a trace of {SPANS} spans", _export_many)


def search_pages(sizes: Sizes) -> list[tuple[str, Search, SearchPage]]:
    """The searches with the names of their rows."""
    found = []
    for experiment, traces in (("small", sizes.small), ("large", sizes.large)):
        for search in (*SEARCHES, *FREQUENT):
            sizes_of_pages = [(PAGE, 1)]
            if search.hits is None:
                matching = int(traces * search.share)
                size = min(PAGE, matching // DEEP_PAGE)
                sizes_of_pages = [(min(PAGE, matching), 1), (size, 1), (size, DEEP_PAGE)]
            pages = [
                SearchPage(experiment, *one) for one in dict.fromkeys(sizes_of_pages) if one[0]
            ]
            found += [(traces, search, page) for page in pages]
    return [(search_name(search, traces, page), search, page) for traces, search, page in found]


def search_name(search: Search, traces: int, page: SearchPage) -> str:
    """What the row of a search is called."""
    return f"search_traces: {search.title}, {traces:,} traces, page {page.number} of {page.size}"


def _start_trace(subject: TraceSubject, world: TraceWorld) -> Iterator[Call]:
    for number in _numbers:
        yield partial(subject.start_trace, untold(world.scratch, number).info)


def _log_spans(subject: TraceSubject, world: TraceWorld, spans: int) -> Iterator[Call]:
    """Spans that come before their trace is told of, as they do."""
    for number in _numbers:
        drawn = wide_trace(world.scratch, number, spans)
        yield partial(subject.log_spans, world.scratch, drawn.spans)


def _export(subject: TraceSubject, world: TraceWorld) -> Iterator[Call]:
    for number in _numbers:
        yield exporting(subject, world.scratch, number)


def exporting(subject: TraceSubject, experiment_id: str, number: int) -> Call:
    """What MLflow's exporter does with a trace: its spans in a batch, then what it was."""
    drawn = untold(experiment_id, number)
    spans = drawn.spans

    def export() -> None:
        subject.log_spans(experiment_id, spans)
        subject.start_trace(drawn.info)

    return export


def _assess(subject: TraceSubject, world: TraceWorld) -> Iterator[Call]:
    for number in count():
        trace_id = _one_of(world.trace_ids[len(world.trace_ids) // 2 :], number)
        assessment = feedback(trace_id, HELD, EPOCH, next(_judgements))
        yield partial(subject.assess, assessment)


def _get_trace(subject: TraceSubject, world: TraceWorld, spans: int) -> Iterator[Call]:
    def read(trace_id: str) -> None:
        expect(subject, "spans", subject.get_trace(trace_id), spans)

    while True:
        yield partial(read, world.wide[spans])


def _get_traces(subject: TraceSubject, world: TraceWorld) -> Iterator[Call]:
    def read(trace_ids: list[str]) -> None:
        found = subject.get_traces(trace_ids)
        expect(subject, "spans", found, SPANS * _MANY_TRACES)

    for first in count(step=_MANY_TRACES):
        these = range(first, first + _MANY_TRACES)
        yield partial(read, [_one_of(world.trace_ids, number) for number in these])


def _one_of(trace_ids: list[str], number: int) -> str:
    """One here, one there."""
    return trace_ids[number * _STRIDE % len(trace_ids)]


def _search(
    subject: TraceSubject, world: TraceWorld, search: Search, page: SearchPage
) -> Iterator[Call]:
    experiment_id = world.experiments[page.experiment]
    token = _token_of(subject, experiment_id, search, page)
    length = page.size if search.hits is None else HITS

    def read() -> None:
        found, _ = subject.search(experiment_id, search, page.size, token)
        expect(subject, "traces", found, length)

    while True:
        yield read


def _token_of(subject: TraceSubject, experiment_id: str, search: Search, page: SearchPage) -> Token:
    """Where the page starts: behind one large page, which saves walking there."""
    if page.number == 1:
        return None
    ahead = page.size * (page.number - 1)
    found, token = subject.search(experiment_id, search, ahead)
    expect(subject, "traces", found, ahead)
    return token


def _chart(subject: TraceSubject, world: TraceWorld, chart: Chart) -> Iterator[Call]:
    def read() -> None:
        found = subject.chart(world.experiments["large"], chart)
        expect(subject, "points", found, chart.points)

    while True:
        yield read
