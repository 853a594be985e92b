"""Levels of consistency: what a read finds of that which others wrote.

See https://learn.microsoft.com/azure/cosmos-db/consistency-levels.
"""

from azure.cosmos.documents import ConsistencyLevel, DatabaseAccount

_UNKNOWN = "unknown"


def level_of(asked: str | None, account: DatabaseAccount) -> str:
    """The level of a client's reads: what it asks for, else the account's."""
    policy = account.ConsistencyPolicy or {}
    level: str = asked or policy.get("defaultConsistencyLevel", _UNKNOWN)
    return level


def may_lag(asked: str | None, account: DatabaseAccount) -> bool:
    """Whether a replica that has not heard of the last writes may answer a client.

    With Bounded Staleness those of other regions may, to which reads go where the one that is
    written to does not answer.
    """
    level = level_of(asked, account)
    if level == ConsistencyLevel.BoundedStaleness:
        return len(list(account.ReadableLocations)) > 1
    return level != ConsistencyLevel.Strong
