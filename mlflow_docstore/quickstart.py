"""``mlflow-docstore quickstart``: an MLflow server on an embedded database, until Ctrl-C."""

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TextIO

from mlflow_docstore import connect
from mlflow_docstore.signals import told_to_stop

HOST = "127.0.0.1"
START_SECONDS = 180
GRACE_SECONDS = 10
PORTS_TO_TRY = 100
LOG_LINES = 20
PROGRESS_SECONDS = 5
# uvicorn's own event loop leaves Nagle's algorithm on for the connections of several workers.
LOOP = "uvloop"
# On the experiment: the scripts that came to their end, so that what was interrupted is done again.
FILLED_BY = "filled-by"


class QuickstartError(Exception):
    """The server or an example did not do its part; the text is for the user."""


@dataclass(frozen=True)
class Settings:
    """Where everything is."""

    data: Path
    backend_store_uri: str
    port: int
    experiment: str

    @property
    def artifacts(self) -> Path:
        """The one place for artifacts, whichever way they are logged."""
        return self.data / "artifacts"

    @property
    def log(self) -> Path:
        """What the server says; by port, because two may share the directory."""
        return self.data / f"server-{self.port}.log"

    @property
    def address(self) -> str:
        """The server's, for browsers and clients."""
        return f"http://{HOST}:{self.port}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to its parser."""
    parser.add_argument(
        "--data", type=Path, default=Path(".docstore"), help="data directory (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=int, default=5000, help="the next free one from here (default: %(default)s)"
    )
    parser.add_argument(
        "--backend-store-uri",
        metavar="URI",
        help="a database of your own (default: an embedded one in the data directory)",
    )
    parser.add_argument(
        "--example",
        type=Path,
        action="append",
        default=[],
        metavar="SCRIPT",
        help="a script to fill the store with, once; may be given several times, and each is "
        "given --tracking-uri and --experiment",
    )
    parser.add_argument(
        "--experiment",
        default="digits-sweep",
        help="the experiment that the examples fill (default: %(default)s)",
    )


def run_quickstart(options: argparse.Namespace) -> int:
    """Start the server, fill it once, and serve until told to stop; the exit status."""
    if options.backend_store_uri is not None:
        _prepare(options.backend_store_uri)
    data = options.data.resolve()
    settings = Settings(
        data=data,
        backend_store_uri=options.backend_store_uri or _embedded_uri(data / "database"),
        port=_free_port(options.port),
        experiment=options.experiment,
    )
    if settings.port != options.port:
        _say(f"Port {options.port} is taken: using {settings.port}.")
    try:
        _make_directory(settings.artifacts)
        # Ctrl-C, the end of a service, a closed terminal.
        with told_to_stop(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as stop:
            _serve(settings, options.example, stop)
    except QuickstartError as error:
        _say(str(error), sys.stderr)
        return 1
    _say("\nStopped.")
    return 0


def _prepare(uri: str) -> None:
    """Open a database of the user's own first: MLflow buries what is wrong in a traceback."""
    backend = connect(uri)
    backend.prepare()
    backend.close()


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise QuickstartError(f"Cannot make {_short(directory)}: {error.strerror}.") from error


def _serve(settings: Settings, examples: list[Path], stop: threading.Event) -> None:
    _say(f"Starting MLflow (its log: {_short(settings.log)}) ...")
    with settings.log.open("w") as log, _child(_server_command(settings), log) as server:
        _wait_until_healthy(settings, server, stop)
        if examples and not stop.is_set():
            _fill(settings, examples, server, stop)
        if not stop.is_set():
            _say(_welcome(settings))
        while not stop.wait(0.5):
            _check_alive(settings, server)


def _server_command(settings: Settings) -> list[str]:
    # A plain path as the artifact root, not the server's mlflow-artifacts: scheme: that one is
    # resolved by asking a server, which a client that opens the database itself does not have.
    # On one machine both kinds of client can write to a path.
    root = settings.artifacts.as_uri()
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--backend-store-uri", settings.backend_store_uri),
        *("--default-artifact-root", root),
        *("--serve-artifacts", "--artifacts-destination", root),
        *("--host", HOST, "--port", str(settings.port)),
        *("--workers", "2", "--uvicorn-opts", f"--loop {LOOP}"),
    ]


def _wait_until_healthy(
    settings: Settings, server: "subprocess.Popen[bytes]", stop: threading.Event
) -> None:
    start = time.monotonic()
    for number in range(START_SECONDS * 2):
        _check_alive(settings, server)
        if stop.wait(0.5) or _healthy(settings):
            return
        if number and number % (PROGRESS_SECONDS * 2) == 0:
            _say(f"    ... {time.monotonic() - start:.0f} s")
    raise QuickstartError(
        f"MLflow did not answer within {START_SECONDS} s. {_last_words(settings)}"
    )


