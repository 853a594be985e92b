"""A run fails where it sends what a dialect refuses, though every test passes."""

import subprocess
import sys
from pathlib import Path

import pytest

SENDS_A_FACET = Path(__file__).with_name("sends_a_facet.py")


@pytest.mark.timeout(300)
def test_an_unknown_refusal_fails_the_run_and_names_the_test() -> None:
    # As worker processes, whose findings come together.
    command = [sys.executable, "-m", "pytest", "-n1", "-pno:cacheprovider", str(SENDS_A_FACET)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "1 passed" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if "$facet" in line]
    assert [row[:4] for row in rows] == [
        [profile, "aggregate", "stage", "$facet"]
        for profile in ("documentdb-5.0", "documentdb-8.0", "documentdb-elastic")
    ]
    assert {row[4] for row in rows} == {"tests/guard/sends_a_facet.py::test_it"}
