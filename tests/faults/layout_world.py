"""A database that nobody has prepared but for one index, for upkeep to work on."""

from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.query import Field, FieldKind
from mlflow_docstore.ports.backend import Backend

from .arenas import World
from .readers import Snapshot

_HOT = Field(FieldKind.METRIC, "loss")
HOT_INDEX = "on_metric_3bf342d03372"


def arrange(backend: Backend) -> None:
    backend.indexes.add(_HOT)


def look(backend: Backend) -> Snapshot:
    """The indexes, and whether the database is prepared."""
    try:
        backend.require()
    except NotFound:
        prepared = {}
    else:
        prepared = {"all": True}
    indexes = {f"{one.collection} {one.name}": one.keys for one in backend.indexes.list()}
    return {"indexes": indexes, "prepared": prepared}


WORLD = World(("indexes", ""), arrange, look, exact=(), indexed=True)
