"""search_logged_models: filters, scope, limits."""

import pytest
from mlflow.entities import LoggedModelStatus
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused
from ..search_scenarios import NamedModels, log_to_model, named_models, new_model

pytestmark = pytest.mark.area("logged_models")

LARGEST_FLOAT = "1.7976931348623157e308"
ACCENT = "\N{LATIN SMALL LETTER E WITH ACUTE}t"
MODELS = {
    "Alpha": {
        "model_type": "agent",
        "source_run_id": "run-1",
        "params": {"lr": "0.1", "a.b": "x"},
        "tags": {"team": "red", "it's": "quoted"},
    },
    "beta": {"model_type": "Agent", "params": {"lr": "10"}, "tags": {"team": "Red"}},
    "BETA": {"model_type": "", "params": {"lr": "50%"}, "tags": {"team": "(r|e)+d"}},
    "a_b": {"source_run_id": "run-2", "params": {"lr": ""}, "tags": {"team": "two\nlines"}},
    "axb": {"params": {"LR": "0.1"}, "tags": {"two words": "yes"}},
    ACCENT: {},
}
POINTS = {
    "Alpha": [0.5, 0.4, -1.0],
    "beta": [0.9],
    "BETA": [float("inf"), float("nan")],
    "a_b": [float("-inf")],
}


@pytest.fixture(scope="module")
def models(store: AbstractStore) -> NamedModels:
    """Models of every kind, and a deleted one that would match nearly everything."""
    made = named_models(store, MODELS)
    run_id = scenarios.new_run_id(store, made.experiment_id)
    gone = new_model(store, made.experiment_id, name="gone", **MODELS["Alpha"]).model_id
    for name, model_id in [*made.ids.items(), ("gone", gone)]:
        for step, value in enumerate(POINTS.get(name, [])):
            log_to_model(store, model_id, run_id, key="loss", value=value, step=step)
    store.finalize_logged_model(made.ids["beta"], LoggedModelStatus.READY)
    store.finalize_logged_model(made.ids["BETA"], LoggedModelStatus.FAILED)
    store.delete_logged_model(gone)
    return made


