"""Releases of MLflow that tests speak of."""

import mlflow
import pytest
from packaging.version import Version

newest = pytest.mark.skipif(
    Version(mlflow.__version__) < Version("3.17"), reason="new in MLflow 3.17"
)
