"""The registry under judgement, and what some of its calls look for around it."""

from collections.abc import Iterator

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracking._model_registry.utils import _get_store
from mlflow.tracking._tracking_service.utils import _use_tracking_uri
from mlflow.tracking.registry import UnsupportedModelRegistryStoreURIException

from .registry_scenarios import Webhooks


@pytest.fixture(scope="session")
def registry(store_uri: str, request: pytest.FixtureRequest) -> RegistryStore:
    """The registry under judgement, found the way MLflow finds it."""
    try:
        return _get_store(store_uri=store_uri)
    except UnsupportedModelRegistryStoreURIException:
        if request.config.getoption("--no-lacks"):
            raise
        pytest.skip("store lacks: a model registry")


@pytest.fixture
def tracking(store: AbstractStore, store_uri: str) -> Iterator[AbstractStore]:
    """The tracking store of the same URI, for the time of a test also the one MLflow falls back on.

    MLflow's own code resolves logged models, runs and traces through the process-wide URI.
    """
    with _use_tracking_uri(store_uri):
        yield store


@pytest.fixture
def webhooks(registry: RegistryStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhooks]:
    """A maker of webhooks that removes them again: a store may outlive the test and call them."""
    # Without this, MLflow looks the host name up before it accepts a URL.
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    made = Webhooks(registry)
    yield made
    made.remove_all()
