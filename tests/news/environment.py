"""An environment with this project and one release of MLflow."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
UV = PROJECT / ".venv" / "bin" / "uv"
NEWEST = "newest"


def make_environment(directory: Path, release: str) -> Path:
    """Install into a directory, which may be there already; its Python.

    Args:
        directory: Of the environment.
        release: Of MLflow; ``NEWEST`` for the newest there is, pre-releases included.
    """
    python = directory / "bin" / "python"
    _run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, directory)
    # The index may lack what a new release depends on. Then it is put, alone, on what the newest
    # release before it depends on; where nothing lacks, this changes nothing.
    newest = release == NEWEST
    install = (UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", python)
    if newest:
        install += ("--prerelease", "allow")
    below, exactly = ("", "") if newest else (f"<={release}", f"=={release}")
    _run(*install, "--editable", f"{PROJECT}[dev]", f"mlflow{below}")
    _run(*install, "--no-deps", "--upgrade-package", "mlflow", f"mlflow{exactly}")
    return python


def version_of(package: str, python: Path) -> str:
    """The release of a package in an environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    make_environment(Path(sys.argv[1]), sys.argv[2])
