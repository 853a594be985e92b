"""search_model_versions: what it finds."""

import operator
from collections.abc import Callable

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .registry_scenarios import (
    IS_PROMPT,
    IS_PROMPT_FILTER,
    VersionFamily,
    fields,
    new_version,
    version_family,
)

pytestmark = pytest.mark.area("model_versions")

MEMBERS = {
    "Alpha": [
        {"source": "s3://bucket/a", "run_id": "Run-1", "tags": {"team": "red", "rank": "1"}},
        {"source": "s3://bucket/A", "run_id": "run-2", "tags": {"team": "Red"}},
    ],
    "beta": [
        {"source": "s3://bucket/a_b", "run_id": "run-1", "tags": {"team": "50%", "rank": "2"}},
        {"source": "gs://x/axb", "tags": {"team": ""}},
        {"source": "gs://x/100%", "run_id": "", "tags": {"val.loss": "low", "a b": "spaced"}},
    ],
    "BETA": [{"source": "", "run_id": "run-1"}],
}
ALL = {"Alpha/1", "Alpha/2", "beta/1", "beta/2", "beta/3", "BETA/1"}
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@pytest.fixture(scope="module")
def family(registry: RegistryStore) -> VersionFamily:
    return version_family(registry, MEMBERS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", ALL),
        ("name = '{prefix}beta'", {"beta/1", "beta/2", "beta/3"}),
        ("name='{prefix}beta'", {"beta/1", "beta/2", "beta/3"}),
        ('name = "{prefix}BETA"', {"BETA/1"}),
        ("attribute.name = '{prefix}BETA'", {"BETA/1"}),
        ("name = '{prefix}Beta'", set()),
        ("name != '{prefix}beta'", {"Alpha/1", "Alpha/2", "BETA/1"}),
        ("name LIKE '%a'", {"Alpha/1", "Alpha/2", "beta/1", "beta/2", "beta/3"}),
        ("name LIKE '%BETA'", {"BETA/1"}),
        ("name ILIKE '%BETA'", {"beta/1", "beta/2", "beta/3", "BETA/1"}),
        ("name ilike '%.alpha'", {"Alpha/1", "Alpha/2"}),
        ("name IN ('{prefix}Alpha', '{prefix}BETA')", {"Alpha/1", "Alpha/2", "BETA/1"}),
        ("name in ('{prefix}BETA')", {"BETA/1"}),
        ("name NOT IN ('{prefix}beta')", {"Alpha/1", "Alpha/2", "BETA/1"}),
        ("name not in ('{prefix}beta', '{prefix}Alpha')", {"BETA/1"}),
    ],
)
def test_name_is_compared_as_text(family: VersionFamily, question: str, expected: set[str]) -> None:
    assert family.matching(question.format(prefix=family.prefix)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("run_id = 'run-1'", {"beta/1", "BETA/1"}),
        ("attribute.run_id = 'run-1'", {"beta/1", "BETA/1"}),
        ("run_id = ''", {"beta/3"}),
        ("run_id != 'run-1'", {"Alpha/1", "Alpha/2", "beta/3"}),
        ("run_id LIKE 'run%'", {"Alpha/2", "beta/1", "BETA/1"}),
        ("run_id LIKE '%'", ALL - {"beta/2"}),
        ("run_id ILIKE 'RUN-1'", {"Alpha/1", "beta/1", "BETA/1"}),
        ("run_id IN ('run-1', 'run-2', 'run-3')", {"Alpha/2", "beta/1", "BETA/1"}),
        ("run_id IN ('')", {"beta/3"}),
        ("run_id NOT IN ('run-1', 'run-2')", {"Alpha/1", "beta/3"}),
        ("run_id = 'run-1' AND name = '{prefix}beta'", {"beta/1"}),
        ("run_id = 'run-1' AND run_id = 'run-2'", set()),
    ],
)
def test_run_is_compared_as_text(family: VersionFamily, question: str, expected: set[str]) -> None:
    assert family.matching(question.format(prefix=family.prefix)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("source_path = 's3://bucket/a'", {"Alpha/1"}),
        ("source_path = ''", {"BETA/1"}),
        ("source_path != 's3://bucket/a'", ALL - {"Alpha/1"}),
        ("source_path LIKE 's3://%'", {"Alpha/1", "Alpha/2", "beta/1"}),
        ("source_path LIKE '%/a_b'", {"beta/1", "beta/2"}),
        ("source_path LIKE '%/100%'", {"beta/3"}),
        ("source_path ILIKE 'S3://BUCKET/a'", {"Alpha/1", "Alpha/2"}),
        ("attribute.source_path = 'gs://x/axb'", {"beta/2"}),
    ],
)
def test_source_is_compared_as_text(
    family: VersionFamily, question: str, expected: set[str]
) -> None:
    assert family.matching(question) == sorted(expected)