@pytest.mark.parametrize("question", [None, ""])
def test_no_filter_finds_every_model_but_the_deleted(
    models: NamedModels, question: str | None
) -> None:
    assert models.matching(question) == sorted(MODELS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("name = 'Alpha'", {"Alpha"}),
        ("attributes.name = 'Alpha'", {"Alpha"}),
        ("`name` = 'Alpha'", {"Alpha"}),
        ("name = 'alpha'", set()),
        ("name != 'Alpha'", MODELS.keys() - {"Alpha"}),
        ("name LIKE '%eta'", {"beta"}),
        ("name like '%ETA'", {"BETA"}),
        ("name LIKE 'a_b'", {"a_b", "axb"}),
        ("name LIKE 'eta'", set()),
        ("name ILIKE 'BETA'", {"beta", "BETA"}),
        ("name ilike 'b%'", {"beta", "BETA"}),
        ("name ILIKE '\N{LATIN CAPITAL LETTER E WITH ACUTE}T'", set()),
        ("name IN ('Alpha', 'beta', 'nobody')", {"Alpha", "beta"}),
        ("name IN ('Alpha')", {"Alpha"}),
        ("name in ('Alpha')", {"Alpha"}),
        ("name NOT IN ('Alpha', 'beta')", MODELS.keys() - {"Alpha", "beta"}),
        ("name not in ('Alpha')", MODELS.keys() - {"Alpha"}),
        ("name LIKE '%a%' AND name NOT IN ('axb', 'Alpha')", {"beta", "a_b"}),
    ],
)
def test_name_is_compared_as_text(models: NamedModels, question: str, expected: set[str]) -> None:
    assert models.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("model_id = '{Alpha}'", {"Alpha"}),
        ("attributes.model_id = '{Alpha}'", {"Alpha"}),
        ("model_id != '{Alpha}'", MODELS.keys() - {"Alpha"}),
        ("model_id LIKE '%{Alpha}'", {"Alpha"}),
        ("model_id IN ('{Alpha}', '{beta}')", {"Alpha", "beta"}),
        ("model_id NOT IN ('{Alpha}', '{beta}')", MODELS.keys() - {"Alpha", "beta"}),
        ("artifact_location LIKE '%/models/{Alpha}/artifacts'", {"Alpha"}),
        ("source_run_id = 'run-1'", {"Alpha"}),
        ("source_run_id != 'run-1'", {"a_b"}),
        ("source_run_id NOT IN ('run-2')", {"Alpha"}),
        ("source_run_id LIKE 'run%'", {"Alpha", "a_b"}),
        ("model_type = 'agent'", {"Alpha"}),
        ("model_type != 'agent'", {"beta", "BETA"}),
        ("model_type ILIKE 'AGENT'", {"Alpha", "beta"}),
        ("model_type IN ('Agent')", {"beta"}),
        ("model_type = ''", {"BETA"}),
        ("lifecycle_stage = 'active'", set(MODELS)),
        ("lifecycle_stage = 'deleted'", set()),
    ],
)
def test_attribute_is_compared_as_text(
    models: NamedModels, question: str, expected: set[str]
) -> None:
    assert models.matching(question.format(**models.ids)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("status = '1'", {"Alpha", "a_b", "axb", ACCENT}),
        ("status = '2'", {"beta"}),
        ("status = '3'", {"BETA"}),
        ("attributes.status = '2'", {"beta"}),
        ("status = 2", {"beta"}),
        ("status != '1'", {"beta", "BETA"}),
        ("status IN ('2', '3')", {"beta", "BETA"}),
        ("status NOT IN ('2', '3')", {"Alpha", "a_b", "axb", ACCENT}),
        ("status = 'READY'", set()),
    ],
)
def test_status_is_the_number_of_the_status(
    models: NamedModels, question: str, expected: set[str]
) -> None:
    assert models.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("status = 'PENDING'", {"Alpha", "a_b", "axb", ACCENT}),
        ("status = 'READY'", {"beta"}),
        ("attributes.status = 'READY'", {"beta"}),
        ("status = READY", {"beta"}),
        ("status != 'PENDING'", {"beta", "BETA"}),
        ("status IN ('READY', 'FAILED')", {"beta", "BETA"}),
        ("status in ('FAILED')", {"BETA"}),
        ("status NOT IN ('READY', 'FAILED')", {"Alpha", "a_b", "axb", ACCENT}),
        ("status = 'UNSPECIFIED'", set()),
        ("status != 'READY' AND status != 'PENDING'", {"BETA"}),
    ],
)
def test_status_is_compared_by_its_name(
    models: NamedModels, question: str, expected: set[str]
) -> None:
    assert models.matching(question) == sorted(expected)


UNKNOWN_STATUS = "Unknown model status in filter: "


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("status = '2'", UNKNOWN_STATUS + "'2'"),
        ("status = 'ready'", UNKNOWN_STATUS + "'ready'"),
        ("status != ''", UNKNOWN_STATUS + "''"),
        ("status IN ('READY', 'DONE')", UNKNOWN_STATUS + "('READY', 'DONE')"),
        ("status NOT IN ('1')", UNKNOWN_STATUS + "('1',)"),
        ("status LIKE 'READY'", "Invalid comparison operator for status: LIKE"),
        ("status ilike 'DONE'", "Invalid comparison operator for status: ILIKE"),
    ],
)
def test_status_that_is_no_name_is_refused(models: NamedModels, question: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        models.search(question)


@pytest.mark.parametrize(
    "spelling",
    [
        "creation_time",
        "creation_timestamp",
        "creation_timestamp_ms",
        "attributes.creation_timestamp_ms",
    ],
)
@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("= {late}", ["late"]),
        ("!= {late}", ["early"]),
        ("< {late}", ["early"]),
        ("<= {late}.0", ["early", "late"]),
        (">= {late}", ["late"]),
        ("> {late}.5", []),
    ],
)
def test_creation_time_is_compared_as_a_number(
    store: AbstractStore, spelling: str, test: str, expected: list[str]
) -> None:
    made = named_models(store, {"early": {}})
    scenarios.next_millisecond()
    late = new_model(store, made.experiment_id, name="late").creation_timestamp
    assert made.matching(f"{spelling} {test.format(late=late)}") == expected


