"""What the examples share: their options, and where they work when given none."""

import argparse
import os

import mlflow

# The database of `make run`, as seen from the directory that the Makefile is in. Its server is
# started by whoever comes first, and this need not be `make run`.
EMBEDDED = "docstore://./.docstore/database"


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that every example takes."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--tracking-uri",
        default=os.environ.get("MLFLOW_TRACKING_URI") or EMBEDDED,
        help="a server or a database (default: MLFLOW_TRACKING_URI, else %(default)s)",
    )
    options.add_argument("--experiment", default="digits-sweep", help="(default: %(default)s)")
    return options


def connect(arguments: argparse.Namespace) -> None:
    """Let MLflow work with the URI that was given."""
    # Two lines a run.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    mlflow.set_tracking_uri(arguments.tracking_uri)
