"""Bare pymongo: the fewest commands that could do each call, on the server that serves ours.

A run is found by the filter that ours needs (of the workspace, active, its params not yet written),
because without it the write would be another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from mlflow.entities import Metric, Param, RunTag
from pymongo import MongoClient

from benchmarks.searches import OPTIONAL, Condition, Search
from benchmarks.subjects import BARE_ON_MONGODB, Place, Source, Subject, Token
from mlflow_docstore.adapters.document.layout import LAYOUT, Index

from . import documents
from .documents import LIVE, SEVERAL, Document

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

_HEAD = ("key", "count", "steps", "timestamps", "values")
# No reply in two parts where one would do.
WHOLE = 100_000


@dataclass(frozen=True, slots=True)
class MongoSource(Source):
    """A database by the server's address."""

    uri: str
    database: str
    name: str = BARE_ON_MONGODB

    def open(self) -> "MongoSubject":
        # The server keeps a record of each write that it could be asked to repeat; nobody asks.
        client: MongoClient[Document] = MongoClient(self.uri, w="majority", retryWrites=False)
        return MongoSubject(client[self.database])


class MongoSubject(Subject, Place):
    """The bare driver.

    Args:
        database: One that ours does not use.
    """

    name = BARE_ON_MONGODB

    def __init__(self, database: "Database[Document]") -> None:
        self._database = database
        self._experiments = database["experiments"]
        self._runs = database["runs"]
        self._chunks = database["metrics"]

    def prepare(self) -> None:
        """Make the indexes that ours has."""
        for collection in LAYOUT.collections:
            for index in collection.indexes:
                self.create_index(collection.name, index)

    def collection(self, name: str) -> "Collection[Document]":
        """Any collection of the database."""
        return self._database[name]

    def insert_many(self, collection: str, documents: Sequence[Document]) -> object:
        return self._database[collection].insert_many(documents, ordered=False)

    def create_index(self, collection: str, index: Index) -> None:
        self._database[collection].create_index(list(index.keys), name=index.name)

    def first(self, collection: str, field: str, value: str) -> Document | None:
        return self._database[collection].find_one({field: value})

    def close(self) -> None:
        """Let go of connections."""
        self._database.client.close()

    def create_experiment(self, name: str) -> str:
        claim, owner = documents.experiment(name)
        self._experiments.insert_many([claim, owner])
        return str(owner["_id"])

    def create_run(self, experiment_id: str) -> str:
        run = documents.run(found(self._experiments, {"_id": experiment_id, **LIVE}))
        self._runs.insert_one(run)
        return str(run["_id"])

    def log_param(self, run_id: str, param: Param) -> None:
        path = f"params.{param.key}"
        free = {path: {"$in": [None, param.value]}}
        self._change(run_id, {"$set": {path: param.value}}, free)

    def log_metric(self, run_id: str, metric: Metric) -> None:
        self.log_batch(run_id, [metric])

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        self._change(run_id, {"$set": {f"tags.{tag.key}": tag.value}})

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[Param] = ()
    ) -> None:
        by_key = documents.by_key(metrics)
        changes: dict[str, Any] = {}
        if params:
            changes["$set"] = {f"params.{param.key}": param.value for param in params}
        if metrics:
            changes["$set"] = {**changes.get("$set", {}), "chunked": True}
            changes["$max"] = {
                f"metrics.{name}": documents.latest(these) for name, these in by_key.items()
            }
        free = {f"params.{param.key}": {"$in": [None, param.value]} for param in params}
        self._change(run_id, changes, free)
        if by_key:
            self._chunks.insert_one(documents.chunk(run_id, by_key))

    def get_run(self, run_id: str) -> object:
        return self._runs.find_one({"_id": run_id})

    def history(self, run_id: str, key: str) -> int:
        where = {"run_id": run_id, "workspace": "default", "key": {"$in": [key, SEVERAL]}}
        order = [("level", 1), ("first", 1), ("_id", 1)]
        fields = [*_HEAD, f"columns.{key}"]
        chunks = list(self._chunks.find(where, fields, sort=order, batch_size=WHOLE))
        return sum(documents.points_in(chunk, key) for chunk in chunks)

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where = {"experiment_id": experiment_id, **LIVE}
        where |= {one[0]: _native(one) for one in search.where}
        # One more than the page, to see whether there is another.
        where |= behind(search.sort, token)
        page = list(
            self._runs.find(where, sort=dict(search.sort), limit=size + 1, batch_size=WHOLE)
        )
        if len(page) <= size:
            return len(page), None
        return size, [_value(page[size - 1], path) for path, _ in search.sort]

    def _change(
        self, run_id: str, changes: Mapping[str, Any], when: Mapping[str, Any] | None = None
    ) -> None:
        if not self._runs.update_one(
            {"_id": run_id, **LIVE, **(when or {})}, changes
        ).matched_count:
            raise LookupError(run_id)


def found(collection: "Collection[Document]", where: Mapping[str, Any]) -> Document:
    """The document that matches."""
    document = collection.find_one(where)
    if document is None:
        raise LookupError(where)
    return document


def behind(sort: Sequence[tuple[str, int]], last: Sequence[Any] | None) -> dict[str, Any]:
    """What sorts behind a row: greater in the first key, or equal there and greater in the next."""
    if last is None:
        return {}
    alternatives: list[dict[str, Any]] = []
    equal: dict[str, Any] = {}
    for (path, way), value in zip(sort, last, strict=True):
        alternatives.append({**equal, path: {"$gt" if way > 0 else "$lt": value}})
        if path.startswith(OPTIONAL):
            alternatives.append({**equal, path: None})
        equal = {**equal, path: value}
    return alternatives[0] if len(alternatives) == 1 else {"$or": alternatives}


def _native(condition: Condition) -> object:
    _, operator, value = condition
    return {"$lt": value} if operator == "<" else value


def _value(document: Mapping[str, Any], path: str) -> Any:
    return reduce(lambda value, name: value[name], path.split("."), document)
