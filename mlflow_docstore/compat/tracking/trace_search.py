"""Searches of traces, by MLflow's signatures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlflow.entities import TraceInfo
from mlflow.store.tracking import SEARCH_TRACES_DEFAULT_MAX_RESULTS

from mlflow_docstore.compat.arguments import (
    checked_max_results,
    parsed_experiment_id,
    parsed_experiment_ids,
)
from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.filters import traces as grammar
from mlflow_docstore.compat.mlflow_internals.tracking import resolve_locations
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.trace_queries import SessionQuery, TraceQuery, all_conditions

if TYPE_CHECKING:
    from mlflow_docstore.compat.mlflow_internals.trace_search import (
        CompletedSession,
        TraceFilterCorrelationResult,
    )


class TraceSearchMixin:
    """The searches of the area ``traces`` of a tracking store."""

    _backend: Backend

    def search_traces(
        self,
        experiment_ids: Sequence[str] | None = None,
        filter_string: str | None = None,
        max_results: int = SEARCH_TRACES_DEFAULT_MAX_RESULTS,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
        model_id: str | None = None,  # noqa: ARG002 - SqlAlchemyStore ignores it, too
        locations: Sequence[str] | None = None,
    ) -> tuple[list[TraceInfo], str | None]:
        locations = resolve_locations(experiment_ids, locations)
        limit = checked_max_results(max_results)
        with internal_errors():
            # Unlike elsewhere, what is no number is an error of the store.
            places = None if locations is None else tuple(str(int(place)) for place in locations)
            order = grammar.parsed_order(order_by)
            asked = grammar.parsed_filter(filter_string)
        query = all_conditions([asked, TraceQuery(experiment_ids=places, order=order)])
        page = self._backend.traces.search(query, PageRequest(limit, page_token or None))
        return page.items, page.token

    def find_completed_sessions(
        self,
        experiment_id: str,
        min_last_trace_timestamp_ms: int,
        max_last_trace_timestamp_ms: int,
        max_results: int | None = None,
        filter_string: str | None = None,
    ) -> "list[CompletedSession]":
        from mlflow_docstore.compat.mlflow_internals import trace_search  # noqa: PLC0415

        experiment = parsed_experiment_id(experiment_id)
        with internal_errors():
            asked = grammar.parsed_filter(filter_string)
        sessions = self._backend.traces.sessions(
            SessionQuery(
                experiment_id=experiment,
                since=min_last_trace_timestamp_ms,
                until=max_last_trace_timestamp_ms,
                where=asked,
                most=max_results,
            )
        )
        return [
            trace_search.CompletedSession(each.session_id, each.first, each.last)
            for each in sessions
        ]

    def calculate_trace_filter_correlation(
        self,
        experiment_ids: Sequence[str],
        filter_string1: str,
        filter_string2: str,
        base_filter: str | None = None,
    ) -> "TraceFilterCorrelationResult":
        from mlflow_docstore.compat.mlflow_internals import trace_search  # noqa: PLC0415

        scope = TraceQuery(experiment_ids=parsed_experiment_ids(experiment_ids))
        lead = f"{base_filter} and " if base_filter else ""
        with internal_errors():
            first, second, base = (
                all_conditions([grammar.parsed_filter(text), scope])
                for text in (
                    f"{lead}{filter_string1}" if lead else filter_string1,
                    f"{lead}{filter_string2}" if lead else filter_string2,
                    base_filter,
                )
            )
        count = self._backend.traces.count
        ones, others, total = count(first), count(second), count(base)
        joint = count(all_conditions([first, second])) if ones and others else 0
        npmi = trace_search.calculate_npmi_from_counts(joint, ones, others, total)
        return trace_search.TraceFilterCorrelationResult(
            npmi=npmi.npmi,
            npmi_smoothed=npmi.npmi_smoothed,
            filter1_count=ones,
            filter2_count=others,
            joint_count=joint,
            total_count=total,
        )
