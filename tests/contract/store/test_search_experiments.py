"""search_experiments: what it finds, in what order, in which pages, and what it refuses."""

import base64
import operator
from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities import ExperimentTag, ViewType
from mlflow.protos.service_pb2 import SearchExperiments
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused, refused_as_mistaken
from ..search_scenarios import ExperimentFamily, experiment_family, pages

pytestmark = pytest.mark.area("experiments")

ACCENT = "\N{LATIN SMALL LETTER E WITH ACUTE}t"
MEMBERS = {
    "Alpha": {"team": "red", "rank": "1"},
    "beta": {"team": "Red"},
    "BETA": {"team": "50%", "rank": "2"},
    "a_b": {"team": ""},
    "axb": {"val.loss": "low", "a b": "spaced"},
    ACCENT: {},
}
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@pytest.fixture(scope="module")
def family(store: AbstractStore) -> ExperimentFamily:
    return experiment_family(store, MEMBERS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("name = '{prefix}Alpha'", {"Alpha"}),
        ("name = '{prefix}alpha'", set()),
        ("attribute.name = '{prefix}Alpha'", {"Alpha"}),
        ("`name` = '{prefix}Alpha'", {"Alpha"}),
        ('name = "{prefix}Alpha"', {"Alpha"}),
        ("name != '{prefix}Alpha'", MEMBERS.keys() - {"Alpha"}),
        ("name LIKE '%eta'", {"beta"}),
        ("name LIKE '%BETA'", {"BETA"}),
        ("name LIKE '%/a_b'", {"a_b", "axb"}),
        ("name LIKE 'Alpha'", set()),
        ("name ILIKE '%beta'", {"beta", "BETA"}),
        ("name ILIKE '%/ALPHA'", {"Alpha"}),
        ("name ILIKE '%\N{LATIN SMALL LETTER E WITH ACUTE}T'", {ACCENT}),
        ("name ILIKE '%\N{LATIN CAPITAL LETTER E WITH ACUTE}T'", set()),
        ("name LIKE '%/a%' AND name != '{prefix}axb'", {"a_b"}),
    ],
)
def test_name_is_compared_as_text(
    family: ExperimentFamily, question: str, expected: set[str]
) -> None:
    assert family.matching(question.format(prefix=family.prefix)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("tags.team = 'red'", {"Alpha"}),
        ("tag.team = 'red'", {"Alpha"}),
        ("tags.`team` = 'red'", {"Alpha"}),
        ("tags.team = ''", {"a_b"}),
        ("tags.team = '50%'", {"BETA"}),
        ("tags.team != 'red'", {"beta", "BETA", "a_b"}),
        ("tags.team LIKE 'r%'", {"Alpha"}),
        ("tags.team LIKE '%'", {"Alpha", "beta", "BETA", "a_b"}),
        ("tags.team ILIKE 'RED'", {"Alpha", "beta"}),
        ("tags.team IS NULL", {"axb", ACCENT}),
        ("tags.team is null", {"axb", ACCENT}),
        ("tags.team IS NOT NULL", {"Alpha", "beta", "BETA", "a_b"}),
        ("tags.team is not null", {"Alpha", "beta", "BETA", "a_b"}),
        ("tags.nobody IS NULL", set(MEMBERS)),
        ("tags.TEAM = 'red'", set()),
        ("tags.val.loss = 'low'", {"axb"}),
        ("tags.`val.loss` = 'low'", {"axb"}),
        ("tags.`a b` = 'spaced'", {"axb"}),
        ("tags.team = 'red' AND tags.rank = '1'", {"Alpha"}),
        ("tags.team = 'red' AND tags.team = 'Red'", set()),
        ("tags.team != 'red' AND tags.team != 'Red'", {"BETA", "a_b"}),
        ("tags.team IS NOT NULL and tags.rank IS NULL", {"beta", "a_b"}),
    ],
)
def test_tag_is_compared_as_text(
    family: ExperimentFamily, question: str, expected: set[str]
) -> None:
    assert family.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("name like '%eta'", {"beta"}),
        ("name Ilike '%beta'", {"beta", "BETA"}),
        ("tags.team like 'r%'", {"Alpha"}),
        ("tags.team ilike 'RED'", {"Alpha", "beta"}),
        ("experiment_id in ('{ids[Alpha]}', '{ids[beta]}')", {"Alpha", "beta"}),
        ("experiment_id Not in ('{ids[Alpha]}') and name like '%a'", {"beta"}),
    ],
)
def test_comparator_may_be_in_any_case(
    family: ExperimentFamily, question: str, expected: set[str]
) -> None:
    assert family.matching(question.format(ids=family.ids)) == sorted(expected)


