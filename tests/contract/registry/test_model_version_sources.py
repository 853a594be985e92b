"""Where a version comes from: plain URIs, other versions, logged models, copies."""

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import search_scenarios
from ..scenarios import new_run_id, refused, unique
from .registry_scenarios import fields, new_model, new_version

pytestmark = pytest.mark.area("model_versions")

UNREADABLE = "Unable to fetch model from model URI source artifact location "


def new_logged_model(store: AbstractStore, **options: object) -> str:
    return search_scenarios.new_model(store, **options).model_id


class TestPlainSource:
    @pytest.mark.parametrize(
        "source",
        [
            "s3://bucket/path?x=y#f",
            "runs:/0123456789abcdef/model",
            "mlflow-artifacts:/1/models/m/artifacts",
            "file:///tmp/model",
            "/tmp/model",  # noqa: S108 - never opened
            "dummy-source",
            "https://user:secret@host/model",
            "",
        ],
    )
    def test_is_kept_verbatim(self, registry: RegistryStore, source: str) -> None:
        name = new_version(registry, source=source).name
        assert registry.get_model_version(name, 1).source == source

    def test_is_where_the_files_are(self, registry: RegistryStore) -> None:
        name = new_version(registry, source="s3://bucket/path").name
        assert registry.get_model_version_download_uri(name, 1) == "s3://bucket/path"

    def test_files_of_a_version_given_as_text(self, registry: RegistryStore) -> None:
        name = new_version(registry, source="s3://bucket/path").name
        assert registry.get_model_version_download_uri(name, "1") == "s3://bucket/path"


