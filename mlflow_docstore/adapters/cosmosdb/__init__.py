"""Azure Cosmos DB for NoSQL."""

from mlflow_docstore.adapters.document.backend import Declaration, DocumentAdapter

from .capabilities import CAPABILITIES, DONE_HERE
from .connection import connect

ADAPTER = DocumentAdapter(
    "cosmosdb",
    connect,
    [Declaration("Azure Cosmos DB for NoSQL", CAPABILITIES, DONE_HERE)],
)
