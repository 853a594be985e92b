"""Every public method of the store as a call whose arguments can be replaced one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.store.tracking.abstract_store import AbstractStore

EXPERIMENT, RUN, MODEL = "«experiment»", "«run»", "«model»"
"""Names of what each store has made under an id of its own."""

NEW = "«new»"
"""A text that no other call has used, so that calls do not meet each other's traces."""

Call = Callable[..., Any]


@dataclass(frozen=True)
class Method:
    """A method of the store.

    Args:
        call: Makes the call from the store and the arguments by name.
        arguments: A value for each that works.
    """

    call: Call
    arguments: Mapping[str, Any]


def direct(name: str, /, **arguments: Any) -> Method:
    """The method of this name with these arguments."""

    def call(store: AbstractStore, /, **given: Any) -> Any:
        return getattr(store, name)(**given)

    return Method(call, arguments)


def _dataset(store: AbstractStore, run_id: Any, tag_key: Any, tag_value: Any, **fields: Any) -> Any:
    tags = [InputTag(tag_key, tag_value)]
    return store.log_inputs(run_id, [DatasetInput(Dataset(**fields), tags)])


_POINT = {"key": NEW, "value": 1.0, "timestamp": 1, "step": 1}
_SEARCH = {"max_results": 5, "page_token": None}

