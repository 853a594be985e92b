"""A server that goes away in the middle of calls to the registry, and comes back."""

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.entities.webhook import WebhookEvent
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.tracking._model_registry.utils import _get_store

from tests.standin import StandIn

from .test_outage import SHORT, assert_unavailable

VERSIONS = 9
EVENT = WebhookEvent.from_str("registered_model.created")


@pytest.fixture
def store(daemon: StandIn) -> AbstractStore:
    opened = _get_store(f"mongodb://{daemon.address}/mlflow?{SHORT}")
    opened.create_registered_model("m")
    opened.create_model_version("m", "first")
    opened.set_registered_model_alias("m", "best", 1)
    return opened


def test_every_kind_of_call_is_refused_as_temporary(
    store: AbstractStore, daemon: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    daemon.kill()
    for call in (
        lambda: store.create_registered_model("other"),
        lambda: store.get_registered_model("m"),
        lambda: store.rename_registered_model("m", "n"),
        lambda: store.delete_registered_model("m"),
        store.search_registered_models,
        lambda: store.set_registered_model_tag("m", RegisteredModelTag("k", "v")),
        lambda: store.set_registered_model_alias("m", "best", 1),
        lambda: store.delete_registered_model_alias("m", "best"),
        lambda: store.get_model_version_by_alias("m", "best"),
        lambda: store.get_model_version_by_alias("m", "latest"),
        lambda: store.create_model_version("m", "s"),
        lambda: store.get_model_version("m", 1),
        lambda: store.get_model_version_download_uri("m", 1),
        lambda: store.transition_model_version_stage("m", 1, "Production", True),
        lambda: store.set_model_version_tag("m", 1, ModelVersionTag("k", "v")),
        lambda: store.delete_model_version("m", 1),
        store.search_model_versions,
        lambda: store.create_prompt("p"),
        lambda: store.get_prompt_version("p", 1),
        lambda: store.create_webhook("hook", "https://host.invalid/", [EVENT]),
        store.list_webhooks,
        lambda: store.list_webhooks_by_event(EVENT),
    ):
        assert_unavailable(call)


def test_versions_go_on_where_they_stopped(store: AbstractStore, daemon: StandIn) -> None:
    refused = []
    for write in range(VERSIONS):
        if write == VERSIONS // 3:
            daemon.kill()
        if write == 2 * VERSIONS // 3:
            daemon.start()
        try:
            store.create_model_version("m", f"source {write}")
        except MlflowException as error:
            assert error.error_code == "TEMPORARILY_UNAVAILABLE"  # noqa: PT017 - which ones vary
            refused.append(write)
    assert refused[:3] == [3, 4, 5]
    for write in refused:
        store.create_model_version("m", f"source {write}")
    found = store.search_model_versions("name = 'm'")
    assert [version.version for version in found] == list(range(VERSIONS + 1, 0, -1))
    assert {version.source for version in found} == {
        "first",
        *(f"source {write}" for write in range(VERSIONS)),
    }


def test_a_repeated_call_leaves_one_effect(store: AbstractStore, daemon: StandIn) -> None:
    daemon.kill()
    assert_unavailable(lambda: store.create_registered_model("n"))
    assert_unavailable(lambda: store.transition_model_version_stage("m", 1, "Production", True))
    daemon.start()
    store.create_registered_model("n")
    moved = store.transition_model_version_stage("m", 1, "Production", True)
    assert (moved.current_stage, moved.aliases) == ("Production", ["best"])
    assert [model.name for model in store.search_registered_models()] == ["m", "n"]
