"""Databases in the memory of this process: the executable specification of the driver."""

from mlflow_docstore.adapters.document.backend import Declaration, DocumentAdapter

from .capabilities import LIMITS, declare
from .connection import connect

ADAPTER = DocumentAdapter("memory", connect, [Declaration("memory", declare(LIMITS))])
