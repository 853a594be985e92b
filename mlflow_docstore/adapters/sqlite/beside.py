"""What a write brings with it: rows of another table, in the same transaction."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mlflow_docstore.adapters.document.driver import Document, Inserts
from mlflow_docstore.adapters.document.rules.values import identified

from .clauses import identifier
from .tables import insert_into, put_into

Encoded: TypeAlias = tuple[str, str, bytes | None]
"""What a row holds: id, text and bytes."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows of another table, or none.

    Args:
        collection: Whose table it is.
        statement: Stores a row.
        rows: Ready to be stored.
        refusal: Finds a row by an id that must be free; empty where none must.
    """

    collection: str | None = None
    statement: str = ""
    rows: tuple[Encoded, ...] = ()
    refusal: str = ""

    @classmethod
    def of(
        cls,
        inserts: Inserts | None,
        table: Callable[[str], str],
        encode: Callable[[Document], Encoded],
    ) -> "Beside":
        """What the documents come to.

        Args:
            inserts: The documents, or None.
            table: From a collection to its table.
            encode: From a document to its row.
        """
        if inserts is None:
            return NOTHING_BESIDE
        rows = tuple(encode(identified(document)) for document in inserts.documents)
        store = put_into if inserts.replacing else insert_into
        name = identifier(table(inserts.collection))
        refusal = f"SELECT 1 FROM {name} WHERE id = ?" if inserts.demanded else ""
        return cls(inserts.collection, store(name), rows, refusal)

    def is_refused(self, native: sqlite3.Connection) -> bool:
        """Whether an id is taken that has to be free, within a transaction."""
        if not self.refusal:
            return False
        return any(native.execute(self.refusal, (key,)).fetchone() for key, *_ in self.rows)

    def store(self, native: sqlite3.Connection) -> None:
        """Store them, within a transaction."""
        if self.rows:
            native.executemany(self.statement, self.rows)


NOTHING_BESIDE = Beside()
