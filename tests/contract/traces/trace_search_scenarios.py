"""Named builders for searches of traces: what is looked through, and how an answer is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Assessment, Feedback, Span, TraceInfo, TraceLocation, TraceState
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracing.constant import TraceMetadataKey, TraceTagKey

from .. import scenarios
from ..scenarios import START_TIME
from .trace_scenarios import MS, new_trace_id, told_span


def span_of(
    trace_id: str,
    name: str = "root",
    *,
    kind: str = "CHAIN",
    status: str = "OK",
    start: int = START_TIME,
    span_id: str | None = None,
    parent: Span | None = None,
    attributes: Mapping[str, Any] | None = None,
    **values: Any,
) -> Span:
    """A span of a millisecond that began at ``start``; ``values`` are its inputs and outputs."""
    given = {f"mlflow.span{key.title()}": value for key, value in values.items()}
    return told_span(
        trace_id,
        name,
        span_id=span_id,
        parent_id=parent and parent.span_id,
        status=status,
        times_ns=(start * MS, (start + 1) * MS),
        attributes={"mlflow.spanType": kind, **given, **(attributes or {})},
    )


def new_trace(
    store: AbstractStore,
    experiment_id: str,
    *,
    name: str | None = None,
    session: str | None = None,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    spans: Sequence[Mapping[str, Any]] = (),
    assessments: Iterable[Assessment] = (),
    **options: Any,
) -> str:
    """A trace with everything that a filter may ask for; its id."""
    trace_id = options.pop("trace_id", None) or new_trace_id()
    if spans:
        root = span_of(trace_id, **spans[0])
        children = [span_of(trace_id, parent=root, **options) for options in spans[1:]]
        store.log_spans(experiment_id, [root, *children])
    named = {} if name is None else {TraceTagKey.TRACE_NAME: name}
    sessions = {} if session is None else {TraceMetadataKey.TRACE_SESSION: session}
    fields = {"request_time": START_TIME, "execution_duration": 1, "state": TraceState.OK} | options
    store.start_trace(
        TraceInfo(
            trace_id,
            TraceLocation.from_experiment_id(experiment_id),
            tags={**(tags or {}), **named},
            trace_metadata={**(metadata or {}), **sessions},
            **fields,
        )
    )
    for assessment in assessments:
        assessment.trace_id = trace_id
        store.create_assessment(assessment)
    return trace_id


def session_feedback(session: str, name: str = "good", value: Any = "yes") -> Feedback:
    """Feedback on a whole session, whichever of its traces it hangs on."""
    return Feedback(name=name, value=value, metadata={TraceMetadataKey.TRACE_SESSION: session})


@dataclass(frozen=True)
class NamedTraces:
    """The traces of one experiment, each known by a name of the test's choosing."""

    store: AbstractStore
    experiment_id: str
    ids: Mapping[str, str]

    def search(self, filter_string: str | None = None, **options: Any) -> PagedList[TraceInfo]:
        where = {"locations": [self.experiment_id]}
        found = self.store.search_traces(filter_string=filter_string, **(where | options))
        return PagedList(*found)

    def names(self, traces: Sequence[TraceInfo]) -> list[str]:
        known = {trace_id: name for name, trace_id in self.ids.items()}
        return [known[trace.trace_id] for trace in traces]

    def found(self, filter_string: str | None = None, **options: Any) -> list[str]:
        """Names of the traces found, in the order of the answer."""
        return self.names(self.search(filter_string, **options))

    def matching(self, filter_string: str) -> list[str]:
        """Names of the traces found, where their order is not the question."""
        return sorted(self.found(filter_string))

    def by_id(self, *names: str) -> list[str]:
        """These names in the order of their trace ids, which breaks ties."""
        return sorted(names, key=self.ids.__getitem__)


def named_traces(store: AbstractStore, wanted: Mapping[str, Mapping[str, Any]]) -> NamedTraces:
    """One trace per name, made with the options of ``new_trace``."""
    experiment_id = scenarios.new_experiment(store)
    ids = {name: new_trace(store, experiment_id, **options) for name, options in wanted.items()}
    return NamedTraces(store, experiment_id, ids)
