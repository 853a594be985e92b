"""Registered models, by MLflow's signatures."""

import uuid
from collections.abc import Sequence
from typing import Any, NoReturn

from mlflow.entities.model_registry import RegisteredModel, RegisteredModelTag
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT

from mlflow_docstore.compat.arguments import page_size, text
from mlflow_docstore.compat.errors import RENAMING_MODEL, answering, internal_errors
from mlflow_docstore.compat.filters import registered_models as grammar
from mlflow_docstore.compat.mlflow_internals.general import SearchUtils, get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.registry import (
    handle_resource_already_exist_error,
    has_prompt_tag,
    validate_alias_name,
    validate_alias_name_reserved,
    validate_model_name,
    validate_model_renaming,
    validate_registered_model_tag,
    validate_tag_name,
)
from mlflow_docstore.core.errors import AlreadyExists
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend

from .model_versions import parsed_version


class RegisteredModelsMixin:
    """The area ``registered_models`` of a model registry."""

    _backend: Backend

    def create_registered_model(
        self,
        name: str,
        tags: Sequence[RegisteredModelTag] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,  # noqa: ARG002 - SQL has no column for it either
    ) -> RegisteredModel:
        validate_model_name(name)
        for tag in tags or ():
            validate_registered_model_tag(tag.key, tag.value)
        now = get_current_time_millis()
        model = RegisteredModel(
            name=name,
            creation_timestamp=now,
            last_updated_timestamp=now,
            description=text(description),
            latest_versions=[],
            tags=[RegisteredModelTag(tag.key, text(tag.value)) for tag in tags or ()],
        )
        try:
            self._backend.registered_models.create(uuid.uuid4().hex, model)
        except AlreadyExists:
            self._refuse_taken(name, tags)
        return model

    def _refuse_taken(self, name: str, tags: Sequence[RegisteredModelTag] | None) -> NoReturn:
        existing = self._backend.registered_models.get(name)
        # Not ``tags``: those of the entity leave the tag of prompts out.
        present = existing._tags  # noqa: SLF001
        handle_resource_already_exist_error(name, has_prompt_tag(present), has_prompt_tag(tags))
        raise AlreadyExists("registered_model", name)  # for the reader: MLflow's function raises

    @internal_errors()
    def update_registered_model(
        self,
        name: str,
        description: str | None,
        deployment_job_id: str | None = None,  # noqa: ARG002 - as above
    ) -> RegisteredModel:
        validate_model_name(name)
        return self._backend.registered_models.update(
            name, text(description), at=get_current_time_millis()
        )

    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        validate_model_renaming(new_name)
        with internal_errors():
            validate_model_name(name)
        with answering(RENAMING_MODEL):
            return self._backend.registered_models.rename(
                name, new_name, at=get_current_time_millis()
            )

    @internal_errors()
    def delete_registered_model(self, name: str) -> None:
        validate_model_name(name)
        self._backend.registered_models.delete(name)

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        query = grammar.parsed_search(filter_string, max_results, order_by, page_token)
        if max_results == 0:
            # SqlAlchemyStore's answer: no rows, and a token for the same again if there are any.
            found = self._backend.registered_models.search(query, PageRequest(1))
            return PagedList([], SearchUtils.create_page_token(0) if found.items else None)
        request = PageRequest(page_size(max_results), page_token or None)
        page = self._backend.registered_models.search(query, request)
        return PagedList(page.items, page.token)

    @internal_errors()
    def get_registered_model(self, name: str) -> RegisteredModel:
        validate_model_name(name)
        return self._backend.registered_models.get(name)

    def set_registered_model_tag(self, name: str, tag: RegisteredModelTag) -> None:
        validate_model_name(name)
        validate_registered_model_tag(tag.key, tag.value)
        self._backend.registered_models.set_tag(name, tag.key, text(tag.value))

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        validate_model_name(name)
        validate_tag_name(key)
        self._backend.registered_models.delete_tag(name, key)

    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        validate_model_name(name)
        validate_alias_name(alias)
        validate_alias_name_reserved(alias)
        number = parsed_version(version)
        self._backend.registered_models.set_alias(name, alias, number)

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        validate_model_name(name)
        validate_alias_name(alias)
        self._backend.registered_models.delete_alias(name, alias)