@pytest.mark.parametrize(
    "question",
    ["attributes.name LIKE '%/Alpha'", "attributes.experiment_id = '{ids[Alpha]}'"],
)
def test_prefix_of_attributes_may_be_in_the_plural(family: ExperimentFamily, question: str) -> None:
    assert family.matching(question.format(ids=family.ids)) == ["Alpha"]
    assert family.found(order_by=["attributes.name"]) == NAMES_ASCENDING


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("experiment_id = '{ids[Alpha]}'", {"Alpha"}),
        ("attribute.experiment_id = '{ids[Alpha]}'", {"Alpha"}),
        ("experiment_id != '{ids[Alpha]}'", MEMBERS.keys() - {"Alpha"}),
        ("experiment_id IN ('{ids[Alpha]}', '{ids[beta]}')", {"Alpha", "beta"}),
        ("experiment_id IN ('{ids[Alpha]}')", {"Alpha"}),
        (f"experiment_id IN ('{UNKNOWN_EXPERIMENT}')", set()),
        ("experiment_id NOT IN ('{ids[Alpha]}', '{ids[beta]}')", {"BETA", "a_b", "axb", ACCENT}),
    ],
)
def test_id_finds_experiments(family: ExperimentFamily, question: str, expected: set[str]) -> None:
    assert family.matching(question.format(ids=family.ids)) == sorted(expected)


NOWHERE = ", ".join(f"'{UNKNOWN_EXPERIMENT[:-4]}{number:04}'" for number in range(2000))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("experiment_id = '0' AND experiment_id != '0'", set()),
        ("experiment_id IN ('{ids[Alpha]}')", {"Alpha"}),
        ("experiment_id NOT IN ('{ids[beta]}', '{ids[BETA]}')", {"Alpha", "a_b"}),
        (f"experiment_id IN ({NOWHERE}, '{{ids[Alpha]}}')", {"Alpha"}),
        (f"experiment_id NOT IN ({NOWHERE}, '{{ids[beta]}}')", {"Alpha", "BETA", "a_b"}),
    ],
    ids=["nothing", "some", "all but some", "of many", "all but many"],
)
def test_scope_of_the_servers_access_control_narrows_the_filter(
    family: ExperimentFamily, scope: str, expected: set[str]
) -> None:
    question = f"tags.team IS NOT NULL AND {scope.format(ids=family.ids)}"
    assert family.matching(question) == sorted(expected)


@pytest.mark.parametrize("attribute", ["creation_time", "last_update_time"])
@pytest.mark.parametrize(
    ("comparator", "distance"),
    [("=", 0), ("!=", 1), ("<", 1), ("<=", 0), (">", -1), (">=", 0)],
)
def test_time_is_compared_as_a_number(
    family: ExperimentFamily, attribute: str, comparator: str, distance: int
) -> None:
    times = {
        experiment.name.removeprefix(family.prefix): getattr(experiment, attribute)
        for experiment in family.search()
    }
    bound = times["BETA"] + distance
    holds = COMPARISONS[comparator]
    expected = sorted(name for name, time in times.items() if holds(time, bound))
    assert "BETA" in expected
    assert family.matching(f"{attribute} {comparator} {bound}") == expected


def test_time_before_every_experiment_finds_none(family: ExperimentFamily) -> None:
    assert family.matching("creation_time < 1") == []


def test_found_experiment_equals_the_experiment_itself(
    store: AbstractStore, family: ExperimentFamily
) -> None:
    (found,) = family.search("tags.team = 'red'")
    assert dict(found) == dict(store.get_experiment(family.ids["Alpha"]))


