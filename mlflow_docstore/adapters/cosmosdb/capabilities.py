"""What Azure Cosmos DB for NoSQL can do."""

from collections.abc import Mapping

from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Limits, Whose

_LACKING = {
    Feature.PATCH_INSERT: Lack(
        Whose.NEVER, "a batch is of one partition of one container, and other documents are not"
    ),
    Feature.GROUP: Lack(
        Whose.NOT_YET, "its SDK for Python refuses GROUP BY where a query asks several partitions"
    ),
    Feature.CURRENT: Lack(
        Whose.NEVER,
        "at the level of session a replica may lag: before anything is said to be missing a write"
        " is asked, which is judged on the newest state",
    ),
    Feature.LAST_SORT: Lack(
        Whose.NEVER, "a missing value is the least of all: ascending, last is where it is computed"
    ),
}

CAPABILITIES = Capabilities(
    supported=frozenset(Feature) - set(_LACKING),
    lacking=_LACKING,
    limits=Limits(document_bytes=2 * 1024 * 1024, in_terms=6000, batch_documents=100),
)
"""The limits are those of https://learn.microsoft.com/azure/cosmos-db/concepts-limits."""

_SORTED_HERE = (
    "Sorted here, but for the orders of the layout's indexes: where the filter fixes the fields"
    " that one begins with, and the order is by all others, the service filters and sorts by it,"
    " and a page costs what it returns. An order that begins with an indexed field that every"
    " document has is read by that field's index, and what it leaves tied is sorted. Any other"
    " order reads the id and sort values of all that matches, and then fetches the rows: a page"
    " costs what matches the filter."
)

DONE_HERE: Mapping[Feature, str] = {
    Feature.PATCH_MAX: (
        "Compared here. The document is read first, and replaced if it is still the version that"
        " was read: one read more for each call that logs metrics."
    ),
    Feature.JOIN: (
        "Read here. The others are fetched by their ids, for a hundred results by one query more,"
        " which asks the partitions of these alone."
    ),
    Feature.SORT_UNINDEXED: _SORTED_HERE,
    Feature.COMPUTED_SORT: _SORTED_HERE,
}
"""What it lacks and has all the same, and what that costs."""
