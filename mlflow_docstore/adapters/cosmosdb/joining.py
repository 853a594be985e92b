"""Joins, of which the service has none between items: the others are read by their ids."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from mlflow_docstore.adapters.document.driver import Document, Find, Join, Row
from mlflow_docstore.adapters.document.rules.joins import joined_ids
from mlflow_docstore.adapters.document.rules.paths import shower, widened
from mlflow_docstore.adapters.document.rules.values import copied, field_name
from mlflow_docstore.core.query import In, path

_TOGETHER = 100
"""Rows whose others are read together, and held meanwhile."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Reads of others.

    Args:
        read: Reads a collection, in no order.
        in_terms: The most terms in one membership test.
    """

    read: Callable[[str, Find], Iterator[Document]]
    in_terms: int

    def rows(
        self, query: Find, join: Join, plain: Callable[[Find], Iterator[Row]]
    ) -> Iterator[Row]:
        """The rows of a query, which are read without their others and then given them."""
        show, fields = shower(query.fields), widened(query.fields, (join.field,))
        into, found = field_name(join.into), plain(replace(query, join=None, fields=fields))
        while rows := list(islice(found, _TOGETHER)):
            ids = [joined_ids(row.document, join.field) for row in rows]
            others = self._others(join.collection, list(dict.fromkeys(chain(*ids))))
            for row, these in zip(rows, ids, strict=True):
                shown = show(row.document)
                # Copies, as a reader may change what it gets.
                shown[into] = [copied(others[key]) for key in these if key in others]
                yield replace(row, document=shown)

    def _others(self, collection: str, ids: list[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for at in range(0, len(ids), self.in_terms):
            where = In(path("_id"), tuple(ids[at : at + self.in_terms]))
            found |= {one["_id"]: one for one in self.read(collection, Find(where))}
        return found
