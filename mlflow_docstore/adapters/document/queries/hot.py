"""Indexes of runs' own keys: what each would be, and which of them would serve a search."""

from collections.abc import Iterator
from functools import lru_cache

from mlflow_docstore.adapters.document.codecs import runs as codec
from mlflow_docstore.adapters.document.codecs.runs import latest_path
from mlflow_docstore.adapters.document.driver import Aid
from mlflow_docstore.adapters.document.keys import digest, escape
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.query import Compare, Field, FieldKind, Operator, conjuncts
from mlflow_docstore.core.runs import RUN_NAME_TAG
from mlflow_docstore.ports.runs import RunQuery

_SCOPE = ((codec.EXPERIMENT, 1), ("workspace", 1), (codec.LIFECYCLE, 1))
_KINDS = frozenset({FieldKind.METRIC, FieldKind.PARAM, FieldKind.TAG})
_NAME = Field(FieldKind.ATTRIBUTE, "run_name")
# The same keys come with every call.
_REMEMBERED = 1024


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
    # Databases limit the length of index names, and user keys may be long: a hash is not.
    name = f"on_{field.kind.value}_{digest(field.name)[:12]}"
    return Index(name, (*_SCOPE, *paths[field.kind], (codec.RECENT, 1)))


def aids(query: RunQuery) -> tuple[Aid, ...]:
    """What would serve a search: an index of one key that it filters by, and of the first that it
    sorts by."""
    fields = [*_narrowing(query)][:1]
    if query.order and query.order[0].field.kind in _KINDS:
        fields.append(query.order[0].field)
    return tuple(map(_aid, dict.fromkeys(fields)))


@lru_cache(_REMEMBERED)
def _aid(field: Field) -> Aid:
    index = hot_index(field)
    return Aid(index, index.keys[len(_SCOPE)][0])


def _narrowing(query: RunQuery) -> Iterator[Field]:
    """Keys whose values an index could look up: of equalities first, as they find less."""
    nodes = conjuncts(query.where)
    ranges: list[Field] = []
    for node in nodes:
        match node:
            case Compare(field, Operator.EQ):
                yield from _hot(field)
            case Compare(field, Operator.LT | Operator.LE | Operator.GT | Operator.GE):
                ranges.extend(_hot(field))
    yield from ranges


def _hot(field: Field) -> Iterator[Field]:
    if field == _NAME:
        # By which runs are found: see ``RunQuery``.
        yield Field(FieldKind.TAG, RUN_NAME_TAG)
    elif field.kind in _KINDS:
        yield field
