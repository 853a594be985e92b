"""Indexes of the layout, and those that users add for their hot keys."""

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import LAYOUT, RUNS, TRACES, Index
from mlflow_docstore.adapters.document.queries.hot import hot_index
from mlflow_docstore.core.errors import InvalidArgument, NotFound
from mlflow_docstore.core.query import Field
from mlflow_docstore.ports.indexes import IndexInfo, IndexRepository

_BUILTIN = {(made.name, index.name) for made in LAYOUT.collections for index in made.indexes}
_ADDED_TO = (RUNS, TRACES)


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
        if not any(self._driver.drop_index(collection, name) for collection in _ADDED_TO):
            raise NotFound("index", name)


def _info(collection: str, index: Index) -> IndexInfo:
    return IndexInfo(collection, index.name, index.keys, (collection, index.name) in _BUILTIN)
