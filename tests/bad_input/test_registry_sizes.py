"""What is larger than a document may be, in the registry: refused, and nothing half done."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.entities.webhook import WebhookEvent
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.tracking._model_registry.utils import _get_store

from tests.differential.stores import SUBJECTS

from .test_sizes import HUGE, assert_too_large

TEXT = "\N{GRINNING FACE}" * 25_000
"""100,000 bytes of a tag that may have 100,000 characters."""

EVENT = WebhookEvent.from_str("registered_model.created")


@pytest.fixture(scope="module", params=SUBJECTS)
def store(request: pytest.FixtureRequest, throw_away: Callable[[str], str]) -> AbstractStore:
    return _get_store(throw_away(request.param))


@pytest.fixture
def name(store: AbstractStore) -> str:
    made = f"model-{uuid4().hex}"
    store.create_registered_model(made)
    return made


def model_tags() -> list[RegisteredModelTag]:
    return [RegisteredModelTag(f"k{number}", TEXT) for number in range(200)]


def version_tags() -> list[ModelVersionTag]:
    return [ModelVersionTag(f"k{number}", TEXT) for number in range(200)]


class TestRegisteredModels:
    @pytest.mark.parametrize(
        "given", [{"description": HUGE}, {"tags": model_tags()}], ids=["description", "tags"]
    )
    def test_creation(self, store: AbstractStore, given: dict[str, object]) -> None:
        name = f"model-{uuid4().hex}"
        assert_too_large(lambda: store.create_registered_model(name, **given))
        assert store.search_registered_models(f"name = '{name}'") == []
        assert store.create_registered_model(name).description is None

    def test_description(self, store: AbstractStore, name: str) -> None:
        assert_too_large(lambda: store.update_registered_model(name, HUGE))
        assert store.get_registered_model(name).description is None

    def test_name(self, store: AbstractStore, name: str) -> None:
        with pytest.raises(MlflowException) as caught:
            store.rename_registered_model(name, HUGE)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
        assert len(caught.value.message) < 1000
        assert store.get_registered_model(name).name == name

    def test_one_tag_more_than_fits(self, store: AbstractStore, name: str) -> None:
        def fill() -> None:
            for tag in model_tags():
                store.set_registered_model_tag(name, tag)

        assert_too_large(fill)
        tags = store.get_registered_model(name).tags
        assert 100 < len(tags) < 200
        store.delete_registered_model_tag(name, "k0")
        assert len(store.get_registered_model(name).tags) == len(tags) - 1


class TestModelVersions:
    @pytest.mark.parametrize(
        "given",
        [{"source": HUGE}, {"description": HUGE}, {"tags": version_tags()}],
        ids=["source", "description", "tags"],
    )
    def test_creation(self, store: AbstractStore, name: str, given: dict[str, object]) -> None:
        """The number that it would have had may be lost, but nothing is found under it."""
        store.create_model_version(name, "first")
        assert_too_large(lambda: store.create_model_version(name, **{"source": "s"} | given))
        found = store.search_model_versions(f"name = '{name}'")
        assert [version.source for version in found] == ["first"]
        assert [version.source for version in store.get_latest_versions(name)] == ["first"]
        assert store.get_model_version_by_alias(name, "latest").source == "first"
        assert store.create_model_version(name, "next").source == "next"

    def test_description(self, store: AbstractStore, name: str) -> None:
        store.create_model_version(name, "first", description="text")
        assert_too_large(lambda: store.update_model_version(name, 1, HUGE))
        assert store.get_model_version(name, 1).description == "text"

    def test_a_full_version_can_still_be_promoted(self, store: AbstractStore, name: str) -> None:
        store.create_model_version(name, "first", description=HUGE[:-4096])
        moved = store.transition_model_version_stage(name, 1, "Production", True)
        assert moved.current_stage == "Production"
        (found,) = store.search_model_versions(f"name = '{name}'")
        assert found.current_stage == "Production"


class TestWebhooks:
    @pytest.fixture(autouse=True)
    def no_look_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")

    @pytest.fixture
    def create(self, store: AbstractStore) -> Callable[..., object]:
        return lambda **given: store.create_webhook("n", "https://host.invalid/", [EVENT], **given)

    @pytest.mark.parametrize("field", ["description", "secret"])
    def test_creation(
        self, store: AbstractStore, create: Callable[..., object], field: str
    ) -> None:
        assert_too_large(lambda: create(**{field: HUGE}))
        assert store.list_webhooks() == []
