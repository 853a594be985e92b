"""A dialect's guard between a check and a server."""

from urllib.parse import urlsplit

import pytest

from mlflow_docstore.adapters.mongodb import ADAPTER
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.testing.guarded import guarded
from tests.standin import StandIn

DIALECT = "documentdb-5.0"


@pytest.mark.parametrize("options", ["", "?directConnection=true"])
def test_the_server_answers_as_the_dialect(unwatched: StandIn, options: str) -> None:
    with guarded(f"mongodb://{unwatched.address}/guarded{options}#mine", DIALECT) as uri:
        assert urlsplit(uri).fragment == "mine"
        driver = ADAPTER.connect(uri).driver
        assert driver.server().version.endswith("as MongoDB 5.0.0")
        driver.close()


def test_credentials_go_along() -> None:
    with guarded("mongodb://anna:p%40ss@127.0.0.1/guarded", DIALECT) as uri:
        parts = urlsplit(uri)
    assert (parts.username, parts.password, parts.path) == ("anna", "p%40ss", "/guarded")


def test_without_a_profile_nothing_stands_between() -> None:
    with guarded("memory://plain", None) as uri:
        assert uri == "memory://plain"


@pytest.mark.parametrize(
    "uri",
    [
        "memory://plain",
        "mongodb+srv://anna:secret@host/db",
        "mongodb://anna:secret@one,two/db",
    ],
)
def test_what_a_guard_cannot_read_is_refused(uri: str) -> None:
    with pytest.raises(InvalidArgument) as caught, guarded(uri, DIALECT):
        pass
    assert "mongodb://HOST:PORT/DATABASE" in caught.value.facts["reason"]
    assert "secret" not in str(caught.value)