METHODS: Mapping[str, Method] = {
    "create_experiment": direct("create_experiment", name=NEW, artifact_location="s3://a", tags=[]),
    "create_experiment(tag)": Method(
        lambda s, name, key, value: s.create_experiment(name, tags=[ExperimentTag(key, value)]),
        {"name": NEW, "key": "k", "value": "v"},
    ),
    "get_experiment": direct("get_experiment", experiment_id=EXPERIMENT),
    "get_experiment_by_name": direct("get_experiment_by_name", experiment_name="Default"),
    "rename_experiment": direct("rename_experiment", experiment_id=EXPERIMENT, new_name=NEW),
    "delete_experiment": direct("delete_experiment", experiment_id="1"),
    "restore_experiment": direct("restore_experiment", experiment_id="1"),
    "_hard_delete_experiment": direct("_hard_delete_experiment", experiment_id="1"),
    "set_experiment_tag": Method(
        lambda s, experiment_id, key, value: s.set_experiment_tag(
            experiment_id, ExperimentTag(key, value)
        ),
        {"experiment_id": EXPERIMENT, "key": NEW, "value": "v"},
    ),
    "delete_experiment_tag": direct("delete_experiment_tag", experiment_id=EXPERIMENT, key="k"),
    "filter_active_experiment_ids": direct("filter_active_experiment_ids", experiment_ids=["1"]),
    "search_experiments": direct(
        "search_experiments",
        view_type=ViewType.ACTIVE_ONLY,
        filter_string="name = 'x'",
        order_by=["name"],
        **_SEARCH,
    ),
    "create_run": direct(
        "create_run", experiment_id=EXPERIMENT, user_id="u", start_time=1, tags=[], run_name="run"
    ),
    "create_run(tag)": Method(
        lambda s, experiment_id, key, value: s.create_run(
            experiment_id, "u", 1, [RunTag(key, value)], "run"
        ),
        {"experiment_id": EXPERIMENT, "key": "k", "value": "v"},
    ),
    "get_run": direct("get_run", run_id=RUN),
    "update_run_info": direct(
        "update_run_info", run_id=RUN, run_status=1, end_time=5, run_name="run"
    ),
    "delete_run": direct("delete_run", run_id="r"),
    "restore_run": direct("restore_run", run_id="r"),
    "_hard_delete_run": direct("_hard_delete_run", run_id="r"),
    "search_runs": direct(
        "search_runs",
        experiment_ids=["1"],
        filter_string="params.a = 'b'",
        run_view_type=ViewType.ALL,
        order_by=["start_time"],
        **_SEARCH,
    ),
    "log_param": Method(
        lambda s, run_id, key, value: s.log_param(run_id, Param(key, value)),
        {"run_id": RUN, "key": NEW, "value": "v"},
    ),
    "set_tag": Method(
        lambda s, run_id, key, value: s.set_tag(run_id, RunTag(key, value)),
        {"run_id": RUN, "key": NEW, "value": "v"},
    ),
    "delete_tag": direct("delete_tag", run_id=RUN, key="k"),
    "log_metric": Method(
        lambda s, run_id, **point: s.log_metric(run_id, Metric(**point)), {"run_id": RUN, **_POINT}
    ),
    "log_metric(model)": Method(
        lambda s, run_id, **point: s.log_metric(run_id, Metric(**point)),
        {"run_id": RUN, "model_id": MODEL, **_POINT},
    ),
    "log_metric(dataset)": Method(
        lambda s, run_id, **point: s.log_metric(run_id, Metric(**_POINT | point)),
        {"run_id": RUN, "model_id": MODEL, "dataset_name": "d", "dataset_digest": "1"},
    ),
    "log_batch": direct("log_batch", run_id=RUN, metrics=[], params=[], tags=[]),
    "log_batch(metric)": Method(
        lambda s, run_id, **point: s.log_batch(run_id, [Metric(**point)], [], []),
        {"run_id": RUN, **_POINT},
    ),
    "log_batch(param)": Method(
        lambda s, run_id, key, value: s.log_batch(run_id, [], [Param(key, value)], []),
        {"run_id": RUN, "key": NEW, "value": "v"},
    ),
    "log_batch(tag)": Method(
        lambda s, run_id, key, value: s.log_batch(run_id, [], [], [RunTag(key, value)]),
        {"run_id": RUN, "key": NEW, "value": "v"},
    ),
    "record_logged_model": direct("record_logged_model", run_id=RUN, mlflow_model=None),
    "get_metric_history": direct("get_metric_history", run_id=RUN, metric_key="m", **_SEARCH),
    "get_metric_history_bulk": direct(
        "get_metric_history_bulk", run_ids=[RUN], metric_key="m", max_results=5
    ),
    "get_metric_history_bulk_interval": direct(
        "get_metric_history_bulk_interval",
        run_ids=[RUN],
        metric_key="m",
        max_results=5,
        start_step=0,
        end_step=9,
    ),
    "get_metric_history_bulk_interval_from_steps": direct(
        "get_metric_history_bulk_interval_from_steps",
        run_id=RUN,
        metric_key="m",
        steps=[1],
        max_results=5,
    ),
    "get_max_step_for_metric": direct("get_max_step_for_metric", run_id=RUN, metric_key="m"),
    "log_inputs": direct("log_inputs", run_id=RUN, datasets=[], models=[]),
    "log_inputs(dataset)": Method(
        _dataset,
        {
            "run_id": RUN,
            "name": NEW,
            "digest": "1",
            "source_type": "t",
            "source": "s",
            "schema": "{}",
            "profile": "{}",
            "tag_key": "k",
            "tag_value": "v",
        },
    ),
    "log_inputs(model)": Method(
        lambda s, run_id, model_id: s.log_inputs(run_id, models=[LoggedModelInput(model_id)]),
        {"run_id": RUN, "model_id": MODEL},
    ),
    "log_outputs": direct("log_outputs", run_id=RUN, models=[]),
    "log_outputs(model)": Method(
        lambda s, run_id, model_id, step: s.log_outputs(
            run_id, [LoggedModelOutput(model_id, step)]
        ),
        {"run_id": RUN, "model_id": NEW, "step": 1},
    ),
    "_search_datasets": direct("_search_datasets", experiment_ids=["1"]),
    "create_logged_model": direct(
        "create_logged_model",
        experiment_id=EXPERIMENT,
        name="model",
        source_run_id="r",
        tags=[],
        params=[],
        model_type="t",
    ),
    "create_logged_model(param)": Method(
        lambda s, experiment_id, key, value: s.create_logged_model(
            experiment_id, "model", params=[LoggedModelParameter(key, value)]
        ),
        {"experiment_id": EXPERIMENT, "key": "k", "value": "v"},
    ),
    "get_logged_model": direct("get_logged_model", model_id=MODEL, allow_deleted=False),
    "finalize_logged_model": direct(
        "finalize_logged_model", model_id=MODEL, status=LoggedModelStatus.READY
    ),
    "set_logged_model_tags": Method(
        lambda s, model_id, key, value: s.set_logged_model_tags(
            model_id, [LoggedModelTag(key, value)]
        ),
        {"model_id": MODEL, "key": NEW, "value": "v"},
    ),
    "delete_logged_model_tag": direct("delete_logged_model_tag", model_id=MODEL, key="k"),
    "log_logged_model_params": Method(
        lambda s, model_id, key, value: s.log_logged_model_params(
            model_id, [LoggedModelParameter(key, value)]
        ),
        {"model_id": MODEL, "key": NEW, "value": "v"},
    ),
    "delete_logged_model": direct("delete_logged_model", model_id="m"),
    "_hard_delete_logged_model": direct("_hard_delete_logged_model", model_id="m"),
    "search_logged_models": direct(
        "search_logged_models",
        experiment_ids=["1"],
        filter_string="name = 'x'",
        datasets=[],
        order_by=[{"field_name": "name"}],
        **_SEARCH,
    ),
}
