"""What MongoDB can do."""

from mlflow_docstore.core.capabilities import Capabilities, Feature, Limits

CAPABILITIES = Capabilities(
    supported=frozenset(Feature),
    lacking={},
    limits=Limits(document_bytes=16 * 1024 * 1024, in_terms=10_000, batch_documents=100_000),
)
"""Everything; the limits are those of the server, and a bound on the length of a filter."""
