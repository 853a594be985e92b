"""What a database in memory can do."""

from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Limits, Whose

LIMITS = Limits(document_bytes=16 * 1024 * 1024, in_terms=10_000, batch_documents=10_000)

_LACKING = {
    Feature.DURABLE: Lack(Whose.NEVER, "the data live in the memory of the process"),
    Feature.SHARED: Lack(Whose.NEVER, "no other process sees this memory"),
}


def declare(limits: Limits) -> Capabilities:
    """Every feature answered."""
    return Capabilities(frozenset(Feature) - set(_LACKING), _LACKING, limits)
