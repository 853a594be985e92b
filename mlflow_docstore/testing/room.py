"""A place of the check's own beside what a user has, and nothing left of it afterwards."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mlflow_docstore.adapters.document.backend import DocumentAdapter
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.compat.schemes import adapter_entry_points, scheme_of
from mlflow_docstore.testing.subjects import THROW_AWAY_STORES

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def named(subject: str) -> Iterator[str]:
    """The URI of a subject: itself, or that of a throw-away store with this name."""
    if subject not in THROW_AWAY_STORES:
        yield subject
        return
    with tempfile.TemporaryDirectory(prefix=f"{subject}-") as directory:
        yield THROW_AWAY_STORES[subject](Path(directory))


def adapter_of(uri: str) -> DocumentAdapter | None:
    """The adapter of a database; None of a store that stands on none."""
    entry = adapter_entry_points().get(scheme_of(uri))
    adapter = None if entry is None else entry.load()
    return adapter if isinstance(adapter, DocumentAdapter) else None


@contextmanager
def room(uri: str, adapter: DocumentAdapter) -> Iterator[str]:
    """The URI of a prefix on the same database or, of one in a directory, of one inside it.

    It is removed however the block ends.
    """
    name = f"check_{uuid.uuid4().hex[:12]}"
    path = adapter.connect(uri).path
    if path is None:
        with _prefix(f"{uri.partition('#')[0]}#{name}", adapter) as own:
            yield own
    else:
        with _directory(path / f".{name}") as own_path:
            _, mark, query = uri.partition("#")[0].partition("?")
            where = quote(f"/{own_path.as_posix().lstrip('/')}")
            yield f"{scheme_of(uri)}://{where}{mark}{query}"


@contextmanager
def _prefix(uri: str, adapter: DocumentAdapter) -> Iterator[str]:
    try:
        yield uri
    finally:
        driver = adapter.connect(uri).driver
        driver.drop(collection.name for collection in LAYOUT.collections)
        driver.close()


@contextmanager
def _directory(path: Path) -> Iterator[Path]:
    missing = [parent for parent in path.parents if not parent.exists()]
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        for parent in missing:
            # By somebody else's files a directory is in use, and stays.
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
