"""Stages: moving a version, archiving the others, and the latest version of each stage."""

import pytest
from mlflow.protos.model_registry_pb2 import GetLatestVersions
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import refused, unique
from .registry_scenarios import fields, new_model, new_version, staged_model, stages

pytestmark = pytest.mark.area("model_versions")

UNKNOWN = ["foo", "", " Staging", "Deleted_Internal"]
VALUES = "Value must be one of None, Staging, Production, Archived."


class TestTransition:
    @pytest.mark.parametrize(
        ("stage", "canonical"),
        [
            ("Staging", "Staging"),
            ("staging", "Staging"),
            ("PRODUCTION", "Production"),
            ("aRCHIVED", "Archived"),
            ("none", "None"),
        ],
    )
    def test_stage_may_be_written_in_any_case(
        self, registry: RegistryStore, stage: str, canonical: str
    ) -> None:
        name = staged_model(registry, "Production")
        moved = registry.transition_model_version_stage(name, 1, stage, False)
        assert moved.current_stage == canonical
        assert registry.get_model_version(name, 1).current_stage == canonical

    @pytest.mark.parametrize("stage", UNKNOWN)
    @pytest.mark.parametrize("archive", [False, True])
    def test_unknown_stage_is_refused(
        self, registry: RegistryStore, stage: str, archive: bool
    ) -> None:
        name = new_version(registry).name
        text = f"Invalid Model Version stage: {stage}. {VALUES}"
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.transition_model_version_stage(name, 1, stage, archive)

    def test_stage_is_judged_before_the_version(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", f"Invalid Model Version stage: foo. {VALUES}"):
            registry.transition_model_version_stage(unique(), "abc", "foo", False)

    def test_version_may_be_given_as_text(self, registry: RegistryStore) -> None:
        name = new_version(registry).name
        assert registry.transition_model_version_stage(name, "1", "Staging", False).version == 1

    def test_returns_the_whole_version(self, registry: RegistryStore) -> None:
        name = new_version(registry, tags={"k": "v"}, run_id="run", description="text").name
        moved = registry.transition_model_version_stage(name, 1, "Staging", False)
        assert fields(moved) == fields(registry.get_model_version(name, 1))
        assert moved.tags == {"k": "v"}

    def test_to_the_stage_it_is_in_is_allowed(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production")
        moved = registry.transition_model_version_stage(name, 1, "Production", False)
        assert moved.current_stage == "Production"

    def test_moves_the_last_update_of_version_and_model(self, registry: RegistryStore) -> None:
        created = new_version(registry)
        scenarios.next_millisecond()
        moved = registry.transition_model_version_stage(created.name, 1, "Staging", False)
        assert moved.last_updated_timestamp > created.last_updated_timestamp
        assert moved.creation_timestamp == created.creation_timestamp
        model = registry.get_registered_model(created.name)
        assert model.last_updated_timestamp == moved.last_updated_timestamp

    def test_leaves_other_versions_of_the_stage_alone(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "None")
        registry.transition_model_version_stage(name, 2, "Production", False)
        assert stages(registry, name) == {1: "Production", 2: "Production"}


class TestArchiving:
    def test_archives_the_others_of_the_stage(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "Production", "None")
        registry.transition_model_version_stage(name, 3, "Production", True)
        assert stages(registry, name) == {1: "Archived", 2: "Archived", 3: "Production"}

    def test_leaves_other_stages_alone(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Staging", "None", "Archived", "None")
        registry.transition_model_version_stage(name, 4, "Production", True)
        assert stages(registry, name) == {
            1: "Staging",
            2: "None",
            3: "Archived",
            4: "Production",
        }

    def test_leaves_other_models_alone(self, registry: RegistryStore) -> None:
        other = staged_model(registry, "Production")
        name = staged_model(registry, "None")
        registry.transition_model_version_stage(name, 1, "Production", True)
        assert stages(registry, other) == {1: "Production"}

    def test_does_not_archive_the_version_itself(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "Production")
        registry.transition_model_version_stage(name, "1", "Production", True)
        assert stages(registry, name) == {1: "Production", 2: "Archived"}

    def test_knows_the_stage_in_any_case(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Staging", "None")
        registry.transition_model_version_stage(name, 2, "STAGING", True)
        assert stages(registry, name) == {1: "Archived", 2: "Staging"}

    def test_works_for_many(self, registry: RegistryStore) -> None:
        name = staged_model(registry, *["Production"] * 8, "None")
        registry.transition_model_version_stage(name, 9, "Production", True)
        archived = dict.fromkeys(range(1, 9), "Archived")
        assert stages(registry, name) == archived | {9: "Production"}

    def test_moves_the_last_update_of_what_it_archives(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "Staging", "None")
        untouched = registry.get_model_version(name, 2).last_updated_timestamp
        scenarios.next_millisecond()
        moved = registry.transition_model_version_stage(name, 3, "Production", True)
        archived = registry.get_model_version(name, 1)
        assert archived.last_updated_timestamp == moved.last_updated_timestamp
        assert registry.get_model_version(name, 2).last_updated_timestamp == untouched

    def test_leaves_aliases_where_they_are(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "None")
        registry.set_registered_model_alias(name, "champion", 1)
        registry.transition_model_version_stage(name, 2, "Production", True)
        assert registry.get_registered_model(name).aliases == {"champion": 1}

    def test_unknown_version_archives_nothing(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "Production")
        with refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=9) not"):
            registry.transition_model_version_stage(name, 9, "Production", True)
        assert stages(registry, name) == {1: "Production", 2: "Production"}

    @pytest.mark.parametrize("stage", ["None", "archived"])
    def test_into_a_stage_that_is_not_active_is_refused(
        self, registry: RegistryStore, stage: str
    ) -> None:
        name = staged_model(registry, "Production")
        text = (
            "Model version transition cannot archive existing model versions because "
            f"'{stage}' is not an Active stage. Valid stages are ['Staging', 'Production']"
        )
        with refused("INTERNAL_ERROR", text):
            registry.transition_model_version_stage(name, 1, stage, True)
        assert stages(registry, name) == {1: "Production"}


@pytest.fixture(scope="module")
def name(registry: RegistryStore) -> str:
    """Versions 1 to 6, so that every stage has one and two stages have two."""
    return staged_model(registry, "Production", "Staging", "Archived", "Production", "None", "None")


class TestLatestVersions:
    @pytest.mark.parametrize("asked", [None, [], ()])
    def test_of_no_stage_are_those_of_every_stage(
        self, registry: RegistryStore, name: str, asked: list[str] | None
    ) -> None:
        found = registry.get_latest_versions(name, asked)
        assert {version.current_stage: version.version for version in found} == {
            "Staging": 2,
            "Archived": 3,
            "Production": 4,
            "None": 6,
        }

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            (["Production"], [4]),
            (["production"], [4]),
            (["NONE", "Staging"], [2, 6]),
            (("Archived",), [3]),
            (["Production", "production"], [4]),
        ],
    )
    def test_of_some_stages(
        self, registry: RegistryStore, name: str, asked: list[str], expected: list[int]
    ) -> None:
        found = registry.get_latest_versions(name, asked)
        assert sorted(version.version for version in found) == expected

    def test_stages_may_be_a_protobuf_container(self, registry: RegistryStore, name: str) -> None:
        asked = GetLatestVersions(stages=["Production", "Staging"]).stages
        found = registry.get_latest_versions(name, asked)
        assert sorted(version.version for version in found) == [2, 4]

    def test_empty_protobuf_container_asks_for_every_stage(
        self, registry: RegistryStore, name: str
    ) -> None:
        assert len(registry.get_latest_versions(name, GetLatestVersions().stages)) == 4

    def test_of_a_stage_without_versions_are_none(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production")
        assert registry.get_latest_versions(name, ["Staging"]) == []

    def test_of_a_model_without_versions_are_none(self, registry: RegistryStore) -> None:
        assert registry.get_latest_versions(new_model(registry)) == []

    def test_unknown_stage_is_refused(self, registry: RegistryStore, name: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", f"Invalid Model Version stage: foo. {VALUES}"):
            registry.get_latest_versions(name, ["Production", "foo"])

    def test_unknown_model_comes_before_an_unknown_stage(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.get_latest_versions(name, ["foo"])

    def test_are_whole_versions(self, registry: RegistryStore) -> None:
        name = new_version(registry, run_id="run", tags={"k": "v"}).name
        registry.set_registered_model_alias(name, "champion", 1)
        (found,) = registry.get_latest_versions(name)
        assert fields(found) == fields(registry.get_model_version(name, 1))
        assert found.aliases == ["champion"]

    def test_deleted_version_gives_way_to_the_one_before(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "Production")
        registry.delete_model_version(name, 2)
        (found,) = registry.get_latest_versions(name, ["Production"])
        assert found.version == 1
