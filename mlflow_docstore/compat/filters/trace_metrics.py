"""MLflow's filters of metrics of traces: one clause each, of equality only."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlflow.entities.trace_metrics import MetricViewType
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.tracking import SearchTraceMetricsUtils as Grammar
from mlflow_docstore.core.query import Compare, Field, FieldKind, Operator
from mlflow_docstore.ports.trace_queries import TraceQuery, all_conditions

from .traces import metadata_test, tag_field

_VIEWS = {"span": MetricViewType.SPANS, "assessment": MetricViewType.ASSESSMENTS}


@dataclass(frozen=True, slots=True)
class MetricFilters:
    """What must be true of what is measured.

    Args:
        traces: Of traces.
        own: Of the spans or assessments themselves.
    """

    traces: TraceQuery
    own: tuple[Compare, ...]


def parsed_filters(filters: Sequence[str] | None, view: MetricViewType) -> MetricFilters:
    """What filters ask; refuses what SqlAlchemyStore does, one after the other."""
    traces: list[TraceQuery] = []
    own: list[Compare] = []
    for text in filters or ():
        clause = Grammar.parse_search_filter(text)
        if clause.view_type not in _VIEWS:
            traces.append(_of_trace(clause.entity, clause.key, clause.value))
            continue
        expected = _VIEWS[clause.view_type]
        if view is not expected:
            raise MlflowException.invalid_parameter_value(
                f"Filtering by {clause.view_type} is only supported for {expected} view type, "
                f"got {view}"
            )
        own.append(_equal(Field(FieldKind.ATTRIBUTE, clause.entity), clause.value))
    return MetricFilters(all_conditions(traces), tuple(own))


def _of_trace(entity: str, key: str | None, value: str) -> TraceQuery:
    if entity == "metadata":
        return metadata_test(key or "", "=", value)
    field = Field(FieldKind.ATTRIBUTE, "status") if entity == "status" else tag_field(key or "")
    return TraceQuery(where=_equal(field, value))


def _equal(field: Field, value: str) -> Compare:
    return Compare(field, Operator.EQ, value)
