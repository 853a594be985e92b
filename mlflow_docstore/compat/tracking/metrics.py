"""Metrics and their histories, by MLflow's signatures."""

import sys
from collections.abc import Sequence

from mlflow.entities import LifecycleStage, Metric, Run
from mlflow.entities.metric import MetricWithRunId
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList

from mlflow_docstore.compat.arguments import judged_after, whole
from mlflow_docstore.compat.errors import MODEL_METRICS, answering, internal_errors
from mlflow_docstore.compat.mlflow_internals.tracking import validate_metric
from mlflow_docstore.compat.names import is_name
from mlflow_docstore.core import metrics as rules
from mlflow_docstore.core.errors import InvalidState
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import require_scalar
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.logged_models import LoggedModelRepository
from mlflow_docstore.ports.runs import RunBatch


class MetricsMixin:
    """The area ``metrics`` of a tracking store."""

    _backend: Backend

    def log_metric(self, run_id: str, metric: Metric) -> None:
        if metric.model_id is not None:
            require_active(self._backend.runs.get(run_id))
        validate_metric(metric.key, metric.value, metric.timestamp, metric.step)
        with judged_after(lambda: require_active(self._backend.runs.get(run_id))):
            logged = points([metric])
        if metric.model_id is not None:
            log_model_metrics(self._backend.logged_models, run_id, logged)
        self._backend.runs.log(run_id, RunBatch(metrics=logged))

    def sanitize_metric_value(self, metric_value: float) -> tuple[bool, float]:
        """Whether the value is NaN, and the finite number that is stored for it."""
        value, is_nan = rules.sanitize(metric_value)
        return is_nan, value

    @internal_errors()
    def get_metric_history(
        self,
        run_id: str,
        metric_key: str,
        max_results: int | None = None,
        page_token: str | None = None,
    ) -> PagedList[Metric]:
        page = self._backend.metrics.history(
            run_id, metric_key, PageRequest(max_results, page_token or None)
        )
        return PagedList(page.items, page.token)

    @internal_errors()
    def get_metric_history_bulk(
        self, run_ids: Sequence[str], metric_key: str, max_results: int
    ) -> list[MetricWithRunId]:
        found = self._backend.metrics.histories(list(run_ids), metric_key, limit=max_results)
        return [MetricWithRunId(metric=metric, run_id=metric.run_id) for metric in found]

    def get_metric_history_bulk_interval(
        self,
        run_ids: Sequence[str],
        metric_key: str,
        max_results: int,
        start_step: int | None,
        end_step: int | None,
    ) -> list[MetricWithRunId]:
        if (start_step is None) != (end_step is None):
            raise MlflowException.invalid_parameter_value(
                "Both start_step and end_step must be specified together, "
                "or neither may be specified."
            )
        require_scalar(start_step)
        require_scalar(end_step)
        steps = None if start_step is None or end_step is None else (start_step, end_step)
        limit = max(1, max_results)
        with internal_errors():
            run_ids = list(run_ids)
        sample = self._backend.metrics.sample
        return [
            MetricWithRunId(metric=metric, run_id=run_id)
            for run_id in run_ids
            for metric in sample(run_id, metric_key, limit=limit, steps=steps)
        ]

    @internal_errors()
    def get_metric_history_bulk_interval_from_steps(
        self, run_id: str, metric_key: str, steps: Sequence[int], max_results: int
    ) -> list[MetricWithRunId]:
        found = self._backend.metrics.at_steps(run_id, metric_key, list(steps), limit=max_results)
        return [MetricWithRunId(metric=metric, run_id=run_id) for metric in found]

    def get_max_step_for_metric(self, run_id: str, metric_key: str) -> int:
        return self._backend.metrics.max_step(run_id, metric_key) or 0


def validated_points(metrics: Sequence[Metric]) -> list[Metric]:
    """The metrics of a batch, with times and steps that are integers of 64 bits.

    Judged by MLflow's own validator, but only where it can matter: it takes longer than all else
    that happens to a point.
    """
    odd = False
    for index, metric in enumerate(metrics):
        if type(metric.value) is float and _is_plain(metric) and is_name(metric.key):
            continue
        validate_metric(
            metric.key, metric.value, metric.timestamp, metric.step, path=f"metrics[{index}]"
        )
        odd = True
    return points(metrics) if odd else list(metrics)


def points(metrics: Sequence[Metric]) -> list[Metric]:
    """The metrics with times and steps that are integers of 64 bits."""
    return [metric if _is_plain(metric) else _plain(metric) for metric in metrics]


def log_model_metrics(
    models: LoggedModelRepository, run_id: str, metrics: Sequence[Metric]
) -> None:
    """Add what a run measured of the models that the metrics name."""
    with answering(MODEL_METRICS):
        models.add_metrics(run_id, metrics)


def require_active(run: Run) -> Run:
    """The run, if it is active."""
    if run.info.lifecycle_stage != LifecycleStage.ACTIVE:
        raise InvalidState("run", run.info.run_id, stage=run.info.lifecycle_stage)
    return run


def _is_plain(metric: Metric) -> bool:
    time, step = metric.timestamp, metric.step
    return (
        type(time) is int
        and type(step) is int
        and 0 <= time <= sys.maxsize
        and -sys.maxsize <= step <= sys.maxsize
    )


def _plain(metric: Metric) -> Metric:
    return Metric(
        key=metric.key,
        value=metric.value,
        timestamp=whole(metric.timestamp),
        step=whole(metric.step),
        model_id=metric.model_id,
        dataset_name=metric.dataset_name,
        dataset_digest=metric.dataset_digest,
        run_id=metric.run_id,
    )
