"""What is answered about sessions and correlation. It imports MLflow's client, and all of GenAI."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.genai.scorers.online.entities import CompletedSession
    from mlflow.store.analytics.trace_correlation import calculate_npmi_from_counts
    from mlflow.tracing.analysis import TraceFilterCorrelationResult

__all__ = ["CompletedSession", "TraceFilterCorrelationResult", "calculate_npmi_from_counts"]
