"""MongoDB, and whatever speaks its protocol; what of it each lacks is in ``flavours``."""

from mlflow_docstore.adapters.document.backend import Declaration, DocumentAdapter

from .connection import connect
from .flavours import FLAVOURS

ADAPTER = DocumentAdapter(
    "mongodb",
    connect,
    [Declaration(one.title, one.capabilities, one.done_here) for one in FLAVOURS],
)
