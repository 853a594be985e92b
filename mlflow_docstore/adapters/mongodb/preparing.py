"""Collections and indexes, as each flavour wants them made."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pymongo import IndexModel
from pymongo.collection import Collection as Native
from pymongo.errors import OperationFailure

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import LAYOUT, Collection, Index, Layout
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.ports.backend import Provision, Step, Throughput

from .errors import (
    ALREADY_INITIALIZED,
    COMMAND_NOT_FOUND,
    INDEX_NOT_FOUND,
    NAMESPACE_EXISTS,
    NAMESPACE_NOT_FOUND,
)
from .flavours import Sharding
from .reach import Reach

_LOG = logging.getLogger(__name__)

_THERE = frozenset({NAMESPACE_EXISTS, ALREADY_INITIALIZED})
_BUILTIN: Mapping[str, Sequence[Index]] = {one.name: one.indexes for one in LAYOUT.collections}
_PART = "."
"""Between an index's name and the number of its field, where it is made field by field."""


class Preparing(Reach):
    """Makes, lists and drops what a database needs besides documents."""

    def steps(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        """What makes the collections and indexes of a layout where they are missing.

        A collection is made by its first index, or by its first document, unless it has to be told
        how it is spread: some servers build indexes at once on a missing collection only.

        Raises:
            Unsupported: The flavour has no throughput to choose.
        """
        flavour = self.flavour()
        if provision.throughput is not None:
            if not flavour.throughput:
                raise Unsupported("throughput", None, database=flavour.title)
            yield self._throughput(provision.throughput)
        for collection in layout.collections:
            name = self.native_name(collection.name)
            if provision.sharded or flavour.sharded:
                yield Step(
                    f"collection {name}, sharded by {collection.partition}",
                    lambda made=collection: self._shard(made),  # type: ignore[misc]
                )
            if collection.indexes:
                named = ", ".join(index.name for index in collection.indexes)
                yield Step(
                    f"indexes of {name}: {named}",
                    lambda made=collection: self.create(made.name, made.indexes),  # type: ignore[misc]
                )

    def _throughput(self, throughput: Throughput) -> Step:
        units = throughput.units
        how: Document = {"offerThroughput": units}
        if throughput.autoscale:
            how = {"autoScaleSettings": {"maxThroughput": units}}

        def run() -> None:
            with self.calling("create_database", LAYOUT.collections[0].name) as native:
                _tolerating(native, {"customAction": "CreateDatabase", **how})

        upto = "up to " if throughput.autoscale else ""
        return Step(f"database with {upto}{units} RU/s for all its collections", run)

    def _shard(self, collection: Collection) -> None:
        with self.calling("shard", collection.name) as native:
            if self.flavour().sharding is Sharding.CUSTOM_ACTION:
                how = {"collection": native.name, "shardKey": collection.partition}
                _tolerating(native, {"customAction": "CreateCollection", **how})
                return
            name = f"{native.database.name}.{native.name}"
            key = {collection.partition: "hashed"}
            _tolerating(native, {"shardCollection": name, "key": key}, "admin")

    def create(self, collection: str, indexes: Iterable[Index]) -> None:
        """Make indexes in one command, those that are there are left alone."""
        if not self.flavour().compound_indexes:
            indexes = self._apart(collection, indexes)
        models = [IndexModel(list(index.keys), name=index.name) for index in indexes]
        if models:
            with self.calling("create_indexes", collection) as native:
                native.create_indexes(models)

    def _apart(self, collection: str, indexes: Iterable[Index]) -> Iterator[Index]:
        """An index a field, but for fields that have one."""
        known = {index.keys[0][0] for index in self._stored(collection)}
        for index in indexes:
            for number, key in enumerate(index.keys):
                if key[0] not in known:
                    known.add(key[0])
                    yield Index(f"{index.name}{_PART}{number}", (key,))

    def listed(self, collection: str) -> list[Index]:
        """The indexes, each as it was declared."""
        stored = self._stored(collection)
        if self.flavour().compound_indexes:
            return stored
        whole: dict[str, tuple[tuple[str, int], ...]] = {}
        for index in sorted(stored, key=lambda one: one.name):
            name = index.name.partition(_PART)[0]
            whole[name] = (*whole.get(name, ()), *index.keys)
        there = {index.keys[0][0] for index in stored}
        for index in _BUILTIN.get(collection, ()):
            if there.issuperset(path for path, _ in index.keys):
                whole[index.name] = index.keys
        return [Index(name, keys) for name, keys in whole.items()]

    def _stored(self, collection: str) -> list[Index]:
        with self.calling("indexes", collection) as native:
            found = native.list_indexes().to_list()
        return [
            Index(one["name"], tuple((path, int(way)) for path, way in one["key"].items()))
            for one in found
            if one["name"] != "_id_"
        ]

    def drop(self, collection: str, name: str) -> bool:
        """Drop an index as it was declared; whether any of it was there."""
        names = [name]
        if not self.flavour().compound_indexes:
            stored = self._stored(collection)
            names = [one.name for one in stored if one.name.partition(_PART)[0] == name]
        dropped = [self._drop(collection, one) for one in names]
        return any(dropped)

    def _drop(self, collection: str, name: str) -> bool:
        with self.calling("drop_index", collection, name) as native:
            try:
                # The driver's own method takes a missing collection for a success.
                native.database.command("dropIndexes", native.name, index=name)
            except OperationFailure as error:
                if error.code not in {INDEX_NOT_FOUND, NAMESPACE_NOT_FOUND}:
                    raise
                return False
            return True


def _tolerating(native: Native[Document], command: Document, database: str | None = None) -> None:
    """Send a command that makes what may be there already."""
    target = native.database if database is None else native.database.client[database]
    try:
        target.command(command)
    except OperationFailure as error:
        if error.code == COMMAND_NOT_FOUND:
            _LOG.warning("%s: the server has no such command", next(iter(command)))
        elif error.code not in _THERE:
            raise
