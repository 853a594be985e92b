"""From URIs to drivers: which databases are judged, and how one is opened."""

from functools import cache
from importlib.metadata import EntryPoints, entry_points
from urllib.parse import urlsplit

import pytest

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.testing.subjects import SQLITE, THROW_AWAY_STORES, is_uri


def subjects(config: pytest.Config) -> list[str]:
    """URIs, or names of throw-away databases; stores that are none of ours have no driver."""
    found = config.getoption("--store-uri") or THROW_AWAY_STORES
    return [one for one in found if (_adapters(one) if is_uri(one) else one != SQLITE)]


def label(subject: str) -> str:
    """What to call a subject where everybody reads it: a URI may hold a password."""
    return urlsplit(subject).scheme or subject


def connect(uri: str) -> Connection:
    """Open a database with the adapter that is registered for its scheme."""
    (entry,) = _adapters(uri)
    return entry.load().connect(uri)


def _adapters(uri: str) -> EntryPoints:
    return _of_scheme(urlsplit(uri).scheme)


@cache
def _of_scheme(scheme: str) -> EntryPoints:
    return entry_points(group="mlflow_docstore.adapters", name=scheme)
