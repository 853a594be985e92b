"""What metrics of traces take. It imports SQLAlchemy, which takes longer than a store."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.store.tracking.utils.sql_trace_metrics_utils import (
        validate_query_trace_metrics_params,
    )

__all__ = ["validate_query_trace_metrics_params"]
