"""Bare pymongo: the fewest commands that could do each call, on documents equal to ours.

As in ours, a version's number comes from the model's document, which is only changed as it was last
seen, and a process remembers what it saw last of a model.
"""

from typing import Any

from benchmarks.bare import documents
from benchmarks.bare.documents import STAMP, Document
from benchmarks.bare.mongodb import WHOLE, MongoSubject, behind, found
from benchmarks.subjects import Token

from .subjects import RegistrySubject

_HERE = {"workspace": STAMP["workspace"]}
_BY_NAME = {"name": 1}
_BY_UPDATE = {"last_updated_time": -1, "name": 1, "number": -1}


class MongoRegistry(RegistrySubject):
    """The bare driver.

    Args:
        bare: The same on the rest of the database.
    """

    def __init__(self, bare: MongoSubject) -> None:
        self.name = bare.name
        self.models = bare.collection("registered_models")
        self.versions = bare.collection("model_versions")
        self._heads: dict[str, Document] = {}

    def create_model(self, name: str) -> None:
        claim, model = documents.model(name)
        self.models.insert_many([claim, model])
        self._heads[name] = model

    def create_version(self, name: str) -> int:
        head = self._heads.get(name) or self._model(name)
        changes, version = documents.next_version(head)
        unchanged = {"_id": head["_id"], **_HERE, "revision": head["revision"]}
        if not self.models.update_one(unchanged, {"$set": changes}).matched_count:
            raise LookupError(name)
        self._heads[name] = {**head, **changes}
        self.versions.insert_one(version)
        return int(version["number"])

    def set_alias(self, name: str, alias: str, number: int) -> None:
        # There is such a version, and it has not been deleted.
        live = {
            "name": name,
            **_HERE,
            "version_count": {"$gte": number},
            f"stages.{number}.stage": {"$ne": "Deleted_Internal"},
        }
        changes = {"$set": {f"aliases.{alias}": number}, "$inc": {"revision": 1}}
        if not self.models.update_one(live, changes).matched_count:
            raise LookupError(name)
        self._heads.pop(name, None)

    def by_alias(self, name: str, alias: str) -> int:
        return int(self._version_of(name, alias)["number"])

    def latest(self, name: str) -> int:
        stages = [{"$match": {"name": name, **_HERE}}, self._with_latest()]
        (model,) = self.models.aggregate(stages)
        return len(model["latest_versions"])

    def search_models(self, size: int, token: Token = None) -> tuple[int, Token]:
        where = {"listing": "model", **_HERE, **behind(tuple(_BY_NAME.items()), token)}
        # One more than the page, to see whether there is another.
        page = list(
            self.models.aggregate(
                [
                    {"$match": where},
                    {"$sort": _BY_NAME},
                    {"$limit": size + 1},
                    self._with_latest(),
                ],
                batchSize=WHOLE,
            )
        )
        return _page(page, size, _BY_NAME)

    def search_versions(
        self, size: int, token: Token = None, *, model: str | None = None
    ) -> tuple[int, Token]:
        where = {"listing": "model", **_HERE, **({} if model is None else {"name": model})}
        where |= behind(tuple(_BY_UPDATE.items()), token)
        page = list(self.versions.find(where, sort=_BY_UPDATE, limit=size + 1, batch_size=WHOLE))
        return _page(page, size, _BY_UPDATE)

    def load_prompt(self, name: str, number: int) -> str:
        key = f"{self._model(name)['_id']}-{number}"
        return documents.prompt_text(found(self.versions, {"_id": key}))

    def load_prompt_by_alias(self, name: str, alias: str) -> str:
        return documents.prompt_text(self._version_of(name, alias))

    def _model(self, name: str) -> Document:
        return found(self.models, {"name": name, **_HERE})

    def _version_of(self, name: str, alias: str) -> Document:
        model = self._model(name)
        return found(self.versions, {"_id": f"{model['_id']}-{model['aliases'][alias]}"})

    def _with_latest(self) -> dict[str, Any]:
        return {
            "$lookup": {
                "from": self.versions.name,
                "localField": "latest",
                "foreignField": "_id",
                "as": "latest_versions",
            }
        }


def _page(page: list[Document], size: int, sort: dict[str, int]) -> tuple[int, Token]:
    if len(page) <= size:
        return len(page), None
    return size, [page[size - 1][path] for path in sort]
