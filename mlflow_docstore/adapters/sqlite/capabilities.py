"""What the embedded database can do."""

from mlflow_docstore.core.capabilities import Capabilities, Feature, Limits

LIMITS = Limits(document_bytes=16 * 1024 * 1024, in_terms=100_000, batch_documents=1000)
"""SQLite itself takes documents of a gigabyte. Ours are read and written as a whole, and those that
MongoDB takes can move there; a batch is one transaction, behind which other writers wait.
"""


def declare(limits: Limits) -> Capabilities:
    """Everything."""
    return Capabilities(frozenset(Feature), {}, limits)
