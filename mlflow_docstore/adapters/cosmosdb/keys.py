"""Ids and partitions: which item a document is."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.core.query import Compare, Filter, In, Operator, all_of

ID = "id"
"""The field of an item that its container knows it by."""

# What the service and its SDK take without a second thought. A tilde begins ids of ours alone.
_PLAIN = re.compile(r"[A-Za-z0-9_.:@=+,!$%&'()*;-][A-Za-z0-9_.:@=+,!$%&'()*;~-]{0,254}")

_PARTITIONS: Mapping[str, str] = {one.name: one.partition for one in LAYOUT.collections}


def item_id(key: str) -> str:
    """The id of the item of a document: its own, or a digest of one that is empty, long or odd.

    The document's true id stays in the item, so that nothing needs to be read out of a digest.
    """
    if _PLAIN.fullmatch(key):
        return key
    return f"~{sha256(key.encode()).hexdigest()}"


def partition_of(collection: str) -> str:
    """The field that spreads a collection."""
    return _PARTITIONS.get(collection, "_id")


def partition_of_item(collection: str, item: Mapping[str, Any]) -> str | None:
    """What the partition of an item is called; None where its field holds no text."""
    field = partition_of(collection)
    found = item.get(ID if field == "_id" else field)
    return found if isinstance(found, str) else None


def partition_value(field: str, value: str) -> str:
    """What a partition is called in which a document has a value in its partition field."""
    return item_id(value) if field == "_id" else value


def fixed_by(where: Filter) -> dict[str, Any]:
    """The fields that have one value each in all that a filter leaves, and these values."""
    found: dict[str, Any] = {}
    for node in all_of(where).nodes:
        match node:
            case Compare(field, Operator.EQ, value) | In(field, (value,), negated=False):
                found[field.name] = value
    return found


def key_in(collection: str, where: Filter) -> str | None:
    """The id of the one document that a filter leaves, if it names it and that is its partition."""
    key = fixed_by(where).get("_id") if partition_of(collection) == "_id" else None
    return key if isinstance(key, str) else None


def partition_in(collection: str, where: Filter) -> str | None:
    """The one partition that a filter leaves, if it names one."""
    field = partition_of(collection)
    value = fixed_by(where).get(field)
    return partition_value(field, value) if isinstance(value, str) else None
