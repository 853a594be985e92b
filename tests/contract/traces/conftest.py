"""What tests of traces share beside the store."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry
from mlflow.store.tracking.abstract_store import AbstractStore

from .archival_scenarios import Archival, Interrupted


@pytest.fixture
def archival(store: AbstractStore, tmp_path: Path) -> Iterator[Archival]:
    """Experiments for passes of archival, and a place for what they archive."""
    made = Archival(store, tmp_path)
    yield made
    made.close()


@pytest.fixture
def meanwhile(
    archival: Archival, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Callable[[], object]]:
    """Has passes archive to a place where something happens in a step: ``upload``, ``delete``."""
    happens: dict[str, Callable[[], object]] = {}

    def place(artifact_uri: str, **options: Any) -> Interrupted:
        return Interrupted(artifact_uri, happens, **options)

    monkeypatch.setitem(_artifact_repository_registry._registry, "interrupted", place)
    archival.location = f"interrupted://{archival.directory}"
    return happens
