"""search_model_versions: in what order, and in which pages."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.protos.model_registry_pb2 import SearchModelVersions
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import pages
from .registry_scenarios import IS_PROMPT, VersionFamily, new_version, version_family

pytestmark = pytest.mark.area("model_versions")

UPDATED, CREATED = "last_updated_timestamp", "creation_timestamp"
NAMES = ("Alpha", "a_b", "beta")


@pytest.fixture(scope="module")
def dozen(registry: RegistryStore) -> VersionFamily:
    """Twelve versions of three models, some of them changed since."""
    own = version_family(registry, {name: [{}] * 4 for name in NAMES})
    for name, number in (("beta", 2), ("Alpha", 3)):
        scenarios.next_millisecond()
        registry.update_model_version(own.prefix + name, number, "changed")
    return own


def sort_key(*moments: tuple[str, int]) -> Callable[[Any], tuple[Any, ...]]:
    """By these time stamps, then by name, then from the highest version."""
    return lambda version: (
        *(sign * getattr(version, field) for field, sign in moments),
        version.name,
        -version.version,
    )


class TestOrder:
    @pytest.mark.parametrize(
        ("order_by", "moments"),
        [
            (None, [(UPDATED, -1)]),
            ([], [(UPDATED, -1)]),
            ([UPDATED], [(UPDATED, 1)]),
            ([f"{UPDATED} DESC"], [(UPDATED, -1)]),
            ([f"{CREATED} ASC"], [(CREATED, 1)]),
            ([f"{CREATED} desc"], [(CREATED, -1)]),
            ([f"{UPDATED} DESC", CREATED], [(UPDATED, -1), (CREATED, 1)]),
            ([f"attribute.{CREATED}"], [(CREATED, 1)]),
        ],
    )
    def test_follows_times_then_names_then_numbers_downwards(
        self,
        dozen: VersionFamily,
        order_by: list[str] | None,
        moments: list[tuple[str, int]],
    ) -> None:
        found = list(dozen.search(order_by=order_by))
        assert len(found) == 12
        assert found == sorted(found, key=sort_key(*moments))

    def test_last_changed_comes_first_by_default(self, dozen: VersionFamily) -> None:
        assert dozen.found()[:2] == ["Alpha/3", "beta/2"]

    @pytest.mark.parametrize("clause", ["name", "name ASC", "attribute.name", "`name`"])
    def test_names_ascend_by_code_point(self, dozen: VersionFamily, clause: str) -> None:
        assert dozen.found(order_by=[clause]) == [
            f"{name}/{number}" for name in NAMES for number in (4, 3, 2, 1)
        ]

    @pytest.mark.parametrize("clause", ["name DESC", "name desc", "`name` DESC"])
    def test_names_descend_by_code_point(self, dozen: VersionFamily, clause: str) -> None:
        assert dozen.found(order_by=[clause]) == [
            f"{name}/{number}" for name in reversed(NAMES) for number in (4, 3, 2, 1)
        ]

    def test_prefix_of_attributes_may_be_in_the_plural(self, dozen: VersionFamily) -> None:
        found = dozen.found(order_by=["attributes.name DESC", "attributes.version_number"])
        assert found == [f"{name}/{number}" for name in reversed(NAMES) for number in (1, 2, 3, 4)]

    @pytest.mark.parametrize("clause", ["version_number", "version_number ASC"])
    def test_numbers_ascend_and_names_break_ties(self, dozen: VersionFamily, clause: str) -> None:
        assert dozen.found(order_by=[clause]) == [
            f"{name}/{number}" for number in (1, 2, 3, 4) for name in NAMES
        ]

    def test_numbers_descend_and_names_break_ties(self, dozen: VersionFamily) -> None:
        assert dozen.found(order_by=["version_number DESC"]) == [
            f"{name}/{number}" for number in (4, 3, 2, 1) for name in NAMES
        ]

    def test_first_clause_counts_most(self, dozen: VersionFamily) -> None:
        found = dozen.found(order_by=["name DESC", "version_number ASC"])
        assert found == [f"{name}/{number}" for name in reversed(NAMES) for number in (1, 2, 3, 4)]

    def test_ten_comes_after_nine(self, registry: RegistryStore) -> None:
        own = version_family(registry, {"m": [{}] * 11})
        found = own.search(order_by=["version_number"])
        assert [version.version for version in found] == list(range(1, 12))

    def test_may_be_a_protobuf_container(self, dozen: VersionFamily) -> None:
        message = SearchModelVersions(order_by=["name DESC", "version_number"])
        assert dozen.found(order_by=message.order_by)[0] == "beta/1"

    @pytest.mark.parametrize(
        "order_by",
        [
            ["name", "name DESC"],
            ["version_number", "attribute.version_number"],
            [CREATED, "name", f"{CREATED} DESC"],
        ],
    )
    def test_field_named_twice_is_refused(
        self, registry: RegistryStore, order_by: list[str]
    ) -> None:
        with refused("INTERNAL_ERROR", f"`order_by` contains duplicate fields: {order_by}"):
            registry.search_model_versions(order_by=order_by)

    @pytest.mark.parametrize(
        ("clause", "text"),
        [
            ("foo", "Invalid attribute key 'foo' specified. Valid keys are "),
            ("timestamp", "Invalid attribute key 'timestamp' specified. Valid keys are "),
            ("timestamp DESC", "Invalid attribute key 'timestamp' specified. Valid keys are "),
            ("run_id", "Invalid attribute key 'run_id' specified. Valid keys are "),
            ("source_path", "Invalid attribute key 'source_path' specified. Valid keys are "),
            ("tags.k", "Invalid order by key 'k' specified. Valid keys are "),
            ("attributes.name", "Invalid entity type 'attributes'. Valid entity types are "),
            ("metrics.x", "Invalid entity type 'metrics'. Valid entity types are "),
        ],
    )
    def test_other_fields_are_refused(
        self, registry: RegistryStore, clause: str, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_model_versions(order_by=[clause])


class TestPages:
    @pytest.mark.parametrize("size", [1, 5, 12])
    @pytest.mark.parametrize(
        "order_by",
        [
            None,
            ["name DESC"],
            ["version_number"],
            [f"{CREATED} ASC"],
            [UPDATED, "version_number ASC"],
        ],
    )
    def test_join_up_to_the_whole_answer(
        self, dozen: VersionFamily, order_by: list[str] | None, size: int
    ) -> None:
        read = pages(dozen.search, max_results=size, order_by=order_by)
        joined = [label for page in read for label in dozen.labels(page)]
        assert joined == dozen.found(order_by=order_by)
        assert len(set(joined)) == 12

    def test_all_but_the_last_are_full(self, dozen: VersionFamily) -> None:
        assert [len(page) for page in pages(dozen.search, max_results=5)] == [5, 5, 2]

    def test_exactly_full_last_one_has_no_token(self, dozen: VersionFamily) -> None:
        assert not dozen.search(max_results=12).token

    def test_deleted_versions_do_not_thin_them(self, registry: RegistryStore) -> None:
        own = version_family(registry, {"m": [{}] * 8})
        for number in (1, 4, 8):
            registry.delete_model_version(f"{own.prefix}m", number)
        assert [len(page) for page in pages(own.search, max_results=3)] == [3, 2]

    def test_hidden_prompts_do_not_thin_them(self, registry: RegistryStore) -> None:
        prompt = {"tags": {IS_PROMPT: "true"}}
        own = version_family(registry, {"m": [{}] * 4, "n": [prompt] * 4, "o": [{}]})
        read = pages(own.search, max_results=3, order_by=["name"])
        assert [own.labels(page) for page in read] == [["m/4", "m/3", "m/2"], ["m/1", "o/1"]]

    def test_hold_versions_matched_by_a_tag(self, registry: RegistryStore) -> None:
        own = version_family(
            registry, {"m": [{"tags": {"odd": f"{number % 2}"}} for number in range(1, 10)]}
        )
        read = pages(
            own.search, max_results=2, filter_string="tags.odd = '1'", order_by=["version_number"]
        )
        assert [own.labels(page) for page in read] == [["m/1", "m/3"], ["m/5", "m/7"], ["m/9"]]

    @pytest.mark.parametrize("max_results", [0, -1, None, "1", 1.5])
    def test_size_must_be_a_positive_integer(
        self, registry: RegistryStore, max_results: object
    ) -> None:
        text = (
            f"Invalid value for max_results. It must be a positive integer, but got {max_results}"
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_model_versions("no filter at all", max_results)

    def test_of_more_than_two_hundred_thousand_are_refused(self, registry: RegistryStore) -> None:
        text = (
            "Invalid value for request parameter max_results. It must be at most 200000, but "
            "got value 200001"
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_model_versions("no filter at all", 200_001)

    def test_may_hold_two_hundred_thousand(self, dozen: VersionFamily) -> None:
        assert len(dozen.search(max_results=200_000)) == 12

    def test_go_on_where_they_ended_when_a_version_came_since(
        self, registry: RegistryStore
    ) -> None:
        own = version_family(registry, {"m": [{}] * 4})
        first = own.search(max_results=2, order_by=["version_number"])
        new_version(registry, f"{own.prefix}m")
        second = own.search(max_results=2, order_by=["version_number"], page_token=first.token)
        assert own.labels(first) + own.labels(second) == ["m/1", "m/2", "m/3", "m/4"]
