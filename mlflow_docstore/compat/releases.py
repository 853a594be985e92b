"""The installed release of MLflow, and what it decides otherwise than others."""

from mlflow.version import VERSION as INSTALLED

__all__ = ["INSTALLED", "KNOWN", "RELEASE"]

RELEASE = tuple(int(part) for part in INSTALLED.split(".")[:2])
"""As ``(3, 18)``, pre-releases included."""

KNOWN = ">=3.14,<3.19"
"""The releases that this one was made for; later ones work as far as they change nothing."""

# What MLflow's SQL store decides, and not one of its validators or parsers, which speak for
# themselves. Nothing else in this project asks for the release.
MODEL_STATUS_BY_NAME = RELEASE >= (3, 18)
MODEL_METRICS_BY_LATEST_POINT = RELEASE >= (3, 18)
EXPERIMENT_COMPARATORS_IN_ANY_CASE = RELEASE >= (3, 18)
TRACES_STAY_IN_THEIR_EXPERIMENT = RELEASE >= (3, 18)
NULLS_OF_PREVIEWS_ARE_REPLACED = RELEASE >= (3, 18)
