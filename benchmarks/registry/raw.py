"""The bare driver: the fewest commands that could do each call, on documents equal to ours.

As in ours, a version's number comes from the model's document, which is only changed as it was last
seen, and a process remembers what it saw last of a model.
"""

import uuid
from typing import TYPE_CHECKING, Any

from benchmarks.data import EPOCH
from benchmarks.raw import PREFIX, STAMP, WHOLE, RawSubject, behind
from benchmarks.subjects import Token

from .subjects import RegistrySubject

if TYPE_CHECKING:
    from pymongo.collection import Collection

_HERE = {"workspace": STAMP["workspace"]}
_BY_NAME = {"name": 1}
_BY_UPDATE = {"last_updated_time": -1, "name": 1, "number": -1}

_VERSION = {
    "creation_time": EPOCH,
    "last_updated_time": EPOCH,
    "description": None,
    "source": "s3://models/bench",
    "storage_location": "s3://models/bench",
    "run_id": None,
    "run_link": None,
    "tags": {"validated": "no"},
    "stage": "None",
    "listing": "model",
    **STAMP,
}


class RawRegistry(RegistrySubject):
    """The bare driver.

    Args:
        raw: The same on the rest of the database.
    """

    def __init__(self, raw: RawSubject) -> None:
        self.name = raw.name
        self.models = raw.sibling(f"{PREFIX}_registered_models")
        self.versions = raw.sibling(f"{PREFIX}_model_versions")
        self._heads: dict[str, dict[str, Any]] = {}

    def create_model(self, name: str) -> None:
        # A document that claims the name, and the model: uniqueness rests on primary ids.
        key, token = uuid.uuid4().hex, uuid.uuid4().hex
        model = {
            "_id": key,
            "name": name,
            "listing": "model",
            "creation_time": EPOCH,
            "last_updated_time": EPOCH,
            "description": "words",
            "tags": {"team": "bench"},
            "aliases": {},
            "version_count": 0,
            "pending": [],
            "stages": {},
            "latest": [],
            "has_prompt_versions": False,
            "revision": 0,
            "writer": None,
            "renamed": None,
            "unspread": False,
            "name_rev": 0,
            "birth": uuid.uuid4().hex,
            "claim": token,
            **STAMP,
        }
        claim = {"_id": f"name-{name}", "owner": key, "token": token, **STAMP}
        self.models.insert_many([claim, model])
        self._heads[name] = model

    def create_version(self, name: str) -> int:
        head = self._heads.get(name) or self._model(name)
        number, revision = head["version_count"] + 1, head["revision"] + 1
        key, writer = f"{head['_id']}-{number}", uuid.uuid4().hex
        # The newest was of no stage, as the one before it was.
        others = [one for one in head["latest"] if one != f"{head['_id']}-{number - 1}"]
        changes = {
            "version_count": number,
            "pending": [number],
            "last_updated_time": EPOCH,
            "latest": [*others, key],
            "revision": revision,
            "writer": writer,
        }
        unchanged = {"_id": head["_id"], **_HERE, "revision": head["revision"]}
        if not self.models.update_one(unchanged, {"$set": changes}).matched_count:
            raise LookupError(name)
        self._heads[name] = {**head, **changes}
        own = {"_id": key, "model_id": head["_id"], "number": number, "name": name}
        copied = {"writer": writer, "staged": revision, "named": revision}
        self.versions.insert_one({**own, **copied, **_VERSION})
        return number

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
        found = list(
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
        return _page(found, size, _BY_NAME)

    def search_versions(
        self, size: int, token: Token = None, *, model: str | None = None
    ) -> tuple[int, Token]:
        where = {"listing": "model", **_HERE, **({} if model is None else {"name": model})}
        if token is None:
            found = list(
                self.versions.find(where, sort=_BY_UPDATE, limit=size + 1, batch_size=WHOLE)
            )
        else:
            found = self._versions_behind(where, size + 1, token)
        return _page(found, size, _BY_UPDATE)

    def load_prompt(self, name: str, number: int) -> str:
        key = f"{self._model(name)['_id']}-{number}"
        return _text(_found(self.versions, {"_id": key}))

    def load_prompt_by_alias(self, name: str, alias: str) -> str:
        return _text(self._version_of(name, alias))

    def _model(self, name: str) -> dict[str, Any]:
        return _found(self.models, {"name": name, **_HERE})

    def _version_of(self, name: str, alias: str) -> dict[str, Any]:
        model = self._model(name)
        return _found(self.versions, {"_id": f"{model['_id']}-{model['aliases'][alias]}"})

    def _with_latest(self) -> dict[str, Any]:
        return {
            "$lookup": {
                "from": self.versions.name,
                "localField": "latest",
                "foreignField": "_id",
                "as": "latest_versions",
            }
        }

    def _versions_behind(
        self, where: dict[str, Any], limit: int, last: list[Any]
    ) -> list[dict[str, Any]]:
        # Apart from the rest: the embedded server uses no index where there is an alternative.
        bound = {"last_updated_time": {"$lte": last[0]}}
        stages = [
            {"$match": {**where, **bound}},
            {"$match": behind(tuple(_BY_UPDATE.items()), last)},
            {"$sort": _BY_UPDATE},
            {"$limit": limit},
        ]
        return list(self.versions.aggregate(stages, batchSize=WHOLE))


def _found(collection: "Collection[dict[str, Any]]", where: dict[str, Any]) -> dict[str, Any]:
    document = collection.find_one(where)
    if document is None:
        raise LookupError(where)
    return document


def _page(found: list[dict[str, Any]], size: int, sort: dict[str, int]) -> tuple[int, Token]:
    if len(found) <= size:
        return len(found), None
    return size, [found[size - 1][path] for path in sort]


def _text(version: dict[str, Any]) -> str:
    text: str = version["tags"]["mlflow%2Eprompt%2Etext"]
    return text
