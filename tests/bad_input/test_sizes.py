"""What is larger than a document may be: refused by the limit's name, and nothing half done."""

from collections.abc import Callable

import pytest
from mlflow.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModelParameter,
    LoggedModelTag,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracking._tracking_service.utils import _get_store

from tests.differential.stores import SUBJECTS

LIMIT = 16 * 1024 * 1024
HUGE = "x" * LIMIT

FIRST = "1" * 20000
"""The longest tag of an experiment; of a run it is less than half."""


@pytest.fixture(scope="module", params=SUBJECTS)
def store(
    request: pytest.FixtureRequest,
    throw_away: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AbstractStore:
    return _get_store(throw_away(request.param), tmp_path_factory.mktemp("sizes").as_uri())


@pytest.fixture
def run_id(store: AbstractStore) -> str:
    return str(store.create_run("0", "ann", 1, [], "run").info.run_id)


@pytest.fixture
def model_id(store: AbstractStore) -> str:
    return str(store.create_logged_model("0", "model").model_id)


def assert_too_large(call: Callable[[], object]) -> None:
    with pytest.raises(MlflowException) as caught:
        call()
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert str(LIMIT) in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 1000


def dataset(name: str, tags: int = 1) -> DatasetInput:
    """With so many tags, as long as MLflow takes them; its other texts do not count."""
    context = InputTag("mlflow.data.context", "train")
    more = [InputTag(f"{number}", "x" * 500) for number in range(tags - 1)]
    return DatasetInput(Dataset(name, "1", "local", "here", None, HUGE[:-1]), [context, *more])


MANY = LIMIT // 500
"""So many tags are more than a run can hold."""


class TestInputs:
    def test_more_tags_than_fit(self, store: AbstractStore, run_id: str) -> None:
        before = store.get_run(run_id).inputs.to_dictionary()
        assert_too_large(lambda: store.log_inputs(run_id, [dataset("one", MANY)]))
        assert store.get_run(run_id).inputs.to_dictionary() == before
        assert "one" not in [found.name for found in store._search_datasets(["0"])]

    def test_two_that_fit_alone(self, store: AbstractStore, run_id: str) -> None:
        both = [dataset(name, MANY // 2 + 1) for name in "ab"]
        assert_too_large(lambda: store.log_inputs(run_id, both))
        assert store.get_run(run_id).inputs.dataset_inputs == []
        assert {"a", "b"}.isdisjoint(found.name for found in store._search_datasets(["0"]))

    def test_one_more_than_fits(self, store: AbstractStore, run_id: str) -> None:
        store.log_inputs(run_id, [dataset("first", MANY // 2 + 1)])
        assert_too_large(lambda: store.log_inputs(run_id, [dataset("second", MANY // 2 + 1)]))
        linked = [link.dataset.name for link in store.get_run(run_id).inputs.dataset_inputs]
        assert linked == ["first"]
        summaries = [found.name for found in store._search_datasets(["0"])]
        assert "first" in summaries
        assert "second" not in summaries


class TestRuns:
    def test_tag_of_a_new_run(self, store: AbstractStore) -> None:
        experiment_id = store.create_experiment("tag of a new run")
        tags = [RunTag("k", HUGE)]
        assert_too_large(lambda: store.create_run(experiment_id, "ann", 1, tags, "run"))
        assert store.search_runs([experiment_id], "", ViewType.ALL) == []

    def test_batch_to_a_full_run(self, store: AbstractStore, run_id: str) -> None:
        """Each batch is one that MLflow takes; of the one that is too much nothing stays."""
        text = "\N{GRINNING FACE}" * 6000

        def fill() -> None:
            for batch in range(10):
                params = [Param(f"p{batch}/{number}", text) for number in range(100)]
                tags = [RunTag(f"t{batch}/{number}", "1") for number in range(100)]
                store.log_batch(run_id, [Metric(f"m{batch}", 1.0, 1, 1)], params, tags)

        assert_too_large(fill)
        data = store.get_run(run_id).data
        assert 0 < len(data.params) < 1000
        assert len(data.params) == 100 * len(data.metrics)
        assert len(data.tags) == len(data.params) + 1
        refused = f"m{len(data.metrics)}"
        assert store.get_metric_history(run_id, refused) == []

    def test_a_full_run_can_still_end(self, store: AbstractStore) -> None:
        tags = [RunTag("nearly all", HUGE[: LIMIT - 4096])]
        run_id = store.create_run("0", "ann", 1, tags, "run").info.run_id
        info = store.update_run_info(run_id, 3, 5, None)
        assert (info.status, info.end_time) == ("FINISHED", 5)


class TestExperiments:
    def test_tags_of_a_new_experiment(self, store: AbstractStore) -> None:
        tags = [ExperimentTag(f"k{number}", FIRST) for number in range(1000)]
        assert_too_large(lambda: store.create_experiment("too many tags", tags=tags))
        assert store.get_experiment_by_name("too many tags") is None

    def test_the_name_is_still_free(self, store: AbstractStore) -> None:
        tags = [ExperimentTag(f"k{number}", FIRST) for number in range(1000)]
        assert_too_large(lambda: store.create_experiment("free", tags=tags))
        experiment_id = store.create_experiment("free")
        assert store.get_experiment(experiment_id).name == "free"


class TestLoggedModels:
    def test_params_of_a_new_model(self, store: AbstractStore) -> None:
        experiment_id = store.create_experiment("params of a new model")
        params = [LoggedModelParameter("k", HUGE)]
        assert_too_large(lambda: store.create_logged_model(experiment_id, "m", params=params))
        assert store.search_logged_models([experiment_id]) == []

    def test_tags(self, store: AbstractStore, model_id: str) -> None:
        tags = [LoggedModelTag("small", "1"), LoggedModelTag("k", HUGE)]
        assert_too_large(lambda: store.set_logged_model_tags(model_id, tags))
        assert store.get_logged_model(model_id).tags == {}

    def test_params(self, store: AbstractStore, model_id: str) -> None:
        params = [LoggedModelParameter("small", "1"), LoggedModelParameter("k", HUGE)]
        assert_too_large(lambda: store.log_logged_model_params(model_id, params))
        assert store.get_logged_model(model_id).params == {}
