"""``mlflow-docstore check URI``: what of the contract a store of the user's own fulfils."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_docstore.testing.guard.command import add_profile
from mlflow_docstore.testing.report import AREAS, NOT_JUDGED, OTHER
from mlflow_docstore.testing.subjects import THROW_AWAY_STORES, without_credentials

if TYPE_CHECKING:
    from mlflow_docstore.testing.report import Report

_NEEDED = ("pytest", "rich")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that `check` reads."""
    parser.add_argument(
        "uri",
        metavar="URI",
        help="the store to judge; a database of ours in a prefix or a directory of the check's own"
        f" ({', '.join(THROW_AWAY_STORES)}: a throw-away store)",
    )
    add_profile(parser, "refuse what this dialect refuses, between the check and a MongoDB server")
    parser.add_argument(
        "--area",
        action="append",
        default=[],
        choices=[area for area in AREAS if area != OTHER],
        metavar="AREA",
        help="only this area of the store, as runs or prompts, or the database's driver"
        " (repeatable)",
    )
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="CASE",
        help="only this case, module or class, as the report names them (repeatable)",
    )
    _add_options(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", dest="keyword", metavar="EXPRESSION", help="only cases that match")
    parser.add_argument("-x", dest="first", action="store_true", help="stop at the first failure")
    parser.add_argument(
        "--no-lacks", action="store_true", help="count what the store lacks as failed"
    )
    parser.add_argument(
        "--not-empty",
        action="store_true",
        help="judge a store that is none of ours although it holds something: what the suite makes"
        " stays in it",
    )
    parser.add_argument("--json", type=_file, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", type=_file, metavar="FILE", help="write the report as a page")


def _file(text: str) -> Path:
    """A file that can be written, told before a check of minutes."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not in a directory, or is one")
    return path


def check(options: argparse.Namespace) -> int:
    """Judge the store behind a URI, and tell; the exit status.

    Returns:
        0 where nothing failed, 1 where anything did, 2 where it could not be judged.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        problem = f"{' and '.join(missing)} {verb} missing, install mlflow-docstore[check]"
        sys.stdout.write(f"Cannot check {without_credentials(options.uri)}: {problem}\n")
        return NOT_JUDGED
    from mlflow_docstore.testing.judge import judge  # noqa: PLC0415 - what it takes is told above
    from mlflow_docstore.testing.terminal import bar, show  # noqa: PLC0415

    with bar() as progress:
        report = judge(
            options.uri,
            profile=options.profile,
            areas=options.area,
            cases=options.case,
            keyword=options.keyword,
            no_lacks=options.no_lacks,
            first_failure=options.first,
            not_empty=options.not_empty,
            progress=progress,
        )
    show(report)
    _write(report, options)
    return report.status


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.json is not None:
        options.json.write_text(f"{report.to_json()}\n", encoding="utf-8")
    if options.html is not None:
        from mlflow_docstore.testing.page import page  # noqa: PLC0415 - for those who want one

        options.html.write_text(page(report), encoding="utf-8")
