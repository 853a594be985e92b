"""Reads in any order: by the server's own sort, computed by it, or sorted here."""

from collections.abc import Iterator
from contextlib import closing

from mlflow_docstore.adapters.document.driver import Document, Find, Row
from mlflow_docstore.adapters.document.rules.sorting import Sorting

from .compiler import MongoCompiler
from .flavours import Flavour
from .orders import is_native, walks
from .reach import Reach
from .reads import Read, Shape, computing_read, joined, native_read

# Rows of a reply, which its size bounds too; without a number the first one brings 101 only.
_WHOLE = 100_000
_BATCH = 1000


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
