"""Which kind of database a URI, its hosts and its servers stand for."""

from typing import Any

import pytest

from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.flavours import (
    AZURE_DOCUMENTDB,
    COSMOS_MONGODB,
    DOCUMENTDB,
    ELASTIC,
    MONGODB,
    Flavour,
    of_answers,
)
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.adapters.mongodb.uri import parse

DDB = "c.cluster-abc.eu-west-1.docdb.amazonaws.com"
TRUSTING = {"SSL_CERT_FILE": "/etc/bundle.pem"}


@pytest.mark.parametrize(
    ("uri", "flavour"),
    [
        ("mongodb://h/db", None),
        ("mongodb+srv://cluster.mongodb.net/db", None),
        (f"mongodb://{DDB}/db", DOCUMENTDB),
        (f"mongodb://{DDB.upper()}.cn/db", DOCUMENTDB),
        ("mongodb://c-1.eu-west-1.docdb-elastic.amazonaws.com/db", ELASTIC),
        ("mongodb://a.mongo.cosmos.azure.com:10255/db", COSMOS_MONGODB),
        ("mongodb://a.mongo.cosmos.azure.cn:10255/db", COSMOS_MONGODB),
        ("mongodb+srv://a.mongocluster.cosmos.azure.com/db", AZURE_DOCUMENTDB),
        ("mongodb+srv://a.global.mongocluster.cosmos.azure.com/db", AZURE_DOCUMENTDB),
        ("mongodb://docdb.amazonaws.com.evil.invalid/db", None),
        ("documentdb://h/db", DOCUMENTDB),
        ("documentdb+srv://h.invalid/db", DOCUMENTDB),
        ("documentdb://a,b:27018/db", DOCUMENTDB),
        ("documentdb://c-1.eu-west-1.docdb-elastic.amazonaws.com/db", ELASTIC),
        ("cosmos-mongodb://h/db", COSMOS_MONGODB),
        ("azure-documentdb://h/db", AZURE_DOCUMENTDB),
        ("azure-documentdb+srv://h.invalid/db", AZURE_DOCUMENTDB),
        (f"azure-documentdb://{DDB}/db", AZURE_DOCUMENTDB),
    ],
)
def test_schemes_force_and_hosts_tell(uri: str, flavour: Flavour | None) -> None:
    assert parse(uri, TRUSTING).flavour == flavour


@pytest.mark.parametrize(
    ("answer", "flavour"),
    [
        (
            {"setName": "globaldb", "me": "a-westeurope.mongo.cosmos.azure.com:10255"},
            COSMOS_MONGODB,
        ),
        ({"setName": "rs0", "hosts": ["h:27017"], "me": "h:27017"}, None),
        ({"setName": "rs0", "hosts": [f"{DDB}:27017"], "me": f"{DDB}:27017"}, DOCUMENTDB),
        ({"internal": {"documentdb_versions": ["0.108"]}}, AZURE_DOCUMENTDB),
        ({}, None),
    ],
)
def test_servers_tell_behind_other_names(answer: dict[str, Any], flavour: Flavour | None) -> None:
    assert of_answers([{}, answer]) == flavour


def test_a_server_of_no_other_kind_is_mongodb(mongodb_uri: str) -> None:
    session = Session(parse(mongodb_uri))
    MongoDriver(session).get("c", "a")
    assert session.flavour is MONGODB
    session.close()


def test_a_prefix_leaves_room_for_the_names_of_collections() -> None:
    prefix = "p" * 36
    assert parse(f"documentdb://h/db#{prefix}", TRUSTING).prefix == prefix
    with pytest.raises(Exception, match="prefixes of 36 letters"):
        parse(f"documentdb://h/db#{prefix}p", TRUSTING)
