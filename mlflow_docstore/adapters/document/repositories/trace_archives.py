"""Archives of traces: who archives one, and what it tells of that."""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter, itemgetter

from mlflow_docstore.adapters.document.codecs import spans as span_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.codecs.tags import decode_map
from mlflow_docstore.adapters.document.codecs.traces import location
from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.traces.stored import IS_ACTIVE, StoredTraces, spans_of
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import (
    AnyElement,
    Compare,
    Exists,
    Filter,
    In,
    MissingOr,
    Operator,
    Or,
    Order,
    equals,
    path,
)
from mlflow_docstore.core.runs import recency
from mlflow_docstore.core.traces import (
    ARCHIVAL_FAILURE_TAG,
    ARCHIVE_TAG,
    ARCHIVED,
    IN_PROGRESS,
    IN_STORE,
)
from mlflow_docstore.ports.trace_archives import Candidate, Claim, TraceArchiveRepository

LEASE = 60 * 60 * 1000
"""Milliseconds that a claim lasts."""

_PAGE = 500
_TOGETHER = 100
"""Experiments whose traces one read merges by time."""

_EARLIEST = -(2**63)
_PLACE = path_of(codec.TAGS, ARCHIVE_TAG)
_FAILURE = path_of(codec.TAGS, ARCHIVAL_FAILURE_TAG)
_OLDEST_FIRST = (Order(path(codec.RECENT), descending=True),)

_HAS_SPANS = Or(
    (
        AnyElement(path(codec.SPANS), (Exists(path(codec.SPAN_NAME)),)),
        Exists(path(codec.SPANS_FULL)),
    )
)
_IS_HERE = (
    IS_ACTIVE,
    MissingOr(path(codec.LOCATION), IN_STORE),
    Exists(path(_FAILURE), negated=True),
    Exists(path(codec.EMPTIED), negated=True),
)
_HAS_ENDED = Compare(path(codec.STATE), Operator.NE, IN_PROGRESS)
_IS_ARCHIVABLE = (*_IS_HERE, _HAS_ENDED, _HAS_SPANS)
_WILL_BE = (*_IS_HERE, Or((equals(codec.STATE, IN_PROGRESS), _HAS_SPANS)))


