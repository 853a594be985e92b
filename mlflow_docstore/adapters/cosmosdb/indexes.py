"""Declared indexes: read from, added to and taken out of the indexing policy of a container."""

from collections.abc import Sequence
from typing import Any

from azure.cosmos.exceptions import CosmosResourceNotFoundError

from mlflow_docstore.adapters.document.layout import LAYOUT, Collection, Index

from .indexing import indexes_in, policy_of
from .keys import partition_of
from .reach import Reach


class Indexes:
    """The declared indexes of one driver's containers.

    Args:
        reach: The way to the containers.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def listed(self, collection: str) -> list[Index]:
        """The declared indexes of a container; of one that is not there, none."""
        return indexes_in(self._policy(collection) or {})

    def create(self, collection: str, index: Index) -> None:
        """Declare an index, unless one of its name is there."""
        declared = self.listed(collection)
        if index.name not in {one.name for one in declared}:
            self._declare(collection, [*declared, index])

    def drop(self, collection: str, name: str) -> bool:
        """Take an index back; whether it was there."""
        declared = self.listed(collection)
        kept = [one for one in declared if one.name != name]
        if len(kept) == len(declared):
            return False
        self._declare(collection, kept)
        return True

    def _declare(self, collection: str, indexes: Sequence[Index]) -> None:
        measures = {one.name: one.measures for one in LAYOUT.collections}.get(collection, ())
        whole = Collection(collection, partition_of(collection), tuple(indexes), measures)
        self._reach.replace_policy(collection, policy_of(whole))

    def _policy(self, collection: str) -> dict[str, Any] | None:
        with self._reach.calling("indexes", collection) as native:
            try:
                return dict(native.read()["indexingPolicy"])
            except CosmosResourceNotFoundError:
                return None
