"""How many requests calls of the registry cost on Azure Cosmos DB for NoSQL, as for tracking."""

from collections.abc import Mapping
from uuid import uuid4

import pytest

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore

from . import test_registry_commands as registry
from .asking import Asked, Billed, sorted_search
from .test_registry_commands import model_in

NAMED = ["search registered_models"]
"""By its name, which is all that is known of a model here."""
LATEST = "search model_versions"
WHOLE = [*NAMED, LATEST]
"""With its newest versions, of which there are two."""
BOTH = ["patch registered_models", "patch model_versions"]

REQUESTS: Mapping[str, Asked] = {
    "create_registered_model": Asked(["create registered_models"] * 2, 11.9),
    "get_registered_model": Asked(WHOLE, 10.0),
    "search_registered_models": Asked(
        [*sorted_search("registered_models"), LATEST], 20.0, steady=False
    ),
    "search_registered_models by a filter, in another order": Asked(
        ["search registered_models", "search registered_models", LATEST], 40.0, steady=False
    ),
    "update_registered_model": Asked(["patch registered_models", *WHOLE], 21.0),
    "set_registered_model_tag": Asked(["patch registered_models"], 11.0),
    "delete_registered_model_tag": Asked(["patch registered_models"], 11.0),
    "set_registered_model_alias": Asked(["patch registered_models"], 12.0),
    "delete_registered_model_alias": Asked(["patch registered_models"], 12.0),
    "create_model_version": Asked(["patch registered_models", "create model_versions"], 20.0),
    "create_model_version of a prompt": Asked(
        [
            *("patch registered_models", "create model_versions"),
            *(LATEST, LATEST),
            *["patch model_versions"] * 3,
            "patch registered_models",
            *WHOLE,
        ],
        86.0,
    ),
    "get_model_version": Asked([*NAMED, "read model_versions"], 6.0),
    "get_model_version_by_alias": Asked([*NAMED, "read model_versions"], 6.0),
    "get_model_version_by_alias of the latest": Asked(WHOLE, 10.0),
    "get_latest_versions": Asked(WHOLE, 10.0),
    "get_model_version_download_uri": Asked([*NAMED, "read model_versions"], 6.0),
    "search_model_versions": Asked(sorted_search("model_versions"), 20.0, steady=False),
    "search_model_versions by a filter, in another order": Asked(
        sorted_search("model_versions"), 6.8
    ),
    "update_model_version": Asked([*NAMED, "patch model_versions"], 17.0),
    "transition_model_version_stage": Asked(BOTH, 24.5),
    "transition_model_version_stage with nothing to archive": Asked(BOTH, 24.5),
    "transition_model_version_stage with one version to archive": Asked(
        [*BOTH, "patch model_versions"], 36.5
    ),
    "delete_model_version": Asked(BOTH, 28.5),
    "set_model_version_tag": Asked([*NAMED, "patch model_versions"], 16.0),
    "delete_model_version_tag": Asked([*NAMED, "patch model_versions"], 16.0),
    "list_webhooks_by_event": Asked(sorted_search("webhooks"), 7.0),
}


@pytest.mark.parametrize(
    ("name", "call"),
    [one[:2] for one in registry.BUDGETS],
    ids=[one[0] for one in registry.BUDGETS],
)
def test_a_call_asks_for_this(billed: Billed, name: str, call: registry.Call) -> None:
    model = model_in(billed.registry)
    with billed.during() as asked:
        call(billed.registry, model)
    REQUESTS[name].verify(asked)


def test_a_process_that_has_not_met_the_model_searches_for_it_first(billed: Billed) -> None:
    name = model_in(billed.registry)
    stranger = DocStoreRegistryStore(billed.uri, None, DocumentBackend(billed.backend._driver))
    with billed.during() as asked:
        stranger.create_model_version(name, "s3://models")
    Asked([*NAMED, "patch registered_models", "create model_versions"], 25.5).verify(asked)


def test_a_registry_on_a_database_that_exists_opens_with_one_read(billed: Billed) -> None:
    with billed.during() as asked:
        DocStoreRegistryStore(billed.uri, None, billed.backend)
    assert asked.names == ["read meta"]


def test_a_prompt_is_loaded_with_four_requests(billed: Billed) -> None:
    name = f"p{uuid4().hex}"
    billed.registry.create_prompt(name)
    billed.registry.create_prompt_version(name, "{{text}}")
    with billed.during() as asked:
        assert billed.registry.get_prompt_version(name, 1).template == "{{text}}"
    read = "read model_versions"
    Asked([*NAMED, read, *NAMED, read], 12.0).verify(asked)
