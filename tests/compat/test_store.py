"""The store as an object: made, shared, pickled, and called as MLflow's server calls it."""

import pickle
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Experiment, LoggedModelParameter, Metric, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.protos.service_pb2 import SearchExperiments, SearchRuns

from mlflow_docstore.compat.arguments import ExperimentIds, whole
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.errors import Conflict, InvalidArgument
from mlflow_docstore.ports.experiments import ExperimentRepository

OpenStore = Callable[[], DocStoreTrackingStore]


@pytest.fixture
def run_id(store: DocStoreTrackingStore) -> str:
    return str(store.create_run("0", "user", 1, [], None).info.run_id)


class TestOpening:
    def test_default_experiment_is_there(
        self, store: DocStoreTrackingStore, tmp_path: Path
    ) -> None:
        default = store.get_experiment("0")
        assert default.name == Experiment.DEFAULT_EXPERIMENT_NAME
        assert default.artifact_location == str(tmp_path / "artifacts" / "0")
        assert not (tmp_path / "artifacts").exists()

    def test_second_store_finds_what_the_first_left(self, open_store: OpenStore) -> None:
        first = open_store()
        first.rename_experiment("0", "renamed")
        first.delete_experiment("0")
        assert open_store().get_experiment("0").name == "renamed"
        assert open_store().get_experiment("0").lifecycle_stage == "deleted"

    def test_stores_of_a_process_share_their_backend(self, open_store: OpenStore) -> None:
        assert open_store()._backend is open_store()._backend

    def test_stores_opened_at_once_make_one_default_experiment(self, open_store: OpenStore) -> None:
        opened: list[DocStoreTrackingStore] = []
        threads = [threading.Thread(target=lambda: opened.append(open_store())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == len(threads)
        assert [one.experiment_id for one in opened[0].search_experiments()] == ["0"]

    def test_pickled_store_opens_its_database_again(self, store: DocStoreTrackingStore) -> None:
        experiment_id = store.create_experiment("wine")
        other = pickle.loads(pickle.dumps(store))  # noqa: S301 - our own bytes
        assert other.get_experiment(experiment_id).name == "wine"
        assert other.artifact_root_uri == store.artifact_root_uri


class TakenIds:
    """Experiments where another process has taken the first ids that are drawn."""

    def __init__(self, real: ExperimentRepository, taken: int) -> None:
        self._real = real
        self._left = taken
        self.refused: list[str] = []

    def create(self, experiment: Experiment) -> None:
        if self._left:
            self._left -= 1
            self.refused.append(experiment.experiment_id)
            raise Conflict("experiment_id", experiment.experiment_id)
        self._real.create(experiment)


class BackendOf:
    def __init__(self, experiments: Any) -> None:
        self.experiments = experiments


class TestExperimentIds:
    def test_ids_are_digits_and_grow(self) -> None:
        ids = ExperimentIds()
        drawn = [ids.draw() for _ in range(1000)]
        assert drawn == sorted(set(drawn), key=int)
        assert {len(one) for one in drawn} == {18}
        assert all(one.isdigit() for one in drawn)

    def test_taken_id_is_drawn_anew(self, store: DocStoreTrackingStore) -> None:
        experiments = TakenIds(store._backend.experiments, taken=2)
        store._backend = BackendOf(experiments)
        experiment_id = store.create_experiment("wine")
        assert len(experiments.refused) == 2
        assert experiment_id not in experiments.refused

    def test_drawing_ends(self, store: DocStoreTrackingStore) -> None:
        store._backend = BackendOf(TakenIds(store._backend.experiments, taken=1000))
        with pytest.raises(MlflowException, match="try again"):
            store.create_experiment("wine")

    @pytest.mark.parametrize("spelling", ["007", " 7 ", 7])
    def test_id_has_one_spelling(self, store: DocStoreTrackingStore, spelling: Any) -> None:
        with pytest.raises(MlflowException, match="No Experiment with id=7 exists"):
            store.get_experiment(spelling)


class TestArguments:
    def test_containers_of_protobuf_are_taken(
        self, store: DocStoreTrackingStore, run_id: str
    ) -> None:
        message = SearchRuns(experiment_ids=["0"], order_by=["start_time DESC", "metrics.loss"])
        found = store.search_runs(
            message.experiment_ids, "", ViewType.ALL, 5, message.order_by, page_token=""
        )
        assert [run.info.run_id for run in found] == [run_id]
        by_name = SearchExperiments(order_by=["name"])
        assert len(store.search_experiments(order_by=by_name.order_by, filter_string="")) == 1
        assert store.filter_active_experiment_ids(message.experiment_ids) == ["0"]
        assert store._search_datasets(message.experiment_ids) == []
        assert store.search_logged_models(message.experiment_ids) == []
        run_ids = SearchRuns(experiment_ids=[run_id]).experiment_ids
        assert store.get_metric_history_bulk(run_ids, "loss", 10) == []
        assert store.get_metric_history_bulk_interval(run_ids, "loss", 10, None, None) == []

    def test_empty_texts_stand_for_nothing(self, store: DocStoreTrackingStore) -> None:
        run = store.create_run("0", "", 1, [], "")
        assert run.info.run_name
        model = store.create_logged_model("0", source_run_id="", model_type="")
        assert model.name
        assert store.update_run_info(run.info.run_id, None, None, "").run_name == run.info.run_name

    @pytest.mark.parametrize("experiment_id", ["", None])
    def test_nothing_is_created_in_no_experiment(
        self, store: DocStoreTrackingStore, experiment_id: str | None
    ) -> None:
        for create in (
            lambda: store.create_run(experiment_id, "user", 1, [], "name"),
            lambda: store.create_logged_model(experiment_id),
        ):
            with pytest.raises(MlflowException) as caught:
                create()
            assert caught.value.error_code == "BAD_REQUEST"

    @pytest.mark.parametrize(
        "point",
        [
            Metric("loss", 1.0, 2**63, 0),
            Metric("loss", 1.0, 0, 2**63),
            Metric("loss", 1.0, 0, -(2**63) - 1),
            Metric("loss", 1.0, float("inf"), 0),
        ],
        ids=["time", "step", "negative step", "infinite time"],
    )
    def test_point_beyond_64_bits_is_refused_before_anything_is_written(
        self, store: DocStoreTrackingStore, run_id: str, point: Metric
    ) -> None:
        with pytest.raises(MlflowException, match="too large") as caught:
            store.log_batch(run_id, [Metric("fine", 1.0, 0, 0), point], [], [RunTag("a", "b")])
        assert caught.value.error_code == "INTERNAL_ERROR"
        data = store.get_run(run_id).data
        assert data.metrics == {}
        assert "a" not in data.tags

    @pytest.mark.parametrize(
        ("points", "text"),
        [
            ([Metric("a", 1.0, 1, 1), Metric("a", "x", 1, 1)], "metrics[1].value"),
            ([Metric("a", 1.0, 1, 1), Metric("a", True, 1, 1)], "metrics[1].value"),
            ([Metric("a", 1.0, 1, 1), Metric("a", 1.0, -1, 1)], "metrics[1].timestamp"),
            ([Metric("a", 1.0, 1, 1), Metric("a", 1.0, 1, "x")], "metrics[1].step"),
            ([Metric("a", 1.0, 1, 1), Metric("a$", 1.0, 1, 1)], "metrics[1].name"),
            ([Metric("a$", 1.0, 1, 1), Metric("a$", 1.0, 1, 1)], "metrics[0].name"),
        ],
    )
    def test_each_point_of_a_batch_is_judged(
        self, store: DocStoreTrackingStore, run_id: str, points: list[Metric], text: str
    ) -> None:
        with pytest.raises(MlflowException, match=re.escape(text)) as caught:
            store.log_batch(run_id, points, [], [])
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
        assert store.get_run(run_id).data.metrics == {}

    @pytest.mark.parametrize("step", [2**63 - 1, -(2**63)])
    def test_whole_range_of_64_bits_is_taken(
        self, store: DocStoreTrackingStore, run_id: str, step: int
    ) -> None:
        store.log_metric(run_id, Metric("loss", 1.0, 2**63 - 1, step))
        (point,) = store.get_metric_history(run_id, "loss")
        assert (point.timestamp, point.step) == (2**63 - 1, step)

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), "x", 2**63])
    def test_what_is_no_integer_is_refused(self, value: Any) -> None:
        with pytest.raises(InvalidArgument):
            whole(value)

    def test_integers_of_other_libraries_become_pythons(self) -> None:
        import numpy as np  # noqa: PLC0415 - only here

        assert type(whole(np.int64(5))) is int
        assert whole(5.0) == 5

    @pytest.mark.parametrize(
        "params",
        [
            [LoggedModelParameter("lr", None)],
            [LoggedModelParameter("lr", "1"), LoggedModelParameter("lr", "1")],
            [LoggedModelParameter("lr", ["1"])],
        ],
        ids=["no value", "twice", "no text"],
    )
    def test_unusable_params_of_a_model_are_refused(
        self, store: DocStoreTrackingStore, params: list[LoggedModelParameter]
    ) -> None:
        with pytest.raises(MlflowException) as caught:
            store.create_logged_model("0", params=params)
        assert caught.value.error_code == "BAD_REQUEST"
        assert store.search_logged_models(["0"]) == []


