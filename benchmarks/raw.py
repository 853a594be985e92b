"""The bare driver: the fewest commands that could do each call, on documents equal to ours.

Nothing is validated and no entity is built. The commands run in collections of their own on the
server that serves ours, with the same indexes. A run is found by the filter that ours needs (of the
workspace, active, its params not yet written), because without it the write would be another one.
"""

import uuid
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import attrgetter
from struct import Struct
from typing import TYPE_CHECKING, Any

from mlflow.entities import Metric, Param, RunTag
from pymongo import MongoClient

from mlflow_docstore.adapters.document.layout import LAYOUT, SCHEMA_VERSION

from .data import EPOCH
from .searches import Search
from .subjects import RAW, Source, Subject, Token

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

PREFIX = "raw"

STAMP = {"workspace": "default", "schema": SCHEMA_VERSION}
_LIVE = {"workspace": "default", "lifecycle": "active"}
_INT64_MAX = 2**63 - 1
_SIGN = 2**63
_FLOAT, _BITS = Struct(">d"), Struct(">Q")
# No reply in two parts where one would do.
WHOLE = 100_000


@dataclass(frozen=True, slots=True)
class RawSource(Source):
    """The server by its address."""

    uri: str
    database: str
    name: str = RAW

    def open(self) -> "RawSubject":
        # The server keeps a record of each write that it could be asked to repeat; nobody asks.
        client: MongoClient[dict[str, Any]] = MongoClient(self.uri, w="majority", retryWrites=False)
        return RawSubject(client[self.database])


class RawSubject(Subject):
    """The bare driver.

    Args:
        database: The one that ours uses too.
    """

    name = RAW

    def __init__(self, database: "Database[dict[str, Any]]") -> None:
        self._database = database
        self._experiments = database[f"{PREFIX}_experiments"]
        self.runs = database[f"{PREFIX}_runs"]
        self._chunks = database[f"{PREFIX}_metrics"]

    def prepare(self) -> None:
        """Make the indexes that ours has."""
        for collection in LAYOUT.collections:
            for index in collection.indexes:
                native = self._database[f"{PREFIX}_{collection.name}"]
                native.create_index(list(index.keys), name=index.name)

    def sibling(self, name: str) -> "Collection[dict[str, Any]]":
        """Any collection of the database."""
        return self._database[name]

    def close(self) -> None:
        """Let go of connections."""
        self._database.client.close()

    def create_experiment(self, name: str) -> str:
        # A document that claims the name, and the experiment: uniqueness rests on primary ids.
        number, token, now = uuid.uuid4().int % 10**18, uuid.uuid4().hex, EPOCH
        owner = {
            "_id": str(number),
            "name": name,
            "lifecycle": "active",
            "artifact_location": f"/tmp/artifacts/{number}",  # noqa: S108
            "creation_time": now,
            "last_update_time": now,
            "number": f"{number:020d}",
            "recent": f"{_INT64_MAX - now:016x}{number:020d}",
            "tags": {},
            "name_rev": 0,
            "birth": uuid.uuid4().hex,
            "claim": token,
            **STAMP,
        }
        claim = {"_id": f"name-{name}", "owner": owner["_id"], "token": token, **STAMP}
        self._experiments.insert_many([claim, owner])
        return str(number)

    def create_run(self, experiment_id: str) -> str:
        experiment = self._experiments.find_one({"_id": experiment_id})
        if experiment is None or experiment["lifecycle"] != "active":
            raise LookupError(experiment_id)
        run_id = uuid.uuid4().hex
        start = EPOCH
        document = {
            "_id": run_id,
            "experiment_id": experiment_id,
            "lifecycle": "active",
            "recent": f"{_INT64_MAX - start:016x}{run_id}",
            "name": "bench",
            "user_id": "bench",
            "status": "RUNNING",
            "start_time": start,
            "end_time": None,
            "artifact_uri": f"{experiment['artifact_location']}/{run_id}/artifacts",
            "tags": {"mlflow%2Euser": "bench", "mlflow%2ErunName": "bench"},
            "params": {},
            "metrics": {},
            "datasets": [],
            "model_inputs": [],
            "model_outputs": [],
            "measured": [],
            "links": 0,
            **STAMP,
        }
        self.runs.insert_one(document)
        return run_id

    def log_param(self, run_id: str, param: Param) -> None:
        path = f"params.{param.key}"
        free = {path: {"$in": [None, param.value]}}
        self._change(run_id, {"$set": {path: param.value}}, free)

    def log_metric(self, run_id: str, metric: Metric) -> None:
        self._change(
            run_id,
            {"$set": {"chunked": True}, "$max": {f"metrics.{metric.key}": _latest(metric)}},
        )
        self._chunks.insert_one(_chunk(run_id, metric.key, [metric]))

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        self._change(run_id, {"$set": {f"tags.{tag.key}": tag.value}})

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[Param] = ()
    ) -> None:
        key = attrgetter("key")
        by_key = {name: list(found) for name, found in groupby(sorted(metrics, key=key), key)}
        changes: dict[str, Any] = {}
        if params:
            changes["$set"] = {f"params.{param.key}": param.value for param in params}
        if metrics:
            changes["$set"] = {**changes.get("$set", {}), "chunked": True}
            changes["$max"] = {
                f"metrics.{name}": _latest(max(these, key=attrgetter("step")))
                for name, these in by_key.items()
            }
        free = {f"params.{param.key}": {"$in": [None, param.value]} for param in params}
        self._change(run_id, changes, free)
        if by_key:
            self._chunks.insert_many(
                [_chunk(run_id, name, these) for name, these in by_key.items()], ordered=False
            )

    def get_run(self, run_id: str) -> object:
        return self.runs.find_one({"_id": run_id})

    def history(self, run_id: str, key: str) -> int:
        where = {"run_id": run_id, "workspace": "default", "key": key}
        order = [("level", 1), ("first", 1), ("_id", 1)]
        chunks = list(self._chunks.find(where, sort=order, batch_size=WHOLE))
        return sum(int(chunk["count"]) for chunk in chunks)

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where: dict[str, Any] = {"experiment_id": experiment_id, **_LIVE, **search.where}
        # One more than the page, to see whether there is another.
        found = self._page(where, behind(search.sort, token), dict(search.sort), size + 1)
        if len(found) <= size:
            return len(found), None
        return size, [_value(found[size - 1], path) for path, _ in search.sort]

    def _page(
        self, where: Mapping[str, Any], behind: Mapping[str, Any], sort: dict[str, int], limit: int
    ) -> list[dict[str, Any]]:
        if "$or" not in behind:
            return list(
                self.runs.find({**where, **behind}, sort=sort, limit=limit, batch_size=limit)
            )
        # Apart from the rest: the embedded server uses no index where there is an alternative.
        stages = [{"$match": where}, {"$match": behind}, {"$sort": sort}, {"$limit": limit}]
        return list(self.runs.aggregate(stages, batchSize=limit))

    def _change(
        self, run_id: str, changes: Mapping[str, Any], when: Mapping[str, Any] | None = None
    ) -> None:
        if not self.runs.update_one(
            {"_id": run_id, **_LIVE, **(when or {})}, changes
        ).matched_count:
            raise LookupError(run_id)


