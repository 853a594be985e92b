"""Links from runs, logged models and traces to the prompt versions that they used."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from mlflow.entities import LoggedModelTag, RunTag, TraceInfo, TraceLocation, TraceState
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios, search_scenarios
from ..scenarios import START_TIME, refused, unique
from .registry_scenarios import new_prompt, new_version

pytestmark = pytest.mark.area("prompts")

LINKED = "mlflow.linkedPrompts"


class User(NamedTuple):
    """One kind of thing that uses prompts: how it is made, linked, read and marked."""

    make: Callable[[AbstractStore], str]
    link: Callable[[RegistryStore, str, int | str, str], None]
    tags: Callable[[AbstractStore, str], dict[str, str]]
    mark: Callable[[AbstractStore, str, str], None]
    unknown: str
    missing: str


USERS = {
    "run": User(
        make=scenarios.new_run_id,
        link=lambda registry, name, version, run_id: registry.link_prompt_version_to_run(
            name, version, run_id
        ),
        tags=lambda store, run_id: store.get_run(run_id).data.tags,
        mark=lambda store, run_id, value: store.set_tag(run_id, RunTag(LINKED, value)),
        unknown="0123456789abcdef0123456789abcdef",
        missing="Run with id=0123456789abcdef0123456789abcdef not found",
    ),
    "model": User(
        make=lambda store: search_scenarios.new_model(store).model_id,
        link=lambda registry, name, version, model_id: registry.link_prompt_version_to_model(
            name, version, model_id
        ),
        tags=lambda store, model_id: store.get_logged_model(model_id).tags,
        mark=lambda store, model_id, value: store.set_logged_model_tags(
            model_id, [LoggedModelTag(LINKED, value)]
        ),
        unknown="m-0123456789abcdef0123456789abcdef",
        missing="Logged model with ID 'm-0123456789abcdef0123456789abcdef' not found",
    ),
}


@pytest.fixture(params=list(USERS))
def user(request: pytest.FixtureRequest) -> User:
    return USERS[request.param]


def linked(tags: dict[str, str]) -> list[tuple[str, str]]:
    return [(entry["name"], entry["version"]) for entry in json.loads(tags[LINKED])]


class TestRunsAndModels:
    @pytest.mark.parametrize("version", [2, "2"])
    def test_link_names_the_version(
        self, registry: RegistryStore, tracking: AbstractStore, user: User, version: int | str
    ) -> None:
        name, made = new_prompt(registry, versions=2), user.make(tracking)
        user.link(registry, name, version, made)
        assert json.loads(user.tags(tracking, made)[LINKED]) == [{"name": name, "version": "2"}]

    def test_links_add_up_in_their_order(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name, made = new_prompt(registry, versions=2), user.make(tracking)
        other = new_prompt(registry, versions=1)
        for prompt, version in ((name, 2), (other, 1), (name, 1)):
            user.link(registry, prompt, version, made)
        assert linked(user.tags(tracking, made)) == [(name, "2"), (other, "1"), (name, "1")]

    def test_link_made_twice_is_one(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name, made = new_prompt(registry, versions=1), user.make(tracking)
        for version in (1, "1"):
            user.link(registry, name, version, made)
        assert linked(user.tags(tracking, made)) == [(name, "1")]

    def test_alias_links_the_version_it_names(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name, made = new_prompt(registry, versions=2), user.make(tracking)
        registry.set_prompt_alias(name, "live", 2)
        user.link(registry, name, "live", made)
        assert linked(user.tags(tracking, made)) == [(name, "2")]

    def test_prompt_learns_nothing_of_it(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name = new_prompt(registry, versions=1)
        user.link(registry, name, 1, user.make(tracking))
        assert registry.get_prompt(name).tags == {}
        assert registry.get_prompt_version(name, 1).tags == {}

    def test_link_outlives_the_prompt(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name, made = new_prompt(registry, versions=1), user.make(tracking)
        user.link(registry, name, 1, made)
        registry.delete_prompt(name)
        assert linked(user.tags(tracking, made)) == [(name, "1")]

    def test_unknown_user_does_not_exist(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        assert tracking is not None
        name = new_prompt(registry, versions=1)
        with refused("RESOURCE_DOES_NOT_EXIST", user.missing):
            user.link(registry, name, 1, user.unknown)

    def test_unknown_version_does_not_exist(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name, made = new_prompt(registry, versions=1), user.make(tracking)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=9) not"):
            user.link(registry, name, 9, made)
        assert LINKED not in user.tags(tracking, made)

    def test_unknown_prompt_is_missed_before_an_unknown_user(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        assert tracking is not None
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            user.link(registry, name, 1, user.unknown)

    def test_model_version_is_refused(
        self, registry: RegistryStore, tracking: AbstractStore, user: User
    ) -> None:
        name = new_version(registry).name
        with refused("INVALID_PARAMETER_VALUE", f"Name `{name}` is registered as a model, not a"):
            user.link(registry, name, 1, user.make(tracking))

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("junk", f"Invalid JSON format for '{LINKED}' tag: junk"),
            ("{}", f"Invalid format for '{LINKED}' tag: {{}}"),
        ],
    )
    def test_foreign_tag_is_not_overwritten(
        self, registry: RegistryStore, tracking: AbstractStore, user: User, value: str, text: str
    ) -> None:
        name, made = new_prompt(registry, versions=1), user.make(tracking)
        user.mark(tracking, made, value)
        with refused("INTERNAL_ERROR", text):
            user.link(registry, name, 1, made)
        assert user.tags(tracking, made)[LINKED] == value


@pytest.fixture
def trace(tracking: AbstractStore) -> TraceInfo:
    """A trace that is over, in an experiment of its own."""
    location = TraceLocation.from_experiment_id(scenarios.new_experiment(tracking))
    return tracking.start_trace(
        TraceInfo(
            trace_id=f"tr-{scenarios.unknown_run_id()}",
            trace_location=location,
            request_time=START_TIME,
            state=TraceState.OK,
        )
    )


class TestTraces:
    def test_links_are_a_tag_of_the_trace(
        self, registry: RegistryStore, tracking: AbstractStore, trace: TraceInfo
    ) -> None:
        name = new_prompt(registry, versions=2)
        versions = [registry.get_prompt_version(name, number) for number in (2, 1)]
        registry.link_prompts_to_trace(versions, trace.trace_id)
        tags = tracking.get_trace_info(trace.trace_id).tags
        assert linked(tags) == [(name, "2"), (name, "1")]

    def test_link_made_twice_is_one(
        self, registry: RegistryStore, tracking: AbstractStore, trace: TraceInfo
    ) -> None:
        name = new_prompt(registry, versions=1)
        for _ in range(2):
            version = registry.get_prompt_version(name, 1)
            registry.link_prompts_to_trace([version], trace.trace_id)
        assert linked(tracking.get_trace_info(trace.trace_id).tags) == [(name, "1")]

    def test_trace_is_found_by_its_prompt(
        self, registry: RegistryStore, tracking: AbstractStore, trace: TraceInfo
    ) -> None:
        name = new_prompt(registry, versions=2)
        registry.link_prompts_to_trace([registry.get_prompt_version(name, 1)], trace.trace_id)

        def found(question: str) -> list[str]:
            traces, _ = tracking.search_traces(
                locations=[trace.experiment_id], filter_string=question
            )
            return [each.trace_id for each in traces]

        assert found(f"prompt = '{name}/1'") == [trace.trace_id]
        assert found(f"prompt = '{name}/2'") == []

    def test_no_prompts_leave_the_trace_alone(
        self, registry: RegistryStore, tracking: AbstractStore, trace: TraceInfo
    ) -> None:
        registry.link_prompts_to_trace([], trace.trace_id)
        assert LINKED not in tracking.get_trace_info(trace.trace_id).tags

    def test_unknown_trace_does_not_exist(self, registry: RegistryStore, trace: TraceInfo) -> None:
        version = registry.create_prompt_version(new_prompt(registry), "text")
        unknown = f"{trace.trace_id}-unknown"
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{unknown}' not found."):
            registry.link_prompts_to_trace([version], unknown)
