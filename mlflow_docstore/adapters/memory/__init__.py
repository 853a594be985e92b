"""Databases in the memory of this process: the executable specification of the driver."""

from mlflow_docstore.adapters.document.backend import DocumentAdapter

from .connection import connect

ADAPTER = DocumentAdapter("memory", connect)