class TestVersionAsSource:
    def test_is_kept_as_it_was_written(self, registry: RegistryStore) -> None:
        origin = new_version(registry, source="s3://bucket/a")
        created = new_version(registry, source=f"models:/{origin.name}/1")
        assert created.source == f"models:/{origin.name}/1"

    def test_lends_its_files(self, registry: RegistryStore) -> None:
        origin = new_version(registry, source="s3://bucket/a")
        created = new_version(registry, source=f"models:/{origin.name}/1")
        assert registry.get_model_version_download_uri(created.name, 1) == "s3://bucket/a"

    def test_files_are_followed_to_the_first(self, registry: RegistryStore) -> None:
        first = new_version(registry, source="s3://bucket/a")
        second = new_version(registry, source=f"models:/{first.name}/1")
        third = new_version(registry, source=f"models:/{second.name}/1")
        assert registry.get_model_version_download_uri(third.name, 1) == "s3://bucket/a"

    def test_files_outlive_the_origin(self, registry: RegistryStore) -> None:
        origin = new_version(registry, source="s3://bucket/a")
        created = new_version(registry, source=f"models:/{origin.name}/1")
        registry.delete_model_version(origin.name, 1)
        assert registry.get_model_version_download_uri(created.name, 1) == "s3://bucket/a"

    def test_files_outlive_a_rename_of_the_origin(self, registry: RegistryStore) -> None:
        origin = new_version(registry, source="s3://bucket/a")
        created = new_version(registry, source=f"models:/{origin.name}/1")
        registry.rename_registered_model(origin.name, unique())
        assert registry.get_model_version_download_uri(created.name, 1) == "s3://bucket/a"

    def test_run_of_the_origin_is_not_inherited(self, registry: RegistryStore) -> None:
        origin = new_version(registry, run_id="run")
        created = new_version(registry, source=f"models:/{origin.name}/1")
        assert created.run_id is None

    def test_may_be_of_the_same_model(self, registry: RegistryStore) -> None:
        name = new_version(registry, source="s3://bucket/a").name
        assert new_version(registry, name, source=f"models:/{name}/1").version == 2
        assert registry.get_model_version_download_uri(name, 2) == "s3://bucket/a"

    def test_unknown_version_is_refused(self, registry: RegistryStore) -> None:
        origin = new_model(registry)
        text = (
            f"{UNREADABLE}'models:/{origin}/9'.Error: Model Version (name={origin}, version=9) "
            "not found"
        )
        with refused("INTERNAL_ERROR", text):
            new_version(registry, source=f"models:/{origin}/9")

    @pytest.mark.parametrize("suffix", ["@champion", "/Production", "/latest"])
    def test_only_a_number_names_a_version(self, registry: RegistryStore, suffix: str) -> None:
        origin = new_version(registry, stage="Production").name
        registry.set_registered_model_alias(origin, "champion", 1)
        with refused("INTERNAL_ERROR", f"{UNREADABLE}'models:/{origin}{suffix}'.Error: "):
            new_version(registry, source=f"models:/{origin}{suffix}")

    @pytest.mark.parametrize("source", ["models:/", "models:name", "models:/a/b/c", "models:/a/"])
    def test_malformed_uri_is_refused(self, registry: RegistryStore, source: str) -> None:
        with refused("INTERNAL_ERROR", f"Not a proper models:/ URI: {source}. "):
            new_version(registry, source=source)

    def test_refused_source_takes_no_number(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        with refused("INTERNAL_ERROR"):
            new_version(registry, name, source=f"models:/{name}/9")
        assert new_version(registry, name).version == 1


class TestLoggedModelAsSource:
    def test_is_kept_as_it_was_written(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        source = f"models:/{new_logged_model(tracking)}"
        assert new_version(registry, source=source).source == source

    def test_lends_its_files(self, registry: RegistryStore, tracking: AbstractStore) -> None:
        model_id = new_logged_model(tracking)
        created = new_version(registry, source=f"models:/{model_id}")
        uri = registry.get_model_version_download_uri(created.name, 1)
        assert uri == tracking.get_logged_model(model_id).artifact_location

    def test_lends_its_run(self, registry: RegistryStore, tracking: AbstractStore) -> None:
        run_id = new_run_id(tracking)
        model_id = new_logged_model(tracking, source_run_id=run_id)
        assert new_version(registry, source=f"models:/{model_id}").run_id == run_id

    def test_without_a_run_has_none_to_lend(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        model_id = new_logged_model(tracking)
        assert new_version(registry, source=f"models:/{model_id}").run_id is None

    def test_run_that_was_given_wins(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        model_id = new_logged_model(tracking, source_run_id=new_run_id(tracking))
        created = new_version(registry, source=f"models:/{model_id}", run_id="mine")
        assert created.run_id == "mine"

    def test_empty_run_counts_as_none_given(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        run_id = new_run_id(tracking)
        model_id = new_logged_model(tracking, source_run_id=run_id)
        created = new_version(registry, source=f"models:/{model_id}", run_id="")
        assert created.run_id == run_id

    def test_unknown_model_is_refused(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        source = f"models:/m-{new_run_id(tracking)}"
        with refused("INTERNAL_ERROR", f"{UNREADABLE}'{source}'.Error: Logged model with ID"):
            new_version(registry, source=source)

    def test_deleted_model_is_refused(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        model_id = new_logged_model(tracking)
        tracking.delete_logged_model(model_id)
        text = f"Logged model with ID '{model_id}' not found"
        with refused("INTERNAL_ERROR", UNREADABLE, text):
            new_version(registry, source=f"models:/{model_id}")


class TestModelIdArgument:
    def test_lends_its_run(self, registry: RegistryStore, tracking: AbstractStore) -> None:
        run_id = new_run_id(tracking)
        model_id = new_logged_model(tracking, source_run_id=run_id)
        assert new_version(registry, model_id=model_id).run_id == run_id

    def test_is_not_kept(self, registry: RegistryStore, tracking: AbstractStore) -> None:
        created = new_version(registry, model_id=new_logged_model(tracking))
        assert created.model_id is None

    def test_does_not_lend_its_files(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        created = new_version(registry, source="s3://bucket/a", model_id=new_logged_model(tracking))
        assert registry.get_model_version_download_uri(created.name, 1) == "s3://bucket/a"

    def test_is_not_looked_at_beside_a_run(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        created = new_version(registry, run_id="mine", model_id=f"m-{new_run_id(tracking)}")
        assert created.run_id == "mine"

    def test_unknown_model_does_not_exist(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        model_id = f"m-{new_run_id(tracking)}"
        with refused("RESOURCE_DOES_NOT_EXIST", f"Logged model with ID '{model_id}' not found"):
            new_version(registry, model_id=model_id)

    def test_leaves_the_tags_of_the_logged_model_alone(
        self, registry: RegistryStore, tracking: AbstractStore
    ) -> None:
        model_id = new_logged_model(tracking)
        new_version(registry, model_id=model_id)
        assert tracking.get_logged_model(model_id).tags == {}


class TestCopy:
    def test_takes_over_what_the_version_says(self, registry: RegistryStore) -> None:
        origin = new_version(
            registry, run_id="run", run_link="link", description="text", tags={"k": "v"}
        )
        copy = registry.copy_model_version(origin, unique())
        assert copy.run_id == "run"
        assert copy.run_link == "link"
        assert copy.description == "text"
        assert copy.tags == {"k": "v"}

    def test_names_its_origin(self, registry: RegistryStore) -> None:
        origin = new_version(registry)
        assert registry.copy_model_version(origin, unique()).source == f"models:/{origin.name}/1"

    def test_shares_the_files_of_its_origin(self, registry: RegistryStore) -> None:
        copy = registry.copy_model_version(new_version(registry, source="s3://b/a"), unique())
        assert registry.get_model_version_download_uri(copy.name, 1) == "s3://b/a"

    def test_starts_without_stage_and_alias(self, registry: RegistryStore) -> None:
        origin = new_version(registry, stage="Production")
        registry.set_registered_model_alias(origin.name, "champion", 1)
        copy = registry.copy_model_version(origin, unique())
        assert copy.current_stage == "None"
        assert registry.get_registered_model(copy.name).aliases == {}

    def test_makes_the_model_it_goes_to(self, registry: RegistryStore) -> None:
        name = unique()
        copy = registry.copy_model_version(new_version(registry), name)
        assert (copy.name, copy.version) == (name, 1)
        assert fields(registry.get_model_version(name, 1)) == fields(copy)

    def test_is_the_next_version_of_a_model_that_exists(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=2)
        assert registry.copy_model_version(new_version(registry), name).version == 3

    def test_may_go_to_the_same_model(self, registry: RegistryStore) -> None:
        origin = new_version(registry)
        assert registry.copy_model_version(origin, origin.name).version == 2

    def test_later_changes_of_the_origin_do_not_reach_it(self, registry: RegistryStore) -> None:
        origin = new_version(registry, description="then")
        copy = registry.copy_model_version(origin, unique())
        registry.update_model_version(origin.name, 1, "now")
        assert registry.get_model_version(copy.name, 1).description == "then"

    def test_of_a_deleted_version_is_refused(self, registry: RegistryStore) -> None:
        origin = new_version(registry)
        registry.delete_model_version(origin.name, 1)
        text = "Failed to create model version copy. The current model registry backend may not"
        with refused("INTERNAL_ERROR", text, UNREADABLE):
            registry.copy_model_version(origin, unique())

    def test_to_a_bad_name_is_refused(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'."):
            registry.copy_model_version(new_version(registry), "a/b")
