"""Reads: a find where that can do it, else an aggregate, and what makes a row of each result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pymongo.collection import Collection

from mlflow_docstore.adapters.document.driver import Document, Find, Join, Row

from .compiler import Native, merge
from .orders import (
    COMPUTED,
    Stage,
    computed_position,
    computed_stages,
    native_after,
    native_paths,
    native_sort,
)
from .values import lookup, projection, strip

if TYPE_CHECKING:
    from pymongo.command_cursor import CommandCursor
    from pymongo.cursor import Cursor

Results: TypeAlias = "Cursor[Document] | CommandCursor[Document]"


@dataclass(frozen=True, slots=True)
class Read:
    """A read that is ready to be sent.

    Args:
        open: Sends it.
        row: What to make of each result.
    """

    open: Callable[[Collection[Document]], Results]
    row: Callable[[Document], Row]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a read consists of, besides its query.

    Args:
        condition: Its filter.
        batch: The most results of one reply.
        joining: The stages of its join.
        keeps_order: Whether stages that follow a sort leave its order alone.
    """

    condition: Native
    batch: int
    joining: Sequence[Stage] = ()
    keeps_order: bool = True


def joined(join: Join, native_name: Callable[[str], str]) -> list[Stage]:
    """The stages of a join. Its equality form is the only one that all servers know."""
    how = {
        "from": native_name(join.collection),
        "localField": join.field,
        "foreignField": "_id",
        "as": join.into,
    }
    return [{"$lookup": how}]


def native_read(query: Find, shape: Shape) -> Read:
    """A read in an order that the server's own sort makes."""
    paths, fields, sort = native_paths(query.order), query.fields, native_sort(query.order)
    condition, batch = shape.condition, shape.batch
    if query.after is not None:
        condition = merge((condition, native_after(query.order, query.after)))
    chosen = None if fields is None else projection((*fields, *paths))
    helpers = () if fields is None else tuple(path for path in paths if path != "_id")

    def find(native: Collection[Document]) -> Results:
        limit = query.limit or 0
        return native.find(condition, chosen, sort=sort or None, limit=limit, batch_size=batch)

    def row(document: Document) -> Row:
        position = tuple(lookup(document, path) for path in paths)
        for path in helpers:
            strip(document, path, fields or ())
        return Row(document, position)

    if not shape.joining:
        return Read(find, row)
    stages: list[Stage] = [{"$match": condition}]
    if sort:
        stages.append({"$sort": dict(sort)})
    return Read(_aggregate(stages, query, shape, paths), row)


def computing_read(query: Find, shape: Shape) -> Read:
    """A read in an order that has to be computed."""
    stages = [{"$match": shape.condition}, *computed_stages(query.order, query.after)]

    def row(document: Document) -> Row:
        position = computed_position(document, query.order)
        return Row(document, position)

    return Read(_aggregate(stages, query, shape, [COMPUTED]), row)


def _aggregate(
    stages: Sequence[Stage], query: Find, shape: Shape, helpers: Sequence[str]
) -> Callable[[Collection[Document]], Results]:
    """Stages that filter and sort, then what follows them; joins last, of the results alone."""
    pipeline = [*stages]
    if query.limit is not None:
        pipeline.append({"$limit": query.limit})
    pipeline += shape.joining
    if query.fields is not None:
        into = () if query.join is None else (query.join.into,)
        pipeline.append({"$project": projection((*query.fields, *helpers, *into))})
    if not shape.keeps_order and pipeline[-1] is not stages[-1] and "$sort" in stages[-1]:
        pipeline.append(stages[-1])

    def read(native: Collection[Document]) -> Results:
        # One more than there can be, as the cursor of a full batch stays open.
        return native.aggregate(pipeline, batchSize=shape.batch + 1, allowDiskUse=True)

    return read
