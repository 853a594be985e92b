"""What releases of MLflow broke or decide otherwise: ``python -m tests.news [RELEASE ...]``.

Each is installed into a throw-away environment. What fails on MLflow's own SQLite store has
drifted: tests/contract/versions.py must say so. What fails elsewhere is broken, and ours to mend.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .environment import NEWEST, PROJECT, make_environment, version_of
from .table import Verdict, with_row

PAGE = PROJECT / "docs" / "mlflow-versions.md"
CONTRACT = tuple(f"tests/contract/{room}" for room in ("store", "registry", "traces"))
JUDGED = {
    "contract on MLflow's SQLite store": (*CONTRACT, "--store-uri", "sqlite"),
    "contract on memory": (*CONTRACT, "--store-uri", "memory"),
    "ledger and signatures": ("tests/compat/test_ledger.py",),
    "core and facade": ("tests/core", "tests/compat", "--ignore", "tests/compat/test_ledger.py"),
}
IMPORTED = "mlflow_docstore.compat."
MODULES = ("tracking.store", "registry.store", "mlflow_internals.finding", "plugin")


def main(releases: Sequence[str]) -> int:
    """Judge each release; 1 if anything is not as this project knows it."""
    return max(map(_judge, releases or [NEWEST]))


def _judge(release: str) -> int:
    with tempfile.TemporaryDirectory(prefix="mlflow-news-") as directory:
        python = make_environment(Path(directory), release)
        found, base = version_of("mlflow", python), version_of("mlflow-skinny", python)
        _say(f"MLflow {found} on the dependencies of {base}")
        broken = [line for module in MODULES if (line := _import_error(python, module))]
        for line in broken:
            _say(f"  {line}")
        verdicts = {title: _verdict(python, tests) for title, tests in JUDGED.items()}
    for title, verdict in verdicts.items():
        _say(f"{title}: {verdict}")
        for failure in verdict.failures:
            _say(f"  {failure}")
    PAGE.write_text(with_row(PAGE.read_text("utf-8"), found, base, verdicts), "utf-8")
    return int(bool(broken) or any(verdict.failures for verdict in verdicts.values()))


def _import_error(python: Path, module: str) -> str | None:
    code = f"import mlflow, {IMPORTED}{module}"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return f"{IMPORTED}{module}: {done.stderr.strip().splitlines()[-1]}"


def _verdict(python: Path, tests: Sequence[str]) -> Verdict:
    options = (
        "-nlogical",
        "--dist=worksteal",
        "-q",
        "--tb=no",
        "--no-header",
        "-rfE",
        "-pno:cacheprovider",
    )
    done = subprocess.run(
        [python, "-m", "pytest", *options, *tests],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    passed = re.search(r"(\d+) passed", lines[-1] if lines else "")
    failures = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    if done.returncode > 1 or not passed:
        failures.append(f"pytest ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return Verdict(int(passed.group(1)) if passed else 0, tuple(failures))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
