"""Runs with their params and tags, by MLflow's signatures."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mlflow.entities import (
    LifecycleStage,
    Metric,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunStatus,
    RunTag,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, INVALID_PARAMETER_VALUE

from mlflow_docstore.compat.arguments import (
    checked_max_results,
    checked_pairs,
    judged_after,
    parsed_experiment_ids,
    text,
    whole,
)
from mlflow_docstore.compat.errors import ONE_PARAM, answering, internal_errors
from mlflow_docstore.compat.filters import runs as grammar
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracking import (
    MLFLOW_LOGGED_MODELS,
    MLFLOW_RUN_NAME,
    append_to_uri_path,
    generate_random_name,
    get_run_name_from_tags,
    validate_batch_log_data,
    validate_batch_log_limits,
    validate_param,
    validate_param_keys_unique,
    validate_run_id,
    validate_tag,
)
from mlflow_docstore.compat.names import is_name
from mlflow_docstore.core.errors import Conflict
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch, RunQuery

from .experiments import active_experiment
from .metrics import log_model_metrics, require_active, validated_points

ARTIFACTS = "artifacts"

_SHORT = 250
"""Characters of a value that MLflow's releases all let pass, as they did its very first params."""


class RunsMixin:
    """The area ``runs`` of a tracking store."""

    _backend: Backend

    @internal_errors()
    def create_run(
        self,
        experiment_id: str,
        user_id: str,
        start_time: int,
        tags: Sequence[RunTag] | None,
        run_name: str | None,
    ) -> Run:
        experiment = active_experiment(self._backend.experiments.get, experiment_id)
        name, all_tags = _named(run_name, list(tags or []))
        run_id = uuid.uuid4().hex
        info = RunInfo(
            run_id=run_id,
            experiment_id=experiment.experiment_id,
            user_id=text(user_id),
            status=RunStatus.to_string(RunStatus.RUNNING),
            start_time=None if start_time is None else whole(start_time),
            end_time=None,
            lifecycle_stage=LifecycleStage.ACTIVE,
            artifact_uri=append_to_uri_path(experiment.artifact_location, run_id, ARTIFACTS),
            run_name=name,
        )
        if not experiment_id:
            raise MlflowException("A run must be created in an experiment", BAD_REQUEST)
        data = RunData(tags=checked_pairs("run_tag", all_tags, optional=True))
        run = Run(info, data, RunInputs(dataset_inputs=[]))
        self._backend.runs.create(run)
        return run

    def get_run(self, run_id: str) -> Run:
        return self._backend.runs.get(run_id)

    def update_run_info(
        self, run_id: str, run_status: int | None, end_time: int | None, run_name: str | None
    ) -> RunInfo:
        with judged_after(lambda: self._active_run(run_id)), internal_errors():
            status = None if run_status is None else RunStatus.to_string(run_status)
            ended = None if end_time is None else whole(end_time)
            name = text(run_name or None)
        return self._backend.runs.update_info(run_id, status=status, end_time=ended, name=name)

    def delete_run(self, run_id: str) -> None:
        self._backend.runs.delete(run_id, at=get_current_time_millis())
        self._backend.assessments.purge_run(run_id)

    def restore_run(self, run_id: str) -> None:
        self._backend.runs.restore(run_id)

    def _hard_delete_run(self, run_id: str) -> None:
        self._backend.runs.purge(run_id)

    def _get_deleted_runs(self, older_than: int = 0) -> list[str]:
        return self._backend.runs.deleted_until(get_current_time_millis() - older_than)

    def _search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None,
        run_view_type: int,
        max_results: int | None,
        order_by: Sequence[str] | None,
        page_token: str | None,
    ) -> tuple[list[Run], str | None]:
        limit = checked_max_results(max_results, optional=True)
        with internal_errors():
            where, order = grammar.parsed_search(filter_string, order_by)
            experiments = parsed_experiment_ids(experiment_ids)
        query = RunQuery(
            experiment_ids=experiments,
            stages=tuple(LifecycleStage.view_type_to_stages(run_view_type)),
            where=where,
            order=order,
        )
        page = self._backend.runs.search(query, PageRequest(limit, page_token or None))
        return page.items, page.token

    def log_param(self, run_id: str, param: Param) -> None:
        param = validate_param(param.key, param.value)
        with answering(ONE_PARAM):
            with judged_after(lambda: _check_absent(self._active_run(run_id), param)):
                params = _params([param])
            self._backend.runs.log(run_id, RunBatch(params=params))

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        with internal_errors():
            tag = validate_tag(tag.key, tag.value)
        self._backend.runs.log(run_id, _tagged([tag]))

    def delete_tag(self, run_id: str, key: str) -> None:
        self._backend.runs.delete_tag(run_id, text(key))

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric],
        params: Sequence[Param],
        tags: Sequence[RunTag],
    ) -> None:
        validate_run_id(run_id)
        metrics = validated_points(metrics)
        params, tags = _validated(list(params), list(tags))
        validate_batch_log_limits(metrics, params, tags)
        # MLflow's own looks for each key among all others; here, to complain of the repeated ones.
        if len({param.key for param in params}) < len(params):
            validate_param_keys_unique(params)
        with judged_after(lambda: self._active_run(run_id)):
            data = replace(_tagged(tags), metrics=metrics, params=_params(params))
        of_models = [metric for metric in metrics if metric.model_id is not None]
        if not of_models:
            self._backend.runs.log(run_id, data)
            return
        # In SqlAlchemyStore's order: a model that does not exist costs the tags, and only them.
        self._backend.runs.log(run_id, replace(data, tags={}, name=None))
        log_model_metrics(self._backend.logged_models, run_id, of_models)
        if tags:
            self._backend.runs.log(run_id, _tagged(tags))

    def _active_run(self, run_id: str) -> Run:
        return require_active(self._backend.runs.get(run_id))

    def record_logged_model(self, run_id: str, mlflow_model: Any) -> None:
        from mlflow.models import Model  # noqa: PLC0415 - heavy, and only autologging comes here

        if not isinstance(mlflow_model, Model):
            raise TypeError(
                f"Argument 'mlflow_model' should be mlflow.models.Model, got '{type(mlflow_model)}'"
            )
        model = mlflow_model.get_tags_dict()

        def appended(models: str | None) -> str:
            with internal_errors():
                value = json.dumps([*json.loads(models or "[]"), model])
            validate_tag(MLFLOW_LOGGED_MODELS, value)
            return value

        self._backend.runs.change_tag(run_id, MLFLOW_LOGGED_MODELS, appended)


