"""What previews of traces take. It imports MLflow's client, which may be looking for stores."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.tracing.utils.truncation import _get_truncated_preview as truncated_preview

__all__ = ["truncated_preview"]
