"""Logged models, by MLflow's signatures."""

import base64
import binascii
import json
import operator
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mlflow.entities import (
    LoggedModel,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, INTERNAL_ERROR
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking import SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT

from mlflow_docstore.compat.arguments import (
    checked_max_results,
    checked_pairs,
    judged_after,
    parsed_experiment_ids,
    text,
)
from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracking import (
    SearchLoggedModelsPaginationToken,
    append_to_uri_path,
    generate_random_name,
    validate_logged_model_name,
)
from mlflow_docstore.compat.releases import MODEL_METRICS_BY_LATEST_POINT
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.paging import PageRequest, offset_of, offset_token
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.logged_models import LoggedModelQuery, MetricPoints

from .experiments import active_experiment

MODELS = "models"
ARTIFACTS = "artifacts"

_POINTS = MetricPoints.LATEST if MODEL_METRICS_BY_LATEST_POINT else MetricPoints.ANY


class LoggedModelsMixin:
    """The area ``logged_models`` of a tracking store."""

    _backend: Backend

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: Sequence[LoggedModelTag] | None = None,
        params: Sequence[LoggedModelParameter] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        validate_logged_model_name(name)
        with internal_errors():
            return self._create(experiment_id, name, source_run_id, tags, params, model_type)

    def _create(
        self,
        experiment_id: str,
        name: str | None,
        source_run_id: str | None,
        tags: Sequence[LoggedModelTag] | None,
        params: Sequence[LoggedModelParameter] | None,
        model_type: str | None,
    ) -> LoggedModel:
        experiment = active_experiment(self._backend.experiments.get, experiment_id)
        if not experiment_id:
            raise MlflowException("A model must be created in an experiment", BAD_REQUEST)
        model_id = f"m-{uuid.uuid4().hex}"
        location = append_to_uri_path(experiment.artifact_location, MODELS, model_id, ARTIFACTS)
        now = get_current_time_millis()
        model = LoggedModel(
            experiment_id=experiment.experiment_id,
            model_id=model_id,
            name=text(name or generate_random_name()),
            artifact_location=location,
            creation_timestamp=now,
            last_updated_timestamp=now,
            model_type=text(model_type),
            source_run_id=text(source_run_id),
            status=LoggedModelStatus.PENDING,
            tags=checked_pairs("logged_model_tag", tags or ()),
            params=checked_pairs("logged_model_param", params or ()),
        )
        self._backend.logged_models.create(model)
        return model

    def get_logged_model(self, model_id: str, allow_deleted: bool = False) -> LoggedModel:
        return self._backend.logged_models.get(model_id, include_deleted=allow_deleted)

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        # MLflow's parser imports SQLAlchemy: whoever does not search for models does without.
        from mlflow_docstore.compat.filters import logged_models as grammar  # noqa: PLC0415

        scopes = grammar.parsed_datasets(datasets)
        with internal_errors():
            search = SearchLoggedModelsPaginationToken(
                list(experiment_ids), filter_string, None if order_by is None else list(order_by)
            )
            token = _opened(page_token, search) if page_token else None
            query = LoggedModelQuery(
                where=grammar.parsed_filter(filter_string),
                experiment_ids=parsed_experiment_ids(search.experiment_ids),
                datasets=scopes,
                order=grammar.parsed_order(search.order_by),
                points=_POINTS,
            )
            limit = _limit(max_results)
        page = self._backend.logged_models.search(query, PageRequest(limit, token))
        return PagedList(page.items, page.token and _sealed(page.token, search))

    def finalize_logged_model(self, model_id: str, status: LoggedModelStatus) -> LoggedModel:
        if not isinstance(status, LoggedModelStatus):
            self._logged_model(model_id)
            raise MlflowException(f"{status!r} is no LoggedModelStatus", INTERNAL_ERROR)
        return self._backend.logged_models.finalize(model_id, status, at=get_current_time_millis())

    def set_logged_model_tags(self, model_id: str, tags: Sequence[LoggedModelTag]) -> None:
        with judged_after(lambda: self._logged_model(model_id)), internal_errors():
            last = {tag.key: tag for tag in tags}
            checked = checked_pairs("logged_model_tag", last.values())
        self._backend.logged_models.set_tags(model_id, {tag.key: tag.value for tag in checked})

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        self._backend.logged_models.delete_tag(model_id, text(key))

    def log_logged_model_params(
        self, model_id: str, params: Sequence[LoggedModelParameter]
    ) -> None:
        with judged_after(lambda: self._logged_model(model_id)), internal_errors():
            checked = checked_pairs("logged_model_param", params)
        self._backend.logged_models.add_params(
            model_id, [(param.key, param.value) for param in checked]
        )

    def _logged_model(self, model_id: str) -> LoggedModel:
        return self._backend.logged_models.get(model_id, include_deleted=True)

    def delete_logged_model(self, model_id: str) -> None:
        self._backend.logged_models.delete(model_id, at=get_current_time_millis())

    def _hard_delete_logged_model(self, model_id: str) -> None:
        self._backend.logged_models.purge(model_id)

    def _get_deleted_logged_models(self, older_than: int = 0) -> list[str]:
        return self._backend.logged_models.deleted_until(get_current_time_millis() - older_than)


def _limit(max_results: int | None) -> int:
    # SqlAlchemyStore has no upper bound here, and takes 0 for the default.
    limit = max_results or SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT
    if limit < 0:
        checked_max_results(limit)
    return operator.index(limit)


def _sealed(inner: str, search: SearchLoggedModelsPaginationToken) -> str:
    """A page token of ours in one of MLflow's, which tells what search it belongs to."""
    body = json.dumps({**asdict(search), "offset": offset_of(inner), "after": inner})
    return base64.b64encode(body.encode()).decode("ascii")


def _opened(token: str, search: SearchLoggedModelsPaginationToken) -> str:
    """The page token of ours, after MLflow's own check that the search is the same."""
    try:
        found = SearchLoggedModelsPaginationToken.decode(token)
        inner = json.loads(base64.b64decode(token)).get("after")
    except (binascii.Error, UnicodeDecodeError, AttributeError) as error:
        raise MlflowException.invalid_parameter_value(f"Invalid page token: {token}") from error
    found.validate(search.experiment_ids, search.filter_string, search.order_by)
    if inner is None and found.offset:
        # Made by MLflow's access control, which goes by offsets.
        return offset_token(found.offset)
    if not isinstance(inner, str):
        raise InvalidArgument("page_token", token, problem="content", content=asdict(found))
    return inner
