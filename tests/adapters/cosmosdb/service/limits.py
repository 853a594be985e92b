"""What the service does not take, whatever it says.

Numbers are those of https://learn.microsoft.com/azure/cosmos-db/concepts-limits unless a line says
another page.
"""

from typing import Any

from .refusals import bad, too_large

ITEM_BYTES = 2 * 1024 * 1024
REQUEST_BYTES = 2 * 1024 * 1024
RESPONSE_BYTES = 4 * 1024 * 1024
ID_BYTES = 1023
PARTITION_BYTES = 2048
NESTING = 128
BATCH_OPERATIONS = 100
SQL_BYTES = 512 * 1024
JOINS = 10
IN_ARGUMENTS = 6000
COMPOSITE_INDEXES = 100
COMPOSITE_PATHS = 8
UNIQUE_KEYS = 10
UNIQUE_PATHS = 16
CONTAINERS = 100_000
"""Ours, as Microsoft raises an account's 500: each test has a database of its own."""
SHARING = 25
NAME_LENGTH = 255
PATCH_OPERATIONS = 10
"""https://learn.microsoft.com/azure/cosmos-db/partial-document-update-faq"""
CONTINUATION_BYTES = 16 * 1024
"""Ours, as pages name none: servers that stand between refuse longer headers."""

FORBIDDEN = frozenset("/\\?#")
"""https://learn.microsoft.com/dotnet/api/microsoft.azure.documents.resource.id"""


def judge_id(value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise bad(
            "The input content is invalid because the required properties - 'id; ' - are missing"
        )
    if len(value.encode()) > ID_BYTES:
        raise bad(f"The id is longer than {ID_BYTES} bytes.")
    if FORBIDDEN & set(value) or value != value.rstrip(" \n\r\t"):
        raise bad("The id holds a character that is not allowed, or ends with a space.")


def judge_partition(components: list[Any]) -> None:
    for one in components:
        if isinstance(one, str) and len(one.encode()) > PARTITION_BYTES:
            raise bad(f"The partition key is larger than {PARTITION_BYTES} bytes.")
        if isinstance(one, (list, dict)) and one != {}:
            raise bad("A partition key is no array and no object.")


def judge_item(document: dict[str, Any], size: int) -> None:
    judge_id(document.get("id"))
    if size > ITEM_BYTES:
        raise too_large()
    if _depth(document) > NESTING:
        raise bad(f"The document is nested deeper than {NESTING} levels.")


def judge_sql(text: str, joins: int) -> None:
    if len(text.encode()) > SQL_BYTES:
        raise bad(f"SC3021: The SQL query text exceeded the maximum limit of {SQL_BYTES} bytes.")
    if joins > JOINS:
        raise bad(f"SC2061: The query has more than {JOINS} JOINs.")


def judge_membership(arguments: int) -> None:
    if arguments > IN_ARGUMENTS:
        raise bad(f"An IN expression has more than {IN_ARGUMENTS} arguments.")


def _depth(value: Any) -> int:
    """Level by level, as documents that are too deep would be for recursion."""
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
    return depth
