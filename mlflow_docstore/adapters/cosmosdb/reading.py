"""Reads of several documents: filtered by the service, in the order of one field or of none.

Any other order is made here, from the ids and sort values of all that matches. A continuation token
never leaves a call: what follows a row is asked for by its sort values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from mlflow_docstore.adapters.document.driver import Document, Find, Row
from mlflow_docstore.adapters.document.groups import Value
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.adapters.document.rules.orders import Position, SortOrder
from mlflow_docstore.adapters.document.rules.paths import shower, widened
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.adapters.document.rules.sorting import Sorting
from mlflow_docstore.adapters.document.rules.tuples import values_of
from mlflow_docstore.adapters.document.rules.values import rank
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import Filter, Leaf, Order, Scalar, SortKey, all_of, path

from .compiler import ROOT, compile_filter, reference
from .items import Place, found, read
from .joining import Joining
from .keys import item_id, key_in, partition_in
from .orders import Walk, exactly, first_served, order_by, unserved, walk_of
from .reach import Reach
from .values import MARK, Item, decode, stored_path

_PAGE = 1000
"""The most items of one response; its size bounds them too."""

_AHEAD = 2
"""Rows that are looked at beyond the last: one tells that a tie has ended, and the SDK, where it
merges partitions, looks for one behind each that it hands out."""

_SORTED: Mapping[str, frozenset[str]] = {
    one.name: frozenset(path for index in one.indexes for path, _ in index.keys)
    for one in LAYOUT.collections
}
"""The fields of each collection that some index has."""


class Reading:
    """Reads of one driver.

    Args:
        reach: The way to the containers.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def rows(self, collection: str, query: Find) -> Iterator[Row]:
        """The rows of a query, as they arrive where the service has its order."""
        if query.limit == 0:
            return iter(())
        if query.join is None:
            return self._rows(collection, query)
        joining = Joining(self.read, self._in_terms)
        return joining.rows(query, query.join, partial(self._rows, collection))

    def _rows(self, collection: str, query: Find) -> Iterator[Row]:
        if not query.order:
            documents = islice(self.read(collection, query), query.limit)
            return (Row(document, ()) for document in documents)
        return first_served(self._ordered(collection, query))

    def _ordered(self, collection: str, query: Find) -> Iterator[Iterator[Row]]:
        """The rows of a query in its order, by all ways to it, the cheapest first."""
        walk = walk_of(collection, query)
        if walk is not None:
            yield islice(self._walked(collection, query, walk), query.limit)
        for walks in (partial(_walks, collection), lambda _: False):
            read = partial(self.read, collection, page=_page(query.limit))
            yield Sorting(read, walks, self._in_terms).rows(query)

    def _walked(self, collection: str, query: Find, walk: Walk) -> Iterator[Row]:
        """The rows of a query as an index has them."""
        where, show = all_of(query.where, walk.behind()), shower(query.fields)
        fields = widened(query.fields, (key.field.name for key in walk.order))
        found = self._documents(collection, where, fields, walk.text, _page(query.limit))
        for position, document in self._placed(found, query):
            yield Row(show(document), position)

    def read(self, collection: str, query: Find, page: int = _PAGE) -> Iterator[Document]:
        """What matches, in the order of the one field that the query may have, page by page."""
        if not query.order:
            size = min(query.limit or _PAGE, _PAGE)
            return self._documents(collection, query.where, query.fields, "", size)
        (key,) = query.order
        text = order_by([(_ordered(key), -1 if key.descending else 1)])
        found = self._documents(collection, query.where, query.fields, text, page)
        return (document for _, document in self._placed(found, query))

    def _placed(
        self, documents: Iterable[Document], query: Find
    ) -> Iterator[tuple[Position, Document]]:
        """Documents in the order that the service has made, and in that of their numbers."""
        order = SortOrder(query.order, PredicateCompiler(self._in_terms))
        return exactly(((order.position(document), document) for document in documents), order)

    def _documents(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str] | None,
        order: str,
        page: int,
    ) -> Iterator[Document]:
        key = key_in(collection, where)
        if key is not None:
            documents = self._one(collection, key, where)
        else:
            documents = map(decode, self.items(collection, where, _shape(fields), order, page))
        return map(shower(fields), documents)

    def _one(self, collection: str, key: str, where: Filter) -> Iterator[Document]:
        """The document of an id, if it matches: a point read costs less than a query."""
        place = Place(item_id(key), item_id(key))
        with self._reach.calling("get", collection, key) as native:
            item = read(native, place)
        document = None if item is None else decode(item)
        if document is not None and PredicateCompiler(self._in_terms).compile(where)(document):
            yield document

    def items(
        self,
        collection: str,
        where: Filter,
        shape: str = "*",
        order: str = "",
        page: int = _PAGE,
    ) -> Iterator[Item]:
        """Items, or what is chosen of them, page by page."""
        condition = compile_filter(where, self._in_terms)
        partition = partition_in(collection, where)
        reach: dict[str, Any] = {"enable_cross_partition_query": True}
        if partition is not None:
            reach = {"partition_key": partition}
        with self._reach.calling("query", collection) as native, unserved(order):
            yield from found(
                native,
                f"SELECT {shape} FROM {ROOT} WHERE {condition.text}{order}",
                parameters=condition.listed(),
                max_item_count=page,
                **reach,
            )

    def distinct(
        self, collection: str, where: Filter, fields: Sequence[str], limit: int
    ) -> list[tuple[Scalar, ...]]:
        """The distinct combinations of the fields' values, read until there are enough."""
        keys = [Order(path(name), optional=True) for name in fields]
        order = SortOrder(keys, PredicateCompiler(self._in_terms))
        unique: dict[Any, tuple[Scalar, ...]] = {}
        for document in self.read(collection, Find(where, fields=tuple(fields))):
            if len(unique) == limit:
                break
            position = order.position(document)
            unique.setdefault(tuple(map(rank, position)), position)
        return list(unique.values())[:limit]

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        each: str | None,
        of_each: Sequence[Leaf],
    ) -> Iterator[tuple[Value, ...]]:
        """The values of documents, or of elements, as they arrive."""
        paths = fields if each is None else (*fields, each)
        shape = _shape(tuple(paths))
        documents = map(decode, self.items(collection, where, shape))
        return values_of(documents, fields, each, of_each, PredicateCompiler(self._in_terms))

    @property
    def _in_terms(self) -> int:
        return self._reach.capabilities.limits.in_terms


def _page(limit: int | None) -> int:
    """The most items of one response, where rows are in order and no more than some are wanted."""
    return _PAGE if limit is None else min(limit + _AHEAD, _PAGE)


def _walks(collection: str, key: SortKey) -> bool:
    """Whether a key is a field that is indexed by its own name, and that all documents have."""
    if not isinstance(key, Order) or key.optional:
        return False
    return key.field.name == "_id" or key.field.name in _SORTED.get(collection, ())


def _ordered(key: SortKey) -> str:
    if not isinstance(key, Order):
        raise Unsupported("sort key", type(key).__name__)
    return key.field.name


def _shape(fields: Sequence[str] | None) -> str:
    """What is read of an item: top-level fields whole, with what their numbers lack."""
    if fields is None:
        return "*"
    heads = dict.fromkeys(stored_path(name)[0] for name in ("_id", *fields))
    names = [name for head in heads for name in (head, f"{head}{MARK}")]
    members = ", ".join(f"{reference('', [one])[1:-1]}: {reference(ROOT, [one])}" for one in names)
    return f"VALUE {{{members}}}"
