"""Which server it is, from replies of several."""

import pytest

from mlflow_docstore.adapters.document.driver import Server
from mlflow_docstore.adapters.mongodb import flavours
from mlflow_docstore.adapters.mongodb.server import described

MONGODB = {"version": "8.0.4", "gitVersion": "bc35ab4", "versionArray": [8, 0, 4, 0]}
FERRETDB = {"version": "7.0.42", "gitVersion": "", "ferretdbVersion": "v1.24.0"}


@pytest.mark.parametrize(
    ("build", "hello", "server"),
    [
        (MONGODB, {}, Server("MongoDB", "8.0.4", "single server")),
        (MONGODB, {"setName": "rs0"}, Server("MongoDB", "8.0.4", "replica set rs0")),
        (MONGODB, {"msg": "isdbgrid"}, Server("MongoDB", "8.0.4", "sharded cluster")),
        (FERRETDB, {}, Server("ferretdb", "v1.24.0, as MongoDB 7.0.42", "single server")),
    ],
    ids=["single", "replica set", "sharded", "another product"],
)
def test_product_version_and_form(
    build: dict[str, object], hello: dict[str, object], server: Server
) -> None:
    assert described(build, hello, flavours.MONGODB) == server


def test_a_service_is_called_what_its_maker_calls_it() -> None:
    found = described(MONGODB, {"setName": "rs0"}, flavours.DOCUMENTDB)
    assert found == Server("Amazon DocumentDB", "as MongoDB 8.0.4", "replica set rs0")