def test_overwritten_tag_is_found_by_its_new_value_only(store: AbstractStore) -> None:
    own = experiment_family(store, {"it": {"k": "old"}})
    store.set_experiment_tag(own.ids["it"], ExperimentTag("k", "new"))
    assert own.matching("tags.k = 'new'") == ["it"]
    assert own.matching("tags.k = 'old'") == []


def test_deleted_tag_is_absent(store: AbstractStore) -> None:
    own = experiment_family(store, {"it": {"k": "v"}})
    store.delete_experiment_tag(own.ids["it"], "k")
    assert own.matching("tags.k IS NULL") == ["it"]


def test_renamed_experiment_is_found_by_its_new_name_only(store: AbstractStore) -> None:
    own = experiment_family(store, {"old": {}})
    store.rename_experiment(own.ids["old"], own.prefix + "new")
    assert own.found() == ["new"]


@pytest.fixture(scope="module")
def stages(store: AbstractStore) -> ExperimentFamily:
    """Two active experiments and a deleted one."""
    own = experiment_family(store, {"one": {}, "two": {}, "gone": {}})
    store.delete_experiment(own.ids["gone"])
    return own


@pytest.mark.parametrize(
    ("view_type", "expected"),
    [
        (ViewType.ACTIVE_ONLY, ["one", "two"]),
        (ViewType.DELETED_ONLY, ["gone"]),
        (ViewType.ALL, ["gone", "one", "two"]),
    ],
)
def test_view_type_selects_by_lifecycle(
    stages: ExperimentFamily, view_type: int, expected: list[str]
) -> None:
    assert stages.matching("", view_type=view_type) == expected


def test_active_experiments_are_found_by_default(
    store: AbstractStore, stages: ExperimentFamily
) -> None:
    found = store.search_experiments(filter_string=f"name LIKE '{stages.prefix}%'")
    assert {experiment.experiment_id for experiment in found} == {
        stages.ids["one"],
        stages.ids["two"],
    }


def test_no_filter_finds_experiments_of_every_name(store: AbstractStore) -> None:
    first, second = scenarios.new_experiment(store), scenarios.new_experiment(store)
    found = {experiment.experiment_id for experiment in store.search_experiments()}
    assert {first, second} <= found


@pytest.fixture(scope="module")
def dozen(store: AbstractStore) -> ExperimentFamily:
    """Twelve experiments, some of them renamed or deleted since."""
    own = experiment_family(store, {f"member {number:02}": {} for number in range(12)})
    for number in (7, 2):
        name = f"member {number:02}"
        store.rename_experiment(own.ids[name], f"{own.prefix}renamed {number:02}")
    store.delete_experiment(own.ids["member 05"])
    return own


def sort_key(*fields: tuple[str, int]) -> Callable[[Any], list[int]]:
    return lambda experiment: [sign * int(getattr(experiment, field)) for field, sign in fields]


@pytest.mark.parametrize(
    ("order_by", "fields"),
    [
        (None, [("creation_time", -1), ("experiment_id", 1)]),
        ([], [("creation_time", -1), ("experiment_id", 1)]),
        (["creation_time"], [("creation_time", 1), ("experiment_id", -1)]),
        (["creation_time DESC"], [("creation_time", -1), ("experiment_id", -1)]),
        (["last_update_time ASC"], [("last_update_time", 1), ("experiment_id", -1)]),
        (["last_update_time DESC"], [("last_update_time", -1), ("experiment_id", -1)]),
        (["experiment_id"], [("experiment_id", 1)]),
        (["attribute.experiment_id DESC"], [("experiment_id", -1)]),
        (
            ["last_update_time desc", "experiment_id asc"],
            [("last_update_time", -1), ("experiment_id", 1)],
        ),
    ],
)
def test_order_follows_times_and_ids(
    dozen: ExperimentFamily, order_by: list[str] | None, fields: list[tuple[str, int]]
) -> None:
    found = list(dozen.search(order_by=order_by))
    assert len(found) == 12
    assert found == sorted(found, key=sort_key(*fields))


NAMES_ASCENDING = ["Alpha", "BETA", "a_b", "axb", "beta", ACCENT]


@pytest.mark.parametrize("clause", ["name", "name ASC", "name asc", "attribute.name", "`name`"])
def test_names_ascend_by_code_point(family: ExperimentFamily, clause: str) -> None:
    assert family.found(order_by=[clause]) == NAMES_ASCENDING


