"""Experiments, by MLflow's signatures."""

from collections.abc import Callable, Sequence
from typing import Any

from mlflow.entities import Experiment, ExperimentTag, LifecycleStage, ViewType
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking import SEARCH_MAX_RESULTS_DEFAULT

from mlflow_docstore.compat.arguments import (
    ExperimentIds,
    checked_max_results,
    first_repeated,
    looked_up_experiment_id,
    parsed_experiment_id,
    parsed_experiment_ids,
    text,
)
from mlflow_docstore.compat.errors import RENAMING, answering, internal_errors
from mlflow_docstore.compat.filters import experiments as grammar
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracking import (
    append_to_uri_path,
    resolve_uri_if_local,
    validate_experiment_location_length,
    validate_experiment_name,
    validate_experiment_tag,
)
from mlflow_docstore.compat.retention import with_retention
from mlflow_docstore.core.errors import AlreadyExists, Conflict, InvalidState
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.experiments import ExperimentQuery

_IDS = ExperimentIds()
_DRAWS = 20
"""Of ids, each of which another process would have to draw in the same millisecond."""


def active_experiment(look_up: Callable[[str], Experiment], experiment_id: Any) -> Experiment:
    """The experiment that something is about to be made in."""
    experiment = look_up(looked_up_experiment_id(experiment_id))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise InvalidState("experiment", experiment.experiment_id, stage=experiment.lifecycle_stage)
    return experiment


class ExperimentsMixin:
    """The area ``experiments`` of a tracking store."""

    _backend: Backend
    artifact_root_uri: str

    def create_experiment(
        self,
        name: str,
        artifact_location: str | None = None,
        tags: Sequence[ExperimentTag] | None = None,
    ) -> str:
        validate_experiment_name(name)
        if artifact_location:
            artifact_location = resolve_uri_if_local(artifact_location)
            validate_experiment_location_length(artifact_location)
        tags = list(tags or [])
        for tag in tags:
            validate_experiment_tag(tag.key, tag.value)
        if (repeated := first_repeated(tag.key for tag in tags)) is not None:
            raise AlreadyExists("experiment_tag", repeated, name=name)
        tags = [ExperimentTag(tag.key, text(tag.value)) for tag in tags]
        return self._create_experiment(name, artifact_location, tags)

    def _create_experiment(
        self, name: str, artifact_location: str | None, tags: Sequence[ExperimentTag]
    ) -> str:
        for _ in range(_DRAWS):
            experiment_id = _IDS.draw()
            location = artifact_location or append_to_uri_path(
                self.artifact_root_uri, experiment_id
            )
            try:
                self._backend.experiments.create(
                    new_experiment(experiment_id, name, location, tags)
                )
            except Conflict as error:
                if error.kind != "experiment_id":
                    raise
            else:
                return experiment_id
        raise Conflict("experiment_id", experiment_id)

    def get_experiment(self, experiment_id: str) -> Experiment:
        found = self._backend.experiments.get(looked_up_experiment_id(experiment_id))
        return with_retention([found])[0]

    def get_experiment_by_name(self, experiment_name: str) -> Experiment | None:
        name = text(experiment_name)
        found = None if name is None else self._backend.experiments.find_by_name(name)
        return None if found is None else with_retention([found])[0]

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = SEARCH_MAX_RESULTS_DEFAULT,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        limit = checked_max_results(max_results)
        parsed_order = internal_errors()(grammar.parsed_order)
        query = ExperimentQuery(
            stages=tuple(LifecycleStage.view_type_to_stages(view_type)),
            where=grammar.parsed_filter(filter_string),
            order=parsed_order(order_by),
        )
        page = self._backend.experiments.search(query, PageRequest(limit, page_token or None))
        return PagedList(with_retention(page.items), page.token)

    def delete_experiment(self, experiment_id: str) -> None:
        self._backend.experiments.delete(
            parsed_experiment_id(experiment_id), at=get_current_time_millis()
        )

    def restore_experiment(self, experiment_id: str) -> None:
        self._backend.experiments.restore(
            parsed_experiment_id(experiment_id), at=get_current_time_millis()
        )

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        validate_experiment_name(new_name)
        with answering(RENAMING):
            self._backend.experiments.rename(
                looked_up_experiment_id(experiment_id), new_name, at=get_current_time_millis()
            )

    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        validate_experiment_tag(tag.key, tag.value)
        self._backend.experiments.set_tag(
            parsed_experiment_id(experiment_id), tag.key, text(tag.value)
        )

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        self._backend.experiments.delete_tag(parsed_experiment_id(experiment_id), text(key))

    def filter_active_experiment_ids(self, experiment_ids: Sequence[str]) -> list[str]:
        if not experiment_ids:
            return []
        return self._backend.experiments.active(parsed_experiment_ids(experiment_ids))

    def _hard_delete_experiment(self, experiment_id: str) -> None:
        self._backend.experiments.purge(parsed_experiment_id(experiment_id))


def new_experiment(
    experiment_id: str, name: str, artifact_location: str, tags: Sequence[ExperimentTag] = ()
) -> Experiment:
    """An experiment that begins now."""
    now = get_current_time_millis()
    return Experiment(
        experiment_id=experiment_id,
        name=name,
        artifact_location=artifact_location,
        lifecycle_stage=LifecycleStage.ACTIVE,
        tags=list(tags),
        creation_time=now,
        last_update_time=now,
    )
