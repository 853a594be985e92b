"""A throw-away PostgreSQL cluster with its default settings."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.standin import HOST, free_port

INSTALL = "apt-get install postgresql"

_DEBIAN = Path("/usr/lib/postgresql")
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_OWNERS = ("postgres", "nobody")
_SECONDS = 60


class PostgresMissingError(Exception):
    """The server or its driver is not installed; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster."""

    uri: str
    version: str


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster in a temporary directory; it is stopped and removed at the end.

    Raises:
        PostgresMissingError: There is nothing to run.
    """
    programs = _programs()
    owner = _owner()
    home = Path(tempfile.mkdtemp(prefix="benchmark-postgres-"))
    if owner is not None:
        shutil.chown(home, owner)
    try:
        data, port = home / "data", free_port()
        _run(owner, home, [programs / "initdb", "-D", data, "-U", "mlflow", "-A", "trust"])
        control = [programs / "pg_ctl", "-D", data, "-w", "-t", str(_SECONDS)]
        options = f"-p {port} -k {home} -c listen_addresses={HOST}"
        _run(owner, home, [*control, "-l", home / "log", "-o", options, "start"])
        try:
            uri = f"postgresql+psycopg2://mlflow@{HOST}:{port}/postgres"
            yield Cluster(uri, _version(programs))
        finally:
            _run(owner, home, [*control, "-m", "fast", "stop"])
    finally:
        shutil.rmtree(home)


def _programs() -> Path:
    """The directory of the newest installed server's programs."""
    try:
        import psycopg2  # noqa: F401, PLC0415 - only whether it is there
    except ImportError as error:
        raise PostgresMissingError("pip install 'mlflow-docstore[benchmarks]'") from error
    places = [Path(place) for place in os.get_exec_path()]
    debian = [place / "bin" for place in _DEBIAN.glob("*")] if _DEBIAN.is_dir() else []
    places += sorted(debian, key=lambda place: float(place.parent.name), reverse=True)
    for place in places:
        if all((place / program).is_file() for program in _PROGRAMS):
            return place
    raise PostgresMissingError(INSTALL)


def _owner() -> str | None:
    """Who runs the server, which refuses to be run by root; None for who runs this."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _OWNERS if name in known)


def _run(owner: str | None, home: Path, command: "list[str | Path]") -> None:
    group = None if owner is None else pwd.getpwnam(owner).pw_gid
    done = subprocess.run(
        command,
        user=owner,
        group=group,
        extra_groups=None if owner is None else [],
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=2 * _SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")


def _version(programs: Path) -> str:
    told = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return told.stdout.strip().removeprefix("postgres (PostgreSQL) ")