@pytest.mark.parametrize("spelling", ["last_updated_timestamp", "last_updated_timestamp_ms"])
def test_update_time_is_compared_as_a_number(store: AbstractStore, spelling: str) -> None:
    made = named_models(store, {"untouched": {}, "finalized": {}})
    scenarios.next_millisecond()
    updated = store.finalize_logged_model(made.ids["finalized"], LoggedModelStatus.READY)
    assert made.matching(f"{spelling} >= {updated.last_updated_timestamp}") == ["finalized"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("metrics.loss = 0.5", {"Alpha"}),
        ("metrics.loss = 0.4", {"Alpha"}),
        ("metrics.loss != 0.9", {"Alpha", "BETA", "a_b"}),
        ("metrics.loss > 0.6", {"beta", "BETA"}),
        ("metrics.loss >= 0.9", {"beta", "BETA"}),
        ("metrics.loss < 0", {"Alpha", "a_b"}),
        ("metrics.loss <= -1", {"Alpha", "a_b"}),
        ("metrics.loss < -1.5e3", {"a_b"}),
        ("metrics.loss = 0", {"BETA"}),
        (f"metrics.loss = {LARGEST_FLOAT}", {"BETA"}),
        (f"metrics.loss = -{LARGEST_FLOAT}", {"a_b"}),
        ("metrics.`loss` = 0.9", {"beta"}),
        ("metrics.loss > 0.4 AND metrics.loss < 0", {"Alpha"}),
        ("metrics.loss = 0.5 AND metrics.loss = 0.4", {"Alpha"}),
        ("metrics.loss = 0.5 AND metrics.loss = 0.9", set()),
        ("metrics.nobody != 1", set()),
    ],
)
def test_any_point_of_a_metric_may_match(
    models: NamedModels, question: str, expected: set[str]
) -> None:
    assert models.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("metrics.loss = -1", {"Alpha"}),
        ("metrics.loss = 0.5", set()),
        ("metrics.loss != 0.9", {"Alpha", "BETA", "a_b"}),
        ("metrics.loss > 0", {"beta"}),
        ("metrics.loss >= 0", {"beta", "BETA"}),
        ("metrics.loss < 0", {"Alpha", "a_b"}),
        ("metrics.loss <= -1", {"Alpha", "a_b"}),
        ("metrics.loss < -1.5e3", {"a_b"}),
        ("metrics.loss = 0", {"BETA"}),
        (f"metrics.loss = {LARGEST_FLOAT}", set()),
        (f"metrics.loss = -{LARGEST_FLOAT}", {"a_b"}),
        ("metrics.loss < 1e999", {"Alpha", "beta", "BETA", "a_b"}),
        ("metrics.loss > 1e999", set()),
        ("metrics.loss > 0.4 AND metrics.loss < 0", set()),
        ("metrics.loss > -2 AND metrics.loss < 0", {"Alpha"}),
        ("metrics.loss = 0.9 AND name = 'beta'", {"beta"}),
        ("metrics.nobody != 1", set()),
    ],
)
def test_latest_point_of_a_metric_is_compared(
    models: NamedModels, question: str, expected: set[str]
) -> None:
    assert models.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([(2, 1000, 1.0), (1, 2000, 0.0)], id="of the latest step"),
        pytest.param([(1, 2000, 1.0), (1, 1000, 0.0)], id="then of the latest time"),
        pytest.param([(1, 1000, 1.0), (1, 1000, 0.0)], id="then of the greatest value"),
    ],
)
def test_latest_point_is_the_one(
    store: AbstractStore, points: list[tuple[int, int, float]]
) -> None:
    made = named_models(store, {"it": {}, "mirrored": {}})
    for name, order in [("it", points), ("mirrored", points[::-1])]:
        for step, timestamp, value in order:
            run_id = scenarios.new_run_id(store, made.experiment_id)
            log_to_model(
                store, made.ids[name], run_id, key="m", value=value, timestamp=timestamp, step=step
            )
    assert made.matching("metrics.m = 1") == ["it", "mirrored"]
    assert made.matching("metrics.m = 0") == []


