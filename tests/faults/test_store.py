"""MLflow's calls while the server dies: an error of MLflow's, and a repeat that completes it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from mlflow.entities import Metric, Param, RunStatus, RunTag
from mlflow.exceptions import MlflowException

from mlflow_docstore.adapters.document.histories.encoding import encode_chunks
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.testing.guard.faults import Fault, Script
from mlflow_docstore.testing.guard.proxy import Proxy
from tests.adapters.cosmosdb.proxy import Proxy as CosmosProxy
from tests.adapters.cosmosdb.standin import StandIn
from tests.concurrency.processes import adapter_of

_OPTIONS = "directConnection=true&retryWrites=false&serverSelectionTimeoutMS=150"


@dataclass(frozen=True)
class Place:
    """A database, and a way to it that can be cut.

    Args:
        proxy: Before it.
        straight: The URI past the proxy.
        through: And through it.
    """

    proxy: Proxy | CosmosProxy
    straight: str
    through: str


@dataclass
class Subject:
    """A store behind a proxy, and one that sees what is there."""

    place: Place
    store: DocStoreTrackingStore
    outside: DocStoreTrackingStore
    experiment_id: str
    run_id: str

    @property
    def proxy(self) -> Proxy | CosmosProxy:
        return self.place.proxy


def store_at(uri: str, artifacts: str) -> DocStoreTrackingStore:
    return DocStoreTrackingStore(uri, artifacts, adapter_of(uri).open(uri))


@pytest.fixture
def standin_place(server: tuple[str, int]) -> Iterator[Place]:
    with Proxy(server) as proxy:
        straight, through = (
            f"mongodb://{host}:{port}/faults?{_OPTIONS}#store"
            for host, port in (server, proxy.address)
        )
        yield Place(proxy, straight, through)


@pytest.fixture
def cosmosdb_place(cosmos: StandIn) -> Iterator[Place]:
    with CosmosProxy(cosmos) as proxy:
        yield Place(proxy, cosmos.uri("faults"), proxy.front.uri("faults"))


@pytest.fixture(params=["standin", "cosmosdb"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def subject(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    artifacts = tmp_path_factory.mktemp("artifacts").as_uri()
    outside = store_at(place.straight, artifacts)
    outside._backend.prepare()
    store = store_at(_within(place.through, 200), artifacts)
    experiment_id = outside.create_experiment(f"e{uuid4().hex}")
    run = outside.create_run(experiment_id, "user", 1, [RunTag("colour", "red")], "name")
    outside.log_metric(run.info.run_id, Metric("loss", 1.0, 1, 0))
    yield Subject(place, store, outside, experiment_id, run.info.run_id)
    store._backend.close()
    outside._backend.close()


def _within(uri: str, milliseconds: int) -> str:
    """The URI of a store that gives up behind so long."""
    bare, mark, prefix = uri.partition("#")
    return f"{bare}&retryDeadlineMS={milliseconds}{mark}{prefix}"


@pytest.fixture
def patient(
    subject: Subject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DocStoreTrackingStore]:
    """A store behind the same proxy that tries for long."""
    artifacts = tmp_path_factory.mktemp("artifacts").as_uri()
    made = store_at(subject.place.through, artifacts)
    yield made
    made._backend.close()


Call = Callable[[DocStoreTrackingStore, str, str], object]

_BATCH = [Metric("loss", float(step), step, step) for step in range(1, 4)]

CALLS: list[tuple[str, Call, int]] = [
    ("log_param", lambda store, _e, r: store.log_param(r, Param("p", "v")), 1),
    ("set_tag", lambda store, _e, r: store.set_tag(r, RunTag("k", "v")), 1),
    (
        "log_batch",
        lambda store, _e, r: store.log_batch(r, _BATCH, [Param("p", "v")], [RunTag("k", "v")]),
        2,
    ),
    (
        "update_run_info",
        lambda store, _e, r: store.update_run_info(r, RunStatus.RUNNING, 9, "renamed"),
        1,
    ),
    ("delete_run", lambda store, _e, r: store.delete_run(r), 1),
    ("rename_experiment", lambda store, e, _r: store.rename_experiment(e, f"renamed {e}"), 5),
]

CASES = [
    pytest.param(call, position, id=f"{name}, command {position}")
    for name, call, commands in CALLS
    for position in range(commands)
]


def seen(subject: Subject) -> list[object]:
    run = subject.outside.get_run(subject.run_id).to_dictionary()
    history = subject.outside.get_metric_history(subject.run_id, "loss")
    return [
        {**run["info"], "end_time": None},
        run["data"],
        [(one.step, one.value) for one in history],
        subject.outside.get_experiment(subject.experiment_id).name.startswith("renamed"),
    ]


@pytest.mark.parametrize(("call", "position"), CASES)
def test_a_server_that_dies_in_a_call_is_unavailable_and_a_repeat_completes_the_call(
    subject: Subject, call: Call, position: int
) -> None:
    ids = (subject.experiment_id, subject.run_id)
    subject.proxy.judge = script = Script(Fault.DIE, position)
    with pytest.raises(MlflowException) as caught:
        call(subject.store, *ids)
    assert len(script.seen) == position + 1
    assert caught.value.error_code == "TEMPORARILY_UNAVAILABLE"
    assert caught.value.get_http_status_code() == 503
    subject.proxy.revive()
    call(subject.store, *ids)
    once = seen(subject)
    call(subject.store, *ids)
    assert seen(subject) == once
    steps = [step for step, _ in once[2]]
    assert len(steps) == len(set(steps))


def test_an_experiment_is_created_once_although_its_server_died(subject: Subject) -> None:
    name = f"e{uuid4().hex}"
    subject.proxy.judge = Script(Fault.DIE)
    with pytest.raises(MlflowException, match="cannot answer now"):
        subject.store.create_experiment(name)
    subject.proxy.revive()
    created = subject.store.create_experiment(name)
    assert subject.outside.get_experiment_by_name(name).experiment_id == created


def test_a_call_survives_a_server_that_comes_back_in_time(
    subject: Subject, patient: DocStoreTrackingStore
) -> None:
    subject.proxy.judge = Script(Fault.DIE, position=1)
    revival = threading.Timer(0.3, subject.proxy.revive)
    revival.start()
    patient.log_batch(subject.run_id, _BATCH, [Param("p", "v")], [])
    revival.join()
    run = subject.outside.get_run(subject.run_id)
    assert run.data.params == {"p": "v"}
    history = subject.outside.get_metric_history(subject.run_id, "loss")
    assert [one.step for one in history] == [0, 1, 2, 3]


def test_a_read_that_breaks_off_in_the_middle_goes_on_where_it_was(
    subject: Subject, patient: DocStoreTrackingStore
) -> None:
    """A page of a history that takes several replies, the second of which never comes."""
    run_id = uuid4().hex
    chunks = subject.outside._backend.metrics._chunks
    lone = [{"loss": [(number, number, 0.5, False)]} for number in range(1500)]
    chunks.append([chunk for points in lone for chunk in encode_chunks(run_id, points)])
    subject.proxy.judge = script = Script(Fault.CUT_AFTER, position=1)
    history = patient.get_metric_history(run_id, "loss", max_results=25_000)
    first, second = script.seen[:2]
    assert [one.name for one in script.seen] == [first.name, second.name] * 2
    assert [one.step for one in history] == list(range(1500))
