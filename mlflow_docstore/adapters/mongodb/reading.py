"""Reads in any order: by the server's own sort, computed by it, or sorted here."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from mlflow_docstore.adapters.document.driver import Document, Find, Row
from mlflow_docstore.adapters.document.grouping import in_order
from mlflow_docstore.adapters.document.groups import Group, GroupRow, Value
from mlflow_docstore.adapters.document.rules.sorting import Sorting
from mlflow_docstore.adapters.document.rules.tuples import value_of
from mlflow_docstore.core.query import Filter, Leaf, Scalar

from .compiler import MongoCompiler, Native
from .flavours import Flavour
from .groups import NO_VALUES, group_row, group_stages, reference, value, value_stages
from .orders import is_native, walks
from .reach import Reach
from .reads import Read, Shape, computing_read, joined, native_read
from .values import lookup, projection

# Rows of a reply, which its size bounds too; without a number the first one brings 101 only.
_WHOLE = 100_000
_BATCH = 1000
_VALUES = 10_000


class Reading(Reach):
    """Reads of a database."""

    def rows(self, collection: str, query: Find) -> list[Row]:
        """The rows of a query."""
        flavour = self.flavour()
        if not _sorts(flavour, collection, query):
            return list(self._sorting(flavour, collection).rows(query))
        read = self._read(flavour, query, _WHOLE)
        with self.calling("find", collection) as native, closing(read.open(native)) as cursor:
            return [read.row(document) for document in cursor]

    def documents(self, collection: str, query: Find) -> Iterator[Document]:
        """The documents of a query, as they arrive."""
        flavour = self.flavour()
        if not _sorts(flavour, collection, query):
            for row in self._sorting(flavour, collection).rows(query):
                yield row.document
            return
        read = self._read(flavour, query, _BATCH)
        with self.calling("scan", collection) as native, closing(read.open(native)) as cursor:
            for document in cursor:
                yield read.row(document).document

    def distinct(
        self, collection: str, where: Filter, fields: Sequence[str], limit: int
    ) -> list[tuple[Scalar, ...]]:
        """The distinct combinations of the fields' values."""
        # Null stands for missing here: the two would otherwise make two groups.
        group = {f"f{i}": {"$ifNull": [f"${path}", None]} for i, path in enumerate(fields)}
        pipeline: list[Native] = [
            {"$match": compiler_of(self.flavour()).compile(where)},
            {"$group": {"_id": group}},
            {"$limit": limit},
        ]
        with self.calling("distinct", collection) as native:
            rows = native.aggregate(pipeline, batchSize=limit + 1).to_list()
        return [tuple(row["_id"][name] for name in group) for row in rows]

    def groups(self, collection: str, query: Group) -> list[GroupRow]:
        """The groups of a query. Sorted here too: not every server keeps an order."""
        flavour = self.flavour()
        stages = group_stages(query, compiler_of(flavour), flavour)
        with self.calling("group", collection) as native:
            cursor = native.aggregate(stages, batchSize=_WHOLE, allowDiskUse=True)
            rows = [group_row(document, query) for document in cursor]
        return in_order(rows, query.limit)

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        each: str | None,
        of_each: Sequence[Leaf],
    ) -> Iterator[tuple[Value, ...]]:
        """The values of documents, or of elements, as they arrive."""
        if each is None:
            yield from self._values(collection, where, fields)
            return
        compiler = compiler_of(self.flavour())
        names = [f"v{number}" for number in range(len(fields))]
        places = (value(reference(each, field)) for field in fields)
        chosen = dict(zip(names, places, strict=True)) or NO_VALUES
        stages = value_stages(compiler.compile(where), chosen, each, of_each, compiler)
        with (
            self.calling("tuples", collection) as native,
            closing(native.aggregate(stages, batchSize=_VALUES)) as cursor,
        ):
            for document in cursor:
                yield tuple(document[name] for name in names)

    def _values(
        self, collection: str, where: Filter, fields: Sequence[str]
    ) -> Iterator[tuple[Value, ...]]:
        """Those of documents, by a projection: for the server to judge each would take longer."""
        condition = compiler_of(self.flavour()).compile(where)
        with (
            self.calling("tuples", collection) as native,
            closing(native.find(condition, projection(fields), batch_size=_VALUES)) as cursor,
        ):
            for document in cursor:
                yield tuple([value_of(lookup(document, field)) for field in fields])

    def _sorting(self, flavour: Flavour, collection: str) -> Sorting:
        return Sorting(
            lambda query: self.documents(collection, query),
            lambda key: walks(collection, key),
            flavour.capabilities.limits.in_terms,
        )

    def _read(self, flavour: Flavour, query: Find, batch: int) -> Read:
        condition = compiler_of(flavour).compile(query.where)
        after = [] if query.join is None else joined(query.join, self.native_name)
        shape = Shape(condition, query.limit or batch, after, keeps_order=flavour.keeps_order)
        return native_read(query, shape) if is_native(query.order) else computing_read(query, shape)


def compiler_of(flavour: Flavour) -> MongoCompiler:
    """The compiler of filters, within the limits of a flavour."""
    return MongoCompiler(flavour.capabilities.limits.in_terms)


def _sorts(flavour: Flavour, collection: str, query: Find) -> bool:
    """Whether the server does the sort of a query, rather than we."""
    if not query.order or not flavour.walks_indexes_only:
        return True
    return len(query.order) == 1 and walks(collection, query.order[0])
