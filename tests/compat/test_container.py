"""From a URI to a backend."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint

import pytest

import mlflow_docstore
from mlflow_docstore.compat.container import CONTAINER, BackendPool
from mlflow_docstore.compat.plugin import create_tracking_store
from mlflow_docstore.compat.schemes import ADAPTERS, adapter_entry_points
from mlflow_docstore.core.errors import InvalidArgument, NotFound


@pytest.fixture
def pool() -> BackendPool:
    return BackendPool(adapter_entry_points())


def test_adapters_are_found_by_scheme() -> None:
    assert {"memory", "mongodb", "mongodb+srv", "docstore"} <= adapter_entry_points().keys()


def test_backend_of_a_uri_is_opened_once(pool: BackendPool, uri: str) -> None:
    assert pool.backend(uri) is pool.backend(uri)


def test_case_of_the_scheme_does_not_matter(pool: BackendPool, uri: str) -> None:
    assert pool.backend(uri.replace("memory", "Memory")) is pool.backend(uri)


def test_case_of_the_rest_matters(pool: BackendPool) -> None:
    name = f"Database-{uuid.uuid4().hex}"
    assert pool.backend(f"memory://{name}") is not pool.backend(f"memory://{name.lower()}")


def test_threads_that_ask_at_once_get_one_backend(pool: BackendPool, uri: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        backends = list(threads.map(lambda _: pool.backend(uri), range(64)))
    assert len({id(backend) for backend in backends}) == 1


def test_a_backend_can_be_lent_for_a_while(pool: BackendPool, uri: str) -> None:
    other = pool.backend(f"{uri}-other")
    with pool.lent(uri.replace("memory", "Memory"), other):
        assert pool.backend(uri) is other
    assert pool.backend(uri) is not other


def test_unknown_scheme_is_refused_with_the_known_ones(pool: BackendPool) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pool.backend("papyrus://alexandria")
    assert caught.value.kind == "uri"
    assert "papyrus://" in caught.value.facts["reason"]
    assert "memory://" in caught.value.facts["reason"]


@pytest.mark.parametrize("uri", ["", "papyrus", "/var/lib/mlflow", "scribe:s3cret@alexandria/db"])
def test_text_without_a_scheme_is_no_uri(pool: BackendPool, uri: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pool.backend(uri)
    assert "no scheme" in caught.value.facts["reason"]
    assert "memory://" in caught.value.facts["reason"]


def test_password_of_an_unusable_uri_is_hidden(pool: BackendPool) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pool.backend("papyrus://scribe:s3cret@alexandria")
    assert "s3cret" not in f"{caught.value}{caught.value.facts['reason']}"


def test_adapter_of_another_package_is_found(uri: str) -> None:
    foreign = EntryPoint("memory", "mlflow_docstore.adapters.memory:ADAPTER", ADAPTERS)
    pool = BackendPool({"scroll": foreign})
    assert pool.backend(uri.replace("memory", "scroll")).capabilities


def test_library_and_mlflow_share_a_backend(uri: str) -> None:
    backend = mlflow_docstore.connect(uri)
    assert backend is CONTAINER.backend(uri)
    store = create_tracking_store(uri)
    experiment_id = store.create_experiment("wine")
    assert backend.experiments.get(experiment_id).name == "wine"


def test_library_gets_core_errors(uri: str) -> None:
    backend = mlflow_docstore.connect(uri)
    backend.prepare()
    with pytest.raises(NotFound):
        backend.runs.get("none such")