@pytest.mark.parametrize("comparator", COMPARISONS)
@pytest.mark.parametrize("bound", [0, 1, 2, 3, 10])
def test_number_is_compared_as_a_number(family: VersionFamily, comparator: str, bound: int) -> None:
    holds = COMPARISONS[comparator]
    expected = {label for label in ALL if holds(int(label[-1]), bound)}
    assert family.matching(f"version_number {comparator} {bound}") == sorted(expected)


def test_ten_is_more_than_nine(registry: RegistryStore) -> None:
    own = version_family(registry, {"m": [{}] * 11})
    assert own.matching("version_number > 9") == ["m/10", "m/11"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("version_number = '2'", {"Alpha/2", "beta/2"}),
        ("version_number = -1", set()),
        ("version_number >= 2 AND version_number < 3", {"Alpha/2", "beta/2"}),
        ("attribute.version_number = 3", {"beta/3"}),
    ],
)
def test_number_may_be_written_in_other_ways(
    family: VersionFamily, question: str, expected: set[str]
) -> None:
    assert family.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("tags.team = 'red'", {"Alpha/1"}),
        ("tag.team = 'red'", {"Alpha/1"}),
        ("tags.`team` = 'red'", {"Alpha/1"}),
        ("tags.team = ''", {"beta/2"}),
        ("tags.team = '50%'", {"beta/1"}),
        ("tags.team != 'red'", {"Alpha/2", "beta/1", "beta/2"}),
        ("tags.team LIKE 'r%'", {"Alpha/1"}),
        ("tags.team LIKE '%'", {"Alpha/1", "Alpha/2", "beta/1", "beta/2"}),
        ("tags.team ilike 'RED'", {"Alpha/1", "Alpha/2"}),
        ("tags.TEAM = 'red'", set()),
        ("tags.nobody != 'x'", set()),
        ("tags.val.loss = 'low'", {"beta/3"}),
        ("tags.`val.loss` = 'low'", {"beta/3"}),
        ("tags.`a b` = 'spaced'", {"beta/3"}),
        ("tags.team = 'red' AND tags.rank = '1'", {"Alpha/1"}),
        ("tags.team = 'red' AND tags.rank = '2'", set()),
        ("tags.team = 'red' AND tags.team = 'Red'", set()),
        ("tags.team != 'red' AND tags.team != 'Red'", {"beta/1", "beta/2"}),
        ("tags.team ILIKE 'red' AND tags.team != 'red'", {"Alpha/2"}),
        ("tags.rank LIKE '%' AND version_number = 1 AND run_id = 'run-1'", {"beta/1"}),
    ],
)
def test_tag_is_compared_as_text(family: VersionFamily, question: str, expected: set[str]) -> None:
    assert family.matching(question) == sorted(expected)


