"""Indexes of one database: those of fields, and those of elements of arrays."""

import sqlite3
from collections.abc import Sequence

from mlflow_docstore.adapters.document.layout import Index

from .calls import Calls
from .clauses import Clause, identifier
from .elements import drop_elements, elements_of
from .measures import is_of_measures
from .tables import index_name, index_of, make_index
from .transactions import within


class Indexes:
    """The indexes of one driver.

    Args:
        calls: The way to the database.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, collection: str) -> list[Index]:
        """All, without those on ids and those of measures."""
        return [*self._of_fields(collection), *self._of_elements(collection)]

    def create(self, collection: str, index: Index) -> None:
        """Make one of fields unless it is there."""
        table = self._calls.table(collection)

        def make(native: sqlite3.Connection) -> None:
            make_index(native, table, index)

        self._calls.add("create_index", collection, lambda one: within(one, make))

    def drop(self, collection: str, name: str) -> bool:
        """Drop one; whether it was there."""
        if name in {index.name for index in self._of_elements(collection)}:
            self._drop_elements(collection, [name])
            return True
        if name not in {index.name for index in self._of_fields(collection)}:
            return False
        native_name = identifier(index_name(self._calls.table(collection), name))

        def drop(native: sqlite3.Connection) -> None:
            native.execute(f"DROP INDEX IF EXISTS {native_name}")

        self._calls.write("drop_index", collection, drop, None)
        return True

    def drop_elements(self, collection: str) -> None:
        """Drop those of elements, which do not go with their table."""
        names = [index.name for index in self._of_elements(collection)]
        if names:
            self._drop_elements(collection, names)

    def _of_fields(self, collection: str) -> Sequence[Index]:
        table = self._calls.table(collection)
        statement = (
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?"
            " AND sql IS NOT NULL ORDER BY name"
        )
        rows = self._calls.rows("indexes", collection, Clause(statement, (table,)))
        return [index_of(table, name, sql) for name, sql in rows if not is_of_measures(table, name)]

    def _of_elements(self, collection: str) -> Sequence[Index]:
        table = self._calls.table(collection)
        nothing: Sequence[Index] = ()
        return self._calls.read(
            "indexes", collection, lambda native: elements_of(native, table), nothing
        )

    def _drop_elements(self, collection: str, names: Sequence[str]) -> None:
        table = self._calls.table(collection)

        def drop(native: sqlite3.Connection) -> None:
            for name in names:
                drop_elements(native, table, name)

        self._calls.write("drop_index", collection, lambda one: within(one, drop), None)