class TestModelPages:
    @pytest.fixture
    def token(self, store: DocStoreTrackingStore) -> str:
        for _ in range(3):
            store.create_logged_model("0")
        page = store.search_logged_models(["0"], max_results=2)
        assert len(page) == 2
        return str(page.token)

    def test_token_leads_to_the_next_page(self, store: DocStoreTrackingStore, token: str) -> None:
        page = store.search_logged_models(["0"], max_results=2, page_token=token)
        assert len(page) == 1
        assert page.token is None

    @pytest.mark.parametrize(
        ("search", "text"),
        [
            ({"experiment_ids": ["1"]}, "Experiment IDs in the page token do not match"),
            ({"filter_string": "name != 'x'"}, "Filter string in the page token does not match"),
            ({"order_by": [{"field_name": "name"}]}, "Order by in the page token does not match"),
        ],
    )
    def test_token_of_another_search_is_refused(
        self, store: DocStoreTrackingStore, token: str, search: dict[str, Any], text: str
    ) -> None:
        with pytest.raises(MlflowException, match=text) as caught:
            store.search_logged_models(**{"experiment_ids": ["0"], **search}, page_token=token)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"

    @pytest.mark.parametrize(
        "token", ["x", "abcd", "aGVsbG8=", "W10=", "eyJleHBlcmltZW50X2lkcyI6IFsiMCJdfQ=="]
    )
    def test_malformed_token_is_refused(self, store: DocStoreTrackingStore, token: str) -> None:
        with pytest.raises(MlflowException, match="Invalid page token") as caught:
            store.search_logged_models(["0"], page_token=token)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
