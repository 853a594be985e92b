"""Azure Cosmos DB for NoSQL."""

from mlflow_docstore.adapters.document.backend import DocumentAdapter

from .connection import connect

ADAPTER = DocumentAdapter("cosmosdb", connect)
