"""Indexes: what makes searches by a run's own keys fast."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from mlflow_docstore.core.query import Field


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """An index that the database has.

    Args:
        collection: On which logical collection.
        name: Unique within the collection.
        keys: Paths and directions: 1 ascending, -1 descending.
        builtin: Whether every database has it; the others were added for a hot key.
    """

    collection: str
    name: str
    keys: tuple[tuple[str, int], ...]
    builtin: bool


class IndexRepository(Protocol):
    """Indexes of one database. Building one may take the database a while; see its page."""

    @abstractmethod
    def list(self) -> "list[IndexInfo]":
        """All of them, by collection and name, without those on ids."""

    @abstractmethod
    def add(self, field: Field) -> IndexInfo:
        """Index a metric, a param or a tag of runs, so that a filter on it reads only its matches.

        Repeatable.

        Args:
            field: Of kind METRIC, PARAM or TAG.

        Raises:
            InvalidArgument: ``kind="index"``; a field of another kind.
        """

    @abstractmethod
    def drop(self, name: str) -> None:
        """Drop an index that was added.

        Raises:
            NotFound: ``kind="index"``; there is none of that name.
            InvalidArgument: ``kind="index"``; every database needs this one.
        """
