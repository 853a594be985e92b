"""Pieces of SQL with their parameters: names and paths are part of the text, values never are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mlflow_docstore.adapters.document.rules.paths import segments
from mlflow_docstore.adapters.document.rules.values import accepted
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import Field, FieldKind
from mlflow_docstore.core.query import path as field_at

from .values import stored_text

_EXACT = 2**53
_ID = field_at("_id")


@dataclass(frozen=True, slots=True)
class Clause:
    """An expression.

    Args:
        text: SQL with a question mark for each parameter.
        parameters: What to bind to them.
    """

    text: str
    parameters: tuple[Any, ...] = ()


TRUE = Clause("1")
FALSE = Clause("0")


def every(clauses: Sequence[Clause]) -> Clause:
    """All hold; of none, true."""
    return _joined("AND", clauses) if clauses else TRUE


def some(clauses: Sequence[Clause]) -> Clause:
    """At least one holds; of none, false."""
    return _joined("OR", clauses) if clauses else FALSE


def _joined(word: str, clauses: Sequence[Clause]) -> Clause:
    """A balanced tree: SQLite bounds the depth of an expression."""
    if len(clauses) == 1:
        return clauses[0]
    middle = len(clauses) // 2
    left, right = _joined(word, clauses[:middle]), _joined(word, clauses[middle:])
    return Clause(f"({left.text} {word} {right.text})", left.parameters + right.parameters)


def identifier(name: str) -> str:
    """The name of a table or an index."""
    quoted = name.replace('"', '""')
    return f'"{quoted}"'


def literal(text: str) -> str:
    """A text that is part of the statement."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


@lru_cache(4096)
def json_path(path: str) -> str:
    """A dotted path as that of SQLite's JSON functions; it leads through no array."""
    return literal("$" + "".join(f'."{name}"' for name in segments(path)))


def bound(value: str | float) -> Clause:
    """A scalar, as the JSON functions would read it from a document.

    SQLite turns decimals into binary with an error in the last place, in JSON otherwise than
    elsewhere, and in some builds only; so a fraction takes the way that the stored one took.
    """
    value = accepted(value)
    if isinstance(value, str):
        return Clause("?", (stored_text(value),))
    if isinstance(value, float) and not (value.is_integer() and abs(value) < _EXACT):
        return Clause("json_extract(?, '$')", (repr(value),))
    return Clause("?", (value,))


@dataclass(frozen=True, slots=True)
class Source:
    """Where fields are looked for: in the documents of a table, or in an element of an array.

    Args:
        json: The expression of the JSON text.
        id: That of the id, where it has a column of its own.
        narrow: The fields alone by which indexes may look rows up; None for all.
    """

    json: str
    id: str | None = None
    narrow: frozenset[str] | None = None

    def is_id(self, field: Field) -> bool:
        """Whether the field is the id, which is always there, and a text."""
        return self.id is not None and field == _ID

    def is_wide(self, field: Field) -> bool:
        """Whether no index may look rows up by the field."""
        return self.narrow is not None and field.name not in self.narrow

    def path(self, field: Field) -> str:
        """The path of a field, as a literal."""
        if field.kind is not FieldKind.PATH:
            raise Unsupported("field", field.name, field_kind=field.kind.value)
        return json_path(field.name)

    def value(self, field: Field) -> str:
        """The expression of a field's value; NULL for a missing or null one."""
        path = self.path(field)
        if self.id is not None and self.is_id(field):
            return self.id
        # What a sign stands before is no expression of an index.
        sign = "+" if self.is_wide(field) else ""
        return f"{sign}json_extract({self.json}, {path})"

    def type(self, field: Field) -> str:
        """The expression of the type of a field's value; NULL for a missing one."""
        return f"json_type({self.json}, {self.path(field)})"

    def plain(self, field: Field) -> str:
        """The expression of a text or a number; NULL for what else there may be."""
        if self.is_id(field):
            return self.value(field)
        types = "('text', 'integer', 'real')"
        return f"CASE WHEN {self.type(field)} IN {types} THEN {self.value(field)} END"

    def text(self, field: Field) -> str:
        """The expression of a field's value as JSON; NULL for a missing one."""
        return f"{self.json} -> {self.path(field)}"


DOCUMENT = Source("doc", "id")
"""A row of a table."""