@pytest.mark.parametrize("clause", ["name DESC", "name desc"])
def test_names_descend_by_code_point(family: ExperimentFamily, clause: str) -> None:
    assert family.found(order_by=[clause]) == NAMES_ASCENDING[::-1]


def test_first_of_two_clauses_on_one_field_wins(family: ExperimentFamily) -> None:
    assert family.found(order_by=["name DESC", "name ASC"]) == NAMES_ASCENDING[::-1]


def test_order_may_be_a_protobuf_container(family: ExperimentFamily) -> None:
    message = SearchExperiments(order_by=["name DESC"])
    assert family.found(order_by=message.order_by) == NAMES_ASCENDING[::-1]


@pytest.mark.parametrize("size", [1, 5, 12])
@pytest.mark.parametrize(
    "order_by",
    [None, ["name DESC"], ["creation_time ASC"], ["last_update_time DESC"], ["experiment_id"]],
)
def test_pages_join_up_to_the_whole_answer(
    dozen: ExperimentFamily, order_by: list[str] | None, size: int
) -> None:
    read = pages(dozen.search, max_results=size, order_by=order_by)
    joined = [experiment.experiment_id for page in read for experiment in page]
    whole = [experiment.experiment_id for experiment in dozen.search(order_by=order_by)]
    assert joined == whole
    assert sorted(joined) == sorted(dozen.ids.values())


def test_every_page_but_the_last_is_full(dozen: ExperimentFamily) -> None:
    assert [len(page) for page in pages(dozen.search, max_results=5)] == [5, 5, 2]


def test_exactly_full_last_page_has_no_token(dozen: ExperimentFamily) -> None:
    assert not dozen.search(max_results=12).token


@pytest.mark.parametrize("token", ["", None])
def test_absent_token_means_the_first_page(family: ExperimentFamily, token: str | None) -> None:
    assert family.found(order_by=["name"], page_token=token) == NAMES_ASCENDING


@pytest.mark.parametrize("max_results", [0, -1, None])
def test_max_results_must_be_positive(family: ExperimentFamily, max_results: int | None) -> None:
    text = (
        f"Invalid value {max_results} for parameter 'max_results' supplied. "
        "It must be a positive integer"
    )
    with refused("INVALID_PARAMETER_VALUE", text):
        family.search(max_results=max_results)


def test_max_results_above_fifty_thousand_is_refused(family: ExperimentFamily) -> None:
    text = "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000"
    with refused("INVALID_PARAMETER_VALUE", text):
        family.search(max_results=50_001)


