"""Tags of traces, and the one tag that is the trace's name."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import AWKWARD_KEYS, refused, refused_as_mistaken
from .trace_scenarios import ARTIFACT_LOCATION, TRACE_NAME, new_trace_id, started

pytestmark = pytest.mark.area("traces")

LIMIT = 8000


def _tags(store: AbstractStore, trace_id: str) -> dict[str, str | None]:
    """The tags of a trace without the one that every trace has."""
    tags = store.get_trace_info(trace_id).tags
    return {key: value for key, value in tags.items() if key != ARTIFACT_LOCATION}


class TestSetting:
    @pytest.mark.parametrize("key", AWKWARD_KEYS)
    def test_is_set_replaced_and_deleted(self, store: AbstractStore, key: str) -> None:
        trace_id = started(store, tags={"other": "0"}).trace_id
        store.set_trace_tag(trace_id, key, "1")
        store.set_trace_tag(trace_id, key, "2")
        assert _tags(store, trace_id) == {"other": "0", key: "2"}
        store.delete_trace_tag(trace_id, key)
        assert _tags(store, trace_id) == {"other": "0"}

    def test_keys_do_not_run_into_each_other(self, store: AbstractStore) -> None:
        trace_id = started(store).trace_id
        expected = {key: f"value {i}" for i, key in enumerate(AWKWARD_KEYS)}
        for key, value in expected.items():
            store.set_trace_tag(trace_id, key, value)
        assert _tags(store, trace_id) == expected

    @pytest.mark.parametrize("value", ["", " ", "é損失😀", "a\0b", '{"a": 1}', "é" * LIMIT, None])
    def test_value_is_kept(self, store: AbstractStore, value: str | None) -> None:
        trace_id = started(store).trace_id
        store.set_trace_tag(trace_id, "k", value)
        assert _tags(store, trace_id) == {"k": value}

    def test_longer_value_is_cut(self, store: AbstractStore) -> None:
        trace_id = started(store).trace_id
        store.set_trace_tag(trace_id, "k", "é" * (LIMIT + 1))
        assert _tags(store, trace_id) == {"k": "é" * LIMIT}

    def test_longer_value_is_refused_where_cutting_is_off(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")
        trace_id = started(store).trace_id
        text = f"'value' exceeds the maximum length of {LIMIT} characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.set_trace_tag(trace_id, "k", "x" * (LIMIT + 1))
        assert _tags(store, trace_id) == {}

    def test_other_fields_stay(self, store: AbstractStore) -> None:
        before = started(store, request_preview="q", trace_metadata={"k": "m"})
        store.set_trace_tag(before.trace_id, "k", "t")
        after = store.get_trace_info(before.trace_id)
        assert after.tags == before.tags | {"k": "t"}
        after.tags = before.tags
        assert after.to_dict() == before.to_dict()

    def test_the_artifact_location_may_be_replaced(self, store: AbstractStore) -> None:
        trace_id = started(store).trace_id
        store.set_trace_tag(trace_id, ARTIFACT_LOCATION, "s3://elsewhere")
        assert store.get_trace_info(trace_id).tags == {ARTIFACT_LOCATION: "s3://elsewhere"}

    def test_in_an_experiment_that_was_deleted(self, store: AbstractStore) -> None:
        trace = started(store)
        store.delete_experiment(trace.experiment_id)
        store.set_trace_tag(trace.trace_id, "k", "v")
        assert _tags(store, trace.trace_id) == {"k": "v"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("a$b", "Names may only contain alphanumerics"),
            ("../up", "must not resolve to other names"),
            ("", "This name would resolve to '.'"),
            (None, "Missing value for required parameter 'key'."),
            ("k" * 251, "'key' exceeds the maximum length of 250 characters"),
        ],
    )
    def test_a_bad_key_is_refused(self, store: AbstractStore, key: str | None, text: str) -> None:
        trace_id = started(store).trace_id
        with refused("INVALID_PARAMETER_VALUE", text):
            store.set_trace_tag(trace_id, key, "v")
        assert _tags(store, trace_id) == {}

    def test_a_bad_key_is_told_before_the_unknown_trace(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain"):
            store.set_trace_tag(new_trace_id(), "a$b", "v")

    @pytest.mark.parametrize("key", ["k", ARTIFACT_LOCATION])
    def test_an_unknown_trace_is_refused(self, store: AbstractStore, key: str) -> None:
        with refused_as_mistaken():
            store.set_trace_tag(new_trace_id(), key, "v")

    @pytest.mark.parametrize("value", [7, 1.5, True])
    def test_a_value_that_is_no_text_is_no_value(self, store: AbstractStore, value: object) -> None:
        trace_id = started(store).trace_id
        with pytest.raises(TypeError):
            store.set_trace_tag(trace_id, "k", value)
        assert _tags(store, trace_id) == {}


class TestDeleting:
    def test_other_tags_stay(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={"a": "1", "a.b": "2"}).trace_id
        store.delete_trace_tag(trace_id, "a")
        assert _tags(store, trace_id) == {"a.b": "2"}

    def test_one_without_a_value(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={"none": None}).trace_id
        store.delete_trace_tag(trace_id, "none")
        assert _tags(store, trace_id) == {}

    @pytest.mark.parametrize("key", ["absent", "a", "A.B", "$where", "", TRACE_NAME])
    def test_an_absent_one_is_refused(self, store: AbstractStore, key: str) -> None:
        trace_id = started(store, tags={"a.b": "1"}).trace_id
        text = f"No trace tag with key '{key}' for trace with ID '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.delete_trace_tag(trace_id, key)
        assert _tags(store, trace_id) == {"a.b": "1"}

    def test_of_an_unknown_trace_is_refused(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        text = f"No trace tag with key 'k' for trace with ID '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.delete_trace_tag(trace_id, "k")

    def test_it_is_deleted_once(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={"a": "1"}).trace_id
        store.delete_trace_tag(trace_id, "a")
        with refused("RESOURCE_DOES_NOT_EXIST", "No trace tag with key 'a'"):
            store.delete_trace_tag(trace_id, "a")

    def test_the_artifact_location_may_be_deleted(self, store: AbstractStore) -> None:
        trace_id = started(store).trace_id
        store.delete_trace_tag(trace_id, ARTIFACT_LOCATION)
        assert store.get_trace_info(trace_id).tags == {}

    def test_metadata_of_the_same_key_stays(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={"k": "t"}, trace_metadata={"k": "m"}).trace_id
        store.delete_trace_tag(trace_id, "k")
        assert store.get_trace_info(trace_id).trace_metadata["k"] == "m"


class TestName:
    @pytest.mark.parametrize("name", ["after", "", "é損失😀", "n" * 4096])
    def test_is_set_by_the_tag(self, store: AbstractStore, name: str) -> None:
        trace_id = started(store, tags={TRACE_NAME: "before"}).trace_id
        store.set_trace_tag(trace_id, TRACE_NAME, name)
        assert _tags(store, trace_id) == {TRACE_NAME: name}

    def test_may_be_taken_away_by_no_value(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={TRACE_NAME: "before"}).trace_id
        store.set_trace_tag(trace_id, TRACE_NAME, None)
        assert _tags(store, trace_id) == {}

    def test_of_more_than_4096_characters_is_refused(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={TRACE_NAME: "before"}).trace_id
        text = "'Trace name' exceeds the maximum length of 4096 characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.set_trace_tag(trace_id, TRACE_NAME, "n" * 4097)
        assert _tags(store, trace_id) == {TRACE_NAME: "before"}

    def test_of_an_unknown_trace_is_told_as_such(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            store.set_trace_tag(trace_id, TRACE_NAME, "n")

    def test_of_an_unknown_trace_cannot_be_deleted(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            store.delete_trace_tag(trace_id, TRACE_NAME)

    def test_is_deleted_once(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={TRACE_NAME: "before"}).trace_id
        store.delete_trace_tag(trace_id, TRACE_NAME)
        assert _tags(store, trace_id) == {}
        with refused("RESOURCE_DOES_NOT_EXIST", f"No trace tag with key '{TRACE_NAME}'"):
            store.delete_trace_tag(trace_id, TRACE_NAME)
