"""Filters of search_runs on metrics and on attributes."""

import pytest
from mlflow.entities import RunStatus, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

from .. import scenarios
from ..search_scenarios import NamedRuns, named_runs

pytestmark = pytest.mark.area("runs")

LARGEST_FLOAT = "1.7976931348623157e308"
NUMBERS = {
    "one": 1.0,
    "two": 2.0,
    "half": 0.5,
    "zero": 0.0,
    "minus": -1.5,
    "tiny": 1e-7,
    "huge": 1e300,
    "nan": float("nan"),
    "inf": float("inf"),
    "minus inf": float("-inf"),
}


@pytest.fixture(scope="module")
def numbers(store: AbstractStore) -> NamedRuns:
    """A run for every kind of number, one that improved, and one without the metric."""
    wanted = {name: {"metrics": {"m": value}} for name, value in NUMBERS.items()}
    runs = named_runs(store, wanted | {"improved": {"metrics": {"m": 100.0}}, "none": {}})
    store.log_metric(runs.ids["improved"], scenarios.metric("m", 1.0, step=1))
    return runs


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("metrics.m = 1", {"one", "improved"}),
        ("metrics.m = 1.0", {"one", "improved"}),
        ("metrics.m = 10e-1", {"one", "improved"}),
        ("metrics.m = .5", {"half"}),
        ("metrics.m = 1e-7", {"tiny"}),
        ("metrics.m = -1.5", {"minus"}),
        ("metrics.m = -15E-1", {"minus"}),
        ("metrics.m < -1", {"minus", "minus inf"}),
        ("metrics.m < 0", {"minus", "minus inf"}),
        ("metrics.m <= 0", {"minus", "minus inf", "zero"}),
        ("metrics.m <= -1.5", {"minus", "minus inf"}),
        ("metrics.m > 1", {"two", "huge", "inf"}),
        ("metrics.m >= 1", {"one", "improved", "two", "huge", "inf"}),
        ("metrics.m >= 2", {"two", "huge", "inf"}),
        ("metrics.m > 0 AND metrics.m < 1", {"tiny", "half"}),
        ("metrics.m >= 0.5 AND metrics.m <= 0.5", {"half"}),
        ("metrics.m = 1 AND metrics.m = 2", set()),
    ],
)
def test_metric_is_compared_as_a_number(
    numbers: NamedRuns, question: str, expected: set[str]
) -> None:
    assert numbers.matching(question) == sorted(expected)


def test_metric_unequal_needs_the_metric(numbers: NamedRuns) -> None:
    assert "none" not in numbers.matching("metrics.m != 1")


def test_metric_unequal_matches_every_other_value(numbers: NamedRuns) -> None:
    assert numbers.matching("metrics.m != 1") == sorted(NUMBERS.keys() - {"one"})


def test_nan_is_unequal_to_zero(numbers: NamedRuns) -> None:
    assert "nan" in numbers.matching("metrics.m != 0")


def test_two_unequals_both_hold(numbers: NamedRuns) -> None:
    found = numbers.matching("metrics.m != 1 AND metrics.m != 2")
    assert found == sorted(NUMBERS.keys() - {"one", "two"})


@pytest.mark.parametrize("comparator", ["=", "<", "<=", ">", ">="])
def test_nan_satisfies_no_comparison_with_zero(numbers: NamedRuns, comparator: str) -> None:
    assert "nan" not in numbers.matching(f"metrics.m {comparator} 0")


def test_infinity_equals_the_largest_float(numbers: NamedRuns) -> None:
    assert numbers.matching(f"metrics.m = {LARGEST_FLOAT}") == ["inf"]


def test_minus_infinity_equals_the_smallest_float(numbers: NamedRuns) -> None:
    assert numbers.matching(f"metrics.m = -{LARGEST_FLOAT}") == ["minus inf"]


def test_infinity_is_above_every_large_number(numbers: NamedRuns) -> None:
    assert numbers.matching("metrics.m > 1.5e308") == ["inf"]


def test_infinity_is_not_above_the_largest_float(numbers: NamedRuns) -> None:
    assert numbers.matching(f"metrics.m > {LARGEST_FLOAT}") == []


NUMBERS_PROPER = (NUMBERS.keys() - {"nan"}) | {"improved"}
EVERY_VALUE = NUMBERS.keys() | {"improved"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("metrics.m < 1e309", NUMBERS_PROPER),
        ("metrics.m <= 1e309", NUMBERS_PROPER),
        ("metrics.m != 1e309", EVERY_VALUE),
        ("metrics.m = 1e309", set()),
        ("metrics.m >= 1e309", set()),
        ("metrics.m > 1e309", set()),
        ("metrics.m > -1e309", NUMBERS_PROPER),
        ("metrics.m >= -1e309", NUMBERS_PROPER),
        ("metrics.m != -1e309", EVERY_VALUE),
        ("metrics.m = -1e309", set()),
        ("metrics.m <= -1e309", set()),
        ("metrics.m < -1e309", set()),
    ],
)
def test_a_literal_too_large_for_a_float_is_beyond_infinity(
    numbers: NamedRuns, question: str, expected: set[str]
) -> None:
    assert numbers.matching(question) == sorted(expected)