class DocumentTraceArchives(TraceArchiveRepository):
    """See the port.

    Args:
        traces: The traces.
        texts: Where large contents of spans are.
    """

    def __init__(self, traces: StoredTraces, texts: LargeTexts) -> None:
        self._traces = traces
        self._documents = traces.documents
        self._texts = texts

    def candidates(
        self, bounds: Mapping[str, int | None], most: int, after: Candidate | None = None
    ) -> list[Candidate]:
        groups: defaultdict[int | None, list[str]] = defaultdict(list)
        for experiment_id, bound in bounds.items():
            groups[bound].append(experiment_id)
        streams = [
            self._by_age(tuple(ids[at : at + _TOGETHER]), bound, after)
            for bound, ids in groups.items()
            for at in range(0, len(ids), _TOGETHER)
        ]
        return list(islice(heapq.merge(*streams, key=_place), most))

    def is_pending(self, experiment_id: str, until: int | None) -> bool:
        where = (equals(codec.EXPERIMENT, experiment_id), *_WILL_BE, *_up_to(until))
        return bool(self._documents.find(where, order=_OLDEST_FIRST, limit=1, fields=()))

    def claim(self, trace_id: str, *, token: str, at: int) -> Claim | None:
        free = Or(
            (
                Exists(path(codec.ARCHIVER), negated=True),
                Compare(path(codec.ARCHIVER_SINCE), Operator.LE, at - LEASE),
                equals(codec.ARCHIVER_TOKEN, token),
            )
        )
        patch = Patch(set={codec.ARCHIVER: {"token": token, "since": at}})
        trace = self._documents.patch(
            trace_id, patch, when=(*_IS_ARCHIVABLE, free), returning=True
        ).document
        if trace is None or _token(trace) != token:
            return None
        return Claim(
            trace_id, trace[codec.EXPERIMENT], self._contents(trace), trace[codec.REVISION], token
        )

    def tell(self, claim: Claim, place: str) -> bool:
        told = {
            codec.LOCATION: ARCHIVED,
            _PLACE: place,
            codec.EMPTIED: False,
            codec.REVISION: claim.revision + 1,
        }
        outcome = self._documents.patch(
            claim.trace_id,
            Patch(set=told, unset=(codec.ARCHIVER,)),
            when=(*_IS_ARCHIVABLE, *_unchanged(claim)),
            returning=True,
        )
        # A repeat finds what an interrupted attempt told, and ends it.
        trace = outcome.document or self._traces.find(claim.trace_id)
        if trace is None or not _tells(trace, place, claim.revision + 1):
            return False
        self._traces.empty(trace)
        return True

    def fail(self, claim: Claim, reason: str) -> None:
        patch = Patch(set={_FAILURE: reason}, unset=(codec.ARCHIVER,))
        self._documents.patch(claim.trace_id, patch, when=(*_IS_HERE, *_unchanged(claim)))

    def release(self, claim: Claim) -> None:
        mine = (IS_ACTIVE, equals(codec.ARCHIVER_TOKEN, claim.token))
        self._documents.patch(claim.trace_id, Patch(unset=(codec.ARCHIVER,)), when=mine)

    def places(self, experiment_id: str, trace_ids: Sequence[str]) -> dict[str, str | None]:
        where = (
            IS_ACTIVE,
            equals(codec.EXPERIMENT, experiment_id),
            equals(codec.LOCATION, ARCHIVED),
        )
        return {
            trace["_id"]: decode_map(trace[codec.TAGS]).get(ARCHIVE_TAG)
            for ids in self._traces.batches(trace_ids)
            for trace in self._documents.find([In(path("_id"), ids), *where], fields=(codec.TAGS,))
        }

    def _by_age(
        self, experiment_ids: tuple[str, ...], until: int | None, after: Candidate | None
    ) -> Iterator[Candidate]:
        """Candidates of experiments that have one bound, by time, then by id."""
        where: list[Filter] = [one_of(codec.EXPERIMENT, experiment_ids), *_IS_ARCHIVABLE]
        where += _up_to(until)
        if after is not None:
            where.append(Compare(path(codec.RECENT), Operator.LT, recency(after.time - 1, "")))
        for _, alike in groupby(self._pages(where), key=itemgetter(codec.TIME)):
            for trace in sorted(alike, key=itemgetter("_id")):
                found = Candidate(trace[codec.TIME], trace["_id"], trace[codec.EXPERIMENT])
                if after is None or _place(found) > _place(after):
                    yield found

    def _pages(self, where: Sequence[Filter]) -> Iterator[Document]:
        fields = (codec.TIME, codec.EXPERIMENT)
        token = None
        while True:
            page = self._documents.page(
                where, _OLDEST_FIRST, PageRequest(_PAGE, token), dict, fields
            )
            yield from page.items
            token = page.token
            if token is None:
                return

    def _contents(self, trace: Document) -> list[str]:
        def load() -> list[Document]:
            fields = (span_codec.SPAN, span_codec.CONTENT)
            return self._traces.spans.find(spans_of(trace), fields=fields)

        spans = self._texts.read(load, lambda found: found)
        by_id = sorted(spans, key=itemgetter(span_codec.SPAN))
        return [span[span_codec.CONTENT] for span in by_id]


_place = attrgetter("time", "trace_id")


def _up_to(until: int | None) -> tuple[Filter, ...]:
    if until is None:
        return ()
    return (Compare(path(codec.RECENT), Operator.GE, recency(max(until, _EARLIEST), "")),)


def _unchanged(claim: Claim) -> tuple[Filter, ...]:
    return (
        equals(codec.REVISION, claim.revision),
        equals(codec.ARCHIVER_TOKEN, claim.token),
    )


def _token(trace: Document) -> str | None:
    token: str | None = trace.get(codec.ARCHIVER, {}).get("token")
    return token


def _tells(trace: Document, place: str, revision: int) -> bool:
    return (
        location(trace) == ARCHIVED
        and decode_map(trace[codec.TAGS]).get(ARCHIVE_TAG) == place
        and trace[codec.REVISION] == revision
    )
