"""Versions of registered models, by MLflow's signatures."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlparse

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
from mlflow.entities.model_registry.model_version_stages import (
    ALL_STAGES,
    DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS,
    get_canonical_stage,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT

from mlflow_docstore.compat.arguments import text
from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.filters import model_versions as grammar
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.registry import (
    parse_model_uri,
    validate_alias_name,
    validate_model_name,
    validate_model_version,
    validate_model_version_tag,
    validate_tag_name,
)
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.model_versions import NewVersion

_LATEST = "latest"


class ModelVersionsMixin:
    """The area ``model_versions`` of a model registry."""

    _backend: Backend

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Sequence[ModelVersionTag] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,  # noqa: ARG002 - MLflow's client uploads, not a store
        model_id: str | None = None,
    ) -> ModelVersion:
        validate_model_name(name)
        for tag in tags or ():
            validate_model_version_tag(tag.key, tag.value)
        storage_location, run_id = self._resolved_source(source, run_id)
        if not run_id and model_id:
            run_id = _logged_model(model_id).source_run_id
        return self._backend.model_versions.create(
            NewVersion(
                name=name,
                source=text(source),
                created=get_current_time_millis(),
                storage_location=text(storage_location),
                run_id=text(run_id),
                run_link=text(run_link),
                description=text(description),
                tags={tag.key: text(tag.value) for tag in tags or ()},
            )
        )

    def _resolved_source(self, source: str, run_id: str | None) -> tuple[str | None, str | None]:
        """Where the artifacts of a source are, and the run that made them."""
        if urlparse(source).scheme != "models":
            return source, run_id
        parsed = parse_model_uri(source)
        try:
            if parsed.model_id is None:
                return self.get_model_version_download_uri(parsed.name, parsed.version), run_id
            model = _logged_model(parsed.model_id)
        except Exception as error:
            raise MlflowException(
                f"Unable to fetch model from model URI source artifact location '{source}'."
                f"Error: {error}"
            ) from error
        return model.artifact_location, run_id or model.source_run_id

    @internal_errors()
    def get_model_version(self, name: str, version: Any) -> ModelVersion:
        validate_model_name(name)
        return self._backend.model_versions.get(name, parsed_version(version))

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        validate_model_name(name)
        validate_alias_name(alias)
        if alias.lower() != _LATEST:
            return self._backend.model_versions.get_by_alias(name, alias)
        if versions := self._backend.model_versions.latest(name):
            return max(versions, key=lambda version: version.version)
        raise MlflowException(
            f"Latest version not found for model {name}.", RESOURCE_DOES_NOT_EXIST
        )

    @internal_errors()
    def get_latest_versions(
        self, name: str, stages: Sequence[str] | None = None
    ) -> list[ModelVersion]:
        validate_model_name(name)
        versions = self._backend.model_versions.latest(name)
        wanted = {get_canonical_stage(stage) for stage in stages or ALL_STAGES}
        return [version for version in versions if version.current_stage in wanted]

    @internal_errors()
    def get_model_version_download_uri(self, name: str, version: Any) -> str | None:
        validate_model_name(name)
        return self._backend.model_versions.download_uri(name, parsed_version(version))

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        query = grammar.parsed_search(filter_string, max_results, order_by, page_token)
        page = self._backend.model_versions.search(
            query, PageRequest(max_results, page_token or None)
        )
        return PagedList(page.items, page.token)

    @internal_errors()
    def update_model_version(
        self, name: str, version: Any, description: str | None = None
    ) -> ModelVersion:
        validate_model_name(name)
        return self._backend.model_versions.update(
            name,
            parsed_version(version),
            text(description),
            at=get_current_time_millis(),
        )

    def transition_model_version_stage(
        self, name: str, version: Any, stage: str, archive_existing_versions: bool
    ) -> ModelVersion:
        canonical = get_canonical_stage(stage)
        if archive_existing_versions and canonical not in DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS:
            raise MlflowException(
                "Model version transition cannot archive existing model versions because"
                f" '{stage}' is not an Active stage. Valid stages are"
                f" {DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS}"
            )
        with internal_errors():
            validate_model_name(name)
            number = parsed_version(version)
        return self._backend.model_versions.transition(
            name,
            number,
            canonical,
            at=get_current_time_millis(),
            archive=bool(archive_existing_versions),
        )

    def delete_model_version(self, name: str, version: Any) -> None:
        number = parsed_version(version)
        with internal_errors():
            validate_model_name(name)
        self._backend.model_versions.delete(name, number, at=get_current_time_millis())

    def set_model_version_tag(self, name: str, version: Any, tag: ModelVersionTag) -> None:
        validate_model_name(name)
        number = parsed_version(version)
        validate_model_version_tag(tag.key, tag.value)
        self._backend.model_versions.set_tag(name, number, tag.key, text(tag.value))

    def delete_model_version_tag(self, name: str, version: Any, key: str) -> None:
        validate_model_name(name)
        number = parsed_version(version)
        validate_tag_name(key)
        self._backend.model_versions.delete_tag(name, number, key)

    def _await_model_version_creation(self, mv: ModelVersion, await_creation_for: float) -> None:
        """A version is ready as soon as it is stored: there is nothing to wait for."""


def parsed_version(version: Any) -> int:
    """The number of a model version: anything that ``int`` takes."""
    validate_model_version(version)  # returns the number in MLflow 3.17, nothing in 3.14
    return int(version)


def _logged_model(model_id: str) -> Any:
    """A logged model, from where MLflow's SQL store looks: the process-wide tracking URI."""
    from mlflow.tracking import MlflowClient  # noqa: PLC0415 - half imported at load time

    return MlflowClient().get_logged_model(model_id)