def test_only_the_latest_value_of_a_metric_counts(numbers: NamedRuns) -> None:
    assert "improved" not in numbers.matching("metrics.m > 1")


def test_metric_that_nobody_logged_matches_nothing(numbers: NamedRuns) -> None:
    assert numbers.matching("metrics.nobody != 1") == []


@pytest.mark.parametrize(
    "spelling", ["metric.m = 0.5", "metrics.m=0.5", "`metrics`.m = 0.5", "metrics.'m' = 0.5"]
)
def test_metric_filter_may_be_spelled(numbers: NamedRuns, spelling: str) -> None:
    assert numbers.matching(spelling) == ["half"]


@pytest.mark.parametrize(
    "question",
    [
        "metrics.m > 0 and metrics.m < 1 and metrics.m != 0.5",
        "metrics.m > 0\nAND\tmetrics.m < 1 AND metrics.m != 0.5",
        "metrics.m > 0 metrics.m < 1 metrics.m != 0.5",
        "AND metrics.m > 0 AND AND metrics.m < 1 AND metrics.m != 0.5 AND",
    ],
)
def test_clauses_are_joined_by_and(numbers: NamedRuns, question: str) -> None:
    assert numbers.matching(question) == ["tiny"]


PEOPLE = {
    "early": {"user_id": "ann", "run_name": "Baseline", "start_time": 1000},
    "middle": {"user_id": "Ann", "run_name": "baseline two", "start_time": 2000},
    "late": {"user_id": "bob", "run_name": "50%", "start_time": 3000},
    "later": {"user_id": "", "run_name": "a_b", "start_time": 4000},
}
ENDS = {
    "early": (RunStatus.FINISHED, 1500),
    "middle": (RunStatus.FAILED, 2500),
    "late": (RunStatus.KILLED, 3500),
}


