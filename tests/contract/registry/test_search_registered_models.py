"""search_registered_models: what it finds, in what order, in which pages."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities.model_registry import RegisteredModelTag
from mlflow.protos.model_registry_pb2 import SearchRegisteredModels
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import pages
from .registry_scenarios import (
    IS_PROMPT,
    IS_PROMPT_FILTER,
    ModelFamily,
    fields,
    model_family,
    new_model,
    staged_model,
)

pytestmark = pytest.mark.area("registered_models")

ACCENT = "\N{LATIN SMALL LETTER E WITH ACUTE}t"
MEMBERS = {
    "Alpha": {"team": "red", "rank": "1"},
    "beta": {"team": "Red"},
    "BETA": {"team": "50%", "rank": "2"},
    "a_b": {"team": ""},
    "axb": {"val.loss": "low", "a b": "spaced", "none": None},
    ACCENT: {},
}


@pytest.fixture(scope="module")
def family(registry: RegistryStore) -> ModelFamily:
    return model_family(registry, MEMBERS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("name = '{prefix}Alpha'", {"Alpha"}),
        ("name='{prefix}Alpha'", {"Alpha"}),
        ("name = '{prefix}alpha'", set()),
        ("name = ''", set()),
        ("attribute.name = '{prefix}Alpha'", {"Alpha"}),
        ('name = "{prefix}Alpha"', {"Alpha"}),
        ("name != '{prefix}Alpha'", MEMBERS.keys() - {"Alpha"}),
        ("name LIKE '%eta'", {"beta"}),
        ("name like '%eta'", {"beta"}),
        ("name LIKE '%BETA'", {"BETA"}),
        ("name LIKE '%.a_b'", {"a_b", "axb"}),
        ("name LIKE 'Alpha'", set()),
        ("name ILIKE '%beta'", {"beta", "BETA"}),
        ("name ilike '%.ALPHA'", {"Alpha"}),
        ("name ILIKE '%\N{LATIN SMALL LETTER E WITH ACUTE}T'", {ACCENT}),
        ("name IN ('{prefix}Alpha', '{prefix}beta', 'nobody')", {"Alpha", "beta"}),
        ("name in ('{prefix}Alpha')", {"Alpha"}),
        ("name IN ('{prefix}alpha')", set()),
        ("name NOT IN ('{prefix}Alpha', '{prefix}beta')", MEMBERS.keys() - {"Alpha", "beta"}),
        ("name not in ('{prefix}Alpha')", MEMBERS.keys() - {"Alpha"}),
        ("name LIKE '%.a%' AND name != '{prefix}axb'", {"a_b"}),
        ("name LIKE '%.a%' and name != '{prefix}axb'", {"a_b"}),
    ],
)
def test_name_is_compared_as_text(family: ModelFamily, question: str, expected: set[str]) -> None:
    assert family.matching(question.format(prefix=family.prefix)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("tags.team = 'red'", {"Alpha"}),
        ("tag.team = 'red'", {"Alpha"}),
        ("tags.`team` = 'red'", {"Alpha"}),
        ("tags.\"team\" = 'red'", {"Alpha"}),
        ('tags.team = "red"', {"Alpha"}),
        ("tags.team = ''", {"a_b"}),
        ("tags.team = '50%'", {"BETA"}),
        ("tags.team != 'red'", {"beta", "BETA", "a_b"}),
        ("tags.team LIKE 'r%'", {"Alpha"}),
        ("tags.team like 'r%'", {"Alpha"}),
        ("tags.team LIKE '%'", {"Alpha", "beta", "BETA", "a_b"}),
        ("tags.team ILIKE 'RED'", {"Alpha", "beta"}),
        ("tags.TEAM = 'red'", set()),
        ("tags.nobody != 'x'", set()),
        ("tags.none != 'x'", set()),
        ("tags.none LIKE '%'", set()),
        ("tags.val.loss = 'low'", {"axb"}),
        ("tags.`val.loss` = 'low'", {"axb"}),
        ("tags.`a b` = 'spaced'", {"axb"}),
        ("tags.team = 'red' AND tags.rank = '1'", {"Alpha"}),
        ("tags.team = 'red' AND tags.rank = '2'", set()),
        ("tags.team = 'red' AND tags.nobody = '1'", set()),
        ("tags.team = 'red' AND tags.team = 'Red'", set()),
        ("tags.team = 'red' AND tags.team = 'red'", {"Alpha"}),
        ("tags.team != 'red' AND tags.team != 'Red'", {"BETA", "a_b"}),
        ("tags.team ILIKE 'red' AND tags.team != 'red'", {"beta"}),
        ("tags.team LIKE '%e%' AND tag.`team` LIKE '%R%'", {"beta"}),
        ("tags.rank LIKE '%' AND name LIKE '%.B%'", {"BETA"}),
    ],
)
def test_tag_is_compared_as_text(family: ModelFamily, question: str, expected: set[str]) -> None:
    assert family.matching(question) == sorted(expected)


class TestFoundModel:
    def test_equals_the_model_itself(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "None", "Production")
        registry.set_registered_model_alias(name, "champion", 2)
        registry.set_registered_model_tag(name, RegisteredModelTag("k", "v"))
        (found,) = registry.search_registered_models(f"name = '{name}'")
        assert fields(found) == fields(registry.get_registered_model(name))
        assert found.tags == {"k": "v"}

    def test_has_the_latest_version_of_each_stage(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "None", "Production")
        (found,) = registry.search_registered_models(f"name = '{name}'")
        latest = {version.current_stage: version.version for version in found.latest_versions}
        assert latest == {"Production": 3, "None": 2}

    def test_without_versions_has_no_latest(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        (found,) = registry.search_registered_models(f"name = '{name}'")
        assert found.latest_versions == []

    def test_each_has_its_own_versions(self, registry: RegistryStore) -> None:
        own = model_family(registry, {"one": {}, "none": {}, "two": {}})
        for name, versions in (("one", 1), ("two", 2)):
            for _ in range(versions):
                registry.create_model_version(own.prefix + name, "s3://bucket")
        found = own.search(order_by=["name"])
        assert [[version.version for version in model.latest_versions] for model in found] == [
            [],
            [1],
            [2],
        ]

    def test_is_found_by_a_tag_set_since(self, registry: RegistryStore) -> None:
        own = model_family(registry, {"one": {"k": "old"}, "two": {}})
        registry.set_registered_model_tag(f"{own.prefix}one", RegisteredModelTag("k", "new"))
        assert own.matching("tags.k = 'new'") == ["one"]
        assert own.matching("tags.k = 'old'") == []


class TestPrompts:
    @pytest.fixture
    def mixed(self, registry: RegistryStore) -> ModelFamily:
        return model_family(
            registry,
            {
                "model": {"team": "red"},
                "prompt": {IS_PROMPT: "true", "team": "red"},
                "unsure": {IS_PROMPT: "false"},
            },
        )

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("", ["model", "unsure"]),
            ("tags.team = 'red'", ["model"]),
            (f"{IS_PROMPT_FILTER} = 'true'", ["prompt"]),
            (f"tags.{IS_PROMPT} = 'true'", ["prompt"]),
            (f"tag.`{IS_PROMPT}` = 'true'", ["prompt"]),
            (f"{IS_PROMPT_FILTER} != 'false'", ["prompt"]),
            (f"{IS_PROMPT_FILTER} = 'false'", ["model", "unsure"]),
            (f"{IS_PROMPT_FILTER} != 'true'", ["model", "unsure"]),
            (f"{IS_PROMPT_FILTER} = 'other'", ["model", "unsure"]),
            (f"{IS_PROMPT_FILTER} LIKE 'true'", ["model", "unsure"]),
            (f"{IS_PROMPT_FILTER} = 'TRUE'", []),
            (f"{IS_PROMPT_FILTER} = 'true' AND tags.team = 'red'", ["prompt"]),
            (f"tags.team = 'red' AND {IS_PROMPT_FILTER} = 'true'", ["prompt"]),
            (f"{IS_PROMPT_FILTER} != 'true' AND tags.team = 'red'", ["model"]),
            (f"{IS_PROMPT_FILTER} = 'true' AND {IS_PROMPT_FILTER} = 'false'", []),
            (f"{IS_PROMPT_FILTER} = 'false' AND {IS_PROMPT_FILTER} = 'true'", ["model", "unsure"]),
        ],
    )
    def test_are_hidden_unless_asked_for(
        self, mixed: ModelFamily, question: str, expected: list[str]
    ) -> None:
        assert mixed.matching(question) == expected

    def test_show_no_prompt_tag_when_found(self, mixed: ModelFamily) -> None:
        (found,) = mixed.search(f"{IS_PROMPT_FILTER} = 'true'")
        assert found.tags == {"team": "red"}
        assert found._is_prompt()

    def test_are_hidden_once_they_are_marked(
        self, registry: RegistryStore, mixed: ModelFamily
    ) -> None:
        registry.set_registered_model_tag(
            f"{mixed.prefix}model", RegisteredModelTag(IS_PROMPT, "true")
        )
        assert mixed.matching() == ["unsure"]


@pytest.fixture(scope="module")
def dozen(registry: RegistryStore) -> ModelFamily:
    """Twelve models, some of them changed since."""
    own = model_family(registry, {f"member {number:02}": {} for number in range(12)})
    for number in (7, 2):
        scenarios.next_millisecond()
        registry.update_registered_model(f"{own.prefix}member {number:02}", "changed")
    return own


def by_update(sign: int) -> Callable[[Any], tuple[int, str]]:
    return lambda model: (sign * model.last_updated_timestamp, model.name)


class TestOrder:
    @pytest.mark.parametrize(
        "order_by", [None, [], ["name"], ["name ASC"], ["name asc"], ["name  ASC"]]
    )
    def test_names_ascend_by_code_point(
        self, family: ModelFamily, order_by: list[str] | None
    ) -> None:
        assert family.found(order_by=order_by) == ["Alpha", "BETA", "a_b", "axb", "beta", ACCENT]

    @pytest.mark.parametrize("clause", ["name DESC", "name desc", "`name` DESC"])
    def test_names_descend_by_code_point(self, family: ModelFamily, clause: str) -> None:
        found = family.found(order_by=[clause])
        assert found == [ACCENT, "beta", "axb", "a_b", "BETA", "Alpha"]

    @pytest.mark.parametrize(
        ("clause", "sign"),
        [
            ("timestamp", 1),
            ("timestamp ASC", 1),
            ("timestamp DESC", -1),
            ("last_updated_timestamp", 1),
            ("last_updated_timestamp DESC", -1),
        ],
    )
    def test_follows_the_last_update_and_then_the_name(
        self, dozen: ModelFamily, clause: str, sign: int
    ) -> None:
        found = list(dozen.search(order_by=[clause]))
        assert len(found) == 12
        assert found == sorted(found, key=by_update(sign))

    def test_last_changed_comes_first(self, dozen: ModelFamily) -> None:
        found = dozen.found(order_by=["timestamp DESC"])
        assert found[:2] == ["member 02", "member 07"]

    def test_names_may_descend_within_a_moment(self, dozen: ModelFamily) -> None:
        found = list(dozen.search(order_by=["timestamp", "name DESC"]))
        by_name = sorted(found, key=lambda model: model.name, reverse=True)
        assert found == sorted(by_name, key=lambda model: model.last_updated_timestamp)

    def test_may_be_a_protobuf_container(self, family: ModelFamily) -> None:
        message = SearchRegisteredModels(order_by=["name DESC"])
        assert family.found(order_by=message.order_by)[0] == ACCENT

    @pytest.mark.parametrize(
        "order_by",
        [
            ["name", "name DESC"],
            ["timestamp", "timestamp"],
            ["timestamp", "last_updated_timestamp DESC"],
        ],
    )
    def test_field_named_twice_is_refused(
        self, registry: RegistryStore, order_by: list[str]
    ) -> None:
        with refused("INTERNAL_ERROR", f"`order_by` contains duplicate fields: {order_by}"):
            registry.search_registered_models(order_by=order_by)

    @pytest.mark.parametrize(
        "clause",
        ["foo", "creation_timestamp", "attribute.name", "tags.k", "version_number", "`name`"],
    )
    def test_other_fields_are_refused(self, registry: RegistryStore, clause: str) -> None:
        with refused(
            "INVALID_PARAMETER_VALUE",
            f"Invalid order by key '{clause}' specified. Valid keys are ",
        ):
            registry.search_registered_models(order_by=[clause])


class TestPages:
    @pytest.mark.parametrize("size", [1, 5, 12])
    @pytest.mark.parametrize("order_by", [None, ["name DESC"], ["timestamp"], ["timestamp DESC"]])
    def test_join_up_to_the_whole_answer(
        self, dozen: ModelFamily, order_by: list[str] | None, size: int
    ) -> None:
        read = pages(dozen.search, max_results=size, order_by=order_by)
        joined = [model.name for page in read for model in page]
        assert joined == [model.name for model in dozen.search(order_by=order_by)]
        assert len(joined) == 12

    def test_all_but_the_last_are_full(self, dozen: ModelFamily) -> None:
        assert [len(page) for page in pages(dozen.search, max_results=5)] == [5, 5, 2]

    def test_exactly_full_last_one_has_no_token(self, dozen: ModelFamily) -> None:
        assert not dozen.search(max_results=12).token

    def test_hidden_prompts_do_not_thin_them(self, registry: RegistryStore) -> None:
        tags = {f"{number}": {IS_PROMPT: "true"} if number % 2 else {} for number in range(8)}
        own = model_family(registry, tags)
        assert [len(page) for page in pages(own.search, max_results=3)] == [3, 1]

    def test_hold_models_matched_by_a_tag(self, registry: RegistryStore) -> None:
        own = model_family(registry, {f"{number}": {"odd": f"{number % 2}"} for number in range(9)})
        read = pages(own.search, max_results=2, filter_string="tags.odd = '1'")
        assert [[model.name[-1] for model in page] for page in read] == [["1", "3"], ["5", "7"]]

    def test_of_no_size_are_empty(self, family: ModelFamily) -> None:
        assert list(family.search(max_results=0)) == []

    def test_may_hold_a_thousand(self, family: ModelFamily) -> None:
        assert len(family.search(max_results=1000)) == len(MEMBERS)

    def test_of_more_than_a_thousand_are_refused(self, registry: RegistryStore) -> None:
        text = (
            "Invalid value for request parameter max_results. It must be at most 1000, but got "
            "value 1001"
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_registered_models("no filter at all", max_results=1001)

    def test_hold_a_hundred_by_default(self, registry: RegistryStore) -> None:
        own = model_family(registry, {f"{number}": {} for number in range(101)})
        assert [len(page) for page in pages(own.search)] == [100, 1]
