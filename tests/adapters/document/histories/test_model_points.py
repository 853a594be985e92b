"""Points of logged models: what they cost, what is known of them, and what is refused."""

import pytest
from mlflow.entities import Metric

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.histories.model_points import ModelPoints
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import AlreadyExists, NotFound
from mlflow_docstore.core.query import Compare, Field, FieldKind, Operator
from mlflow_docstore.ports.logged_models import LoggedModelRepository

from .models import (
    MODEL,
    RUN,
    Counting,
    as_of_schema_1,
    chunks_of,
    create,
    head_of,
    matching,
    measured,
    repository,
    values,
)

WINE = ("wine", "1a")
ACC = Field(FieldKind.METRIC, "acc")


@pytest.fixture
def models(database: Database) -> LoggedModelRepository:
    models = repository(database)
    create(models)
    return models


def log_each(models: LoggedModelRepository, *times: int, run_id: str = RUN) -> None:
    for at in times:
        models.add_metrics(run_id, [measured(at / 2, at)])


class TestCost:
    @pytest.mark.parametrize("batch", [1, 5])
    def test_a_call_costs_the_same_however_many_points_there_are(
        self, database: Database, models: LoggedModelRepository, batch: int
    ) -> None:
        driver = Counting(database)
        counted = DocumentBackend(driver).logged_models
        costs = []
        for begin in range(0, 500, batch):
            driver.verbs.clear()
            driver.read = 0
            counted.add_metrics(RUN, [measured(at / 2, at) for at in range(begin, begin + batch)])
            costs.append((*driver.verbs, driver.read))
        look = ["find"] * (2 if batch > 1 else 1)
        assert set(costs) == {("get", *look, "insert_many", "patch", 0)}
        assert len(head_of(database)["metrics"]) == 2
        assert len(values(models)) == 500

    def test_a_model_without_points_is_read_with_one_command(self, database: Database) -> None:
        driver = Counting(database)
        models = DocumentBackend(driver).logged_models
        create(models)
        driver.verbs.clear()
        models.get(MODEL)
        assert driver.verbs == ["get"]