def test_model_with_several_matching_points_is_found_once(models: NamedModels) -> None:
    assert models.found("metrics.loss < 1 AND name = 'Alpha'") == ["Alpha"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("params.lr = '0.1'", {"Alpha"}),
        ("params.lr = 0.1", {"Alpha"}),
        ("params.`lr` = '0.1'", {"Alpha"}),
        ("params.lr = ''", {"a_b"}),
        ("params.lr != '0.1'", {"beta", "BETA", "a_b"}),
        ("params.lr LIKE '%0%'", {"Alpha", "beta", "BETA"}),
        ("params.lr LIKE '0.%'", {"Alpha"}),
        ("params.lr LIKE '__'", {"beta"}),
        ("params.lr LIKE '%'", {"Alpha", "beta", "BETA", "a_b"}),
        ("params.lr = '50%'", {"BETA"}),
        ("params.lr IN ('0.1', '10')", {"Alpha", "beta"}),
        ("params.lr NOT IN ('0.1', '10')", {"BETA", "a_b"}),
        ("params.a.b = 'x'", {"Alpha"}),
        ("params.`a.b` = 'x'", {"Alpha"}),
        ("params.LR = '0.1'", {"axb"}),
        ("params.lr = '0.1' AND params.lr = '10'", set()),
        ("params.lr != '0.1' AND params.lr != '10'", {"BETA", "a_b"}),
        ("tags.team = 'red'", {"Alpha"}),
        ("tags.team != 'red'", {"beta", "BETA", "a_b"}),
        ("tags.team LIKE 'R%'", {"beta"}),
        ("tags.team ILIKE 'RED'", {"Alpha", "beta"}),
        ("tags.team LIKE '(r|e)+d'", {"BETA"}),
        ("tags.team LIKE 'two%lines'", {"a_b"}),
        ("tags.team LIKE 'two'", set()),
        ("tags.team IN ('red', 'Red')", {"Alpha", "beta"}),
        ("tags.`it's` = 'quoted'", {"Alpha"}),
        ("tags.`two words` = 'yes'", {"axb"}),
        ("tags.nobody != 'x'", set()),
    ],
)
def test_param_and_tag_are_compared_as_text(
    models: NamedModels, question: str, expected: set[str]
) -> None:
    assert models.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    "question",
    [
        "name = 'Alpha' AND params.lr = '0.1' AND tags.team = 'red' AND metrics.loss < 0",
        "name ILIKE '%a%' and params.lr LIKE '0%' and metrics.loss < 0",
        "name ILIKE '%a%'\nAND\tparams.lr LIKE '0%' AND metrics.loss < 0",
        "name ILIKE '%a%' params.lr LIKE '0%' metrics.loss < 0",
        "AND name = 'Alpha' AND",
    ],
)
def test_clauses_are_joined_by_and(models: NamedModels, question: str) -> None:
    assert models.matching(question) == ["Alpha"]


@pytest.mark.parametrize("question", ["foo = 'x'", "attributes.foo = 'x'"])
def test_unknown_attribute_is_an_error(models: NamedModels, question: str) -> None:
    with refused("INTERNAL_ERROR"):
        models.search(question)