class TestFoundVersion:
    def test_equals_the_version_itself(self, registry: RegistryStore) -> None:
        name = new_version(
            registry,
            run_id="run",
            run_link="link",
            tags={"k": "v"},
            description="text",
            stage="Staging",
        ).name
        (found,) = registry.search_model_versions(f"name = '{name}'")
        assert fields(found) == fields(registry.get_model_version(name, 1))

    def test_number_is_an_integer(self, registry: RegistryStore) -> None:
        (found,) = registry.search_model_versions(f"name = '{new_version(registry).name}'")
        assert type(found.version) is int

    def test_is_found_by_a_tag_set_since(self, registry: RegistryStore) -> None:
        own = version_family(registry, {"m": [{"tags": {"k": "old"}}, {}]})
        registry.set_model_version_tag(f"{own.prefix}m", 1, ModelVersionTag("k", "new"))
        assert own.matching("tags.k = 'new'") == ["m/1"]
        assert own.matching("tags.k = 'old'") == []

    def test_tags_of_its_model_do_not_count(self, registry: RegistryStore) -> None:
        own = version_family(registry, {"m": [{}]})
        registry.set_registered_model_tag(f"{own.prefix}m", RegisteredModelTag("team", "red"))
        assert own.matching("tags.team = 'red'") == []
        assert own.matching("tags.team != 'blue'") == []

    def test_every_stage_is_looked_through(self, registry: RegistryStore) -> None:
        wanted = ("None", "Staging", "Production", "Archived")
        own = version_family(registry, {"m": [{"stage": stage} for stage in wanted]})
        assert own.matching() == ["m/1", "m/2", "m/3", "m/4"]

    def test_deleted_version_is_not_found(self, registry: RegistryStore) -> None:
        own = version_family(registry, {"m": [{}, {}]})
        registry.delete_model_version(f"{own.prefix}m", 1)
        assert own.matching() == ["m/2"]

    def test_no_filter_finds_versions_of_every_model(self, registry: RegistryStore) -> None:
        first, second = new_version(registry), new_version(registry)
        found = {version.name for version in registry.search_model_versions()}
        assert {first.name, second.name} <= found


PROMPT_TAGS = {IS_PROMPT: "true", "team": "red"}


class TestPrompts:
    @pytest.fixture
    def mixed(self, registry: RegistryStore) -> VersionFamily:
        return version_family(
            registry,
            {
                "model": [{"tags": {"team": "red"}}],
                "prompt": [{"tags": PROMPT_TAGS}, {"tags": PROMPT_TAGS}],
                "unsure": [{"tags": {IS_PROMPT: "false"}}],
            },
        )

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("", ["model/1", "unsure/1"]),
            ("tags.team = 'red'", ["model/1"]),
            ("name LIKE '%prompt'", []),
            (f"{IS_PROMPT_FILTER} = 'true'", ["prompt/1", "prompt/2"]),
            (f"tags.{IS_PROMPT} = 'true'", ["prompt/1", "prompt/2"]),
            (f"{IS_PROMPT_FILTER} != 'false'", ["prompt/1", "prompt/2"]),
            (f"{IS_PROMPT_FILTER} = 'false'", ["model/1", "unsure/1"]),
            (f"{IS_PROMPT_FILTER} != 'true'", ["model/1", "unsure/1"]),
            (f"{IS_PROMPT_FILTER} ILIKE 'true'", ["model/1", "unsure/1"]),
            (f"{IS_PROMPT_FILTER} = 'True'", []),
            (f"{IS_PROMPT_FILTER} = 'true' AND version_number = 2", ["prompt/2"]),
            (f"tags.team = 'red' AND {IS_PROMPT_FILTER} = 'true'", ["prompt/1", "prompt/2"]),
            (f"{IS_PROMPT_FILTER} != 'true' AND tags.team = 'red'", ["model/1"]),
        ],
    )
    def test_are_hidden_unless_asked_for(
        self, mixed: VersionFamily, question: str, expected: list[str]
    ) -> None:
        assert mixed.matching(question) == expected

    def test_plain_version_beside_a_prompt_version_is_hidden_too(
        self, registry: RegistryStore
    ) -> None:
        own = version_family(registry, {"prompt": [{"tags": PROMPT_TAGS}, {}]})
        assert own.matching() == []
        assert own.matching(f"{IS_PROMPT_FILTER} = 'true'") == ["prompt/1"]

    def test_plain_version_of_a_prompt_is_found_where_it_is_alone(
        self, registry: RegistryStore
    ) -> None:
        own = version_family(registry, {"m": []})
        registry.create_prompt(f"{own.prefix}prompt")
        new_version(registry, f"{own.prefix}prompt")
        assert own.matching() == ["prompt/1"]
