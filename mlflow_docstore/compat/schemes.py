"""Which adapter a URI asks for, by its scheme.

Imports nothing heavy: a mistyped scheme is told at once, not after MLflow is imported.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from mlflow_docstore.core.errors import InvalidArgument

ADAPTERS = "mlflow_docstore.adapters"
"""The group of entry points through which a database, in this package or another, is found."""


def adapter_entry_points() -> Mapping[str, EntryPoint]:
    """The entry point of each URI scheme's adapter."""
    return {entry_point.name: entry_point for entry_point in entry_points(group=ADAPTERS)}


def scheme_of(uri: str) -> str:
    """The scheme of a URI, in lower case."""
    return uri.partition(":")[0].lower()


def adapter_entry_point(uri: str, adapters: Mapping[str, EntryPoint]) -> EntryPoint:
    """The entry point of the adapter that the URI asks for.

    Args:
        uri: Where the database is.
        adapters: Entry points by URI scheme.

    Raises:
        InvalidArgument: ``kind="uri"``; no adapter has the scheme.
    """
    scheme = scheme_of(uri)
    if scheme in adapters:
        return adapters[scheme]
    known = ", ".join(f"{name}://" for name in sorted(adapters))
    if "://" not in uri:
        scheme, reason = "", "The URI of the database has no scheme."
    else:
        reason = f"No database adapter for {scheme}:// URIs."
    raise InvalidArgument("uri", scheme, reason=f"{reason} Known: {known}")
