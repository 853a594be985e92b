"""The driver's verbs on Azure Cosmos DB for NoSQL."""

from collections.abc import Iterable, Iterator, Sequence

from mlflow_docstore.adapters.document.driver import (
    Document,
    Driver,
    Find,
    Inserts,
    Outcome,
    Patch,
    Row,
    Server,
)
from mlflow_docstore.adapters.document.groups import Group, GroupRow, Value
from mlflow_docstore.adapters.document.layout import Index, Layout
from mlflow_docstore.core.capabilities import Capabilities, Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import Filter, Leaf, Scalar
from mlflow_docstore.ports.backend import Provision, Step

from .bulk import Bulk
from .indexes import Indexes
from .points import Points
from .reach import Reach
from .reading import Reading
from .values import decode
from .writing import Writing


class CosmosDriver(Driver):
    """Azure Cosmos DB for NoSQL through azure-cosmos.

    Args:
        reach: The way to the containers.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._reading = Reading(reach)
        self._points = Points(reach)
        self._writing = Writing(reach, self._reading, self._points)
        self._bulk = Bulk(reach, self._writing)
        self._indexes = Indexes(reach)

    @property
    def capabilities(self) -> Capabilities:
        return self._reach.capabilities

    def server(self) -> Server:
        return self._reach.server()

    def get(self, collection: str, key: str) -> Document | None:
        place = self._writing.place(collection, key)
        if place is None:
            return None
        looks = self._points.looks(collection, key, place)
        return next((decode(item) for item in looks if item is not None), None)

    def insert(self, collection: str, document: Document) -> bool:
        return self._writing.create(collection, self._writing.fitting(document))

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        if beside is not None:
            raise Unsupported("insert", collection, lacks=Feature.PATCH_INSERT.value)
        return self._bulk.insert(collection, documents, ordered=ordered)

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        self._bulk.put(collection, documents)

    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        if beside is not None:
            raise Unsupported("patch", key, lacks=Feature.PATCH_INSERT.value)
        outcome = self._writing.patch(collection, key, patch, when, None)
        return outcome if returning else Outcome(outcome.matched)

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        self._bulk.patch(collection, where, patch)

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        return self._writing.delete(collection, key, when)

    def delete_many(self, collection: str, where: Filter) -> None:
        self._bulk.delete(collection, where)

    def find(self, collection: str, query: Find) -> list[Row]:
        return list(self._reading.rows(collection, query))

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        return (row.document for row in self._reading.rows(collection, query))

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        return self._reading.distinct(collection, where, fields, limit) if limit else []

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        raise Unsupported("group", collection, lacks=Feature.GROUP.value, keys=len(query.keys))

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        *,
        each: str | None = None,
        of_each: Sequence[Leaf] = (),
    ) -> Iterator[tuple[Value, ...]]:
        return self._reading.tuples(collection, where, fields, each, of_each)

    def prepare(self, layout: Layout) -> None:
        for step in self.preparation(layout, Provision()):
            step.run()

    def preparation(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        return self._reach.preparation(layout, provision)

    def indexes(self, collection: str) -> list[Index]:
        return self._indexes.listed(collection)

    def create_index(self, collection: str, index: Index) -> None:
        self._indexes.create(collection, index)

    def drop_index(self, collection: str, name: str) -> bool:
        return self._indexes.drop(collection, name)

    def drop(self, collections: Iterable[str]) -> None:
        for collection in collections:
            self._reach.drop(collection)

    def reclaim(self) -> None:
        """Nothing to do: the service does so by itself."""

    def close(self) -> None:
        self._reach.close()
