"""The check sees every fault: each is put before it, in a process of their own."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BROKEN_STORES

ROOT = Path(__file__).parents[2]

FEWEST = {"driver": 35, "retries": 3, "repository": 27, "facade": 21, "server": 10}
"""How many faults there are at least, by layer."""

# A process for many: to import MLflow takes longer than to catch a fault.
pytestmark = pytest.mark.timeout(600)


def hunted(layers: list[str], directory: Path, *options: str) -> list[dict[str, Any]]:
    told = directory / "catches.json"
    command = [sys.executable, "-W", "ignore", "-m", "tests.mutants", "--json", told, *options]
    done = subprocess.run(
        [*command, *(f"--layer={layer}" for layer in layers)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.exists(), done.stderr
    catches: list[dict[str, Any]] = json.loads(told.read_text())
    return catches


@pytest.mark.parametrize(
    "layers", [["driver", "retries", "server"], ["repository", "facade"]], ids="-".join
)
def test_every_fault_is_caught_and_nothing_where_there_is_none(
    layers: list[str], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    catches = hunted(layers, tmp_path)
    assert [one for one in catches if not one["expected"]] == []
    faults = Counter(one["layer"] for one in catches if one["is_fault"])
    assert all(faults[layer] >= FEWEST[layer] for layer in layers)
    assert len(catches) == faults.total() + len(layers)
    record_property(BROKEN_STORES, faults.total())


@pytest.mark.exhaustive
def test_the_whole_suite_catches_them_too(tmp_path: Path) -> None:
    catches = hunted(["retries"], tmp_path, "--whole")
    assert [one for one in catches if not one["expected"]] == []
