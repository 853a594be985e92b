"""Bare azure-cosmos: the fewest requests that could do each call, on documents equal to ours.

As in ours, a version's number comes from the model's document, which is only changed as it was last
seen, and a process remembers what it saw last of a model.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from benchmarks.bare import documents
from benchmarks.bare.cosmosdb import CosmosSubject, equal, everywhere, item_of
from benchmarks.bare.documents import STAMP, Document
from benchmarks.subjects import Token

from .subjects import RegistrySubject

_HERE = {"workspace": STAMP["workspace"]}
_BY_NAME = ("name",)
_BY_UPDATE = ("last_updated_time", "name", "number")
_UPDATED = (
    "(c.last_updated_time < @t OR (c.last_updated_time = @t AND (c.name > @n OR "
    "(c.name = @n AND c.number < @v))))"
)
_NEWEST = "c.listing, c.workspace, c.last_updated_time DESC, c.name, c.number DESC, c._id"


class CosmosRegistry(RegistrySubject):
    """The bare driver.

    Args:
        bare: The same on the rest of the database.
    """

    def __init__(self, bare: CosmosSubject) -> None:
        self.name = bare.name
        self._models = bare.container("registered_models")
        self._versions = bare.container("model_versions")
        self._heads: dict[str, Document] = {}

    def create_model(self, name: str) -> None:
        claim, model = documents.model(name)
        for one in (claim, model):
            self._models.create_item(item_of(one))
        self._heads[name] = model

    def create_version(self, name: str) -> int:
        head = self._heads.get(name) or self._model(name)
        changes, version = documents.next_version(head)
        self._patch(head, changes, f"c.revision = {head['revision']}")
        self._heads[name] = {**head, **changes}
        self._versions.create_item(item_of(version))
        return int(version["number"])

    def set_alias(self, name: str, alias: str, number: int) -> None:
        head = self._heads.get(name) or self._model(name)
        # There is such a version, and it has not been deleted.
        stage = f'c.stages["{number}"].stage'
        kept = f"NOT IS_DEFINED({stage}) OR {stage} != 'Deleted_Internal'"
        live = f"c.version_count >= {number} AND ({kept})"
        operations = [
            {"op": "set", "path": f"/aliases/{alias}", "value": number},
            {"op": "incr", "path": "/revision", "value": 1},
        ]
        self._heads[name] = self._models.patch_item(
            head["_id"], head["_id"], operations, filter_predicate=f"FROM c WHERE {live}"
        )

    def by_alias(self, name: str, alias: str) -> int:
        return int(self._version_of(name, alias)["number"])

    def latest(self, name: str) -> int:
        return len(self._these(self._model(name)["latest"]))

    def search_models(self, size: int, token: Token = None) -> tuple[int, Token]:
        where, given = equal({"listing": "model", **_HERE})
        if token is not None:
            where, given = f"{where} AND c.name > @n", {**given, "@n": token[0]}
        # One more than the page, to see whether there is another.
        found = everywhere(self._models, where, given, "c.name", size + 1)
        page = list(islice(found, size + 1))
        self._these([key for model in page for key in model["latest"]])
        return _page(page, size, _BY_NAME)

    def search_versions(
        self, size: int, token: Token = None, *, model: str | None = None
    ) -> tuple[int, Token]:
        named = {} if model is None else {"name": model}
        where, given = equal({"listing": "model", **_HERE, **named})
        if token is not None:
            where = f"{where} AND {_UPDATED}"
            given |= dict(zip(("@t", "@n", "@v"), token, strict=True))
        found = everywhere(self._versions, where, given, _NEWEST, size + 1)
        return _page(list(islice(found, size + 1)), size, _BY_UPDATE)

    def load_prompt(self, name: str, number: int) -> str:
        return documents.prompt_text(self._version(f"{self._model(name)['_id']}-{number}"))

    def load_prompt_by_alias(self, name: str, alias: str) -> str:
        return documents.prompt_text(self._version_of(name, alias))

    def _model(self, name: str) -> Document:
        where, given = equal({"name": name, **_HERE})
        return next(everywhere(self._models, where, given))

    def _version_of(self, name: str, alias: str) -> Document:
        model = self._model(name)
        return self._version(f"{model['_id']}-{model['aliases'][alias]}")

    def _version(self, key: str) -> Document:
        return dict(self._versions.read_item(key, key))

    def _these(self, keys: Sequence[str]) -> list[Document]:
        given = {f"@i{number}": key for number, key in enumerate(keys)}
        return list(everywhere(self._versions, f"c.id IN ({', '.join(given)})", given))

    def _patch(self, head: Document, changes: dict[str, Any], condition: str) -> None:
        operations = [
            {"op": "set", "path": f"/{name}", "value": value} for name, value in changes.items()
        ]
        self._models.patch_item(
            head["_id"], head["_id"], operations, filter_predicate=f"FROM c WHERE {condition}"
        )


def _page(page: list[Document], size: int, sort: Sequence[str]) -> tuple[int, Token]:
    if len(page) <= size:
        return len(page), None
    return size, [page[size - 1][path] for path in sort]
