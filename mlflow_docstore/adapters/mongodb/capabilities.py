"""What MongoDB can do."""

from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Limits, Whose

_LACKING = {
    Feature.PATCH_INSERT: Lack(
        Whose.NOT_IMPLEMENTED,
        "it takes a transaction, which a server by itself has not, and costs more than two writes",
    ),
    Feature.LAST_SORT: Lack(
        Whose.NEVER, "a missing value is the least of all: ascending, last is where it is computed"
    ),
}

CAPABILITIES = Capabilities(
    supported=frozenset(Feature) - set(_LACKING),
    lacking=_LACKING,
    limits=Limits(document_bytes=16 * 1024 * 1024, in_terms=10_000, batch_documents=100_000),
)
"""The limits are those of the server, and a bound on the length of a filter."""
