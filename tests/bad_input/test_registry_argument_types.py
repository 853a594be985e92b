"""Values of the wrong type for the registry: whatever SqlAlchemyStore makes of them, so do we.

As ``test_argument_types`` for tracking.
"""

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.differential.clock import SteppedClock, stepped_clock
from tests.differential.sides import Call, Side, Sides
from tests.differential.stores import (
    open_registry_reference,
    open_registry_subject,
)

from .calls import NEW
from .oddities import (
    ACCEPTED,
    BAD_REQUEST,
    INTERNAL_ERROR,
    ODD,
    Difference,
    assert_alike,
    cases,
    databases,
)
from .registry_calls import ALIAS, EVENT, METHODS, NAME, WEBHOOK

CASES = cases(METHODS)

DIFFERENCES = (
    Difference(
        INTERNAL_ERROR,
        "transition_model_version_stage.name transition_model_version_stage.version",
        "list dict",
        "SqlAlchemyStore binds them in a statement here alone; everywhere else its code is ours",
    ),
    Difference(
        INTERNAL_ERROR,
        "list_webhooks.max_results list_webhooks_by_event.max_results",
        "float",
        "SQLAlchemy refused a fraction as a limit until 2.1, which hands it to the database",
    ),
    Difference(
        BAD_REQUEST,
        "*",
        "bytes",
        "SQLite keeps bytes as they are in columns of texts; no other client can read them",
    ),
    Difference(
        ACCEPTED,
        ".description .run_id .run_link",
        "int float bool",
        "SqlAlchemyStore returns what it was given and reads back the text that it stored; we"
        " return the text",
    ),
)


@dataclass
class Stage:
    """All registries, with a model and a webhook that calls are made on."""

    sides: Sides
    clock: SteppedClock
    count: itertools.count = field(default_factory=itertools.count)

    def set_up(self) -> None:
        """A new model and webhook under the names that calls know, and no others."""
        self.clock.now += 1
        name = f"{self.sides.prefix}{next(self.count)}"
        for side in self.sides:
            store = side.store
            for stray in store.list_webhooks(max_results=1000):
                store.delete_webhook(stray.webhook_id)
            for stray in store.search_registered_models(max_results=1000):
                store.delete_registered_model(stray.name)
            store.create_registered_model(name)
            for _ in range(2):
                store.create_model_version(name, "s3://a")
            store.set_registered_model_alias(name, ALIAS, 1)
            hook = store.create_webhook("hook", "https://receiver.invalid/", [EVENT])
            side.ids[NAME] = name
            side.learn(WEBHOOK, hook.webhook_id)

    def outcomes(self, call: Call) -> list[Any]:
        # Lists of webhooks go by their time alone.
        self.clock.now += 1
        return self.sides.outcomes(call)

    def mutated(self, method: str, argument: str, odd: str) -> Call:
        """The call with one of its arguments replaced."""
        new = f"new{next(self.count)}"

        def call(side: Side) -> Any:
            given = {
                name: _put(side, value, new) for name, value in METHODS[method].arguments.items()
            }
            result = METHODS[method].call(side.store, **given | {argument: ODD[odd]})
            if identity := getattr(result, "webhook_id", None):
                side.learn(f"«made {new}»", identity)
            return result

        return call


def _put(side: Side, value: Any, new: str) -> Any:
    if value is NEW:
        return new
    # Not of enums, which are texts too.
    return side.local(value) if type(value) is str else value


@pytest.fixture(scope="module")
def stages(
    tmp_path_factory: pytest.TempPathFactory, throw_away: Callable[[str], str]
) -> Iterator[Callable[[tuple[str, ...]], Stage]]:
    """The stages of some databases each, which are strangers to each other, under one clock."""

    with pytest.MonkeyPatch.context() as patch, stepped_clock() as clock:
        patch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")

        @functools.cache
        def stage(names: tuple[str, ...]) -> Stage:
            reference = Side(open_registry_reference(tmp_path_factory.mktemp("stage")))
            ours = [Side(open_registry_subject(throw_away(name)), name) for name in names]
            stage = Stage(Sides(reference, ours, "s.", pause=lambda: None), clock)
            stage.set_up()
            return stage

        yield stage


def look(side: Side) -> list[Any]:
    store, name = side.store, side.ids[NAME]
    return [
        store.get_registered_model(name),
        store.search_model_versions(f"name = '{name}'"),
        store.get_webhook(side.ids[WEBHOOK]),
    ]


@pytest.mark.parametrize(("method", "argument", "odd"), CASES)
def test_ends_alike(
    stages: Callable[[tuple[str, ...]], Stage], method: str, argument: str, odd: str
) -> None:
    assert_alike(stages(databases(odd)), (method, argument, odd), look, DIFFERENCES)
