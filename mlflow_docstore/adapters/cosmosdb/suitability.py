"""Accounts on which the promises of the ports cannot be kept, so that none of them is opened."""

from azure.cosmos.documents import DatabaseAccount

from mlflow_docstore.core.errors import Unsupported

from .uri import CONSISTENCIES

_CHANGE = "az cosmosdb update --name ACCOUNT --resource-group GROUP"


def require_suitable(account: DatabaseAccount) -> None:
    """Look at what an account tells of itself.

    Where several regions take writes, each judges a condition by what it has heard of: two clients
    could both create what is there once, and the service would drop one later, by its clock. See
    https://learn.microsoft.com/azure/cosmos-db/conflict-resolution-policies.

    Below Session a process may miss what it has just written itself.

    Raises:
        Unsupported: ``kind="account"``; ``facts["reason"]`` says in one line what to change.
    """
    regions = [one["name"] for one in account.WritableLocations]
    if len(regions) > 1:
        reason = (
            "it takes writes in several regions, and names or versions could be claimed in two at"
            f" once: {_CHANGE} --enable-multiple-write-locations false"
        )
        raise Unsupported("account", ", ".join(regions), reason=reason)
    level = (account.ConsistencyPolicy or {}).get("defaultConsistencyLevel")
    if level is not None and level not in CONSISTENCIES:
        reason = (
            "a process may not read what it has just written at its level of consistency:"
            f" {_CHANGE} --default-consistency-level Session"
        )
        raise Unsupported("account", level, reason=reason)
