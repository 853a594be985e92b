"""Registered models: a document each, and a claim for each name."""

from mlflow.entities.model_registry import RegisteredModel

from mlflow_docstore.adapters.document.codecs import registered_models as codec
from mlflow_docstore.adapters.document.codecs.registered_models import decode_model, encode_model
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.queries.registered_models import model_filter, model_order
from mlflow_docstore.adapters.document.registry.heads import ModelHeads
from mlflow_docstore.adapters.document.registry.newest import WITH_NEWEST, NewestVersions
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.registry import IS_PROMPT_TAG
from mlflow_docstore.ports.registered_models import (
    RegisteredModelQuery,
    RegisteredModelRepository,
)


class DocumentRegisteredModels(RegisteredModelRepository):
    """See the port.

    Args:
        driver: The database.
        heads: Registered models by name.
    """

    def __init__(self, driver: Driver, heads: ModelHeads) -> None:
        self._heads = heads
        self._newest = NewestVersions(driver)

    def create(self, model_id: str, model: RegisteredModel) -> None:
        self._heads.create(encode_model(model_id, model))

    def get(self, name: str) -> RegisteredModel:
        return self._decode(self._heads.read(name, newest=True))

    def search(self, query: RegisteredModelQuery, page: PageRequest) -> Page[RegisteredModel]:
        return self._heads.models.page(
            model_filter(query),
            model_order(query),
            page,
            self._decode,
            join=WITH_NEWEST,
        )

    def update(self, name: str, description: str | None, *, at: int) -> RegisteredModel:
        changes = {codec.DESCRIPTION: description, codec.UPDATED: at}
        self._heads.patch(name, Patch(set=changes))
        return self.get(name)

    def rename(self, name: str, new_name: str, *, at: int) -> RegisteredModel:
        self._heads.rename(name, new_name, at=at)
        return self.get(new_name)

    def delete(self, name: str) -> None:
        self._heads.delete(name)

    def set_tag(self, name: str, key: str, value: str | None) -> None:
        changes = {path_of(codec.TAGS, key): value}
        if key == IS_PROMPT_TAG:
            changes[codec.LISTING] = codec.listing({key: value})
        self._heads.patch(name, Patch(set=changes))

    def delete_tag(self, name: str, key: str) -> None:
        changes = {codec.LISTING: codec.MODEL} if key == IS_PROMPT_TAG else {}
        self._heads.patch(name, Patch(set=changes, unset=(path_of(codec.TAGS, key),)))

    def set_alias(self, name: str, alias: str, number: int) -> None:
        def plan(head: Document) -> Document:
            self._heads.stored.require(head, number)
            return {codec.ALIASES: {**head[codec.ALIASES], escape(alias): number}}

        try:
            self._heads.change(name, plan)
        except NotFound as error:
            raise NotFound("model_version", number, name=name) from error

    def delete_alias(self, name: str, alias: str) -> None:
        escaped = escape(alias)

        def plan(head: Document) -> Document:
            kept = {other: at for other, at in head[codec.ALIASES].items() if other != escaped}
            return {} if len(kept) == len(head[codec.ALIASES]) else {codec.ALIASES: kept}

        self._heads.change(name, plan)

    def _decode(self, document: Document) -> RegisteredModel:
        return decode_model(document, self._newest.of(document, bare=True))
