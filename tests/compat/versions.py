"""Releases of MLflow that tests speak of."""

import mlflow
import pytest
from packaging.version import Version

INSTALLED = Version(Version(mlflow.__version__).base_version)


def since(release: str) -> pytest.MarkDecorator:
    """The test speaks of what came with a release."""
    missing = Version(release) > INSTALLED
    return pytest.mark.skipif(missing, reason=f"new in MLflow {release}")


def until(release: str) -> pytest.MarkDecorator:
    """The test speaks of what went with a release."""
    gone = Version(release) <= INSTALLED
    return pytest.mark.skipif(gone, reason=f"gone since MLflow {release}")