def _named(run_name: str | None, tags: list[RunTag]) -> tuple[str, list[RunTag]]:
    """The name of a new run, and its tags with the name among them."""
    tagged = get_run_name_from_tags(tags)
    if run_name and tagged and run_name != tagged:
        raise MlflowException(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
            f"different values (run_name='{run_name}', mlflow.runName='{tagged}').",
            INVALID_PARAMETER_VALUE,
        )
    name = text(run_name or tagged or generate_random_name())
    return name, tags if tagged else [*tags, RunTag(MLFLOW_RUN_NAME, name)]


def _validated(params: list[Param], tags: list[RunTag]) -> tuple[list[Param], list[RunTag]]:
    """Params and tags as MLflow's own validator leaves them, which params need where odd alone."""
    plain = all(map(_is_plain, params))
    _, judged, tags = validate_batch_log_data([], [] if plain else params, tags)
    return params if plain else judged, tags


def _is_plain(param: Param) -> bool:
    return type(param.value) is str and len(param.value) <= _SHORT and is_name(param.key)


def _params(params: Sequence[Param]) -> dict[str, str]:
    """Params that MLflow's validator, which lets None pass, has judged."""
    values = {param.key: text(param.value) for param in params}
    for key, value in values.items():
        if value is None:
            raise MlflowException(f"Param {key!r} lacks its value", BAD_REQUEST)
    return values


def _check_absent(run: Run, param: Param) -> None:
    logged = run.data.params
    if param.key in logged:
        changed = (param.key, logged[param.key], param.value)
        raise Conflict("param", run.info.run_id, params=[changed])


def _tagged(tags: Sequence[RunTag]) -> RunBatch:
    """Tags to log. That of the run's name renames the run, unless it is empty."""
    names = [tag.value for tag in tags if tag.key == MLFLOW_RUN_NAME and tag.value]
    return RunBatch(
        tags={tag.key: text(tag.value) for tag in tags if tag.key != MLFLOW_RUN_NAME},
        name=text(names[-1]) if names else None,
    )
