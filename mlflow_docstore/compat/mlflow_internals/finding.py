"""How MLflow finds a store by its URI. Importing this imports MLflow's client."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.tracking._tracking_service.utils import _get_store as tracking_store_of

__all__ = ["tracking_store_of"]
