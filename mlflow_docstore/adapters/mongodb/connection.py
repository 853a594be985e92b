"""From a URI to a driver."""

from mlflow_docstore.adapters.document.backend import Connection

from .driver import MongoDriver
from .session import Session
from .uri import parse


def connect(uri: str) -> Connection:
    """A driver on the database that the URI names; opens no connection."""
    target = parse(uri)
    return Connection(MongoDriver(Session(target)), retry_deadline=target.retry_deadline)
