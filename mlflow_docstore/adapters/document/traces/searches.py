"""Traces by what they are, what they consist of, and what is thought of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mlflow.entities import TraceInfo

from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.codecs.assessments import ASSESSMENTS
from mlflow_docstore.adapters.document.codecs.traces import decode_trace
from mlflow_docstore.adapters.document.documents import Judgement, Sieve
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.groups import Group, GroupKey, Reducer, Reduction
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.queries.trace_aids import aids
from mlflow_docstore.adapters.document.queries.traces import (
    place,
    trace_filter,
    trace_order,
)
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import (
    And,
    Compare,
    Filter,
    In,
    Operator,
    Order,
    all_of,
    equals,
    path,
)
from mlflow_docstore.core.runs import recency_bound
from mlflow_docstore.ports.trace_queries import Pattern, Session, SessionQuery, TraceQuery

from .patterns import matcher
from .span_matches import SpanMatches
from .stored import IS_ACTIVE, StoredTraces, within
from .verdicts import Verdicts

_JUDGED_AT_ONCE = 500
_MOST_SESSIONS = 1000
_BY_ID = (Order(path("_id")),)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What documents must match, and what they must pass one after the other besides."""

    where: tuple[Filter, ...]
    judgements: tuple[Judgement, ...]
    judged: tuple[str, ...]

    @property
    def sieve(self) -> Sieve:
        """What documents must pass."""
        return Sieve(self._keep, self.judged)

    def _keep(self, documents: list[Document]) -> list[Document]:
        for judgement in self.judgements:
            if not documents:
                break
            documents = judgement(documents)
        return documents


class TraceSearches:
    """The searches of traces.

    Args:
        traces: The documents.
        texts: Where large contents of spans are.
    """

    def __init__(self, traces: StoredTraces, texts: LargeTexts) -> None:
        self._traces = traces.documents
        self._whole = traces.whole
        self._batches = traces.batches
        self._spans = SpanMatches(traces, texts)
        self._verdicts = Verdicts(traces, min(_MOST_SESSIONS, traces.in_terms))

    def page(self, query: TraceQuery, page: PageRequest) -> Page[TraceInfo]:
        """One page, as the port says."""
        if query.experiment_ids == ():
            return Page()
        plan = self._plan(query)
        order = trace_order(query)

        helpful = aids(plan.where, order)

        def load() -> Page[Document]:
            return self._traces.page(
                *(plan.where, order, page, dict),
                sieve=plan.sieve,
                aids=helpful,
            )

        found = self._whole(load, lambda loaded: loaded.items)
        return Page([decode_trace(document) for document in found.items], found.token)

    def count(self, query: TraceQuery) -> int:
        """How many there are, as the port says."""
        if query.experiment_ids == ():
            return 0
        plan = self._plan(query)
        if not plan.judgements:
            counted = self._traces.group(Group(And(plan.where)))
            return sum(int(group.values[0] or 0) for group in counted)
        return sum(1 for _ in self._each(plan, lambda document: document["_id"]))

    def sessions(self, query: SessionQuery) -> list[Session]:
        """Sessions, as the port says: traces since then, then all of their sessions, so many at a
        time."""
        last = self._last(query)
        order = sorted(last, key=lambda session: (last[session], session))
        most = len(order) if query.most is None else query.most
        found: list[Session] = []
        for ids in self._batches(order):
            if len(found) >= most:
                break
            first = self._first(query, ids)
            matching = self._matching(query, first)
            found += [Session(key, first[key], last[key]) for key in ids if key in matching]
        return found[:most]

    def _plan(self, query: TraceQuery, *besides: Filter) -> _Plan:
        scope = (*within(query.experiment_ids), IS_ACTIVE)
        verdicts = [self._verdicts.on(test, scope) for test in query.assessments]
        where = (
            *scope,
            *besides,
            *trace_filter(query),
            *(condition for verdict in verdicts for condition in verdict.where),
        )
        judgements = [verdict.keep for verdict in verdicts if verdict.keep]
        if query.patterns:
            judgements.insert(0, _matching(query.patterns))
        judged = {codec.ERA, codec.SESSION, *(place(pattern.field) for pattern in query.patterns)}
        if query.assessments:
            judged.add(ASSESSMENTS)
        return _Plan(
            where, (*judgements, *map(self._spans.judgement, query.spans)), tuple(sorted(judged))
        )

    def _each(self, plan: _Plan, decode: Callable[[Document], T]) -> Iterator[T]:
        """What matches and passes, by id, so many at a time."""
        token: str | None = None
        while True:
            page = PageRequest(_JUDGED_AT_ONCE, token)
            found = self._traces.page(
                *(plan.where, _BY_ID, page, decode),
                fields=(codec.TIME, *plan.judged),
                sieve=plan.sieve,
            )
            yield from found.items
            token = found.token
            if token is None:
                return

    def _last(self, query: SessionQuery) -> dict[str, int]:
        """When the last trace was of each session that ended within the times."""
        since = Compare(path(codec.RECENT), Operator.LT, recency_bound(query.since - 1))
        last = self._times(query, since, Reducer.MAXIMUM)
        return {session: time for session, time in last.items() if time <= query.until}

    def _first(self, query: SessionQuery, sessions: Sequence[str]) -> dict[str, int]:
        """When the first trace was of each of these sessions."""
        return self._times(query, one_of(codec.SESSION, tuple(sessions)), Reducer.MINIMUM)

    def _times(self, query: SessionQuery, where: Filter, best: Reducer) -> dict[str, int]:
        """The best time of each session, among its traces that match."""
        mine = equals(codec.EXPERIMENT, query.experiment_id)
        found = self._traces.group(
            Group(
                all_of(mine, IS_ACTIVE, where),
                keys=(GroupKey(codec.SESSION),),
                reductions=(Reduction(best, codec.TIME),),
            )
        )
        return {str(group.keys[0]): int(group.values[0] or 0) for group in found}

    def _matching(self, query: SessionQuery, first: dict[str, int]) -> set[str]:
        """Those sessions of which an earliest trace matches."""
        if query.where == TraceQuery():
            return set(first)
        times = tuple(set(first.values()))
        plan = self._plan(
            replace(query.where, experiment_ids=(query.experiment_id,)),
            one_of(codec.SESSION, tuple(first)),
            In(path(codec.TIME), times),
        )
        found = self._each(plan, lambda trace: (trace[codec.SESSION], trace[codec.TIME]))
        return {session for session, time in found if first[session] == time}


def _matching(patterns: Sequence[Pattern]) -> Judgement:
    matches = matcher([(place(pattern.field), pattern.regex) for pattern in patterns])
    return lambda documents: [document for document in documents if matches(document)]
