"""Spans: documents of their own, and the traces that tell of them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain

from mlflow_docstore.adapters.document.codecs import spans as codec
from mlflow_docstore.adapters.document.codecs import traces as trace_codec
from mlflow_docstore.adapters.document.codecs.spans import decode_node, encode_span
from mlflow_docstore.adapters.document.codecs.traces import decode_trace, location
from mlflow_docstore.adapters.document.driver import Document, Inserts
from mlflow_docstore.adapters.document.layout import SPANS
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.texts.large import LargeTexts, now
from mlflow_docstore.adapters.document.texts.parts import Holder
from mlflow_docstore.adapters.document.traces.growth import (
    begun,
    growth,
    needs_nodes,
    time_after,
)
from mlflow_docstore.adapters.document.traces.stored import (
    KIND,
    StoredTraces,
    last_mentions,
    new_era,
    spans_of,
    text_root,
    within,
)
from mlflow_docstore.core.errors import AlreadyExists, InvalidState
from mlflow_docstore.core.spans import SpanBatch, SpanNode
from mlflow_docstore.core.traces import IN_STORE
from mlflow_docstore.ports.spans import Home, SpanRepository, StoredTrace


class DocumentSpans(SpanRepository):
    """See the port.

    Args:
        traces: The traces.
        texts: Where large contents are.
        clock: The time in milliseconds.
    """

    def __init__(
        self, traces: StoredTraces, texts: LargeTexts, clock: Callable[[], int] = now
    ) -> None:
        self._clock = clock
        self._traces = traces
        self._texts = texts
        self._together = traces.together

    def log(self, batches: Sequence[SpanBatch], home: Home) -> None:
        waiting = {batch.trace_id: batch for batch in batches}
        # Of those whose spans another writer may have been told to move while this one was.
        raced: frozenset[str] = frozenset()
        for _ in rounds(KIND, min(waiting, default=None)):
            stored = self._traces.get_many(waiting)
            traces = {
                key: stored.get(key) or self._begun(batch, home) for key, batch in waiting.items()
            }
            with self._taken_back(stored, raced):
                _check(stored.values(), home)
            self._move(traces, waiting, raced)
            documents, parts = self._encoded(traces, waiting)
            with self._texts.stored(parts):
                if not self._together:
                    self._traces.spans.put_many([*chain.from_iterable(documents.values())])
                raced = self._tell(traces, frozenset(stored), waiting, documents)
            waiting = {key: batch for key, batch in waiting.items() if key in raced}
            if not waiting:
                return

    def read(
        self, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None = None
    ) -> list[StoredTrace]:
        scope = within(experiment_ids)
        traces = self._traces.get_whole(trace_ids, scope)
        contents = self._contents([one for one in traces.values() if _is_here(one)])
        emptied = [key for key, spans in contents.items() if "" in spans]
        if emptied:
            # Archived since the trace was read, unless it is gone.
            moved = self._traces.get_whole(emptied, scope)
            traces = {key: one for key, one in traces.items() if key not in emptied} | moved
        here = {key: contents[key] for key in contents if _is_here(traces.get(key))}
        return [
            StoredTrace(decode_trace(traces[key]), [one for one in here.get(key, []) if one])
            for key in last_mentions(trace_ids)
            if key in traces
        ]

    def _contents(self, traces: Sequence[Document]) -> dict[str, list[str]]:
        """The contents of the spans of each trace, in MLflow's order."""
        eras = {trace["_id"]: trace[trace_codec.ERA] for trace in traces}
        fields = (codec.TRACE, codec.ERA, codec.PARENT, codec.START, codec.SPAN, codec.CONTENT)
        found: dict[str, list[Document]] = {key: [] for key in eras}
        for ids in self._traces.batches(eras):
            load = partial(self._traces.spans.find, [one_of(codec.TRACE, ids)], fields=fields)
            for span in self._texts.read(load, _whole):
                if span[codec.ERA] == eras[span[codec.TRACE]]:
                    found[span[codec.TRACE]].append(span)
        return {
            key: [span[codec.CONTENT] for span in sorted(spans, key=_place)]
            for key, spans in found.items()
        }

    @contextmanager
    def _taken_back(self, stored: Mapping[str, Document], raced: Collection[str]) -> Iterator[None]:
        """Refuse, but leave no contents behind that came too late for an archive."""
        try:
            yield
        except InvalidState:
            for key in raced & stored.keys():
                if location(stored[key]) not in (None, IN_STORE):
                    self._traces.empty(stored[key])
            raise

    def _begun(self, batch: SpanBatch, home: Home) -> Document:
        experiment_id, tags = home.new_trace(batch.trace_id)
        return begun(batch, experiment_id, tags, new_era())

    def _move(
        self,
        traces: Mapping[str, Document],
        batches: Mapping[str, SpanBatch],
        raced: frozenset[str],
    ) -> None:
        """Have spans of earlier calls tell what will be the time of their traces."""
        for key, batch in batches.items():
            trace = traces[key]
            time = time_after(trace, batch)
            if time != trace[trace_codec.TIME] or key in raced:
                self._traces.move_spans(trace, time, trace[trace_codec.EXPERIMENT])

    def _encoded(
        self, traces: Mapping[str, Document], batches: Mapping[str, SpanBatch]
    ) -> tuple[dict[str, list[Document]], list[Document]]:
        """The spans by trace, as of what their traces will be, and parts of their contents."""
        documents: dict[str, list[Document]] = {}
        parts: list[Document] = []
        logged = self._clock()
        for key, batch in batches.items():
            trace, of_trace = traces[key], documents.setdefault(key, [])
            common = {
                codec.EXPERIMENT: trace[trace_codec.EXPERIMENT],
                codec.TIME: time_after(trace, batch),
                codec.ERA: trace[trace_codec.ERA],
                codec.LOGGED: logged,
            }
            for span in batch.spans:
                document = encode_span(key, span) | common
                holder = Holder(SPANS, document["_id"], text_root(trace))
                document, pieces = self._texts.moved(holder, document, (codec.CONTENT,))
                of_trace.append(document)
                parts += pieces
        return documents, parts

    def _tell(
        self,
        traces: Mapping[str, Document],
        stored: Collection[str],
        batches: Mapping[str, SpanBatch],
        documents: Mapping[str, Sequence[Document]],
    ) -> frozenset[str]:
        """Have the traces tell of the spans; those of which another writer has told meanwhile."""
        new = [key for key in traces if key not in stored]
        raced: set[str] = set()
        if new:
            beside = self._beside([*chain.from_iterable(documents[key] for key in new)])
            raced |= self._traces.insert([traces[key] for key in new], beside)
        for key in stored:
            trace, batch = traces[key], batches[key]
            nodes = self._nodes(trace, batch) if needs_nodes(trace, batch) else batch.nodes
            patch, beside = growth(trace, batch, nodes), self._beside(documents[key])
            if not self._traces.change(trace, patch, beside=beside).matched:
                raced.add(key)
        return frozenset(raced)

    def _beside(self, documents: Sequence[Document]) -> Inserts | None:
        """Spans that come with the write to their trace, where the database can do both at once."""
        return self._traces.spans.inserts(documents, replacing=True) if self._together else None

    def _nodes(self, trace: Document, batch: SpanBatch) -> list[SpanNode]:
        """All spans of a trace, as totals need them."""
        found = self._traces.spans.find(spans_of(trace), fields=codec.NODE)
        nodes = {node.span_id: node for node in map(decode_node, found)}
        return list((nodes | {node.span_id: node for node in batch.nodes}).values())


def _check(traces: Collection[Document], home: Home) -> None:
    """Refuse spans of traces that they cannot come to."""
    others = [
        trace["_id"]
        for trace in traces
        if home.only is not None and trace[trace_codec.EXPERIMENT] != home.only
    ]
    if others:
        raise AlreadyExists(KIND, min(others))
    locations = {trace["_id"]: location(trace) for trace in traces}
    elsewhere = {key: where for key, where in locations.items() if where not in (None, IN_STORE)}
    if elsewhere:
        raise InvalidState(KIND, min(elsewhere), locations=elsewhere)


def _is_here(trace: Document | None) -> bool:
    return trace is not None and location(trace) == IN_STORE


def _whole(spans: Sequence[Document]) -> Sequence[Document]:
    return spans


def _place(span: Document) -> tuple[bool, int, str]:
    return span[codec.PARENT] is not None, span[codec.START], span[codec.SPAN]