def test_max_results_may_be_fifty_thousand(family: ExperimentFamily) -> None:
    assert len(family.search(max_results=50_000)) == len(MEMBERS)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("abc", "Invalid page token, could not base64-decode"),
        ("####", "Invalid page token, decoded value=b''"),
        (base64.b64encode(b"not json").decode(), "Invalid page token, decoded value=b'not json'"),
        (base64.b64encode(b"{}").decode(), "Invalid page token, parsed value={}"),
    ],
)
def test_token_of_no_search_is_refused(store: AbstractStore, token: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        store.search_experiments(page_token=token)


NULL_TEST = "IS NULL / IS NOT NULL is only supported for tags, not for attribute "
ENTITY_TYPES = "Valid entity types are ('attribute', "


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("name = 'x' OR name = 'y'", "Invalid clause(s) in filter string: OR"),
        ("name", "Invalid clause(s) in filter string: name"),
        ("name = 'x';", "Invalid clause(s) in filter string: ;"),
        ("(name = 'x')", "Invalid clause(s) in filter string: (name = 'x')"),
        ("name = 'a'; name = 'b'", "Search filter contained multiple expression "),
        ("   ", "Invalid filter '   '. Could not be parsed."),
        ("'x' = name", "Invalid comparison clause. Expected 'Identifier' found ''x''"),
        ("name = x", "Parameter value is either not quoted or unidentified quote types"),
        ("name = 1", "Expected a quoted string value for attributes. Got value 1"),
        ("name > 'x'", "Invalid comparator '>' not one of "),
        ("name RLIKE 'x'", "Invalid comparator 'RLIKE' not one of "),
        ("name like 'x'", "Invalid comparator 'like' not one of "),
        ("name ilike 'x'", "Invalid comparator 'ilike' not one of "),
        ("name IN ('x')", "Only ['experiment_id'] attributes support comparison with a list"),
        ("name IS NULL", NULL_TEST + "'name'"),
        ("creation_time IS NOT NULL", NULL_TEST + "'creation_time'"),
        ("creation_time > 1.5", "Invalid value for numeric attribute 'creation_time': '1.5'"),
        ("creation_time > 1e3", "Invalid value for numeric attribute 'creation_time': '1000.0'"),
        ("creation_time = '1'", "Expected numeric value type for numeric attribute: creation_"),
        ("last_update_time IN (1)", "Expected numeric value type for numeric attribute: last_"),
        ("creation_time <> 1", "Invalid comparator '<>' not one of "),
        ("experiment_id = 1", "Expected a quoted string value for attributes. Got value 1"),
        ("experiment_id = 'abc'", "Invalid experiment ID 'abc'. Experiment ID must be a valid"),
        ("experiment_id IN ('abc')", "Invalid experiment ID 'abc'. Experiment ID must be a"),
        ("experiment_id IN (1)", "but got different type in list: (1,)"),
        ("experiment_id IN ()", "expected a non-empty list of string values, but got empty"),
        ("experiment_id LIKE '1'", "Invalid comparator for experiment_id: LIKE"),
        ("experiment_id > '1'", "Invalid comparator for experiment_id: >"),
        ("experiment_id in ('1')", "Invalid comparator for experiment_id: in"),
        ("tags.k > '1'", "Invalid comparator for tag: >"),
        ("tags.k like '1'", "Invalid comparator for tag: like"),
        ("tags.k = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"),
        ("tags.k IN ('1')", "Expected a quoted string value for tag (e.g. 'my-value')."),
        ("attributes.name = 'x'", "Invalid entity type 'attributes'. " + ENTITY_TYPES),
        ("params.x = '1'", "Invalid entity type 'params'. " + ENTITY_TYPES),
        ("metrics.x = 1", "Invalid entity type 'metrics'. " + ENTITY_TYPES),
        ("foo = 'x'", "Invalid attribute key 'foo' specified. Valid keys are "),
        ("lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage' specified."),
        ("artifact_location = 'x'", "Invalid attribute key 'artifact_location' specified."),
    ],
)
def test_malformed_filter_is_refused(store: AbstractStore, question: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        store.search_experiments(filter_string=question)


def test_list_is_refused_where_one_id_belongs(store: AbstractStore) -> None:
    with refused_as_mistaken():
        store.search_experiments(filter_string="experiment_id = ('1')")


@pytest.mark.parametrize("question", [f"creation_time < {2**63}", f"experiment_id != '{2**63}'"])
def test_number_of_more_than_64_bits_is_refused(store: AbstractStore, question: str) -> None:
    with refused("INTERNAL_ERROR", "Python int too large to convert to"):
        store.search_experiments(filter_string=question)


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        ("", "Invalid order_by clause ''. Could not be parsed."),
        ("name ASC DESC", "Invalid order_by clause 'name ASC DESC'. Could not be parsed."),
        ("name DOWN", "Invalid ordering key in order_by clause 'name DOWN'."),
        ("foo", "Invalid attribute key 'foo' specified. Valid keys are "),
        ("Created", "Invalid attribute key 'Created' specified. Valid keys are "),
        ("lifecycle_stage", "Invalid attribute key 'lifecycle_stage' specified."),
        ("tags.k", "Invalid order_by entity: tag"),
        ("attributes.name", "Invalid entity type 'attributes'. " + ENTITY_TYPES),
        ("metrics.x DESC", "Invalid entity type 'metrics'. " + ENTITY_TYPES),
    ],
)
def test_clause_that_names_no_order_is_refused(
    store: AbstractStore, clause: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        store.search_experiments(order_by=[clause])


def test_the_first_wrong_clause_is_refused(store: AbstractStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid order_by entity: tag"):
        store.search_experiments(order_by=["tags.k", "name DOWN"])
