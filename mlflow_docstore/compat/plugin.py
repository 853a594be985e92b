"""What MLflow's entry points name.

MLflow loads this while it is half imported itself, and drops the scheme in silence if that fails:
nothing may be imported here before a factory is called. Each factory imports its own store only, so
that one that a release of MLflow breaks leaves the other in use.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.genai.scorers.registry import MlflowTrackingStore

    from .registry.store import DocStoreRegistryStore
    from .tracking.store import DocStoreTrackingStore

# As in MLflow's _get_sqlalchemy_store: whoever makes a second store within a server gets the
# server's artifacts.
_SERVER_ARTIFACT_ROOT = "_MLFLOW_SERVER_ARTIFACT_ROOT"
_LOCAL_ARTIFACT_ROOT = "./mlruns"


def create_tracking_store(
    store_uri: str, artifact_uri: str | None = None
) -> "DocStoreTrackingStore":
    """The tracking store on the database of a URI: ``mlflow.tracking_store``.

    Args:
        store_uri: Where the database is.
        artifact_uri: The root of artifacts; None for the server's, or else ``./mlruns``.
    """
    from .tracking.store import DocStoreTrackingStore  # noqa: PLC0415 - see the module

    if artifact_uri is None:
        artifact_uri = os.environ.get(_SERVER_ARTIFACT_ROOT, _LOCAL_ARTIFACT_ROOT)
    return DocStoreTrackingStore.of_uri(store_uri, artifact_uri)


def create_registry_store(
    store_uri: str, tracking_uri: str | None = None
) -> "DocStoreRegistryStore":
    """The model registry on the database of a URI: ``mlflow.model_registry_store``.

    Args:
        store_uri: Where the database is.
        tracking_uri: Where MLflow's code looks up the logged models that versions are made of.
    """
    from .registry.store import DocStoreRegistryStore  # noqa: PLC0415 - see the module

    return DocStoreRegistryStore.of_uri(store_uri, tracking_uri)


def create_scorer_store(tracking_uri: str | None = None) -> "MlflowTrackingStore":
    """MLflow's scorer store over the tracking store of a URI: ``mlflow.scorer_store``."""
    from mlflow.genai.scorers.registry import MlflowTrackingStore  # noqa: PLC0415 - see the module

    return MlflowTrackingStore(tracking_uri)
