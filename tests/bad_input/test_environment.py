"""What the environment says where a URI is silent."""

import uuid
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _get_store
from pymongo import MongoClient

import mlflow_docstore
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.adapters.mongodb.uri import parse
from tests.standin import StandIn


def options(uri: str) -> Any:
    """The settings that the driver has ended up with."""
    session = Session(parse(uri))
    # As the first client has them: what a server tells about itself comes later.
    found = session._acquired(session._held()).client.options
    session.close()
    return found


def collections(uri: str) -> list[str]:
    """What opening the URI for the first time has made."""
    mlflow_docstore.connect(uri).prepare()
    with MongoClient[Any](uri.partition("#")[0]) as client:
        return client.get_default_database().list_collection_names()


@pytest.fixture
def uri(daemon: StandIn) -> str:
    return f"mongodb://{daemon.address}/db{uuid.uuid4().hex[:8]}"


class TestDefaults:
    def test_a_server_is_looked_for_five_seconds(self) -> None:
        assert options("mongodb://h/db").server_selection_timeout == 5

    @pytest.mark.parametrize("milliseconds", [300, 60_000])
    def test_the_uri_says_otherwise(self, milliseconds: int) -> None:
        uri = f"mongodb://h/db?serverSelectionTimeoutMS={milliseconds}"
        assert options(uri).server_selection_timeout == milliseconds / 1000


class TestVariables:
    def test_selection_time_and_pool(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MONGODB_SERVER_SELECTION_TIMEOUT", "750")
        monkeypatch.setenv("MONGODB_MAX_POOL_SIZE", "3")
        found = options("mongodb://h/db")
        assert found.server_selection_timeout == 0.75
        assert found.pool_options.max_pool_size == 3

    def test_the_uri_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MONGODB_SERVER_SELECTION_TIMEOUT", "750")
        monkeypatch.setenv("MONGODB_MAX_POOL_SIZE", "3")
        found = options("mongodb://h/db?serverSelectionTimeoutMS=10&maxPoolSize=4")
        assert found.server_selection_timeout == 0.01
        assert found.pool_options.max_pool_size == 4

    def test_prefix_of_collections(self, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MONGODB_COLLECTION_PREFIX", "team")
        names = collections(uri)
        assert names
        assert all(name.startswith("team_") for name in names)

    def test_prefix_of_the_uri_wins(self, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MONGODB_COLLECTION_PREFIX", "team")
        names = collections(f"{uri}#mine")
        assert names
        assert all(name.startswith("mine_") for name in names)

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("MONGODB_SERVER_SELECTION_TIMEOUT", "soon"),
            ("MONGODB_MAX_POOL_SIZE", "-1"),
            ("MONGODB_COLLECTION_PREFIX", "two words"),
        ],
    )
    def test_a_malformed_one_is_told(
        self, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(MlflowException) as caught:
            _get_store(f"mongodb://h/db{uuid.uuid4().hex[:8]}")
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
        assert "\n" not in caught.value.message
        assert variable in caught.value.message or value in caught.value.message
