"""``mlflow-docstore init``: make a database's collections and indexes, and say what is made."""

import argparse
import re
import sys

from mlflow_docstore import connect
from mlflow_docstore.ports.backend import Provision, Throughput

_THROUGHPUT = re.compile(r"(autoscale:)?([1-9][0-9]{2,6})")
_AUTOSCALE_STEP = 1000
_MANUAL_STEP = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that ``init`` reads."""
    parser.add_argument(
        "uri", metavar="URI", help="the database, as for MLflow, with a user who may make it"
    )
    parser.add_argument(
        "--shard",
        action="store_true",
        help="spread collections over shards, where the database leaves that open",
    )
    parser.add_argument(
        "--throughput",
        type=_throughput,
        metavar="N|autoscale:N",
        help="request units a second of the whole database, or at most so many,"
        " where its service sells them",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be made")


def run(options: argparse.Namespace) -> int:
    """Do what the parsed arguments ask for; its exit status."""
    backend = connect(options.uri)
    for step in backend.steps(Provision(options.shard, options.throughput)):
        if not options.dry_run:
            step.run()
        sys.stdout.write(f"{'would make' if options.dry_run else 'made'} {step.text}\n")
        sys.stdout.flush()
    return 0


def _throughput(text: str) -> Throughput:
    found = _THROUGHPUT.fullmatch(text)
    units = int(found.group(2)) if found else 0
    autoscale = bool(found and found.group(1))
    step = _AUTOSCALE_STEP if autoscale else _MANUAL_STEP
    if not found or units % step or (not autoscale and units < 4 * step):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a multiple of 100 from 400 on, nor autoscale: and one of 1000"
        )
    return Throughput(units, autoscale)
