"""Which keys of a search of traces are indexed when it takes long, and that it finds the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mlflow.entities import AssessmentSource, Feedback, TraceInfo, TraceLocation, TraceState

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.adapters.sqlite.driver import SqliteDriver
from mlflow_docstore.adapters.sqlite.place import Place
from mlflow_docstore.adapters.sqlite.searches import Haste
from mlflow_docstore.adapters.sqlite.session import Session
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

RUNS, SPANS = "on_runs_id", "on_spans_name"
GIVEN, OF_SESSIONS = "on_assessments_name_value", "on_assessments_session_name"
TRACES = 6
EVEN, ODD = ["t0", "t2", "t4"], ["t1", "t3", "t5"]


@dataclass(frozen=True)
class Hasty:
    """A store that takes every search for a long one, and what is beneath it."""

    store: DocStoreTrackingStore
    backend: DocumentBackend
    driver: SqliteDriver

    def search(self, text: str, *order: str) -> list[str]:
        found, _ = self.store.search_traces(
            filter_string=text, locations=["0"], order_by=list(order)
        )
        return [trace.trace_id for trace in found]

    def added(self) -> list[str]:
        found = self.backend.indexes.list()
        return sorted(one.name for one in found if not one.builtin and one.collection == "traces")


def traced(number: int) -> TraceInfo:
    made_by = {"mlflow.sourceRun": "run"} if number == 0 else {}
    return TraceInfo(
        trace_id=f"t{number}",
        trace_location=TraceLocation.from_experiment_id("0"),
        request_time=number,
        state=TraceState.OK if number % 2 else TraceState.ERROR,
        execution_duration=number,
        tags={"mlflow.traceName": f"n{number % 2}", "team": f"m{number % 2}"},
        trace_metadata={"who": f"w{number % 2}", **made_by},
        assessments=[
            Feedback(
                name="good",
                value=["no", "yes"][number % 2],
                source=AssessmentSource("CODE", "c"),
                trace_id=f"t{number}",
            )
        ],
    )


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hasty]:
    place = Place(tmp_path_factory.mktemp("hasty"))
    driver = SqliteDriver(Session(place), "p", haste=Haste(0, 0, most=100))
    backend = DocumentBackend(driver)
    store = DocStoreTrackingStore("docstore:///hasty", place.directory.as_uri(), backend)
    for number in range(TRACES):
        store.start_trace(traced(number))
    store.link_traces_to_run(["t2", "t4"], "run")
    yield Hasty(store, backend, driver)
    driver.close()


def on(path: str) -> str:
    return f"on_key_{digest(path)[:12]}"


@pytest.mark.parametrize(
    ("text", "order", "names", "matching"),
    [
        ("tag.team = 'm1'", "", [on("tags.team")], ODD),
        ("metadata.who = 'w0'", "", [on("metadata.who")], EVEN),
        ("name = 'n1'", "", [on("name")], ODD),
        ("status = 'ERROR'", "", [on("state")], EVEN),
        ("execution_time_ms > 3", "", [on("duration")], ["t4", "t5"]),
        ("execution_time_ms > 3 AND status = 'OK'", "", [on("state")], ["t5"]),
        ("run_id = 'run'", "", [on("metadata.mlflow%2EsourceRun"), RUNS], EVEN),
        ("feedback.good = 'no'", "", [GIVEN, OF_SESSIONS], EVEN),
        ("span.name = 'none'", "", [on("more_spans"), SPANS], []),
        ("tag.team = 'm0'", "tags.other DESC", [on("tags.team"), on("tags.other")], EVEN),
        ("metadata.`mlflow.trace.session` = 's'", "", [], []),
        ("timestamp_ms > 3", "", [], ["t4", "t5"]),
    ],
)
def test_the_keys_of_a_search(
    hasty: Hasty, text: str, order: str, names: list[str], matching: list[str]
) -> None:
    for name in hasty.added():
        hasty.backend.indexes.drop(name)
    # As in another process: this one does not make again what it has seen.
    hasty.driver._reading._searches._there.clear()
    for _ in range(2):
        assert sorted(hasty.search(text, *[order] if order else [])) == matching
    assert hasty.added() == sorted(names)
