"""MongoDB, and whatever speaks its protocol faithfully."""

from mlflow_docstore.adapters.document.backend import DocumentAdapter

from .connection import connect

ADAPTER = DocumentAdapter("mongodb", connect)
