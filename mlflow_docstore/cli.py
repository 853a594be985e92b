"""The command ``mlflow-docstore``."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlflow_docstore import __version__, connect
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.core.query import Field, FieldKind

if TYPE_CHECKING:
    from mlflow_docstore.ports.indexes import IndexInfo

_HOT_KINDS = {
    "metrics": FieldKind.METRIC,
    "params": FieldKind.PARAM,
    "tags": FieldKind.TAG,
}


class Command(NamedTuple):
    """A subcommand."""

    name: str
    purpose: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 2 where it could not begin.

    Args:
        arguments: Of the command line; those of this process where None.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(given).parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except StoreError as error:
        sys.stderr.write(f"mlflow-docstore: {_one_line(error)}\n")
        return 2


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mlflow-docstore", description="MLflow's tracking store on document databases."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name, help=command.purpose, description=command.purpose
        )
        subparser.set_defaults(run=command.run)
        # Only the command that is asked for: the others may need extras that are not installed.
        if command.name in given:
            command.add_arguments(subparser)
    return parser


def _one_line(error: StoreError) -> str:
    from mlflow_docstore.compat.errors import to_mlflow  # noqa: PLC0415 - imports MLflow

    return " ".join(str(to_mlflow(error).message).split())


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.testing.check import add_arguments  # noqa: PLC0415 - needs an extra

    add_arguments(parser)


def _check(options: argparse.Namespace) -> int:
    from mlflow_docstore.testing.check import check  # noqa: PLC0415 - needs an extra

    return check(options)


def _quickstart_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.quickstart import add_arguments  # noqa: PLC0415 - for that command only

    add_arguments(parser)


def _quickstart(options: argparse.Namespace) -> int:
    from mlflow_docstore.quickstart import run_quickstart  # noqa: PLC0415 - for that command only

    return run_quickstart(options)


def _uri_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", metavar="URI", help="the database, as for MLflow")


def _compact(options: argparse.Namespace) -> int:
    from mlflow_docstore.compat.maintenance import compact  # noqa: PLC0415 - imports MLflow

    done = compact(connect(options.uri))
    sys.stdout.write(
        f"{done.runs} ended runs, {done.chunks} metric chunks merged away,"
        f" {done.parts} parts of texts swept\n"
    )
    return 0


def _indexes_arguments(parser: argparse.ArgumentParser) -> None:
    _uri_argument(parser)
    parser.add_argument(
        "--on",
        action="append",
        default=[],
        type=_hot_key,
        metavar="KIND.KEY",
        help="index a hot key of runs, as metrics.val_loss, params.lr or tags.team (repeatable)",
    )
    parser.add_argument(
        "--drop",
        action="append",
        default=[],
        metavar="NAME",
        help="drop an index that was added (repeatable)",
    )


def _hot_key(text: str) -> Field:
    kind, _, key = text.partition(".")
    if kind not in _HOT_KINDS or not key:
        raise argparse.ArgumentTypeError(
            f"{text!r} is none of {', '.join(f'{kind}.KEY' for kind in _HOT_KINDS)}"
        )
    return Field(_HOT_KINDS[kind], key)


def _indexes(options: argparse.Namespace) -> int:
    indexes = connect(options.uri).indexes
    for field in options.on:
        indexes.add(field)
    for name in options.drop:
        indexes.drop(name)
    for index in indexes.list():
        sys.stdout.write(f"{_row(index)}\n")
    return 0


def _row(index: "IndexInfo") -> str:
    keys = ", ".join(path if direction > 0 else f"-{path}" for path, direction in index.keys)
    added = "" if index.builtin else "  (added)"
    return f"{index.collection:<16}{index.name:<24}{keys}{added}"


COMMANDS = (
    Command(
        "quickstart",
        "an MLflow server on an embedded database, until Ctrl-C",
        _quickstart_arguments,
        _quickstart,
    ),
    Command("check", "judge a database by the contract suite", _check_arguments, _check),
    Command(
        "compact",
        "merge small metric chunks of ended runs, sweep up what nothing needs",
        _uri_argument,
        _compact,
    ),
    Command("indexes", "show, add and drop indexes", _indexes_arguments, _indexes),
)
