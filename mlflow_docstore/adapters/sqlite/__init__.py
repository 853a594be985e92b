"""SQLite, in this process: nothing to install, nothing to start, one directory."""

from mlflow_docstore.adapters.document.backend import DocumentAdapter

from .connection import connect

ADAPTER = DocumentAdapter("sqlite", connect)