LIST_EXPECTED = "Expected a list of comparisons separated by 'AND'"
TYPES_EXPECTED = "Expected one of ['attributes', 'metrics', 'params', 'tags']."
OPERATOR = "Invalid comparison operator for "


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("name = 'Alpha' OR name = 'beta'", LIST_EXPECTED),
        ("name", LIST_EXPECTED),
        ("name =", LIST_EXPECTED),
        ("name = 'a' ;", LIST_EXPECTED),
        ("(name = 'Alpha')", LIST_EXPECTED),
        ("NOT name = 'Alpha'", LIST_EXPECTED),
        ("name BETWEEN 'a' AND 'b'", LIST_EXPECTED),
        ("name = 'Al'pha'", LIST_EXPECTED),
        ("name = 'a'; name = 'b'", "Expected a single SQL expression."),
        ("  ", "Invalid filter string: '  '. Expected a single SQL expression."),
        ("attribute.name = 'x'", "Invalid entity type: 'attribute'. " + TYPES_EXPECTED),
        ("metric.loss > 0", "Invalid entity type: 'metric'. " + TYPES_EXPECTED),
        ("param.lr = '1'", "Invalid entity type: 'param'. " + TYPES_EXPECTED),
        ("tag.team = 'red'", "Invalid entity type: 'tag'. " + TYPES_EXPECTED),
        ("foo.bar = 'x'", "Invalid entity type: 'foo'. " + TYPES_EXPECTED),
        ("name > 'A'", OPERATOR + "attributes.name: '>'. Expected one of ('=', '!=', 'LIKE',"),
        ("name == 'A'", OPERATOR + "attributes.name: '=='."),
        ("name <> 'A'", OPERATOR + "attributes.name: '<>'."),
        ("params.lr > '0'", OPERATOR + "params.lr: '>'."),
        ("tags.team RLIKE 'r'", OPERATOR + "tags.team: 'RLIKE'."),
        ("metrics.loss LIKE '1'", OPERATOR + "metrics.loss: 'LIKE'. Expected one of ('<', '<=',"),
        ("metrics.loss IN (1)", OPERATOR + "metrics.loss: 'IN'."),
        ("creation_time LIKE '1'", OPERATOR + "attributes.creation_timestamp_ms: 'LIKE'."),
        ("name IS NULL", "Expected a comparison with 3 tokens."),
        ("params.lr IS NOT NULL", "Expected a comparison with 3 tokens."),
    ],
)
def test_malformed_filter_is_refused(models: NamedModels, question: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        models.search(question)


def test_found_model_equals_the_model_itself(store: AbstractStore, models: NamedModels) -> None:
    (found,) = models.search("name = 'Alpha'")
    model = store.get_logged_model(models.ids["Alpha"])
    by_step = sorted((dict(point) for point in found.metrics), key=lambda point: point["step"])
    assert [point["value"] for point in by_step] == POINTS["Alpha"]
    assert dict(found) | {"metrics": None} == dict(model) | {"metrics": None}


def test_found_model_without_metrics_has_none(models: NamedModels) -> None:
    (found,) = models.search("name = 'axb'")
    assert found.metrics is None


def test_other_experiments_are_left_out(store: AbstractStore) -> None:
    made = named_models(store, {"mine": {}})
    new_model(store)
    assert made.matching() == ["mine"]


def test_several_experiments_are_searched_together(store: AbstractStore) -> None:
    first, second = new_model(store, name="first"), new_model(store, name="second")
    found = store.search_logged_models([first.experiment_id, second.experiment_id])
    assert {model.name for model in found} == {"first", "second"}


def test_models_of_a_deleted_experiment_are_found(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}})
    store.delete_experiment(made.experiment_id)
    assert made.matching() == ["it"]


@pytest.mark.parametrize("experiment_ids", [[], [UNKNOWN_EXPERIMENT]])
def test_no_experiments_have_no_models(store: AbstractStore, experiment_ids: list[str]) -> None:
    found = store.search_logged_models(experiment_ids)
    assert list(found) == []
    assert not found.token


def test_experiment_id_that_is_no_number_is_refused(store: AbstractStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'."):
        store.search_logged_models(["abc"])


@pytest.mark.parametrize("comparator", ["=", "!=", "<", ">="])
@pytest.mark.parametrize("field", ["metrics.loss", "creation_time", "last_updated_timestamp"])
def test_nothing_compares_with_nan(store: AbstractStore, field: str, comparator: str) -> None:
    made = named_models(store, {"it": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    log_to_model(store, made.ids["it"], run_id, key="loss", value=1.0)
    assert made.matching() == ["it"]
    assert made.matching(f"{field} {comparator} nan") == []


def test_filter_is_judged_before_the_experiments(store: AbstractStore) -> None:
    with refused("INTERNAL_ERROR", "could not convert string to float"):
        store.search_logged_models(["abc"], "creation_time < abc")
