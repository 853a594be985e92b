"""Which traces have an assessment that matches a test: one of theirs, or of their session's."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mlflow_docstore.adapters.document.codecs import assessments as codec
from mlflow_docstore.adapters.document.codecs import traces as trace_codec
from mlflow_docstore.adapters.document.documents import Judgement
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.queries.fields import one_of, with_text
from mlflow_docstore.adapters.document.queries.trace_aids import aids
from mlflow_docstore.adapters.document.queries.traces import assessed
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.core.query import And, AnyElement, Filter, In, Or, Order, path
from mlflow_docstore.ports.trace_queries import AssessmentTest

from .patterns import matcher
from .stored import StoredTraces

_OF_SESSION = {codec.OF_SESSION: True}
_LATEST = (Order(path(trace_codec.RECENT)),)
_HAS_SESSION = with_text(trace_codec.SESSION)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test of assessments comes to.

    Args:
        where: What the documents of traces must match.
        keep: What they must pass besides; None for nothing.
    """

    where: tuple[Filter, ...] = ()
    keep: Judgement | None = None


class Verdicts:
    """Looks at the assessments of traces, and of sessions.

    Args:
        traces: The documents.
        most: How many sessions a query names at the most. Where more of them match, traces are read
            and their sessions asked about.
    """

    def __init__(self, traces: StoredTraces, most: int) -> None:
        self._traces = traces
        self._most = most

    def on(self, test: AssessmentTest, scope: Sequence[Filter]) -> Verdict:
        """What a test comes to among the traces of a scope: one command, and more as they are read.

        Args:
            test: The test.
            scope: What all traces match that are searched.
        """
        sessions = self._sessions(test, scope, self._most + 1)
        if len(sessions) > self._most:
            return Verdict(keep=self._by_asking(test, scope))
        keep = self._among(test, sessions)
        if test.negated:
            return Verdict(keep=keep)
        where: Filter = assessed(test)
        if sessions:
            where = Or((where, In(path(trace_codec.SESSION), tuple(sessions))))
        return Verdict((where,), keep if test.patterns else None)

    def _by_asking(self, test: AssessmentTest, scope: Sequence[Filter]) -> Judgement:
        def keep(traces: list[Document]) -> list[Document]:
            named = dict.fromkeys(trace[trace_codec.SESSION] for trace in traces)
            sessions: set[str] = set()
            for ids in self._traces.batches(key for key in named if key is not None):
                these = one_of(trace_codec.SESSION, ids)
                sessions |= self._sessions(test, [*scope, these], len(ids))
            return self._among(test, sessions)(traces)

        return keep

    def _among(self, test: AssessmentTest, sessions: Collection[str]) -> Judgement:
        """Those traces that match by themselves or are of one of these sessions; or the others."""
        matches = _Matching(test, assessed(test))

        def keep(traces: list[Document]) -> list[Document]:
            return [
                trace
                for trace in traces
                if (trace[trace_codec.SESSION] in sessions or matches(trace)) is not test.negated
            ]

        return keep

    def _sessions(self, test: AssessmentTest, scope: Sequence[Filter], most: int) -> set[str]:
        """Sessions that match, but not many more than that."""
        given = assessed(test, besides=_OF_SESSION)
        where = [*scope, _HAS_SESSION, given]
        if not test.patterns:
            return self._named(where, most)
        matches = _Matching(test, given)
        sessions: set[str] = set()
        for trace in self._traces.documents.scan(
            where, fields=(trace_codec.SESSION, codec.ASSESSMENTS)
        ):
            if matches(trace):
                sessions.add(trace[trace_codec.SESSION])
                if len(sessions) == most:
                    break
        return sessions

    def _named(self, where: list[Filter], most: int) -> set[str]:
        """Sessions of traces that match: with a read that an index can serve, where they are few,
        as nearly always."""
        field = (trace_codec.SESSION,)
        traces = self._traces.documents.find(
            where, order=_LATEST, limit=most, fields=field, aids=aids(where, _LATEST)
        )
        if len(traces) < most:
            return {str(trace[trace_codec.SESSION]) for trace in traces}
        found = self._traces.documents.distinct(where, field, limit=most)
        return {str(session) for (session,) in found}


class _Matching:
    """Whether a trace has an assessment that a filter describes, and the patterns of a test."""

    def __init__(self, test: AssessmentTest, described: AnyElement) -> None:
        self._is_described = PredicateCompiler(len(described.where)).compile(And(described.where))
        self._has_text = matcher([(codec.VALUE, pattern.regex) for pattern in test.patterns])

    def __call__(self, trace: Document) -> bool:
        return any(map(self._passes, _elements(trace)))

    def _passes(self, element: Document) -> bool:
        return self._is_described(element) and self._has_text(element)


def _elements(trace: Document) -> Iterable[Document]:
    elements: list[Document] = trace[codec.ASSESSMENTS]
    return elements