def _healthy(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{settings.address}/health", timeout=5) as answer:  # noqa: S310 - http, and our own
            return bool(answer.status == 200)
    except OSError:
        return False


def _check_alive(settings: Settings, server: "subprocess.Popen[bytes]") -> None:
    status = server.poll()
    if status is not None:
        raise QuickstartError(f"MLflow ended (exit status {status}). {_last_words(settings)}")


def _last_words(settings: Settings) -> str:
    lines = settings.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    return "\n".join([f"The last lines of {_short(settings.log)}:", *lines])


def _fill(
    settings: Settings,
    examples: list[Path],
    server: "subprocess.Popen[bytes]",
    stop: threading.Event,
) -> None:
    done = _filled_by(settings)
    missing = [example for example in examples if example.name not in done]
    if not missing:
        commands = "".join(f"\n    {shlex.join(_command(settings, one))}" for one in examples)
        _say(f"{settings.experiment!r} is filled already. To add to it:\n{commands}")
        return
    _say(f"It answers at {settings.address}, and is filled first.")
    for number, example in enumerate(missing, start=1):
        _say(f"\nRunning {example} ({number} of {len(missing)}) ...\n")
        if not _ran(settings, example, server, stop):
            return
        done.append(example.name)
        _set_filled_by(settings, done)


def _command(settings: Settings, example: Path) -> list[str]:
    options = ["--tracking-uri", settings.address, "--experiment", settings.experiment]
    return [_short(Path(sys.executable)), str(example), *options]


def _ran(
    settings: Settings, example: Path, server: "subprocess.Popen[bytes]", stop: threading.Event
) -> bool:
    """Whether it came to its end, which Ctrl-C may prevent."""
    with _child(_command(settings, example), sys.stdout) as script:
        while script.poll() is None and not stop.wait(0.2):
            _check_alive(settings, server)
        if script.poll() not in (0, None):
            raise QuickstartError(f"{example} failed (exit status {script.returncode}).")
        return script.poll() == 0


def _filled_by(settings: Settings) -> list[str]:
    tags = (_experiment(settings) or {}).get("tags", [])
    return next((shlex.split(tag["value"]) for tag in tags if tag["key"] == FILLED_BY), [])


def _set_filled_by(settings: Settings, scripts: list[str]) -> None:
    experiment = _experiment(settings)
    if experiment is None:
        return  # These scripts fill something else, and will do so again.
    tag = {"key": FILLED_BY, "value": shlex.join(scripts)}
    tag["experiment_id"] = experiment["experiment_id"]
    _ask(settings, "experiments/set-experiment-tag", json.dumps(tag).encode())


def _experiment(settings: Settings) -> dict[str, Any] | None:
    query = urllib.parse.urlencode({"experiment_name": settings.experiment})
    answer = _ask(settings, f"experiments/get-by-name?{query}")
    experiment: dict[str, Any] | None = answer and answer["experiment"]
    return experiment


def _ask(settings: Settings, path: str, body: bytes | None = None) -> dict[str, Any] | None:
    """The server's answer; None where there is no such thing."""
    request = urllib.request.Request(  # noqa: S310 - http, and our own
        f"{settings.address}/api/2.0/mlflow/{path}", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            answered: dict[str, Any] = json.load(answer)
            return answered
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        raise QuickstartError(f"MLflow answers {error}. {_last_words(settings)}") from error
    except OSError as error:
        raise QuickstartError(
            f"MLflow does not answer: {error}. {_last_words(settings)}"
        ) from error


def _welcome(settings: Settings) -> str:
    python = _short(Path(sys.executable))
    return f"""
MLflow is at {settings.address}
{_pages(settings)}
From a second terminal, start {python} and log through the server:

    import mlflow
    mlflow.set_tracking_uri("{settings.address}")
    mlflow.set_experiment("{settings.experiment}")
    with mlflow.start_run():
        mlflow.log_metric("loss", 0.5)

or through no server at all, straight into the same database:

    mlflow.set_tracking_uri("{settings.backend_store_uri}")

Ctrl-C stops everything; what was logged stays in {_short(settings.data)}."""


def _pages(settings: Settings) -> str:
    """Where to look: MLflow shows one half of its pages at a time, which a link can choose."""
    pages = {
        "models": "models?workflowType=machine_learning",
        "prompts": "prompts?workflowType=genai",
    }
    if experiment := _experiment(settings):
        name, at = settings.experiment, f"experiments/{experiment['experiment_id']}"
        pages = {
            f"runs of {name!r}": f"{at}/runs?workflowType=machine_learning",
            f"traces of {name!r}": f"{at}/traces?workflowType=genai",
            **pages,
        }
    width = max(map(len, pages))
    return "".join(
        f"    {name:<{width}}  {settings.address}/#/{page}\n" for name, page in pages.items()
    )


@contextmanager
def _child(command: list[str], output: TextIO) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is stopped, with all that it started, when the context ends."""
    # A session of its own, so that Ctrl-C reaches this process only, which ends them in order.
    process = subprocess.Popen(  # noqa: S603 - no shell, and the user's own command line
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    # What Ctrl-C would send, and only to the head of the group: MLflow passes it on to the rest,
    # and a training script ends its runs.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _say(f"Process {process.pid} did not stop within {GRACE_SECONDS} s: killing it.")
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def _embedded_uri(directory: Path) -> str:
    return f"docstore://{urllib.parse.quote(str(directory))}"


def _free_port(first: int) -> int:
    for port in range(first, min(first + PORTS_TO_TRY, 65536)):
        with socket.socket() as probe:
            # As servers do, or a port that was in use a minute ago would count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No free port from {first} on.")


def _short(path: Path) -> str:
    """This path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _say(text: str, to: TextIO | None = None) -> None:
    (to or sys.stdout).write(f"{text}\n")
    (to or sys.stdout).flush()
