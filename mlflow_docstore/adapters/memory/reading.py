"""Reads of several documents: what matches is taken at one moment, and sorted here."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from mlflow_docstore.adapters.document.driver import Document, Find, Row
from mlflow_docstore.adapters.document.groups import Value
from mlflow_docstore.adapters.document.rules.joins import joined_ids
from mlflow_docstore.adapters.document.rules.orders import Position, SortOrder
from mlflow_docstore.adapters.document.rules.paths import pick, tree
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.adapters.document.rules.tuples import values_of
from mlflow_docstore.adapters.document.rules.values import copied, field_name, rank
from mlflow_docstore.core.query import Filter, Leaf, Order, Scalar, path

from .database import Database

_logger = logging.getLogger(__name__)


class Reading:
    """Reads of a database.

    Args:
        database: Where the documents are.
        prefix: Set before the name of each collection.
        compiler: Of filters.
    """

    def __init__(self, database: Database, prefix: str, compiler: PredicateCompiler) -> None:
        self._database = database
        self._prefix = prefix
        self._compiler = compiler

    def rows(self, collection: str, query: Find) -> list[Row]:
        """The rows of a query."""
        show = self._shower(query)
        return [
            Row(show(document), position)
            for position, document in self._selected(collection, query)
        ]

    def documents(self, collection: str, query: Find) -> Iterator[Document]:
        """The documents of a query, as they are asked for."""
        show = self._shower(query)
        for _, document in self._selected(collection, query):
            yield show(document)

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], limit: int
    ) -> list[tuple[Scalar, ...]]:
        """The distinct combinations of the fields' values."""
        order = SortOrder([Order(path(name), optional=True) for name in fields], self._compiler)
        found = (order.position(document) for document in self._snapshot(collection, where))
        unique = {tuple(map(rank, position)): position for position in found}
        return list(unique.values())[:limit]

    def values(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        each: str | None,
        of_each: Sequence[Leaf],
    ) -> Iterator[tuple[Value, ...]]:
        """The values of documents, or of elements."""
        documents = self._snapshot(collection, where)
        return values_of(documents, fields, each, of_each, self._compiler)

    def _shower(self, query: Find) -> Callable[[Document], Document]:
        """What becomes of a stored document that is handed out."""
        branches = None if query.fields is None else tree(("_id", *query.fields))
        join = query.join

        def show(document: Document) -> Document:
            shown: Document = copied(document) if branches is None else pick(document, branches)
            return shown

        if join is None:
            return show
        into = field_name(join.into)

        def joined(document: Document) -> Document:
            with self._database.lock:
                stored = self._stored(join.collection)
                found = [stored[key] for key in joined_ids(document, join.field) if key in stored]
            return {**show(document), into: list(map(copied, found))}

        return joined

    def _stored(self, collection: str) -> Mapping[str, Document]:
        return self._database.table(self._prefix + collection).documents

    def _snapshot(self, collection: str, where: Filter) -> list[Document]:
        matches = self._compiler.compile(where)
        with self._database.lock:
            documents = list(self._stored(collection).values())
        return [document for document in documents if matches(document)]

    def _selected(self, collection: str, query: Find) -> list[tuple[Position, Document]]:
        order = SortOrder(query.order, self._compiler)
        documents = self._snapshot(collection, query.where)
        rows = [(order.position(document), document) for document in documents]
        if query.after is not None:
            behind = order.place(query.after)
            rows = [row for row in rows if behind < order.place(row[0])]
        rows.sort(key=lambda row: order.place(row[0]))
        _logger.debug("find in %s: %d documents", collection, len(rows))
        return rows[: query.limit]
