"""``log_batch``: what it takes, in which order it complains, and what a refusal leaves behind."""

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.protos.service_pb2 import LogBatch
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, metric, refused

pytestmark = pytest.mark.area("metrics")

BAD_METRIC = Metric("a$m", 1.0, 0, 0)
BAD_PARAM = Param("a$p", "v")
BAD_TAG = RunTag("a$t", "v")


def _metrics(count: int) -> list[Metric]:
    return [metric(f"m{i}", float(i)) for i in range(count)]


def _params(count: int) -> list[Param]:
    return [Param(f"p{i}", str(i)) for i in range(count)]


def _tags(count: int) -> list[RunTag]:
    return [RunTag(f"t{i}", str(i)) for i in range(count)]


def _assert_untouched(store: AbstractStore, run_id: str) -> None:
    data = store.get_run(run_id).data
    assert (data.metrics, data.params) == ({}, {})
    assert set(data.tags) == {"mlflow.runName"}


class TestEffect:
    def test_metrics_params_and_tags_arrive_together(self, store: AbstractStore) -> None:
        run = scenarios.new_run(store, run_name="batch")
        store.log_batch(run.info.run_id, _metrics(2), _params(2), _tags(2))
        data = store.get_run(run.info.run_id).data
        assert data.metrics == {"m0": 0.0, "m1": 1.0}
        assert data.params == {"p0": "0", "p1": "1"}
        assert data.tags == {"t0": "0", "t1": "1", "mlflow.runName": "batch"}

    def test_empty_batch_changes_nothing(self, store: AbstractStore) -> None:
        run = scenarios.run_with(store, metrics={"m": 1.0}, params={"p": "1"}, tags={"t": "1"})
        store.log_batch(run.info.run_id, [], [], [])
        after = store.get_run(run.info.run_id)
        assert after.data.to_dictionary() == run.data.to_dictionary()
        assert dict(after.info) == dict(run.info)

    def test_arguments_may_be_named(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_batch(run_id=run_id, metrics=[], params=_params(1), tags=[])
        assert store.get_run(run_id).data.params == {"p0": "0"}

    def test_arguments_may_be_tuples(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_batch(run_id, tuple(_metrics(2)), tuple(_params(2)), tuple(_tags(2)))
        data = store.get_run(run_id).data
        assert data.metrics == {"m0": 0.0, "m1": 1.0}
        assert data.params == {"p0": "0", "p1": "1"}
        assert {"t0", "t1"} < set(data.tags)

    def test_arguments_may_come_from_a_protobuf_message(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        message = LogBatch(
            params=[param.to_proto() for param in _params(2)],
            tags=[tag.to_proto() for tag in _tags(2)],
        )
        store.log_batch(run_id, [], message.params, message.tags)
        data = store.get_run(run_id).data
        assert data.params == {"p0": "0", "p1": "1"}
        assert (data.tags["t0"], data.tags["t1"]) == ("0", "1")

    def test_lists_given_are_not_changed(self, store: AbstractStore) -> None:
        metrics, params, tags = _metrics(2), [Param("long", "x" * 7000)], _tags(2)
        store.log_batch(scenarios.new_run_id(store), metrics, params, tags)
        assert (len(metrics), len(params), len(tags)) == (2, 1, 2)
        assert len(params[0].value) == 7000

    def test_a_second_batch_adds(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_batch(run_id, [metric("a", 1.0)], [Param("a", "1")], [RunTag("a", "1")])
        store.log_batch(run_id, [metric("b", 2.0)], [Param("b", "2")], [RunTag("b", "2")])
        data = store.get_run(run_id).data
        assert data.metrics == {"a": 1.0, "b": 2.0}
        assert data.params == {"a": "1", "b": "2"}
        assert (data.tags["a"], data.tags["b"]) == ("1", "2")

    def test_the_same_batch_again_changes_nothing(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        for _ in range(2):
            store.log_batch(run_id, _metrics(3), _params(3), _tags(3))
        data = store.get_run(run_id).data
        assert (len(data.metrics), len(data.params), len(data.tags)) == (3, 3, 4)
        assert len(store.get_metric_history(run_id, "m1")) == 1

    def test_many_points_of_one_metric_leave_the_latest_on_the_run(
        self, store: AbstractStore
    ) -> None:
        run_id = scenarios.new_run_id(store)
        points = [metric("loss", float(step), START_TIME + step, step) for step in range(1000)]
        scenarios.log_metrics(store, run_id, points[::-1])
        assert store.get_run(run_id).data.metrics == {"loss": 999.0}
        assert len(store.get_metric_history(run_id, "loss")) == 1000


class TestLimits:
    def test_1000_metrics_are_taken(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_metrics(store, run_id, _metrics(1000))
        assert store.get_run(run_id).data.metrics == {f"m{i}": float(i) for i in range(1000)}

    def test_100_params_and_100_tags_are_taken(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_batch(run_id, [], _params(100), _tags(100))
        data = store.get_run(run_id).data
        assert (len(data.params), len(data.tags)) == (100, 101)

    def test_1000_of_all_kinds_are_taken(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_batch(run_id, _metrics(800), _params(100), _tags(100))
        data = store.get_run(run_id).data
        assert (len(data.metrics), len(data.params), len(data.tags)) == (800, 100, 101)

    @pytest.mark.parametrize(
        ("metrics", "params", "tags", "text"),
        [
            (1001, 0, 0, "at most 1000 metrics. Got 1001 metrics. Please split up metrics"),
            (0, 101, 0, "at most 100 params. Got 101 params. Please split up params"),
            (0, 0, 101, "at most 100 tags. Got 101 tags. Please split up tags"),
            (1000, 1, 0, "at most 1000 metrics, params, and tags. Got 1001 metrics, params,"),
            (900, 100, 1, "at most 1000 metrics, params, and tags. Got 1001 metrics, params,"),
            (1001, 101, 101, "at most 1000 metrics. Got 1001 metrics."),
        ],
    )
    def test_more_is_refused_whole(
        self, store: AbstractStore, metrics: int, params: int, tags: int, text: str
    ) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", f"A batch logging request can contain {text}"):
            store.log_batch(run_id, _metrics(metrics), _params(params), _tags(tags))
        _assert_untouched(store, run_id)

    def test_batch_after_batch_has_no_limit(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        for start in range(0, 300, 100):
            params = [Param(f"p{i}", str(i)) for i in range(start, start + 100)]
            store.log_batch(run_id, [], params, [])
        assert store.get_run(run_id).data.params == {f"p{i}": str(i) for i in range(300)}


class TestRefusals:
    @pytest.mark.parametrize(
        ("metrics", "params", "tags", "text"),
        [
            ([BAD_METRIC], [], [], "for parameter 'metrics[0].name' supplied: Names may only"),
            ([metric(), BAD_METRIC], [], [], "for parameter 'metrics[1].name' supplied"),
            ([], [Param("p", "1"), BAD_PARAM], [], "for parameter 'params[1].key' supplied"),
            ([], [], [RunTag("t", "1"), BAD_TAG], "for parameter 'tags[1].key' supplied"),
            ([Metric("m", None, 0, 0)], [], [], "required parameter 'metrics[0].value'."),
            ([Metric("m", True, 0, 0)], [], [], "value true for parameter 'metrics[0].value'"),
            ([Metric("m", 1.0, -1, 0)], [], [], "value -1 for parameter 'metrics[0].timestamp'"),
            ([Metric("m", 1.0, 0, "1")], [], [], "for parameter 'metrics[0].step' supplied"),
            ([metric("k" * 251)], [], [], "'Metric name' exceeds the maximum length of 250"),
            ([], [Param("k" * 251, "")], [], "'Param key' exceeds the maximum length of 250"),
            ([], [], [RunTag("k" * 251, "")], "'tags[0].key' exceeds the maximum length of 250"),
            ([], [Param(None, "")], [], "'params[0].key' supplied: A key name must be provided."),
            ([], [], [RunTag(None, "")], "Missing value for required parameter 'tags[0].key'."),
        ],
    )
    def test_a_bad_entry_is_refused_by_its_place(
        self,
        store: AbstractStore,
        metrics: list[Metric],
        params: list[Param],
        tags: list[RunTag],
        text: str,
    ) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_batch(run_id, metrics, params, tags)
        _assert_untouched(store, run_id)

    def test_a_bad_tag_stops_good_metrics_and_params(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", "tags[0].key"):
            store.log_batch(run_id, _metrics(2), _params(2), [BAD_TAG])
        _assert_untouched(store, run_id)

    @pytest.mark.parametrize("second", ["1", "2"], ids=["same value", "other value"])
    def test_a_param_key_twice_is_refused(self, store: AbstractStore, second: str) -> None:
        run_id = scenarios.new_run_id(store)
        text = (
            "Duplicate parameter keys have been submitted: ['p']. Please ensure "
            "the request contains only one param value per param key."
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_batch(run_id, _metrics(1), [Param("p", "1"), Param("p", second)], [])
        _assert_untouched(store, run_id)

    def test_a_changed_param_stops_metrics_and_tags(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"p0": "old"}).info.run_id
        with refused("INVALID_PARAMETER_VALUE", "Changing param values is not allowed."):
            store.log_batch(run_id, _metrics(2), _params(2), _tags(2))
        data = store.get_run(run_id).data
        assert (data.metrics, data.params) == ({}, {"p0": "old"})
        assert "t0" not in data.tags
        assert store.get_metric_history(run_id, "m0") == []

    def test_a_metric_of_an_unknown_model_is_refused_after_params_and_metrics(
        self, store: AbstractStore
    ) -> None:
        run_id = scenarios.new_run_id(store)
        points = [metric("good", 1.0), metric("bad", 2.0, model_id="m-" + "0" * 32)]
        with refused("BAD_REQUEST"):
            store.log_batch(run_id, points, _params(1), _tags(1))
        data = store.get_run(run_id).data
        assert (data.metrics, data.params) == ({"good": 1.0, "bad": 2.0}, {"p0": "0"})
        assert "t0" not in data.tags


class TestOrderOfComplaints:
    """Each test breaks two rules: the first in MLflow's order is the one that is told."""

    def test_form_of_the_run_id_before_bad_metrics(self, store: AbstractStore) -> None:
        text = "Invalid value \"../x\" for parameter 'run_id' supplied."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_batch("../x", [BAD_METRIC], [], [])

    def test_bad_metrics_before_bad_params(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "metrics[0].name"):
            store.log_batch(scenarios.new_run_id(store), [BAD_METRIC], [BAD_PARAM], [BAD_TAG])

    def test_bad_params_before_bad_tags(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "params[0].key"):
            store.log_batch(scenarios.new_run_id(store), [], [BAD_PARAM], [BAD_TAG])

    def test_bad_entries_before_limits(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "tags[0].key"):
            store.log_batch(scenarios.new_run_id(store), [], _params(101), [BAD_TAG])

    def test_limits_before_repeated_params(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "at most 100 params. Got 101 params."):
            store.log_batch(scenarios.new_run_id(store), [], [Param("p", "1")] * 101, [])

    def test_repeated_params_before_the_unknown_run(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Duplicate parameter keys"):
            store.log_batch(scenarios.unknown_run_id(), [], [Param("p", "1")] * 2, [])

    def test_deleted_run_before_a_changed_param(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"p": "1"}).info.run_id
        store.delete_run(run_id)
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            scenarios.log_params(store, run_id, {"p": "2"})