def _latest(metric: Metric) -> dict[str, Any]:
    # First a text that decides which of two is later; good for the positive values used here.
    (bits,) = _BITS.unpack(_FLOAT.pack(metric.value))
    order = f"{metric.step + _SIGN:016x}{metric.timestamp + _SIGN:016x}{bits | _SIGN:016x}1"
    return {
        "o": order,
        "s": metric.step,
        "t": metric.timestamp,
        "r": 1,
        "v": metric.value,
    }


def _chunk(run_id: str, key: str, metrics: Sequence[Metric]) -> dict[str, Any]:
    return {
        "_id": f"{run_id}-{uuid.uuid4().hex}",
        "run_id": run_id,
        "key": key,
        "level": 0,
        "first": metrics[0].timestamp,
        "last": metrics[-1].timestamp,
        "count": len(metrics),
        "steps": array("q", [metric.step for metric in metrics]).tobytes(),
        "timestamps": array("q", [metric.timestamp for metric in metrics]).tobytes(),
        "values": array("d", [metric.value for metric in metrics]).tobytes(),
        **STAMP,
    }


def behind(sort: Sequence[tuple[str, int]], last: Sequence[Any] | None) -> dict[str, Any]:
    """What sorts behind a row: greater in the first key, or equal there and greater in the next."""
    if last is None:
        return {}
    alternatives: list[dict[str, Any]] = []
    equal: dict[str, Any] = {}
    for (path, way), value in zip(sort, last, strict=True):
        alternatives.append({**equal, path: {"$gt" if way > 0 else "$lt": value}})
        if path.startswith("metrics."):
            alternatives.append({**equal, path: None})
        equal = {**equal, path: value}
    return alternatives[0] if len(alternatives) == 1 else {"$or": alternatives}


def _value(document: Mapping[str, Any], path: str) -> Any:
    return reduce(lambda value, name: value[name], path.split("."), document)
