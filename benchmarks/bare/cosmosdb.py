"""Bare azure-cosmos: the fewest requests that could do each call, on the service that serves ours.

Its client has the options of ours, and its containers the same partition keys and indexes. Changes
are patches under the condition that ours needs, up to ten operations; where there are more, an item
is read and replaced while it is as it was read.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.cosmos import ContainerProxy, CosmosClient, DatabaseProxy
from mlflow.entities import Metric, Param, RunTag

from benchmarks.searches import Condition, Search
from benchmarks.subjects import BARE_ON_COSMOSDB, Place, Source, Subject, Token
from mlflow_docstore.adapters.cosmosdb.indexing import policy_of
from mlflow_docstore.adapters.cosmosdb.login import credential
from mlflow_docstore.adapters.cosmosdb.options import client_options
from mlflow_docstore.adapters.cosmosdb.preparing import partition_key
from mlflow_docstore.adapters.cosmosdb.uri import parse
from mlflow_docstore.adapters.cosmosdb.values import decode
from mlflow_docstore.adapters.document.layout import LAYOUT, Collection, Index

from . import documents
from .documents import LIVE, SEVERAL, Document

Parameters = dict[str, Any]

_EXACT = 2**53
_MOST_OPERATIONS = 10
_BATCH = 100
_ACTIVE = "FROM c WHERE c.workspace = 'default' AND c.lifecycle = 'active'"


@dataclass(frozen=True, slots=True)
class CosmosSource(Source):
    """A database by a URI that ours would take."""

    uri: str
    name: str = BARE_ON_COSMOSDB

    def open(self) -> "CosmosSubject":
        target = parse(self.uri)
        client = CosmosClient(target.endpoint, credential(target), **client_options(target))
        return CosmosSubject(client, target.database)


class CosmosSubject(Subject, Place):
    """The bare driver.

    Args:
        client: To the account.
        database: The name of a database that ours does not use.
    """

    name = BARE_ON_COSMOSDB

    def __init__(self, client: CosmosClient, database: str) -> None:
        self._client = client
        self._database: DatabaseProxy = client.get_database_client(database)
        self._containers = {one.name: self._container(one.name) for one in LAYOUT.collections}
        self._experiments = self._containers["experiments"]
        self._runs = self._containers["runs"]
        self._chunks = self._containers["metrics"]
        self._declared = {one.name: one for one in LAYOUT.collections}

    def prepare(self) -> None:
        """Make the containers, with the indexes that ours have."""
        self._client.create_database(self._database.id)
        for one in LAYOUT.collections:
            key, policy = partition_key(one.partition), policy_of(one)
            self._database.create_container(one.name, key, indexing_policy=policy)

    def container(self, name: str) -> ContainerProxy:
        """Any container of the database."""
        return self._containers[name]

    def insert_many(self, collection: str, documents: Sequence[Document]) -> object:
        return [self._containers[collection].create_item(item_of(one)) for one in documents]

    def create_index(self, collection: str, index: Index) -> None:
        before = self._declared[collection]
        made: Collection = replace(before, indexes=(*before.indexes, index))
        self._declared[collection] = made
        key, policy = partition_key(made.partition), policy_of(made)
        self._database.replace_container(collection, key, indexing_policy=policy)

    def first(self, collection: str, field: str, value: str) -> Document | None:
        where, given = equal({field: value})
        item = next(everywhere(self._containers[collection], where, given), None)
        return None if item is None else decode(item)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def create_experiment(self, name: str) -> str:
        claim, owner = documents.experiment(name)
        for one in (claim, owner):
            self._experiments.create_item(item_of(one))
        return str(owner["_id"])

    def create_run(self, experiment_id: str) -> str:
        run = documents.run(self._experiments.read_item(experiment_id, experiment_id))
        self._runs.create_item(item_of(run))
        return str(run["_id"])

    def log_param(self, run_id: str, param: Param) -> None:
        there = f"c.params[{literal(param.key)}]"
        free = f"NOT IS_DEFINED({there}) OR {there} = {literal(param.value)}"
        self._patch(run_id, {f"/params/{param.key}": param.value}, f" AND ({free})")

    def log_metric(self, run_id: str, metric: Metric) -> None:
        self.log_batch(run_id, [metric])

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        self._patch(run_id, {f"/tags/{tag.key}": tag.value})

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[Param] = ()
    ) -> None:
        by_key = documents.by_key(metrics)
        latest = {name: documents.latest(these) for name, these in by_key.items()}
        if len(latest) + len(params) < _MOST_OPERATIONS:
            changes: dict[str, Any] = {"/chunked": True}
            changes |= {f"/metrics/{name}": _plain(value) for name, value in latest.items()}
            tests = [f" AND ({_is_less(name, value)})" for name, value in latest.items()]
            self._patch(run_id, changes, "".join(tests))
        else:
            self._replace(run_id, latest, params)
        if by_key:
            self._chunks.create_item(item_of(documents.chunk(run_id, by_key)))

    def get_run(self, run_id: str) -> object:
        return self._runs.read_item(run_id, run_id)

    def history(self, run_id: str, key: str) -> int:
        names = [*("level", "first", "key", "count", "steps", "timestamps", "values")]
        fields = ", ".join(f"c[{literal(name)}]" for name in names)
        text = (
            f"SELECT {fields}, c.columns[{literal(key)}] AS column FROM c WHERE c.run_id = @run "
            "AND c.workspace = 'default' AND c.key IN (@key, '')"
        )
        given = listed({"@run": run_id, "@key": key})
        chunks = list(
            self._chunks.query_items(text, given, partition_key=run_id, max_item_count=1000)
        )
        chunks.sort(key=lambda chunk: (chunk["level"], chunk["first"]))
        return sum(map(_points_in, chunks))

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where, given = equal({"experiment_id": experiment_id, **LIVE})
        for number, one in enumerate(search.where):
            test, value = _native(one, f"@c{number}")
            where, given = f"{where} AND {test}", {**given, f"@c{number}": value}
        if len(search.sort) > 1:
            return self._sorted(search, size, token, where, given)
        if token is not None:
            where, given = f"{where} AND c.recent > @after", {**given, "@after": token[0]}
        # One more than the page, to see whether there is another.
        page = list(islice(everywhere(self._runs, where, given, "c.recent", size + 1), size + 1))
        if len(page) <= size:
            return len(page), None
        return size, [page[size - 1]["recent"]]

    def _sorted(
        self, search: Search, size: int, token: Token, where: str, given: Parameters
    ) -> tuple[int, Token]:
        """In an order that no index has: of ids and sort values, then of the page."""
        paths = ", ".join(f"{place(path)} ?? null" for path, _ in search.sort)
        text = f"SELECT VALUE [c.id, {paths}] FROM c WHERE {where}"
        rows = self._runs.query_items(
            text, listed(given), enable_cross_partition_query=True, max_item_count=1000
        )
        ways = [way for _, way in search.sort]
        positions = sorted((_position(row[1:], ways), row[0]) for row in rows)
        if token is not None:
            positions = [one for one in positions if one[0] > token]
        page = positions[:size]
        ids, terms = {f"@i{number}": one[1] for number, one in enumerate(page)}, len(page)
        chosen = f"c.id IN ({', '.join(ids)})"
        found = len(list(everywhere(self._runs, chosen, ids))) if terms else 0
        return found, page[-1][0] if len(positions) > size else None

    def _patch(self, run_id: str, changes: Mapping[str, Any], tests: str = "") -> None:
        operations = [{"op": "set", "path": key, "value": one} for key, one in changes.items()]
        self._runs.patch_item(run_id, run_id, operations, filter_predicate=f"{_ACTIVE}{tests}")

    def _replace(
        self, run_id: str, latest: Mapping[str, Document], params: Sequence[Param]
    ) -> None:
        run = self._runs.read_item(run_id, run_id)
        new = {param.key: param.value for param in params}
        if run["lifecycle"] != "active" or any(
            run["params"].get(key, value) != value for key, value in new.items()
        ):
            raise LookupError(run_id)
        run["params"].update(new)
        for name, value in latest.items():
            if name not in run["metrics"] or run["metrics"][name]["o"] < value["o"]:
                run["metrics"][name] = _plain(value)
        if latest:
            run["chunked"] = True
        self._runs.replace_item(
            run_id, run, etag=run["_etag"], match_condition=MatchConditions.IfNotModified
        )

    def _container(self, name: str) -> ContainerProxy:
        return self._database.get_container_client(name)


def item_of(document: Document) -> Document:
    """An item, of what JSON can hold, as in ours: see ``adapters/cosmosdb/values.py``."""
    return {"id": document["_id"], **_plain(document)}


def literal(value: str) -> str:
    """A text in a condition of a patch, which takes no parameters."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(given: Parameters) -> list[dict[str, Any]]:
    """Parameters as the SDK wants them."""
    return [{"name": name, "value": value} for name, value in given.items()]


