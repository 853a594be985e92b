"""Traces: one document each."""

from collections import Counter
from collections.abc import Sequence

from mlflow.entities import TraceInfo

from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.codecs.assessments import MARK
from mlflow_docstore.adapters.document.codecs.traces import (
    decode_trace,
    encode_trace,
    labelled,
    location,
    told,
)
from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.traces.assessed import (
    Encoded,
    StoredAssessments,
    brought,
    is_fenced,
    merged,
)
from mlflow_docstore.adapters.document.traces.claims import KIND as ASSESSMENT
from mlflow_docstore.adapters.document.traces.claims import Claims, new_token
from mlflow_docstore.adapters.document.traces.searches import TraceSearches
from mlflow_docstore.adapters.document.traces.stored import (
    IS_ACTIVE,
    KIND,
    StoredTraces,
    last_mentions,
    new_era,
    within,
)
from mlflow_docstore.core.errors import AlreadyExists, Conflict, InvalidState, NotFound
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import Compare, Exists, In, Operator, Order, equals, path
from mlflow_docstore.core.traces import IN_STORE, NAME_TAG
from mlflow_docstore.ports.trace_queries import Session, SessionQuery, TraceQuery
from mlflow_docstore.ports.traces import TraceEnd, TraceRepository


class DocumentTraces(TraceRepository):
    """See the port.

    Args:
        traces: The documents.
        searches: How they are found.
        assessments: The assessments in them.
        claims: The claims of assessments' ids.
    """

    def __init__(
        self,
        traces: StoredTraces,
        searches: TraceSearches,
        assessments: StoredAssessments,
        claims: Claims,
    ) -> None:
        self._traces = traces
        self._searches = searches
        self._assessments = assessments
        self._claims = claims

    def start(self, trace: TraceInfo, *, may_move: bool = False) -> TraceInfo:
        if not trace.assessments:
            return self._start(trace, Encoded(), "", may_move=may_move)
        encoded, token = self._assessments.encoded(trace.trace_id, trace.assessments), new_token()
        try:
            self._claims.take(trace.trace_id, encoded.elements, token)
            with self._assessments.texts.stored(encoded.parts):
                return self._start(trace, encoded, token, may_move=may_move)
        except AlreadyExists as error:
            self._claims.release(encoded.elements, token)
            stored = self._traces.find(trace.trace_id)
            if error.kind != ASSESSMENT or stored is None:
                raise
            _require_mergeable(stored, trace, may_move=may_move)
            raise Conflict(error.kind, error.key, **error.facts) from error

    def _start(
        self, trace: TraceInfo, encoded: Encoded, token: str, *, may_move: bool
    ) -> TraceInfo:
        new = encode_trace(trace, new_era()) | brought(encoded.elements, token)
        raced, repeated = False, encoded.repeated
        for _ in rounds(KIND, trace.trace_id):
            stored = self._traces.find(trace.trace_id) if raced or repeated else None
            if stored is None:
                if repeated:
                    raise AlreadyExists(ASSESSMENT, repeated, trace_id=trace.trace_id)
                if not self._traces.insert([new]):
                    return self._told(new)
                stored = self._traces.find(trace.trace_id)
            if stored is not None:
                if is_fenced(stored, encoded.elements):
                    # Under another name, so that whoever is about to be given an id is not.
                    token = new_token()
                    self._claims.take(trace.trace_id, encoded.elements, token)
                given = merged(stored, encoded.elements, token)
                outcome = self._merge(stored, trace, given, may_move=may_move, raced=raced)
                if outcome is not None:
                    self._assessments.lighten(outcome)
                    return self._told(outcome)
            raced = True
        raise Conflict(KIND, trace.trace_id)

    def end(self, trace_id: str, end: TraceEnd) -> TraceInfo:
        for _ in rounds(KIND, trace_id):
            stored = self._traces.get(trace_id)
            changes = {
                **codec.timed(trace_id, stored[codec.TIME], end.at - stored[codec.TIME]),
                **labelled(end.tags, end.metadata),
                codec.STATE: end.state,
                codec.REVISION: stored[codec.REVISION] + 1,
            }
            if end.name is not None:
                changes[codec.NAME] = end.name
            outcome = self._traces.change(stored, Patch(set=changes), returning=True)
            if outcome.document is not None:
                return self._told(outcome.document)
        raise Conflict(KIND, trace_id)

    def get(self, trace_id: str) -> TraceInfo:
        return decode_trace(self._traces.whole(lambda: self._traces.get(trace_id), _alone))

    def get_many(
        self, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None = None
    ) -> list[TraceInfo]:
        traces = self._traces.get_whole(trace_ids, within(experiment_ids))
        return [decode_trace(traces[key]) for key in last_mentions(trace_ids) if key in traces]

    def search(self, query: TraceQuery, page: PageRequest) -> Page[TraceInfo]:
        return self._searches.page(query, page)

    def count(self, query: TraceQuery) -> int:
        return self._searches.count(query)

    def sessions(self, query: SessionQuery) -> list[Session]:
        return self._searches.sessions(query)

    def set_tag(self, trace_id: str, key: str, value: str | None) -> None:
        patch = Patch(set={_tag_path(key): value})
        if not self._traces.documents.patch(trace_id, patch, when=(IS_ACTIVE,)).matched:
            raise NotFound(KIND, trace_id)

    def delete_tag(self, trace_id: str, key: str) -> None:
        name = _tag_path(key)
        patch = Patch(set={name: None}) if key == NAME_TAG else Patch(unset=(name,))
        there = Compare(path(name), Operator.NE, "") if key == NAME_TAG else Exists(path(name))
        for _ in rounds(KIND, trace_id):
            outcome = self._traces.documents.patch(trace_id, patch, when=(IS_ACTIVE, there))
            if outcome.matched:
                return
            trace = self._traces.find(trace_id)
            if trace is None or key not in decode_trace(trace).tags:
                if outcome.uncertain:
                    return
                raise NotFound("trace_tag", key, trace_id=trace_id)

    def link_run(self, trace_ids: Sequence[str], run_id: str) -> None:
        self._refuse_repeats(codec.RUNS, [(key, run_id) for key in trace_ids])
        links = codec.links([run_id])
        absent = [
            {"_id": key, codec.LIFECYCLE: codec.ABSENT, codec.RUNS: links} for key in trace_ids
        ]
        taken = self._traces.documents.insert_many(absent)
        for ids in self._traces.batches(taken):
            self._traces.documents.patch_many(
                [In(path("_id"), ids)], Patch(add={codec.RUNS: links})
            )

    def link_prompts(self, trace_id: str, prompts: Sequence[str]) -> None:
        self._refuse_repeats(codec.PROMPTS, [(trace_id, prompt) for prompt in prompts])
        patch = Patch(add={codec.PROMPTS: codec.links(prompts)})
        if not self._traces.documents.patch(trace_id, patch, when=(IS_ACTIVE,)).matched:
            raise NotFound(KIND, trace_id)

    def _refuse_repeats(self, field: str, pairs: Sequence[tuple[str, str]]) -> None:
        """MLflow takes a link that is named twice only where it is there already."""
        repeated = {pair for pair, count in Counter(pairs).items() if count > 1}
        for ids in self._traces.batches(sorted({key for key, _ in repeated})):
            for trace in self._traces.documents.find([In(path("_id"), ids)], fields=(field,)):
                repeated -= {(trace["_id"], link[codec.LINK]) for link in trace.get(field, ())}
        if repeated:
            raise AlreadyExists("trace_link", min(repeated)[0])

    def delete(self, experiment_id: str, trace_ids: Sequence[str]) -> int:
        found = list(self._traces.get_many(trace_ids, within([experiment_id])).values())
        self._traces.remove(found)
        return len(found)

    def oldest(
        self, experiment_id: str, until: int, most: int | None = None
    ) -> list[tuple[str, str | None]]:
        where = [
            equals(codec.EXPERIMENT, experiment_id),
            IS_ACTIVE,
            Compare(path(codec.TIME), Operator.LE, until),
        ]
        order = (Order(path(codec.TIME)), Order(path("_id")))
        found = self._traces.documents.find(
            where, order=order, limit=most, fields=(codec.LOCATION,)
        )
        return [(trace["_id"], location(trace)) for trace in found]

    def _told(self, trace: Document) -> TraceInfo:
        """A trace as a write has returned it, or as it is by now."""
        returned = iter([trace])

        def load() -> Document:
            return next(returned, None) or self._traces.get(trace["_id"])

        return decode_trace(self._traces.whole(load, _alone))

    def _merge(
        self, stored: Document, trace: TraceInfo, given: Document, *, may_move: bool, raced: bool
    ) -> Document | None:
        """Tell a stored trace of its start; None where another writer came first."""
        _require_mergeable(stored, trace, may_move=may_move)
        time, experiment_id = trace.request_time, trace.experiment_id
        if location(stored) == IN_STORE and (
            raced or (stored[codec.TIME], stored[codec.EXPERIMENT]) != (time, experiment_id)
        ):
            self._traces.move_spans(stored, time, experiment_id)
        changes = {
            **told(trace),
            codec.EXPERIMENT: experiment_id,
            codec.REVISION: stored[codec.REVISION] + 1,
            **given,
        }
        when = (equals(MARK, stored[MARK]),) if given else ()
        patch = Patch(set=changes)
        return self._traces.change(stored, patch, when=when, returning=True).document


def _require_mergeable(stored: Document, trace: TraceInfo, *, may_move: bool) -> None:
    """Refuse to tell a trace of its start that is elsewhere, or whose spans are."""
    if stored[codec.EXPERIMENT] != trace.experiment_id and not may_move:
        raise AlreadyExists(KIND, trace.trace_id)
    where = location(stored)
    if where not in (None, IN_STORE):
        raise InvalidState(KIND, trace.trace_id, location=where)


def _alone(trace: Document) -> tuple[Document]:
    return (trace,)


def _tag_path(key: str) -> str:
    return codec.NAME if key == NAME_TAG else path_of(codec.TAGS, key)
