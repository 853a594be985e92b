"""``mlflow-docstore proxy``: a guard before a server, until Ctrl-C."""

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from mlflow_docstore.signals import told_to_stop

from .guard import Guard
from .profiles import load_profile, profile_names
from .proxy import Judge, Proxy, forward
from .recording import Entry, Recorder, in_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to its parser."""
    parser.add_argument(
        "--to",
        required=True,
        type=_server,
        metavar="URI",
        help="the server, as mongodb://HOST:PORT; it must take connections without TLS",
    )
    add_profile(parser, "refuse what this dialect refuses")
    parser.add_argument(
        "--port", type=int, default=0, help="where to listen (default: a free port)"
    )
    parser.add_argument("--log", type=Path, metavar="FILE", help="write a line there per command")


def add_profile(parser: argparse.ArgumentParser, what_for: str) -> None:
    """Add the option that names a profile, or the path of one, which can be read.

    Args:
        parser: Whose.
        what_for: What is done with it.
    """
    parser.add_argument(
        "--profile",
        type=_profile,
        help=f"{what_for}: {', '.join(profile_names())}, or the path of a table of your own",
    )


def _profile(text: str) -> str:
    try:
        load_profile(text)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def run_proxy(options: argparse.Namespace) -> int:
    """Stand before the server until told to stop; the exit status."""
    judge: Judge = forward if options.profile is None else Guard(load_profile(options.profile))
    with contextlib.ExitStack() as stack:
        if options.log is not None:
            log = stack.enter_context(options.log.open("a", encoding="utf-8", buffering=1))
            judge = Recorder(lambda entry: _write(log.write, entry), judge)
        stop = stack.enter_context(told_to_stop(signal.SIGINT, signal.SIGTERM))
        try:
            proxy = stack.enter_context(Proxy(options.to, judge, port=options.port))
        except OSError as error:
            sys.stderr.write(f"mlflow-docstore: cannot listen on {options.port}: {error}\n")
            return 1
        host, port = proxy.address
        sys.stdout.write(f"mongodb://{host}:{port}/?directConnection=true\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _server(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or 27017
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if parts.scheme != "mongodb" or not host or "," in parts.netloc:
        raise argparse.ArgumentTypeError(f"{text!r} is not mongodb://HOST:PORT")
    return host, port


def _write(write: Callable[[str], object], entry: Entry) -> None:
    row = {
        "at": round(entry.at, 6),
        "command": entry.name,
        "collection": entry.collection,
        "bytes": entry.size,
        "ruling": in_words(entry.ruling),
    }
    write(f"{json.dumps(row)}\n")