def place(path: str) -> str:
    """A dotted path in an item."""
    return "c" + "".join(f"[{literal(name)}]" for name in path.split("."))


def equal(values: Mapping[str, Any]) -> tuple[str, Parameters]:
    """That fields have values."""
    tests = [f"{place(path)} = @e{number}" for number, path in enumerate(values)]
    return " AND ".join(tests), {f"@e{n}": value for n, value in enumerate(values.values())}


def everywhere(
    container: ContainerProxy, where: str, given: Parameters, order: str = "", size: int = 1000
) -> Iterator[Document]:
    """Items of all partitions."""
    by = f" ORDER BY {order}" if order else ""
    yield from container.query_items(
        f"SELECT * FROM c WHERE {where}{by}",
        listed(given),
        enable_cross_partition_query=True,
        max_item_count=size,
    )


def write_all(container: ContainerProxy, items: Iterable[Document], partition: str) -> None:
    """Put items of one partition."""
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        container.execute_item_batch([("upsert", (item,)) for item in batch], partition)


def _plain(document: Mapping[str, Any]) -> Document:
    found: Document = {}
    for name, value in document.items():
        match value:
            case bytes():
                found[name] = {"#": f"b{b64encode(value).decode()}"}
            case dict():
                found[name] = _plain(value)
            case list():
                found[name] = [_plain(one) if isinstance(one, dict) else one for one in value]
            case float() if value.is_integer():
                found |= {name: value, f"{name}#": repr(value)}
            case int() if abs(value) >= _EXACT:
                found |= {name: float(value), f"{name}#": value - int(float(value))}
            case _:
                found[name] = value
    return found


def _is_less(name: str, value: Document) -> str:
    there = f"c.metrics[{literal(name)}]"
    return f"NOT IS_DEFINED({there}) OR {there}.o < {literal(value['o'])}"


def _points_in(chunk: Document) -> int:
    """Packed, as the other bare drivers have them."""
    if chunk["key"] != SEVERAL:
        for name in ("steps", "timestamps", "values"):
            b64decode(chunk[name]["#"][1:])
        return int(chunk["count"])
    return int.from_bytes(b64decode(chunk["column"]["#"][1:])[:8], "little")


def _native(condition: Condition, name: str) -> tuple[str, str | float]:
    path, operator, value = condition
    return f"{place(path)} {operator} {name}", value


def _position(values: Sequence[Any], ways: Sequence[int]) -> list[Any]:
    """What sorts as the values do, those that are missing last."""
    return [
        (value is None, value * way if isinstance(value, int | float) else value or "")
        for value, way in zip(values, ways, strict=True)
    ]
