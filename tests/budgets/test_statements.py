"""How many statements each call costs on the embedded database: exactly, as commands elsewhere."""

from collections.abc import Mapping

import pytest

from . import test_commands as tracking
from . import test_registry_commands as registry
from .test_registry_commands import model_in
from .tracing import Traced

CHANGE = ["BEGIN", "SELECT", "UPDATE", "COMMIT"]
LOGGED = ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
JOIN = ["SELECT", "SELECT"]


def inserts(count: int) -> list[str]:
    return ["BEGIN", *["INSERT"] * count, "COMMIT"]


STATEMENTS: Mapping[str, list[str]] = {
    "find": ["SELECT"],
    "insert": ["INSERT"],
    "update": CHANGE,
    "findAndModify": CHANGE,
    "aggregate": JOIN,
    "delete": ["DELETE"],
}
"""What a command of another database is here."""

OTHERWISE: Mapping[str, list[str]] = {
    # A name is claimed with what has it.
    "create_experiment": inserts(2),
    "create_registered_model": inserts(2),
    # Points are stored with the change of the run: one commit.
    "log_metric": LOGGED,
    "log_batch of 1,000 points of one metric": LOGGED,
    "log_batch of 1,000 metrics": LOGGED,
    "log_batch of 800 metrics, 100 params and 100 tags": LOGGED,
    "search_runs by a filter, in another order": ["SELECT"],
    # Two versions and the new one are hidden with the model: documents of a filter, each changed.
    "create_model_version of a prompt": [
        *CHANGE,
        "INSERT",
        *("SELECT", "SELECT", "BEGIN", *["SELECT", "UPDATE"] * 3, "COMMIT"),
        *CHANGE,
        *JOIN,
    ],
}
"""Calls whose commands do not say it."""


def expected(name: str, commands: list[str]) -> list[str]:
    if name in OTHERWISE:
        return OTHERWISE[name]
    return [word for command in commands for word in STATEMENTS[command]]


@pytest.mark.parametrize(
    ("name", "call", "commands"), tracking.BUDGETS, ids=[one[0] for one in tracking.BUDGETS]
)
def test_a_call_executes_these_statements(
    traced: Traced, name: str, call: tracking.Call, commands: list[str]
) -> None:
    experiment_id = tracking.experiment_in(traced.tracking)
    run_id = tracking.run_in(traced.tracking, experiment_id)
    with traced.during() as heard:
        call(traced.tracking, experiment_id, run_id)
    assert heard.names == expected(name, commands)


@pytest.mark.parametrize(
    ("name", "call", "commands"), registry.BUDGETS, ids=[one[0] for one in registry.BUDGETS]
)
def test_a_call_of_the_registry_executes_these_statements(
    traced: Traced, name: str, call: registry.Call, commands: list[str]
) -> None:
    model = model_in(traced.registry)
    with traced.during() as heard:
        call(traced.registry, model)
    assert heard.names == expected(name, commands)


def test_a_store_on_a_database_that_exists_opens_with_two_statements(traced: Traced) -> None:
    with traced.during() as heard:
        traced.another_store()
    assert heard.names == ["SELECT", "SELECT"]
