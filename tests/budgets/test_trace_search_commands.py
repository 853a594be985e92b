"""How many commands searches of traces cost: one a page, one more where something else is asked."""

import pytest
from mlflow.entities import TraceInfo

from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from tests.contract.traces.trace_search_scenarios import new_trace

from .conftest import Heard
from .listening import explained
from .test_commands import experiment_in
from .test_plans import Client

TRACES = 5


@pytest.fixture(scope="module")
def experiment_id(heard: Heard) -> str:
    """An experiment with traces that are alike."""
    experiment_id = experiment_in(heard.store)
    for _ in range(TRACES):
        new_trace(
            heard.store,
            experiment_id,
            name="ask",
            session="s",
            tags={"colour": "red"},
            metadata={"mlflow.sourceRun": "r"},
            spans=[{"name": "ask", "attributes": {"model": "small"}}, {"name": "generate"}],
        )
    return experiment_id


def search(
    store: DocStoreTrackingStore, experiment_id: str, question: str | None, size: int = 3
) -> list[TraceInfo]:
    found, _ = store.search_traces(
        filter_string=question, locations=[experiment_id], max_results=size
    )
    return found


@pytest.mark.parametrize(
    ("question", "commands"),
    [
        (None, ["find"]),
        ("timestamp > 5 AND status = 'OK'", ["find"]),
        ("tags.colour = 'red' AND name LIKE 'a%'", ["find"]),
        ("metadata.`mlflow.trace.session` = 's'", ["find"]),
        ("run_id = 'r'", ["find"]),
        ("name RLIKE '^a'", ["find"]),
        ("span.name = 'generate'", ["find", "aggregate"]),
        ("span.name = 'ask' AND span.status IN ('OK')", ["find", "aggregate"]),
        ("span.content LIKE '%small%'", ["find", "find"]),
        ("span.attributes.model RLIKE '^sm'", ["find", "find"]),
        ("feedback.good IS NULL", ["find", "find"]),
    ],
)
def test_page_costs(
    heard: Heard, experiment_id: str, question: str | None, commands: list[str]
) -> None:
    with heard.listener.during() as sent:
        found = search(heard.store, experiment_id, question)
    assert len(found) == 3
    assert sent.names == commands


def test_page_in_another_order_is_one_command(heard: Heard, experiment_id: str) -> None:
    with heard.listener.during() as sent:
        heard.store.search_traces(locations=[experiment_id], order_by=["tags.colour"])
    assert sent.names == ["aggregate"]


def test_kind_of_span_that_no_trace_has_is_asked_of_traces_alone(
    heard: Heard, experiment_id: str
) -> None:
    with heard.listener.during() as sent:
        assert search(heard.store, experiment_id, "span.name = 'nothing'") == []
    assert sent.names == ["find"]


def test_correlation_counts_four_times(heard: Heard, experiment_id: str) -> None:
    with heard.listener.during() as sent:
        result = heard.store.calculate_trace_filter_correlation(
            [experiment_id], "tags.colour = 'red'", "name = 'ask'"
        )
    assert result.joint_count == TRACES
    assert sent.names == ["aggregate"] * 4


def test_completed_sessions_are_two_groups(heard: Heard, experiment_id: str) -> None:
    with heard.listener.during() as sent:
        (session,) = heard.store.find_completed_sessions(experiment_id, 0, 2**50)
    assert session.session_id == "s"
    assert sent.names == ["aggregate"] * 2


@pytest.mark.parametrize(
    ("question", "index"),
    [
        (None, "by_recency"),
        ("timestamp >= 5 AND timestamp < 1700000000001", "by_recency"),
        ("metadata.`mlflow.trace.session` = 's'", "by_session"),
    ],
)
def test_page_walks_an_index(
    heard: Heard, client: Client, experiment_id: str, question: str | None, index: str
) -> None:
    with heard.listener.during() as sent:
        search(heard.store, experiment_id, question)
    assert explained(client, sent.only).index == index
