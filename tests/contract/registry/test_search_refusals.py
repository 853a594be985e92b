"""What both searches of the registry refuse, and with which words."""

import base64

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from ..scenarios import refused, refused_as_mistaken
from .registry_scenarios import IS_PROMPT_FILTER, new_model

pytestmark = pytest.mark.area("registered_models")

MODELS, VERSIONS = "search_registered_models", "search_model_versions"
ENTITY_TYPES = "Valid entity types are ('attribute', "
QUOTES = "Parameter value is either not quoted or unidentified quote types used for string value "


@pytest.fixture(
    params=[
        pytest.param(MODELS, marks=pytest.mark.area("registered_models")),
        pytest.param(VERSIONS, marks=pytest.mark.area("model_versions")),
    ]
)
def search(request: pytest.FixtureRequest) -> str:
    """The method that searches."""
    return str(request.param)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("name = 'x' OR name = 'y'", "Invalid clause(s) in filter string: OR"),
        ("name", "Invalid clause(s) in filter string: name"),
        ("name = 'x';", "Invalid clause(s) in filter string: ;"),
        ("(name = 'x')", "Invalid clause(s) in filter string: (name = 'x')"),
        ("NOT name = 'x'", "Invalid clause(s) in filter string: NOT"),
        ("name BETWEEN 'a' AND 'b'", "Invalid clause(s) in filter string: name, BETWEEN, 'a'"),
        ("name IN 'x'", "Invalid clause(s) in filter string: name, IN, 'x'"),
        ("name IN ('x'", "Invalid clause(s) in filter string: name, IN, (, 'x'"),
        ("name = 'a'; name = 'b'", "Search filter contained multiple expression "),
        ("   ", "Invalid filter '   '. Could not be parsed."),
        ("'x' = name", "Invalid comparison clause. Expected 'Identifier' found ''x''"),
        ("name = x", f"{QUOTES}x. Use either single or double quotes."),
        ("name = `x`", f"{QUOTES}`x`. Use either single or double quotes."),
        ("name > 'x'", "Invalid comparator for attribute: >"),
        ("name <> 'x'", "Invalid comparator for attribute: <>"),
        ("name == 'x'", "Invalid comparator for attribute: =="),
        ("name RLIKE 'x'", "Invalid comparator for attribute: RLIKE"),
        ("name rlike 'x'", "Invalid comparator for attribute: RLIKE"),
        ("name IN (1)", "but got different type in list: (1,)"),
        ("name IN ('x', 1)", "but got different type in list: ('x', 1)"),
        ("name IN ()", "expected a non-empty list of string values, but got empty list"),
        ("tags.k > '1'", "Invalid comparator for tag: >"),
        ("tags.k RLIKE '1'", "Invalid comparator for tag: RLIKE"),
        (f"{IS_PROMPT_FILTER} > 'true'", "Invalid comparator for tag: >"),
        ("tags.k = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"),
        ("tags.k = v", f"{QUOTES}v. Use either single or double quotes."),
        ("tags.k IN ('1')", "Expected a quoted string value for tag (e.g. 'my-value')."),
        ("attributes.name = 'x'", "Invalid entity type 'attributes'. " + ENTITY_TYPES),
        ("attr.name = 'x'", "Invalid entity type 'attr'. " + ENTITY_TYPES),
        ("params.x = '1'", "Invalid entity type 'params'. " + ENTITY_TYPES),
        ("metrics.x = 1", "Invalid entity type 'metrics'. " + ENTITY_TYPES),
        ("foo = 'x'", "Invalid attribute key 'foo' specified. Valid keys are "),
        ("Name = 'x'", "Invalid attribute key 'Name' specified. Valid keys are "),
        ("`name` = 'x'", "Invalid attribute key '`name`' specified. Valid keys are "),
        ("aliases = 'x'", "Invalid attribute key 'aliases' specified. Valid keys are "),
        ("creation_timestamp > 1", "Invalid attribute key 'creation_timestamp' specified."),
        ("last_updated_timestamp > 1", "Invalid attribute key 'last_updated_timestamp' specified."),
        ("current_stage = 'None'", "Invalid attribute key 'current_stage' specified."),
    ],
)
def test_malformed_filter_is_refused(
    registry: RegistryStore, search: str, question: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        getattr(registry, search)(question)


@pytest.mark.parametrize("question", ["name = ('x')", "name LIKE ('x', 'y')"])
def test_list_is_refused_where_one_text_belongs(
    registry: RegistryStore, search: str, question: str
) -> None:
    with refused_as_mistaken():
        getattr(registry, search)(question)


@pytest.mark.parametrize(
    "question", ["name IS NULL", "name is not null", "tags.k IS NULL", "tags.k IS NOT NULL"]
)
def test_test_for_null_is_refused(registry: RegistryStore, search: str, question: str) -> None:
    things = {MODELS: "registered model", VERSIONS: "model version"}
    text = f"IS NULL / IS NOT NULL is not supported for {things[search]} search."
    with refused("INVALID_PARAMETER_VALUE", text):
        getattr(registry, search)(question)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("name = 1", "Expected a quoted string value or a list of quoted string values for "),
        ("run_id = 'x'", "Invalid attribute key 'run_id' specified. Valid keys are '{'name'}'"),
        ("version_number = 1", "Invalid attribute key 'version_number' specified."),
        ("source_path = 'x'", "Invalid attribute key 'source_path' specified."),
    ],
)
def test_filter_on_what_a_model_lacks_is_refused(
    registry: RegistryStore, question: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        registry.search_registered_models(question)


NOT_A_LIST = (
    "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values."
)
NOT_A_NUMBER = "attributes support comparison with numeric values."


@pytest.mark.area("model_versions")
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("name = 1", NOT_A_NUMBER),
        ("run_id = 1", NOT_A_NUMBER),
        ("source_path = 1.5", NOT_A_NUMBER),
        ("run_id > 'x'", "Invalid comparator for attribute: >"),
        ("source_path > 'x'", "Invalid comparator for attribute: >"),
        ("source_path IN ('x')", NOT_A_LIST),
        ("version_number IN ('1')", NOT_A_LIST),
        ("version_number NOT IN (1, 2)", NOT_A_LIST),
        ("version_number LIKE '1'", "Invalid comparator for attribute version_number: LIKE"),
        ("version_number <> 1", "Invalid comparator for attribute version_number: <>"),
        ("version_number = 1.5", "Invalid value for numeric attribute 'version_number': 1.5"),
        ("version_number = 1.0", "Invalid value for numeric attribute 'version_number': 1.0"),
        ("version_number = 1e3", "Invalid value for numeric attribute 'version_number': 1000.0"),
        ("version_number = 'abc'", "Invalid value for numeric attribute 'version_number': 'abc'"),
        ("version_number = ''", "Invalid value for numeric attribute 'version_number': ''"),
        ("status = 'READY'", "Invalid attribute key 'status' specified."),
        ("model_id = 'x'", "Invalid attribute key 'model_id' specified."),
    ],
)
def test_filter_on_what_a_version_lacks_is_refused(
    registry: RegistryStore, question: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        registry.search_model_versions(question)


@pytest.mark.area("model_versions")
def test_version_number_of_more_than_64_bits_is_refused(registry: RegistryStore) -> None:
    with refused("INTERNAL_ERROR", "Python int too large to convert to"):
        registry.search_model_versions(f"version_number < {2**63}")


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        ("", "Invalid order_by clause ''. Could not be parsed."),
        ("name ASC DESC", "Invalid order_by clause 'name ASC DESC'. Could not be parsed."),
        ("name, timestamp", "Invalid order_by clause 'name, timestamp'. Could not be parsed."),
        ("1", "Invalid order_by clause '1'. Could not be parsed."),
        ("name DOWN", "Invalid ordering key in order_by clause 'name DOWN'."),
    ],
)
def test_clause_that_is_no_order_is_refused(
    registry: RegistryStore, search: str, clause: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        getattr(registry, search)(order_by=[clause])


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("abc", "Invalid page token, could not base64-decode"),
        ("####", "Invalid page token, decoded value=b''"),
        (base64.b64encode(b"not json").decode(), "Invalid page token, decoded value=b'not json'"),
        (base64.b64encode(b"{}").decode(), "Invalid page token, parsed value={}"),
    ],
)
def test_token_of_no_search_is_refused(
    registry: RegistryStore, search: str, token: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        getattr(registry, search)(page_token=token)


@pytest.mark.parametrize("token", ["", None])
def test_absent_token_means_the_first_page(
    registry: RegistryStore, search: str, token: str | None
) -> None:
    name = new_model(registry, versions=1)
    found = getattr(registry, search)(f"name = '{name}'", page_token=token)
    assert [entity.name for entity in found] == [name]


@pytest.mark.parametrize("nothing", ["", None])
def test_absent_filter_finds_what_there_is(
    registry: RegistryStore, search: str, nothing: str | None
) -> None:
    new_model(registry, versions=1)
    assert len(getattr(registry, search)(nothing, 1)) == 1


def test_filter_is_judged_before_the_order(registry: RegistryStore, search: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid clause(s) in filter string: foo"):
        getattr(registry, search)("foo", order_by=["bar"])


def test_order_is_judged_before_the_token(registry: RegistryStore, search: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid order_by clause ''."):
        getattr(registry, search)(None, 1, [""], "abc")


def test_comparators_for_models_are_judged_after_the_token(registry: RegistryStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid page token, could not base64-decode"):
        registry.search_registered_models("name > 'x'", page_token="abc")  # noqa: S106 - no secret


@pytest.mark.area("model_versions")
def test_comparators_for_versions_are_judged_before_the_token(registry: RegistryStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid comparator for attribute: >"):
        registry.search_model_versions("name > 'x'", page_token="abc")  # noqa: S106 - no secret
