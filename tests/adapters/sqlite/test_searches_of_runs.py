"""Which keys of a search of runs are indexed when it takes long, and how one gets rid of that."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.queries.hot import hot_index
from mlflow_docstore.adapters.sqlite.driver import SqliteDriver
from mlflow_docstore.adapters.sqlite.place import Place
from mlflow_docstore.adapters.sqlite.searches import Haste
from mlflow_docstore.adapters.sqlite.session import Session
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.query import Field, FieldKind

LOSS = Field(FieldKind.METRIC, "loss")
DEPTH = Field(FieldKind.PARAM, "depth")
TEAM = Field(FieldKind.TAG, "team")
NAME = Field(FieldKind.TAG, "mlflow.runName")


@dataclass(frozen=True)
class Hasty:
    """A store that takes every search for a long one, and what is beneath it."""

    store: DocStoreTrackingStore
    backend: DocumentBackend
    driver: SqliteDriver

    def search(self, text: str, *order: str) -> list[str]:
        found = self.store.search_runs(["0"], text, ViewType.ALL, 5, list(order))
        return [run.info.run_name for run in found]

    def added(self) -> list[str]:
        return sorted(one.name for one in self.backend.indexes.list() if not one.builtin)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hasty]:
    """With one run."""
    place = Place(tmp_path_factory.mktemp("hasty"))
    driver = SqliteDriver(Session(place), "p", haste=Haste(0, 0, most=100))
    backend = DocumentBackend(driver)
    store = DocStoreTrackingStore("docstore:///hasty", place.directory.as_uri(), backend)
    run = store.create_run("0", "u", 1, [RunTag("team", "red")], "first")
    store.log_batch(run.info.run_id, [Metric("loss", 0.5, 1, 1)], [Param("depth", "3")], [])
    yield Hasty(store, backend, driver)
    driver.close()


@pytest.mark.parametrize(
    ("text", "order", "fields"),
    [
        ("metrics.loss < 1", "", [LOSS]),
        ("metrics.loss = 0.5 and metrics.loss <= 1", "", [LOSS]),
        ("params.depth = '3'", "", [DEPTH]),
        ("tags.team = 'red'", "", [TEAM]),
        ("attributes.run_name = 'first'", "", [NAME]),
        ("metrics.loss < 1 and tags.team = 'red'", "", [TEAM]),
        ("tags.team = 'red' and params.depth = '3'", "", [TEAM]),
        ("metrics.loss < 1", "metrics.loss DESC", [LOSS]),
        ("tags.team = 'red'", "metrics.loss", [TEAM, LOSS]),
        ("", "params.depth DESC", [DEPTH]),
        ("tags.team = 'red'", "attributes.start_time ASC", [TEAM]),
        ("", "attributes.end_time", []),
        ("params.depth != '4' and tags.team LIKE 'r%' and metrics.loss != 9", "", []),
        ("attributes.status = 'RUNNING' and attributes.start_time > 0", "", []),
    ],
)
def test_the_keys_of_a_search(hasty: Hasty, text: str, order: str, fields: list[Field]) -> None:
    for name in hasty.added():
        hasty.backend.indexes.drop(name)
    # As in another process: this one does not make again what it has seen.
    hasty.driver._reading._searches._there.clear()
    assert hasty.search(text, *[order] if order else []) == ["first"]
    assert hasty.added() == sorted(hot_index(field).name for field in fields)


def test_one_that_is_dropped_is_not_made_again_by_the_process(hasty: Hasty) -> None:
    name = hot_index(Field(FieldKind.TAG, "dropped")).name
    assert hasty.search("tags.dropped = 'x'") == []
    assert name in hasty.added()
    hasty.backend.indexes.drop(name)
    assert hasty.search("tags.dropped = 'x'") == []
    assert name not in hasty.added()


def test_one_that_a_user_adds_is_the_same(hasty: Hasty) -> None:
    hasty.search("tags.both = 'x'")
    before = hasty.added()
    hasty.backend.indexes.add(Field(FieldKind.TAG, "both"))
    assert hasty.added() == before
