"""SQLite, in this process: nothing to install, nothing to start, one directory."""

from mlflow_docstore.adapters.document.backend import Declaration, DocumentAdapter

from .capabilities import LIMITS, declare
from .connection import connect

ADAPTER = DocumentAdapter("sqlite", connect, [Declaration("embedded (SQLite)", declare(LIMITS))])
