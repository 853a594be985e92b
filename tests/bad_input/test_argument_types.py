"""Values of the wrong type: whatever SqlAlchemyStore makes of them, so do we.

Every argument of every method in turn is replaced by values of other types. The outcome must be the
same: error class and code, or else result and what can be read afterwards. Where SQLite or a
programming error decides what SqlAlchemyStore answers, ``DIFFERENCES`` says what we do, and why.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.differential.sides import Call, Side, Sides
from tests.differential.stores import open_reference, open_subject

from .calls import EXPERIMENT, METHODS, MODEL, NEW, RUN
from .oddities import (
    ACCEPTED,
    BAD_REQUEST,
    INTERNAL_ERROR,
    INVALID,
    ODD,
    Difference,
    assert_alike,
    cases,
    databases,
)

CASES = cases(METHODS)

DIFFERENCES = (
    Difference(
        BAD_REQUEST,
        "*",
        "bytes",
        "SQLite keeps bytes as they are in columns of texts; no other client can read them",
    ),
    Difference(
        BAD_REQUEST,
        ".start_time .end_time .step",
        "bytes text empty",
        "SQLite keeps texts in columns of integers; PostgreSQL answers BAD_REQUEST",
    ),
    Difference(
        ACCEPTED,
        ".start_time .end_time .timestamp .step",
        "float empty None",
        "SQLite keeps fractions in columns of integers; we keep what is before the point",
    ),
    Difference(
        ACCEPTED,
        "update_run_info.run_name create_run.user_id create_run.run_name create_run(tag).key"
        " create_run(tag).value",
        "int float bool",
        "SqlAlchemyStore returns what it was given and reads back the text that it stored; we"
        " return the text",
    ),
    Difference(
        ACCEPTED,
        "create_run.run_name create_logged_model.name",
        "None empty",
        "A name is drawn at random",
    ),
    Difference(
        BAD_REQUEST,
        "create_run.experiment_id create_run(tag).experiment_id",
        "None",
        "SqlAlchemyStore makes a run that belongs to no experiment and cannot be found",
    ),
    Difference(
        INVALID,
        "restore_experiment.experiment_id _hard_delete_experiment.experiment_id"
        " set_experiment_tag.experiment_id",
        "None empty",
        "Nothing stands for the default experiment in one half of the method, and is no id in the"
        " other; we take it for no id before anything is changed",
    ),
    Difference(
        INVALID,
        "search_runs.max_results search_experiments.max_results",
        "float",
        "SQLite cuts the fraction of a limit off",
    ),
    Difference(
        INTERNAL_ERROR,
        "get_metric_history.max_results get_metric_history_bulk.max_results"
        " get_metric_history_bulk_interval_from_steps.max_results",
        "float",
        "SQLite cuts the fraction of a limit off; other types are an INTERNAL_ERROR there too",
    ),
    Difference(
        ACCEPTED,
        ".start_step .end_step",
        "bool",
        "SQLAlchemy compares booleans with = only; Python's are integers",
    ),
    Difference(
        INTERNAL_ERROR,
        "get_metric_history_bulk_interval_from_steps.steps",
        "None int float bool",
        "SQLAlchemy refuses what is no list while it makes its statement",
    ),
    Difference(
        ACCEPTED,
        "get_metric_history_bulk_interval_from_steps.steps",
        "bytes text empty",
        "SQLAlchemy wants a list, not any sequence; no step is a letter",
    ),
    Difference(
        BAD_REQUEST,
        "log_inputs(dataset).name log_inputs(dataset).digest log_inputs(model).model_id"
        " log_outputs(model).model_id log_metric(model).model_id",
        "list dict",
        "SqlAlchemyStore stumbles over a set or a dict of its own; BAD_REQUEST elsewhere",
    ),
    Difference(
        INVALID,
        "log_metric(model).value log_metric(model).timestamp log_metric(model).step"
        " log_metric(dataset).model_id log_metric(dataset).dataset_name"
        " log_metric(dataset).dataset_digest",
        "list dict",
        "SqlAlchemyStore stumbles over a set of its own before it looks at the value",
    ),
    Difference(
        BAD_REQUEST,
        "_hard_delete_logged_model.model_id",
        "list",
        "SQLAlchemy takes the list for a composite key",
    ),
    Difference(
        INVALID,
        "search_logged_models.page_token",
        "int float bool bytes list dict text",
        "MLflow stumbles over the token; a malformed one is INVALID_PARAMETER_VALUE elsewhere",
    ),
)


@dataclass
class Stage:
    """All stores, with an experiment, a run and a model that calls are made on."""

    sides: Sides
    count: itertools.count = field(default_factory=itertools.count)

    def set_up(self) -> None:
        """A new experiment, run and model under the names that calls know."""
        self.sides.pause()
        name = f"{self.sides.prefix}{next(self.count)}"
        for side in self.sides:
            store = side.store
            experiment_id = store.create_experiment(name)
            run = store.create_run(experiment_id, "u", 1, [], "run")
            model = store.create_logged_model(experiment_id, "model")
            side.learn(EXPERIMENT, experiment_id)
            side.learn(RUN, run.info.run_id)
            side.learn(MODEL, model.model_id)

    def outcomes(self, call: Call) -> list[Any]:
        return self.sides.outcomes(call)

    def mutated(self, method: str, argument: str, odd: str) -> Call:
        """The call with one of its arguments replaced."""
        new = f"new{next(self.count)}"

        def call(side: Side) -> Any:
            given = {
                name: side.local(_put(value, new))
                for name, value in METHODS[method].arguments.items()
            }
            result = METHODS[method].call(side.store, **given | {argument: ODD[odd]})
            for identity in _identities(result):
                side.learn(f"«made {new}»", identity)
            return result

        return call


def _put(value: Any, new: str) -> Any:
    return new if isinstance(value, str) and value == NEW else value


def _identities(result: Any) -> list[str]:
    """Ids of what a call has made, which differ between the stores."""
    if isinstance(result, str) and result.isdigit():
        return [result]
    found = [getattr(result, "model_id", None), getattr(result, "info", None)]
    return [str(getattr(one, "run_id", one)) for one in found if one is not None]


@pytest.fixture(scope="module")
def stages(
    tmp_path_factory: pytest.TempPathFactory, throw_away: Callable[[str], str]
) -> Callable[..., Stage]:
    """The stages of some databases each, which are strangers to each other.

    Methods that list everything have one of their own: where other calls may end differently, they
    leave different things behind, and tests run in any order.
    """

    @functools.cache
    def stage(names: tuple[str, ...], *, listing: bool) -> Stage:
        del listing  # it only tells one stage from the other
        directory = tmp_path_factory.mktemp("stage")
        artifacts = directory / "artifacts"
        ours = [Side(open_subject(throw_away(name), artifacts), name) for name in names]
        stage = Stage(Sides(Side(open_reference(directory, artifacts)), ours, prefix="s/"))
        stage.set_up()
        return stage

    return stage


def look(side: Side) -> list[Any]:
    store, ids = side.store, side.ids
    return [
        store.get_run(ids[RUN]),
        store.get_experiment(ids[EXPERIMENT]),
        store.get_logged_model(ids[MODEL]),
    ]


@pytest.mark.parametrize(("method", "argument", "odd"), CASES)
def test_ends_alike(stages: Callable[..., Stage], method: str, argument: str, odd: str) -> None:
    stage = stages(databases(odd), listing=method == "search_experiments")
    assert_alike(stage, (method, argument, odd), look, DIFFERENCES)
