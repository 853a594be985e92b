"""Which index each read of the registry walks; see ``test_plans`` for what that proves.

A read with a join is explained as the read of its models: what it joins is found by id.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mlflow_docstore.compat.registry.store import DocStoreRegistryStore

from .conftest import Heard
from .listening import Sent, explained

Client = MongoClient[dict[str, Any]]
Read = Callable[[DocStoreRegistryStore, str], object]

_VERSIONS = 12

READS: list[tuple[str, Read, list[str]]] = [
    ("get_registered_model", lambda store, name: store.get_registered_model(name), ["by_name"]),
    ("get_latest_versions", lambda store, name: store.get_latest_versions(name), ["by_name"]),
    (
        "search_registered_models",
        lambda store, _: store.search_registered_models(max_results=5),
        ["by_listing"],
    ),
    (
        "get_model_version",
        lambda store, name: store.get_model_version(name, 1),
        ["by_name", "_id_"],
    ),
    (
        "get_model_version_by_alias",
        lambda store, name: store.get_model_version_by_alias(name, "best"),
        ["by_name", "_id_"],
    ),
    (
        "search_model_versions",
        lambda store, _: store.search_model_versions(max_results=5),
        ["by_update"],
    ),
    (
        "search_model_versions by name",
        lambda store, name: store.search_model_versions(f"name = '{name}'", 5),
        ["by_name"],
    ),
    (
        "search_model_versions by run",
        lambda store, name: store.search_model_versions(f"run_id = '{name}'", 5),
        ["by_run"],
    ),
    ("list_webhooks", lambda store, _: store.list_webhooks(), ["by_recency"]),
]


@pytest.fixture(scope="module")
def registry(heard: Heard) -> DocStoreRegistryStore:
    return DocStoreRegistryStore(heard.uri, None, heard.backend)


@pytest.fixture(scope="module")
def name(registry: DocStoreRegistryStore) -> str:
    return filled(registry)


def filled(registry: DocStoreRegistryStore) -> str:
    """The name of a model of twelve versions, among others."""
    names = [f"m{number}{uuid4().hex}" for number in range(10)]
    for name in names:
        registry.create_registered_model(name)
        registry.create_model_version(name, "s3://models")
    for _ in range(_VERSIONS - 1):
        registry.create_model_version(names[3], "s3://models", run_id=names[3])
    registry.set_registered_model_alias(names[3], "best", 2)
    return names[3]


@pytest.mark.parametrize(
    ("read", "indexes"), [one[1:] for one in READS], ids=[one[0] for one in READS]
)
def test_a_read_walks_its_indexes(
    heard: Heard,
    client: Client,
    registry: DocStoreRegistryStore,
    name: str,
    read: Read,
    indexes: list[str],
) -> None:
    with heard.listener.during() as sent:
        read(registry, name)
    plans = [explained(client, command) for command in sent.commands]
    assert [plan.index for plan in plans] == indexes
    assert {plan.stages[0] for plan in plans} == {"IXSCAN"}


def test_versions_of_one_model_are_searched_among_these(
    heard: Heard, client: Client, registry: DocStoreRegistryStore, name: str
) -> None:
    with heard.listener.during() as sent:
        registry.search_model_versions(f"name = '{name}'")
    assert explained(client, sent.only).examined == _VERSIONS


def test_a_version_is_looked_up_by_its_id(
    heard: Heard, client: Client, registry: DocStoreRegistryStore, name: str
) -> None:
    with heard.listener.during() as sent:
        registry.get_model_version(name, 2)
    plans = [explained(client, command) for command in sent.commands]
    assert [(plan.examined, plan.returned) for plan in plans] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    "write",
    [
        lambda store, name: store.create_model_version(name, "s3://models"),
        lambda store, name: store.set_registered_model_alias(name, "worst", 1),
        lambda store, name: store.transition_model_version_stage(name, 1, "Staging", True),
        lambda store, name: store.update_model_version(name, 1, "words"),
        lambda store, name: store.delete_model_version(name, 1),
    ],
    ids=["create version", "alias", "transition", "update version", "delete version"],
)
def test_a_write_names_the_ids_of_its_documents(
    heard: Heard, registry: DocStoreRegistryStore, write: Read
) -> None:
    name = f"w{uuid4().hex}"
    registry.create_registered_model(name)
    registry.create_model_version(name, "s3://models")
    with heard.listener.during() as sent:
        write(registry, name)
    filters = _filters(sent)
    assert filters
    assert all("_id" in one for one in filters)


def _filters(sent: Sent) -> list[Any]:
    """What the updates of a call look for."""
    updates = [one["q"] for command in sent.commands for one in command.get("updates", ())]
    return updates + [command["query"] for command in sent.commands if "query" in command]
