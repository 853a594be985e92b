"""Large contents of datasets, where a database takes documents of 2 MB."""

import json
import random

import pytest
from mlflow.entities import Dataset, DatasetInput, Experiment, Run, RunData, RunInfo

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import DATASETS, RUNS, TEXTS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.capabilities import Limits
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.runs import RunQuery

LIMITS = Limits(2 * 1024 * 1024, in_terms=1000, batch_documents=100)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def backend(database: Database) -> DocumentBackend:
    return DocumentBackend(MemoryDriver(database, limits=LIMITS))


def run_in(backend: DocumentBackend, experiment_id: str, run_id: str, *datasets: Dataset) -> None:
    info = RunInfo(run_id, experiment_id, "u", "RUNNING", 1, None, "active")
    backend.runs.create(Run(info, RunData()))
    backend.inputs.log_inputs(run_id, [DatasetInput(each, []) for each in datasets], [])


def profiles(run: Run) -> list[str]:
    return [linked.dataset.profile for linked in run.inputs.dataset_inputs]


def dataset(name: str, profile: str) -> Dataset:
    return Dataset(name, "1", "local", "here", profile[:1_000_000], profile)


def noise(length: int) -> str:
    """A text that is compressed to half at most."""
    return random.Random(length).randbytes(length // 2 + 1).hex()[:length]  # noqa: S311


def test_contents_beyond_the_limit_are_kept(backend: DocumentBackend) -> None:
    profile = noise(10_000_000)
    run_in(backend, "1", "r", dataset("wine", profile))
    assert profiles(backend.runs.get("r")) == [profile]


@pytest.mark.parametrize("length", [1000, 2000, 4000, 4096, 5000, 8000, 20_000])
def test_what_links_many_datasets_stays_well_below_the_limit(
    database: Database, backend: DocumentBackend, length: int
) -> None:
    texts = {f"d{number}": noise(length - 2) + f"{number:2}" for number in range(100)}
    run_in(backend, "1", "r", *(dataset(name, text) for name, text in texts.items()))
    assert len(json.dumps(database.table(RUNS).documents["r"])) < LIMITS.document_bytes / 2
    found = backend.runs.search(RunQuery(("1",), ("active",)), PageRequest(10))
    assert [profiles(run) for run in found.items] == [list(texts.values())]


def test_a_purged_experiment_leaves_no_parts(database: Database, backend: DocumentBackend) -> None:
    profile = noise(50_000)
    for number in ("1", "2"):
        backend.experiments.create(Experiment(number, f"e{number}", "here", "active", None, 1, 1))
        run_in(backend, number, f"r{number}", dataset("wine", profile))
    backend.experiments.delete("1", at=1)
    backend.experiments.purge("1")
    left = list(database.table(TEXTS).documents.values())
    assert {part["holder"] for part in left} == set(database.table(DATASETS).documents)
    assert profiles(backend.runs.get("r2")) == [profile]
