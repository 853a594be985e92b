"""Races end, one way or the other."""

import pytest
from mlflow.entities import Experiment

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Inserts, Outcome, Patch
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import Conflict
from mlflow_docstore.core.query import Filter


def test_a_race_is_given_up_far_behind_what_ever_happens() -> None:
    race = rounds("run", "r1")
    for _ in range(1000):
        next(race)
    with pytest.raises(Conflict) as caught:
        next(race)
    assert (caught.value.kind, caught.value.key) == ("run", "r1")


def test_a_race_that_is_won_raises_nothing() -> None:
    for _ in rounds("run", "r1"):
        break


class ContraryDriver(MemoryDriver):
    """No precondition ever holds, whatever the documents say."""

    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        if when is None:
            return super().patch(collection, key, patch, returning=returning, beside=beside)
        return Outcome(matched=False)


def test_a_precondition_that_can_never_hold_does_not_hang_its_caller() -> None:
    database = Database()
    experiment = Experiment("1", "ant", "loc", "active", [], 1, 1)
    DocumentBackend(MemoryDriver(database)).experiments.create(experiment)
    with pytest.raises(Conflict):
        DocumentBackend(ContraryDriver(database)).experiments.set_tag("1", "key", "value")
