"""MongoDB's protocol with no server to run: a child process serves a directory."""

from mlflow_docstore.adapters.document.backend import DocumentAdapter

from .connection import connect

ADAPTER = DocumentAdapter("embedded", connect)
