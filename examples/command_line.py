"""What the examples share: their options, and where they work when given none."""

import argparse
import os
from urllib.parse import urlsplit

import mlflow
import requests
from mlflow.exceptions import MlflowException

# The database of `make run`, running or not, as seen from the directory that the Makefile is in.
EMBEDDED = "docstore://./.docstore/database"
ANSWER_SECONDS = 5


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
    """Let MLflow work with the URI that was given; where nobody answers, say so in one line."""
    # Two lines a run.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    require_server(arguments.tracking_uri)
    mlflow.set_tracking_uri(arguments.tracking_uri)
    try:
        mlflow.search_experiments(max_results=1)
    except MlflowException as error:
        raise SystemExit(" ".join(str(error).split())) from None


def require_server(uri: str) -> None:
    """Ask a server once for anything: MLflow itself would ask one that is dead for minutes."""
    if urlsplit(uri).scheme not in {"http", "https"}:
        return
    try:
        requests.get(uri, timeout=ANSWER_SECONDS)
    except requests.RequestException:
        host = urlsplit(uri).netloc.rpartition("@")[2]
        raise SystemExit(f"No server answers at {host}. `make run` starts one.") from None
