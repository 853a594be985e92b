"""Names in the registry are matched whole: a line break at the end is not overlooked."""

from collections.abc import Callable

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from ..scenarios import refused
from .registry_scenarios import new_model

pytestmark = pytest.mark.area("registered_models")

NAME = "name\n"
CHANGES: dict[str, Callable[[RegistryStore, str], object]] = {
    "an alias": lambda registry, model: registry.set_registered_model_alias(model, NAME, 1),
    "an alias to look up": lambda registry, model: registry.get_model_version_by_alias(model, NAME),
    "an alias to delete": lambda registry, model: registry.delete_registered_model_alias(
        model, NAME
    ),
    "a tag": lambda registry, model: registry.set_registered_model_tag(
        model, RegisteredModelTag(NAME, "v")
    ),
    "a tag of a version": lambda registry, model: registry.set_model_version_tag(
        model, 1, ModelVersionTag(NAME, "v")
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_is_refused_in_the_name_of(
    registry: RegistryStore, change: Callable[[RegistryStore, str], object]
) -> None:
    model = new_model(registry, versions=1)
    with refused("INVALID_PARAMETER_VALUE", "Names may only contain alphanumerics"):
        change(registry, model)
    stored = registry.get_registered_model(model)
    assert (stored.aliases, stored.tags) == ({}, {})
    assert registry.get_model_version(model, 1).tags == {}
