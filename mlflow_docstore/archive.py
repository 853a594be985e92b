"""``mlflow-docstore archive``: one pass of archival, by the configuration of MLflow's server."""

import argparse
import os
import sys

from mlflow_docstore import connect

_VARIABLE = "MLFLOW_TRACE_ARCHIVAL_CONFIG"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that ``archive`` reads."""
    parser.add_argument("uri", metavar="URI", help="the database, as for MLflow")
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=os.environ.get(_VARIABLE),
        required=_VARIABLE not in os.environ,
        help=f"MLflow's configuration of archival, as of its server (default: ${_VARIABLE})",
    )


def run(options: argparse.Namespace) -> int:
    """Do what the parsed arguments ask for; its exit status: 1 where traces could not be archived.

    What could not be done in this pass is tried again in the next.

    Raises:
        InvalidArgument: The configuration cannot be used.
    """
    backend = connect(options.uri)
    backend.require()
    from mlflow_docstore.compat.archival import configured_pass  # noqa: PLC0415 - imports MLflow

    archival = configured_pass(backend, options.config)
    if archival is None:
        sys.stdout.write(f"{options.config} has archival switched off\n")
        return 0
    done = archival.run()
    sys.stdout.write(
        f"{done.archived} traces archived, {done.malformed} that never can be,"
        f" {done.failed} to be tried again\n"
    )
    return 1 if done.failed else 0
