"""Speed of the store against MLflow's own on SQL and against the bare driver: ``make bench``."""

import os

# Before anything imports MLflow, in whatever process: it would report to its makers, and narrate.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
