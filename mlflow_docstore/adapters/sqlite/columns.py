"""What reads bring of documents: their text, or the values of some of their fields."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mlflow_docstore.adapters.document.driver import Document, Find
from mlflow_docstore.core.query import Order

from .clauses import Clause, json_path, literal, some
from .values import BYTES_MARK, SOH, decode, plain_text

Columns = tuple[Any, ...]

_PICKED = 20
"""Fields that are picked out of documents; to pick more would take as long as to parse them."""

_PLACE = 1
_BEFORE = 2
_NULL = b"null"
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a result, and the document that they stand for.

    Bytes come first, then the place of the row in the table, then what else there is.

    Args:
        text: The columns as expressions, each with its name.
        names: Their names alone.
        document: Makes the document of a result.
    """

    text: str
    names: str
    document: Callable[[Columns], Document]


def place_of(columns: Columns) -> int:
    """The place of the row in its table."""
    place: int = columns[_PLACE]
    return place


def length_of(columns: Columns) -> int:
    """How much a result brings, in characters and bytes."""
    return sum(len(one) for one in columns if isinstance(one, str | bytes))


def shape_of(query: Find) -> Shape:
    """The document, or as much of it as anything is made of: to parse it all would take longer."""
    if query.fields is None:
        return WHOLE
    sorting = tuple(key.field.name for key in query.order if isinstance(key, Order))
    return _picked(query.fields, sorting if query.join is None else (*sorting, query.join.field))


def is_exact(query: Find) -> bool:
    """Whether of each document nothing else is read than what was asked for."""
    if query.fields is None:
        return query.join is None
    if query.join is not None or any("." in field for field in query.fields):
        return False
    sorting = {key.field.name if isinstance(key, Order) else None for key in query.order}
    return sorting <= {"_id", *query.fields} and len(_tops(query.fields)) <= _PICKED


def data_of(fields: tuple[str, ...] | None) -> str:
    """The column of bytes, unless none of the fields that are asked for has any."""
    if fields is None:
        return "data"
    mark = literal(BYTES_MARK)
    used = some([Clause(f"instr(doc -> {json_path(name)}, {mark})") for name in _tops(fields)])
    return f"CASE WHEN typeof(data) = 'blob' AND {used.text} THEN data END"


@lru_cache(_REMEMBERED)
def _tops(fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields of documents themselves that paths begin with, without the id."""
    return tuple(sorted({field.partition(".")[0] for field in fields} - {"_id"}))


def _whole(columns: Columns) -> Document:
    document: Document = decode(columns[_BEFORE], columns[0])
    return document


def _shape(data: str, values: tuple[str, ...], document: Callable[[Columns], Document]) -> Shape:
    named = "".join(f", {value} AS v{number}" for number, value in enumerate(values))
    names = "".join(f", v{number}" for number in range(len(values)))
    return Shape(f"{data} AS bytes, rowid AS place{named}", f"bytes, place{names}", document)


WHOLE = _shape("data", ("doc",), _whole)


@lru_cache(_REMEMBERED)
def _picked(fields: tuple[str, ...], besides: tuple[str, ...]) -> Shape:
    """Some fields, and what a position or a join is made of."""
    tops = _tops((*fields, *besides))
    if len(tops) > _PICKED:
        return _shape(data_of(fields), ("doc",), _whole)
    names = ("_id", *tops)

    def document(columns: Columns) -> Document:
        found: Document = {}
        for name, value in zip(names, columns[_BEFORE:], strict=False):
            kind = type(value)
            if kind is str:
                found[name] = plain_text(value) if SOH in value else value
            elif kind is bytes:
                found[name] = None if value == _NULL else decode(value.decode(), columns[0])
            elif value is not None:
                found[name] = value
        return found

    return _shape(data_of(fields), ("id", *map(_value, tops)), document)


def _value(name: str) -> str:
    """A field's value: a text or an integer as it is, what else there is as JSON in bytes.

    So texts, which may be long, are not made JSON here only to be parsed in Python; and fractions
    do not take SQLite's way, which is not exact.
    """
    path = json_path(name)
    plain = f"json_extract(doc, {path})"
    return (
        f"CASE json_type(doc, {path}) WHEN 'text' THEN {plain} WHEN 'integer' THEN {plain}"
        f" ELSE CAST(doc -> {path} AS BLOB) END"
    )
