"""Indexes of the layout, and those that users add for their hot keys."""

from mlflow_docstore.adapters.document.codecs import runs as codec
from mlflow_docstore.adapters.document.codecs.runs import latest_path
from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.keys import digest, escape
from mlflow_docstore.adapters.document.layout import LAYOUT, RUNS, Index
from mlflow_docstore.core.errors import InvalidArgument, NotFound
from mlflow_docstore.core.query import Field, FieldKind
from mlflow_docstore.ports.indexes import IndexInfo, IndexRepository

_BUILTIN = {(made.name, index.name) for made in LAYOUT.collections for index in made.indexes}


class DocumentIndexes(IndexRepository):
    """See the port.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def list(self) -> list[IndexInfo]:
        return [
            _info(collection.name, index)
            for collection in LAYOUT.collections
            for index in sorted(self._driver.indexes(collection.name), key=lambda one: one.name)
        ]

    def add(self, field: Field) -> IndexInfo:
        index = hot_index(field)
        self._driver.create_index(RUNS, index)
        return _info(RUNS, index)

    def drop(self, name: str) -> None:
        if any(builtin == name for _, builtin in _BUILTIN):
            raise InvalidArgument("index", name, problem="builtin")
        if not self._driver.drop_index(RUNS, name):
            raise NotFound("index", name)


def hot_index(field: Field) -> Index:
    """The index of a key that runs are often searched by: the scope of a search, then the key.

    Runs with equal values are in the default order, so that a page of them needs no sort.

    Raises:
        InvalidArgument: ``kind="index"``; the field is no metric, param or tag.
    """
    paths = {
        # Of runs without a number, those with NaN come first.
        FieldKind.METRIC: (
            (latest_path(field.name, codec.VALUE), 1),
            (latest_path(field.name, codec.RANK), -1),
        ),
        FieldKind.PARAM: ((f"{codec.PARAMS}.{escape(field.name)}", 1),),
        FieldKind.TAG: ((f"{codec.TAGS}.{escape(field.name)}", 1),),
    }
    if field.kind not in paths:
        raise InvalidArgument("index", field.name, problem="kind")
    scope = ((codec.EXPERIMENT, 1), ("workspace", 1), (codec.LIFECYCLE, 1))
    # Databases limit the length of index names, and user keys may be long: a hash is not.
    name = f"on_{field.kind.value}_{digest(field.name)[:12]}"
    return Index(name, (*scope, *paths[field.kind], (codec.RECENT, 1)))


def _info(collection: str, index: Index) -> IndexInfo:
    return IndexInfo(collection, index.name, index.keys, (collection, index.name) in _BUILTIN)
