"""Filling traces: in bulk, the same for all."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from benchmarks.data import HITS, Sizes
from benchmarks.fill import require_equal_shapes
from benchmarks.sql import gather_statistics, insert
from benchmarks.subjects import Place, StoreSource
from mlflow_docstore.adapters.document.codecs import spans as span_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.codecs.assessments import encode_assessment, encode_claim
from mlflow_docstore.adapters.document.codecs.spans import encode_span
from mlflow_docstore.adapters.document.codecs.traces import encode_trace, links
from mlflow_docstore.adapters.document.documents import stamped
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import ASSESSMENTS, SPANS, TRACES, Index
from mlflow_docstore.adapters.document.traces.assessed import brought
from mlflow_docstore.adapters.document.traces.claims import ASKED, ASKER
from mlflow_docstore.core.spans import SpanNode, SpanRecord

from .data import HELD, Drawn, Step, feedback, traces, untold, wide_trace
from .searches import SEARCHES, Equal
from .sql_rows import rows
from .subjects import TraceSubject, open_traces

T = TypeVar("T")

_SEEDS = {"small": 11, "large": 12}
_BATCH = 1_000
_ERA = "0" * 16
_TOKEN = "0" * 16
_PROBE = 10**9
"""A number that no trace has which is measured."""


@dataclass(frozen=True, slots=True)
class TraceWorld:
    """What a subject holds.

    Args:
        scratch: The experiment that is written to.
        experiments: The filled ones, by size.
        trace_ids: Of the larger one.
        wide: Traces by how many spans they have.
        probe: A trace that was logged by calls.
    """

    scratch: str
    experiments: dict[str, str]
    trace_ids: list[str]
    wide: dict[int, str]
    probe: str


class Loader(Protocol):
    """How a subject is given much at once."""

    def insert(self, found: Sequence[Drawn]) -> None:
        """Traces."""


class SqlLoader(Loader):
    """Fills MLflow's tables as their database is filled fastest.

    Args:
        engine: The database's.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def insert(self, found: Sequence[Drawn]) -> None:
        insert(self._engine, rows(found))


class DocumentLoader(Loader):
    """Inserts the documents that the codecs make.

    Args:
        place: Where they go.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def insert(self, found: Sequence[Drawn]) -> None:
        claims = [
            {**encode_claim(drawn.info.trace_id, element), ASKER: _TOKEN, ASKED: 0}
            for drawn in found
            for element in _elements(drawn)
        ]
        made = {
            TRACES: [_trace(drawn) for drawn in found],
            SPANS: [_span(drawn, step) for drawn in found for step in drawn.steps],
            ASSESSMENTS: claims,
        }
        for collection, documents in made.items():
            for these in _batched(map(stamped, documents), _BATCH):
                self._place.insert_many(collection, these)


def fill_documents(subject: TraceSubject, place: Place, sizes: Sizes) -> TraceWorld:
    """Fill ours, or a bare driver, which has thought of what will be searched for.

    Then each search is made once: a database that makes indexes by itself has them from there on.
    """
    world = _fill(subject, sizes, DocumentLoader(place))
    paths = {one.where.path for one in SEARCHES if isinstance(one.where, Equal)}
    for number, path in enumerate(sorted(paths) if place.foresees else ()):
        keys = ("experiment_id", "workspace", "lifecycle", path, "recent")
        place.create_index(TRACES, Index(f"foreseen_{number}", tuple((key, 1) for key in keys)))
    for search in SEARCHES:
        subject.search(world.experiments["large"], search, 2 * HITS)
    return world


def require_equal(places: tuple[Place, Place], ours: TraceWorld, theirs: TraceWorld) -> None:
    """See that the bare driver writes what ours does.

    Raises:
        DifferentDocumentsError: It does not.
    """
    answer = untold(ours.scratch, _PROBE).steps[-1].span_id
    one, other = places
    for collection, field, of_ours, of_bare in (
        (TRACES, "_id", ours.probe, theirs.probe),
        (SPANS, "span_id", answer, answer),
        (ASSESSMENTS, "trace_id", ours.probe, theirs.probe),
    ):
        require_equal_shapes(
            collection,
            one.first(collection, field, of_ours),
            other.first(collection, field, of_bare),
        )


def fill_sql(source: StoreSource, sizes: Sizes) -> TraceWorld:
    """Fill one of MLflow's SQL stores."""
    subject = open_traces(source)
    engine = subject.store.engine
    world = _fill(subject, sizes, SqlLoader(engine))
    gather_statistics(engine)
    engine.dispose()
    return world


def _fill(subject: TraceSubject, sizes: Sizes, loader: Loader) -> TraceWorld:
    scratch = subject.create_experiment("traces-scratch")
    counts = {"small": sizes.small, "large": sizes.large}
    experiments = {name: subject.create_experiment(f"traces-{name}") for name in counts}
    trace_ids = {
        name: _insert(loader, traces(experiments[name], counts[name], _SEEDS[name]))
        for name in counts
    }
    wide = {}
    for number, spans in enumerate((10, 100, sizes.long_trace)):
        (wide[spans],) = _insert(loader, [wide_trace(scratch, _PROBE + 1 + number, spans)])
    probe = untold(scratch, _PROBE)
    subject.log_spans(scratch, probe.spans)
    subject.start_trace(probe.info)
    subject.assess(feedback(probe.info.trace_id, HELD, probe.info.request_time, _PROBE))
    return TraceWorld(scratch, experiments, trace_ids["large"], wide, probe.info.trace_id)


def _insert(loader: Loader, found: Iterable[Drawn]) -> list[str]:
    trace_ids: list[str] = []
    for batch in _batched(found, _BATCH):
        loader.insert(batch)
        trace_ids += [drawn.info.trace_id for drawn in batch]
    return trace_ids


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _trace(drawn: Drawn) -> Document:
    """A trace as ours stores it."""
    kinds = {(step.name, step.type, step.status) for step in drawn.steps}
    names = (codec.SPAN_NAME, codec.SPAN_TYPE, codec.SPAN_STATUS)
    document = encode_trace(drawn.info, _ERA)
    document |= brought(_elements(drawn), _TOKEN)
    document[codec.SPANS] = [dict(zip(names, kind, strict=True)) for kind in sorted(kinds)]
    return {**document, **({codec.RUNS: links(drawn.runs)} if drawn.runs else {})}


def _elements(drawn: Drawn) -> list[Document]:
    return [encode_assessment(one) for one in drawn.info.assessments]


def _span(drawn: Drawn, step: Step) -> Document:
    """A span as ours stores it."""
    info = drawn.info
    record = SpanRecord(
        node=SpanNode(step.span_id, step.parent_id, step.usage, step.cost),
        name=step.name,
        type=step.type,
        status=step.status,
        start=step.start,
        end=step.end,
        content=json.dumps(step.content(info.trace_id)),
        costs=step.cost or {},
        model_name=step.model,
    )
    return {
        **encode_span(info.trace_id, record),
        span_codec.EXPERIMENT: info.experiment_id,
        span_codec.TIME: info.request_time,
        span_codec.ERA: _ERA,
        span_codec.LOGGED: info.request_time,
    }