class TestRepeats:
    def test_a_point_again_changes_nothing(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        log_each(models, 1, 2)
        before = (chunks_of(database), head_of(database))
        log_each(models, 1, 2)
        models.add_metrics(RUN, [measured(0.5, 1), measured(1.0, 2)])
        assert (chunks_of(database), head_of(database)) == before

    def test_a_batch_again_changes_nothing(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        batch = [measured(0.5, 1), measured(1.0, 2), measured(9.0, 1, "f1", dataset=WINE)]
        models.add_metrics(RUN, batch)
        before = (chunks_of(database), head_of(database))
        models.add_metrics(RUN, batch[::-1])
        for metric in batch:
            models.add_metrics(RUN, [metric])
        assert (chunks_of(database), head_of(database)) == before

    def test_of_a_batch_only_what_is_fresh_is_added(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        log_each(models, 1)
        models.add_metrics(RUN, [measured(0.5, 1), measured(1.0, 2)])
        models.add_metrics(RUN, [measured(1.0, 2), measured(1.5, 3), measured(7.0, 3, "f1")])
        assert sorted(chunk["count"] for chunk in chunks_of(database)) == [1, 1, 2]
        assert values(models) == [0.5, 1.0, 1.5]

    def test_a_merged_point_again_changes_nothing(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        log_each(models, *range(20))
        models.compact()
        before = (chunks_of(database), head_of(database))
        assert len(before[0]) == 1
        log_each(models, 0, 7, 19)
        models.add_metrics(RUN, [measured(3.5, 7), measured(4.0, 8)])
        assert (chunks_of(database), head_of(database)) == before

    def test_the_same_place_of_another_run_is_another_point(
        self, models: LoggedModelRepository
    ) -> None:
        log_each(models, 1)
        models.add_metrics("other", [measured(0.5, 1)])
        assert values(models) == [0.5, 0.5]


CONFLICTS = [measured(9.0, 7), measured(3.5, 7, dataset=WINE)]


@pytest.mark.parametrize("other", CONFLICTS, ids=["value", "dataset"])
class TestConflicts:
    def refused(self, database: Database, models: LoggedModelRepository, *metrics: Metric) -> None:
        before = (chunks_of(database), head_of(database))
        with pytest.raises(AlreadyExists):
            models.add_metrics(RUN, metrics)
        assert (chunks_of(database), head_of(database)) == before

    def test_with_a_single_point(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        log_each(models, 7)
        self.refused(database, models, other)
        self.refused(database, models, measured(0.0, 0), other)
        self.refused(database, models, other, measured(1.0, 7, "f1"))

    def test_with_a_point_of_a_batch(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        models.add_metrics(RUN, [measured(at / 2, at) for at in (5, 7, 9)])
        self.refused(database, models, other)
        self.refused(database, models, measured(0.0, 0), other)

    def test_with_a_point_of_a_batch_of_several(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        models.add_metrics(RUN, [measured(3.5, 7), measured(1.0, 3, "f1"), measured(1.0, 8, "f2")])
        self.refused(database, models, other)

    def test_with_a_batch_at_the_same_places(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        models.add_metrics(RUN, [measured(3.5, 7), measured(4.0, 8)])
        self.refused(database, models, other, measured(4.0, 8))

    def test_with_a_merged_point(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        log_each(models, *range(20))
        models.compact()
        self.refused(database, models, other)
        self.refused(database, models, measured(50.0, 100), other)

    def test_within_a_batch(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        self.refused(database, models, measured(3.5, 7), other)

    def test_with_a_point_that_a_model_of_an_older_release_holds(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        as_of_schema_1(database, {RUN: [measured(3.5, 7)]})
        with pytest.raises(AlreadyExists):
            models.add_metrics(RUN, [other])
        assert values(models) == [3.5]

    def test_no_model_gets_points_if_one_refuses(
        self, database: Database, models: LoggedModelRepository, other: Metric
    ) -> None:
        create(models, "m0")
        log_each(models, 7)
        self.refused(database, models, measured(1.0, model_id="m0"), other)
        assert values(models, model_id="m0") == []


class TestMerging:
    def test_points_read_the_same(self, database: Database, models: LoggedModelRepository) -> None:
        for at in range(30):
            batch = [measured(at / 2, at), measured(at / 3, at, "f1")]
            models.add_metrics(RUN, [*batch, measured(at / 4, at, "f1 of wine", dataset=WINE)])
            models.add_metrics("other", [measured(at / 5, at, dataset=WINE)])
        before = [dict(metric) for metric in models.get(MODEL).metrics or ()]
        assert models.compact() == 90
        assert len(chunks_of(database)) == 4
        after = [dict(metric) for metric in models.get(MODEL).metrics or ()]
        assert sorted(after, key=repr) == sorted(before, key=repr)
        assert [metric["timestamp"] for metric in after] == sorted(
            metric["timestamp"] for metric in after
        )
        assert models.compact() == 0


OLD_VALUES = [*(at / 2 for at in range(9)), 5.0, 3.0]


class TestOlderRelease:
    """A model that holds all its points itself, as models of schema 1 do."""

    @pytest.fixture
    def old(self, database: Database, models: LoggedModelRepository) -> LoggedModelRepository:
        other = [measured(5.0, 10), measured(3.0, 11, dataset=WINE)]
        as_of_schema_1(database, {RUN: [measured(at / 2, at) for at in range(9)], "other": other})
        return models

    def test_it_is_read(self, old: LoggedModelRepository) -> None:
        assert values(old) == OLD_VALUES
        assert {metric.run_id for metric in old.get(MODEL).metrics or ()} == {RUN, "other"}

    def test_it_is_found(self, old: LoggedModelRepository) -> None:
        assert matching(old, Compare(ACC, Operator.EQ, 1.5)) == [MODEL]
        assert matching(old, Compare(ACC, Operator.EQ, 1.6)) == []
        assert matching(old, Compare(ACC, Operator.GT, 4.9)) == [MODEL]

    def test_the_next_write_moves_its_points(
        self, database: Database, old: LoggedModelRepository
    ) -> None:
        old.add_metrics(RUN, [measured(99.0, 99)])
        assert values(old) == [*OLD_VALUES, 99.0]
        assert len(head_of(database)["metrics"]) < 5
        assert len(chunks_of(database)) == 4

    def test_compaction_moves_its_points(
        self, database: Database, old: LoggedModelRepository
    ) -> None:
        old.compact()
        assert values(old) == OLD_VALUES
        assert len(chunks_of(database)) == 3
        assert matching(old, Compare(ACC, Operator.EQ, 1.5)) == [MODEL]

    def test_a_model_without_points_is_nothing_special(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        as_of_schema_1(database, {})
        assert values(models) == []
        models.compact()
        log_each(models, 1)
        assert values(models) == [0.5]

    def test_a_run_that_goes_takes_its_points_along(
        self, database: Database, old: LoggedModelRepository
    ) -> None:
        ModelPoints(MemoryDriver(database)).drop(MODEL, RUN)
        assert values(old) == [5.0, 3.0]


class TestRemoval:
    def test_a_run_takes_its_points_along_and_searches_forget_them(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        models.add_metrics(RUN, [measured(9.0, 9), measured(1.0, 1)])
        models.add_metrics("other", [measured(5.0, 5), measured(2.0, 2, "f1")])
        points = ModelPoints(MemoryDriver(database))
        points.drop(MODEL, RUN)
        points.drop(MODEL, RUN)
        assert values(models) == [5.0]
        assert matching(models, Compare(ACC, Operator.GT, 6.0)) == []
        assert matching(models, Compare(ACC, Operator.GT, 4.0)) == [MODEL]
        assert len(head_of(database)["metrics"]) == 2

    def test_a_purged_model_leaves_nothing(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        create(models, "kept")
        models.add_metrics(RUN, [measured(1.0), measured(1.0, model_id="kept")])
        models.purge(MODEL)
        assert [chunk["model_id"] for chunk in chunks_of(database)] == ["kept"]

    def test_a_model_that_is_not_there_gets_nothing(
        self, database: Database, models: LoggedModelRepository
    ) -> None:
        with pytest.raises(NotFound):
            models.add_metrics(RUN, [measured(1.0), measured(1.0, model_id="nobody")])
        assert chunks_of(database) == []
