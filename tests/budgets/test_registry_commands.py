"""How many commands each call of the registry costs: exactly, as for tracking."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.entities.webhook import WebhookEvent

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore

from .conftest import Heard

Call = Callable[[DocStoreRegistryStore, str], object]
"""With the name of a model of two versions: the second is in Staging and has the alias ``best``."""


@pytest.fixture(scope="module")
def registry(heard: Heard) -> DocStoreRegistryStore:
    return DocStoreRegistryStore(heard.uri, None, heard.backend)


def model_in(registry: DocStoreRegistryStore) -> str:
    name = f"m{uuid4().hex}"
    registry.create_registered_model(name, [RegisteredModelTag("team", "red")])
    for _ in range(2):
        registry.create_model_version(name, "s3://models", tags=[ModelVersionTag("k", "v")])
    registry.transition_model_version_stage(name, 2, "Staging", False)
    registry.set_registered_model_alias(name, "best", 2)
    return name


BUDGETS: list[tuple[str, Call, list[str]]] = [
    (
        "create_registered_model",
        lambda store, name: store.create_registered_model(f"{name}-2"),
        ["insert"],
    ),
    ("get_registered_model", lambda store, name: store.get_registered_model(name), ["aggregate"]),
    (
        "search_registered_models",
        lambda store, _: store.search_registered_models(max_results=5),
        ["aggregate"],
    ),
    (
        "search_registered_models by a filter, in another order",
        lambda store, _: store.search_registered_models(
            "name LIKE 'm%' AND tags.team = 'red'", 5, ["last_updated_timestamp DESC"]
        ),
        ["aggregate"],
    ),
    (
        "update_registered_model",
        lambda store, name: store.update_registered_model(name, "words"),
        ["update", "aggregate"],
    ),
    (
        "set_registered_model_tag",
        lambda store, name: store.set_registered_model_tag(name, RegisteredModelTag("a", "b")),
        ["update"],
    ),
    (
        "delete_registered_model_tag",
        lambda store, name: store.delete_registered_model_tag(name, "team"),
        ["update"],
    ),
    (
        "set_registered_model_alias",
        lambda store, name: store.set_registered_model_alias(name, "worst", 1),
        ["update"],
    ),
    (
        "delete_registered_model_alias",
        lambda store, name: store.delete_registered_model_alias(name, "best"),
        ["update"],
    ),
    (
        "create_model_version",
        lambda store, name: store.create_model_version(name, "s3://models"),
        ["update", "insert"],
    ),
    (
        "create_model_version of a prompt",
        lambda store, name: store.create_prompt_version(name, "{{text}}"),
        # The first prompt among models hides these, and MLflow reads the model behind the write.
        ["update", "insert", "find", "update", "update", "aggregate"],
    ),
    (
        "get_model_version",
        lambda store, name: store.get_model_version(name, 1),
        ["find", "find"],
    ),
    (
        "get_model_version_by_alias",
        lambda store, name: store.get_model_version_by_alias(name, "best"),
        ["find", "find"],
    ),
    (
        "get_model_version_by_alias of the latest",
        lambda store, name: store.get_model_version_by_alias(name, "latest"),
        ["aggregate"],
    ),
    ("get_latest_versions", lambda store, name: store.get_latest_versions(name), ["aggregate"]),
    (
        "get_model_version_download_uri",
        lambda store, name: store.get_model_version_download_uri(name, 1),
        ["find", "find"],
    ),
    (
        "search_model_versions",
        lambda store, _: store.search_model_versions(max_results=5),
        ["find"],
    ),
    (
        "search_model_versions by a filter, in another order",
        lambda store, name: store.search_model_versions(
            f"name = '{name}' AND tags.k = 'v'", 5, ["version_number ASC"]
        ),
        ["find"],
    ),
    (
        "update_model_version",
        lambda store, name: store.update_model_version(name, 1, "words"),
        ["find", "findAndModify"],
    ),
    (
        "transition_model_version_stage",
        lambda store, name: store.transition_model_version_stage(name, 1, "Production", False),
        ["update", "findAndModify"],
    ),
    (
        "transition_model_version_stage with nothing to archive",
        lambda store, name: store.transition_model_version_stage(name, 1, "Production", True),
        ["update", "findAndModify"],
    ),
    (
        "transition_model_version_stage with one version to archive",
        lambda store, name: store.transition_model_version_stage(name, 1, "Staging", True),
        ["update", "update", "findAndModify"],
    ),
    (
        "delete_model_version",
        lambda store, name: store.delete_model_version(name, 2),
        ["update", "update"],
    ),
    (
        "set_model_version_tag",
        lambda store, name: store.set_model_version_tag(name, 1, ModelVersionTag("a", "b")),
        ["find", "update"],
    ),
    (
        "delete_model_version_tag",
        lambda store, name: store.delete_model_version_tag(name, 1, "k"),
        ["find", "update"],
    ),
    (
        "list_webhooks_by_event",
        lambda store, _: store.list_webhooks_by_event(WebhookEvent.from_str("prompt.created")),
        ["find"],
    ),
]


@pytest.mark.parametrize(
    ("call", "commands"),
    [budget[1:] for budget in BUDGETS],
    ids=[budget[0] for budget in BUDGETS],
)
def test_a_call_sends_these_commands(
    heard: Heard, registry: DocStoreRegistryStore, call: Call, commands: list[str]
) -> None:
    name = model_in(registry)
    with heard.listener.during() as sent:
        call(registry, name)
    assert sent.names == commands


def test_a_prompt_is_loaded_with_three_commands(
    heard: Heard, registry: DocStoreRegistryStore
) -> None:
    name = f"p{uuid4().hex}"
    registry.create_prompt(name)
    registry.create_prompt_version(name, "{{text}}")
    with heard.listener.during() as sent:
        assert registry.get_prompt_version(name, 1).template == "{{text}}"
    assert sent.names == ["aggregate", "find", "find"]


@pytest.mark.parametrize(
    ("call", "commands"),
    [
        (
            lambda store, name: store.create_model_version(name, "s3://models"),
            ["find", "update", "insert"],
        ),
        (
            lambda store, name: store.set_registered_model_alias(name, "best", 1),
            ["find", "update"],
        ),
        (
            lambda store, name: store.transition_model_version_stage(name, 1, "Archived", False),
            ["find", "update", "findAndModify"],
        ),
        (
            # It may be that nobody has stored it yet.
            lambda store, name: store.set_registered_model_alias(name, "best", 2),
            ["find", "find", "update"],
        ),
    ],
    ids=[
        "create_model_version",
        "set_registered_model_alias",
        "transition_model_version_stage",
        "set_registered_model_alias to the newest version",
    ],
)
def test_a_process_that_has_not_met_the_model_reads_it_first(
    heard: Heard, registry: DocStoreRegistryStore, call: Call, commands: list[str]
) -> None:
    name = model_in(registry)
    stranger = DocStoreRegistryStore(heard.uri, None, DocumentBackend(heard.backend._driver))
    with heard.listener.during() as sent:
        call(stranger, name)
    assert sent.names == commands


def test_a_registry_on_a_database_that_exists_opens_with_one_command(heard: Heard) -> None:
    with heard.listener.during() as sent:
        DocStoreRegistryStore(heard.uri, None, heard.backend)
    assert sent.names == ["find"]
