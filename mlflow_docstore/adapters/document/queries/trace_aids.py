"""Indexes of keys of traces: which of them would serve a search."""

from collections.abc import Sequence
from functools import lru_cache

from mlflow_docstore.adapters.document.codecs import assessments as assessment_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.driver import Aid
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.core.query import (
    AnyElement,
    Compare,
    Filter,
    In,
    Operator,
    Or,
    Order,
    conjuncts,
    is_equality,
)

_SCOPE = ((codec.EXPERIMENT, 1), ("workspace", 1), (codec.LIFECYCLE, 1))
_SERVED = frozenset(
    {"_id", "workspace", codec.EXPERIMENT, codec.LIFECYCLE, codec.SESSION}
    | {codec.TIME, codec.RECENT}
)
"""What the indexes of the layout serve already."""

_ELEMENTS = {
    codec.RUNS: (codec.LINK,),
    codec.PROMPTS: (codec.LINK,),
    codec.SPANS: (codec.SPAN_NAME,),
    assessment_codec.ASSESSMENTS: (assessment_codec.NAME, assessment_codec.VALUE),
}
_BY_SESSION = Aid(
    Index("by_session", (*_SCOPE, (codec.SESSION, 1), (codec.RECENT, 1))), codec.SESSION
)
"""Of the layout."""

_OF_SESSIONS = (assessment_codec.OF_SESSION, assessment_codec.NAME)
# The same keys come with every call.
_REMEMBERED = 1024


def aids(where: Sequence[Filter], order: Sequence[Order]) -> tuple[Aid, ...]:
    """What would serve a search: indexes for one condition, and for the first sort key.

    Equalities come first, as they find less, then elements of arrays, and ranges last.

    Args:
        where: What documents must match.
        order: The sort keys.
    """
    nodes = [one for node in where for one in conjuncts(node)]
    served = [*filter(None, map(_serving, nodes)), *filter(None, map(_range, nodes)), ()]
    sorting = [one.field.name for one in order[:1] if one.field.name not in _SERVED]
    return tuple(dict.fromkeys((*served[0], *map(_aid, sorting))))


def _serving(node: Filter) -> tuple[Aid, ...]:
    """Indexes that together look up what matches; none where there are none."""
    match node:
        case Compare(field, Operator.EQ) if field.name not in _SERVED:
            return (_aid(field.name),)
        case In(field, _, negated=False) if field.name == codec.SESSION:
            return (_BY_SESSION,)
        case AnyElement(array) if array.name in _ELEMENTS:
            return _of_elements(node)
        case Or(nodes):
            each = [_serving(one) for one in nodes]
            return tuple(aid for found in each for aid in found) if all(each) else ()
        case _:
            return ()


def _range(node: Filter) -> tuple[Aid, ...]:
    """The index of a range."""
    match node:
        case Compare(field, Operator.LT | Operator.LE | Operator.GT | Operator.GE):
            return () if field.name in _SERVED else (_aid(field.name),)
        case _:
            return ()


def _of_elements(node: AnyElement) -> tuple[Aid, ...]:
    equal = {leaf.field.name for leaf in node.where if is_equality(leaf)}
    for keys in (_OF_SESSIONS, _ELEMENTS[node.field.name]):
        if keys[0] in equal:
            return (_element_aid(node.field.name, keys),)
    return ()


@lru_cache(_REMEMBERED)
def _aid(name: str) -> Aid:
    """The index of a key: the scope of a search, then the key, then the default order."""
    # Databases limit the length of index names, and user keys may be long: a hash is not.
    index = Index(f"on_key_{digest(name)[:12]}", (*_SCOPE, (name, 1), (codec.RECENT, 1)))
    return Aid(index, name)


@lru_cache(_REMEMBERED)
def _element_aid(array: str, keys: tuple[str, ...]) -> Aid:
    name = "_".join(["on", array, *keys])
    paths = tuple((f"{array}.{key}", 1) for key in keys)
    return Aid(Index(name, paths), paths[0][0], array)
