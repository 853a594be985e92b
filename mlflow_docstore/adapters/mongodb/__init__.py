"""MongoDB, and whatever speaks its protocol; what of it each lacks is in ``flavours``."""

from mlflow_docstore.adapters.document.backend import DocumentAdapter

from .connection import connect

ADAPTER = DocumentAdapter("mongodb", connect)