@pytest.fixture(scope="module")
def people(store: AbstractStore) -> NamedRuns:
    """Runs of different users, names, times and states; ``later`` is still running."""
    runs = named_runs(store, PEOPLE)
    for name, (status, end_time) in ENDS.items():
        store.update_run_info(runs.ids[name], status, end_time, None)
    return runs


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("start_time = 2000", {"middle"}),
        ("start_time != 2000", {"early", "late", "later"}),
        ("start_time < 2000", {"early"}),
        ("start_time <= 2000", {"early", "middle"}),
        ("start_time > 2000", {"late", "later"}),
        ("start_time >= 2000", {"middle", "late", "later"}),
        ("start_time > 1999.5 AND start_time < 2.5e3", {"middle"}),
        ("start_time > -1", {"early", "middle", "late", "later"}),
        ("Created = 2000", {"middle"}),
        ("created = 2000", {"middle"}),
        ("attributes.Created = 2000", {"middle"}),
        ("end_time = 2500", {"middle"}),
        ("end_time != 2500", {"early", "late"}),
        ("end_time < 2500", {"early"}),
        ("end_time <= 2500", {"early", "middle"}),
        ("end_time > 2500", {"late"}),
        ("end_time >= 2500", {"middle", "late"}),
        ("start_time >= 2000 AND end_time <= 2500", {"middle"}),
        ("start_time < 1e309", {"early", "middle", "late", "later"}),
        ("start_time > 1e309", set()),
        ("end_time != -1e309", {"early", "middle", "late"}),
        ("end_time <= -1e309", set()),
    ],
)
def test_time_is_compared_as_a_number(people: NamedRuns, question: str, expected: set[str]) -> None:
    assert people.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"start_time = {2**53 + 1}", ["odd"]),
        (f"start_time > {2**53}", ["odd"]),
        (f"start_time < {2**53 + 1}", ["even"]),
        (f"start_time = {2.0**53}", ["even"]),
    ],
)
def test_times_are_told_apart_where_floats_are_not(
    store: AbstractStore, question: str, expected: list[str]
) -> None:
    runs = named_runs(store, {"even": {"start_time": 2**53}, "odd": {"start_time": 2**53 + 1}})
    assert runs.matching(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("status = 'FINISHED'", {"early"}),
        ("status = 'finished'", set()),
        ("status != 'FINISHED'", {"middle", "late", "later"}),
        ("status LIKE 'F%'", {"early", "middle"}),
        ("status LIKE 'f%'", set()),
        ("status ILIKE 'f%'", {"early", "middle"}),
        ("status = 'RUNNING'", {"later"}),
        ("user_id = 'ann'", {"early"}),
        ("user_id != 'ann'", {"middle", "late", "later"}),
        ("user_id = ''", {"later"}),
        ("user_id LIKE '%nn'", {"early", "middle"}),
        ("user_id ILIKE 'ANN'", {"early", "middle"}),
        ("attribute.user_id = 'bob'", {"late"}),
        ("attributes.user_id = 'bob'", {"late"}),
        ("attr.user_id = 'bob'", {"late"}),
        ("run.user_id = 'bob'", {"late"}),
        ("attributes.`user_id` = 'bob'", {"late"}),
        ('user_id = "bob"', {"late"}),
        ("user_id ilike 'ANN' and status = 'FAILED'", {"middle"}),
    ],
)
def test_text_attribute_is_compared_as_text(
    people: NamedRuns, question: str, expected: set[str]
) -> None:
    assert people.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("run_name = 'Baseline'", {"early"}),
        ("run_name = 'baseline'", set()),
        ("run_name != 'Baseline'", {"middle", "late", "later"}),
        ("run_name LIKE 'base%'", {"middle"}),
        ("run_name ILIKE 'base%'", {"early", "middle"}),
        ("run_name = '50%'", {"late"}),
        ("run_name LIKE 'a_b'", {"later"}),
        ("`Run name` = 'Baseline'", {"early"}),
        ("attributes.`Run Name` = 'Baseline'", {"early"}),
        ("attributes.'run name' = 'Baseline'", {"early"}),
        ("tags.`mlflow.runName` = 'Baseline'", {"early"}),
    ],
)
def test_run_name_is_compared_as_text(people: NamedRuns, question: str, expected: set[str]) -> None:
    assert people.matching(question) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("run_id = '{early}'", {"early"}),
        ("run_id != '{early}'", {"middle", "late", "later"}),
        ("run_id LIKE '{early}'", {"early"}),
        ("run_id LIKE '%{early}%'", {"early"}),
        ("run_id ILIKE '{early}'", {"early"}),
        ("run_id IN ('{early}', '{late}')", {"early", "late"}),
        ("run_id in ('{early}')", {"early"}),
        ("run_id IN ('{early}',)", {"early"}),
        ("run_id IN ('{early}', '{early}')", {"early"}),
        ("attributes.run_id IN (\"{early}\", '{late}')", {"early", "late"}),
        ("run_id IN ('unknown')", set()),
        ("run_id NOT IN ('{early}', '{late}')", {"middle", "later"}),
        ("run_id not in ('{early}')", {"middle", "late", "later"}),
        ("run_id IN ('{early}', '{late}') AND run_id NOT IN ('{late}')", {"early"}),
        ("run_id IN ('{early}', '{late}') AND status = 'KILLED'", {"late"}),
        ("artifact_uri LIKE '%/{early}/artifacts'", {"early"}),
        ("artifact_uri != ''", {"early", "middle", "late", "later"}),
    ],
)
def test_run_is_found_by_its_id(people: NamedRuns, question: str, expected: set[str]) -> None:
    assert people.matching(question.format(**people.ids)) == sorted(expected)


def test_artifact_uri_is_compared_as_text(store: AbstractStore, people: NamedRuns) -> None:
    uri = store.get_run(people.ids["early"]).info.artifact_uri
    assert people.matching(f"artifact_uri = '{uri}'") == ["early"]


def test_attributes_metrics_params_and_tags_combine(store: AbstractStore) -> None:
    everything = {"metrics": {"m": 1.0}, "params": {"p": "x"}, "tags": {"t": "y"}}
    runs = named_runs(
        store,
        {
            "all": everything,
            "other metric": everything | {"metrics": {"m": 2.0}},
            "other param": everything | {"params": {"p": "z"}},
            "other tag": everything | {"tags": {"t": "z"}},
            "other user": everything | {"user_id": "someone else"},
        },
    )
    question = "metrics.m = 1 AND params.p = 'x' AND tags.t = 'y' AND user_id = 'user'"
    assert runs.matching(question) == ["all"]


def test_renamed_run_is_found_by_its_new_name(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"run_name": "old"}})
    store.update_run_info(runs.ids["it"], RunStatus.RUNNING, None, "new")
    assert runs.matching("run_name = 'new'") == ["it"]


def test_renamed_run_is_not_found_by_its_old_name(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"run_name": "old"}})
    store.set_tag(runs.ids["it"], RunTag(MLFLOW_RUN_NAME, "new"))
    assert runs.matching("run_name = 'old'") == []


def test_run_whose_name_tag_was_deleted_is_not_found_by_name(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"run_name": "name"}})
    store.delete_tag(runs.ids["it"], MLFLOW_RUN_NAME)
    assert runs.matching("run_name = 'name'") == []


def test_run_whose_name_tag_was_deleted_is_not_found_by_another_name(
    store: AbstractStore,
) -> None:
    runs = named_runs(store, {"it": {"run_name": "name"}})
    store.delete_tag(runs.ids["it"], MLFLOW_RUN_NAME)
    assert runs.matching("run_name != 'other'") == []
