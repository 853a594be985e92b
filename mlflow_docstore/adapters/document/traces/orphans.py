"""Spans of traces that are no more, or never came: what interrupted calls leave."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from mlflow_docstore.adapters.document.codecs import spans as codec
from mlflow_docstore.adapters.document.codecs import traces as trace_codec
from mlflow_docstore.adapters.document.texts.large import GRACE, LargeTexts, now
from mlflow_docstore.core.query import Compare, In, Operator, path

from .stored import IS_ACTIVE, StoredTraces, text_root

_BATCH = 1000


class OrphanSpans:
    """Upkeep, run by hand: it goes through all spans.

    Args:
        traces: The traces.
        texts: Where large contents are.
        clock: The time in milliseconds.
    """

    def __init__(
        self, traces: StoredTraces, texts: LargeTexts, clock: Callable[[], int] = now
    ) -> None:
        self._traces = traces
        self._texts = texts
        self._clock = clock

    def sweep(self) -> int:
        """Remove the spans that no trace can have any more; of how many traces there were some."""
        old = Compare(path(codec.LOGGED), Operator.LE, self._clock() - GRACE)
        found = self._traces.spans.tuples([old], (codec.TRACE, codec.ERA))
        places = ((str(trace_id), str(era)) for trace_id, era in found)
        return sum(self._swept(batch) for batch in _batches(places))

    def _swept(self, places: Iterable[tuple[str, str]]) -> int:
        """Of traces by id and era, how many were gone."""
        eras = dict(places)
        there = {
            trace["_id"]: trace[trace_codec.ERA]
            for ids in self._traces.batches(eras)
            for trace in self._traces.documents.find(
                [In(path("_id"), ids), IS_ACTIVE], fields=(trace_codec.ERA,)
            )
        }
        gone = [
            {"_id": key, trace_codec.ERA: era} for key, era in eras.items() if there.get(key) != era
        ]
        self._traces.forget_spans(gone)
        for roots in self._traces.batches(map(text_root, gone)):
            self._texts.purge(roots)
        return len(gone)


def _batches(places: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Some at a time, each once as long as others do not come between; no id twice in a batch."""
    rest = iter(places)
    while piece := list(islice(rest, _BATCH)):
        unique = dict.fromkeys(piece)
        while unique:
            batch = dict(reversed(unique.keys()))
            yield list(batch.items())
            unique = {place: None for place in unique if batch[place[0]] != place[1]}
