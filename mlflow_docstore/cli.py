"""The command ``mlflow-docstore``."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlflow_docstore import __version__, connect
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.core.query import Field, FieldKind

if TYPE_CHECKING:
    from mlflow_docstore.ports.backend import Backend
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
        prog="mlflow-docstore",
        description="MLflow's tracking store, model registry and prompts on document databases.",
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
    if error.kind in ("uri", "configuration"):
        return " ".join(str(error.facts["reason"]).split())
    from mlflow_docstore.compat.errors import to_mlflow  # noqa: PLC0415 - imports MLflow

    return " ".join(str(to_mlflow(error).message).split())


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.testing.check import add_arguments  # noqa: PLC0415 - needs an extra

    add_arguments(parser)


def _check(options: argparse.Namespace) -> int:
    from mlflow_docstore.testing.check import check  # noqa: PLC0415 - needs an extra

    return check(options)


def _init_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.init import add_arguments  # noqa: PLC0415 - for that command only

    add_arguments(parser)


def _init(options: argparse.Namespace) -> int:
    from mlflow_docstore.init import run  # noqa: PLC0415 - for that command only

    return run(options)


def _archive_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.archive import add_arguments  # noqa: PLC0415 - for that command only

    add_arguments(parser)


def _archive(options: argparse.Namespace) -> int:
    from mlflow_docstore.archive import run  # noqa: PLC0415 - for that command only

    return run(options)


def _quickstart_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.quickstart import add_arguments  # noqa: PLC0415 - for that command only

    add_arguments(parser)


def _quickstart(options: argparse.Namespace) -> int:
    from mlflow_docstore.quickstart import run_quickstart  # noqa: PLC0415 - for that command only

    return run_quickstart(options)


def _proxy_arguments(parser: argparse.ArgumentParser) -> None:
    from mlflow_docstore.testing.guard.command import (  # noqa: PLC0415 - for that command only
        add_arguments,
    )

    add_arguments(parser)


def _proxy(options: argparse.Namespace) -> int:
    from mlflow_docstore.testing.guard.command import (  # noqa: PLC0415 - for that command only
        run_proxy,
    )

    return run_proxy(options)


def _uri_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", metavar="URI", help="the database, as for MLflow")


def _opened(options: argparse.Namespace) -> "Backend":
    """The database, which must be there: upkeep of one that was mistyped makes none."""
    backend = connect(options.uri)
    backend.require()
    return backend


def _compact(options: argparse.Namespace) -> int:
    backend = _opened(options)
    from mlflow_docstore.compat.maintenance import compact  # noqa: PLC0415 - imports MLflow

    done = compact(backend)
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
    indexes = _opened(options).indexes
    for field in options.on:
        indexes.add(field)
    for name in options.drop:
        indexes.drop(name)
    rows = [_row(index) for index in indexes.list()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"{'  '.join(cells).rstrip()}\n")
    if not rows:
        sys.stdout.write("no indexes but those on ids\n")
    return 0


def _row(index: "IndexInfo") -> tuple[str, ...]:
    keys = ", ".join(path if direction > 0 else f"-{path}" for path, direction in index.keys)
    return index.collection, index.name, keys, "" if index.builtin else "(added)"


COMMANDS = (
    Command(
        "quickstart",
        "an MLflow server on an embedded database, until Ctrl-C",
        _quickstart_arguments,
        _quickstart,
    ),
    Command("check", "judge a database by the contract suite", _check_arguments, _check),
    Command("init", "make a database's collections and indexes", _init_arguments, _init),
    Command(
        "compact",
        "merge small metric chunks of ended runs, sweep up what nothing needs",
        _uri_argument,
        _compact,
    ),
    Command(
        "archive",
        "move the spans of old traces to files, by MLflow's configuration",
        _archive_arguments,
        _archive,
    ),
    Command("indexes", "show, add and drop indexes", _indexes_arguments, _indexes),
    Command("proxy", "a guard of dialects before a server", _proxy_arguments, _proxy),
)
