"""search_traces apart from filters and order: scope, limits, tokens, what a trace carries."""

import base64
import json
from typing import Any

import pytest
from mlflow.entities import Feedback, TraceState
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused
from ..search_scenarios import pages
from .trace_search_scenarios import NamedTraces, named_traces, new_trace

pytestmark = pytest.mark.area("traces")


def as_token(value: object) -> bytes:
    """What a token looks like from outside: base64 of JSON, in bytes."""
    return base64.b64encode(json.dumps(value).encode())


@pytest.fixture(scope="module")
def three(store: AbstractStore) -> NamedTraces:
    """Three traces, the first of them the latest."""
    return named_traces(store, {name: {"request_time": 9 - i} for i, name in enumerate("abc")})


@pytest.mark.parametrize("filter_string", ["", None])
def test_no_filter_finds_every_trace(three: NamedTraces, filter_string: str | None) -> None:
    assert three.found(filter_string) == ["a", "b", "c"]


class TestScope:
    """Which experiments are searched."""

    def test_is_that_of_the_locations(self, store: AbstractStore, three: NamedTraces) -> None:
        named_traces(store, {"other": {}})
        assert three.found() == ["a", "b", "c"]

    def test_may_be_told_as_experiment_ids(self, store: AbstractStore, three: NamedTraces) -> None:
        found, _ = store.search_traces([three.experiment_id])
        assert three.names(found) == ["a", "b", "c"]

    def test_of_several_experiments_comes_in_one_order(self, store: AbstractStore) -> None:
        first, second = (scenarios.new_experiment(store) for _ in range(2))
        expected = [
            new_trace(store, experiment_id, request_time=time)
            for time, experiment_id in [(4, first), (3, second), (2, first), (1, second)]
        ]
        found, _ = store.search_traces(locations=[first, second])
        assert [trace.trace_id for trace in found] == expected

    @pytest.mark.parametrize("arguments", [{}, {"experiment_ids": []}, {"experiment_ids": None}])
    def test_is_everything_where_none_is_told(
        self, store: AbstractStore, three: NamedTraces, arguments: dict[str, Any]
    ) -> None:
        ids = ", ".join(f"'{trace_id}'" for trace_id in three.ids.values())
        found, _ = store.search_traces(filter_string=f"request_id IN ({ids})", **arguments)
        assert three.names(found) == ["a", "b", "c"]

    def test_is_nothing_where_locations_are_empty(self, three: NamedTraces) -> None:
        assert three.search(locations=[]) == []

    def test_names_an_experiment_twice_and_searches_it_once(self, three: NamedTraces) -> None:
        assert three.found(locations=[three.experiment_id] * 2) == ["a", "b", "c"]

    def test_of_an_unknown_experiment_is_empty(self, three: NamedTraces) -> None:
        assert three.search(locations=[UNKNOWN_EXPERIMENT]) == []

    def test_leaves_out_an_unknown_experiment_beside_a_known_one(self, three: NamedTraces) -> None:
        assert three.found(locations=[UNKNOWN_EXPERIMENT, three.experiment_id]) == ["a", "b", "c"]

    def test_takes_in_a_deleted_experiment(self, store: AbstractStore) -> None:
        traces = named_traces(store, {"it": {}})
        store.delete_experiment(traces.experiment_id)
        assert traces.found() == ["it"]

    @pytest.mark.parametrize("leading", ["0", "00"])
    def test_reads_ids_as_numbers(self, three: NamedTraces, leading: str) -> None:
        assert three.found(locations=[leading + three.experiment_id]) == ["a", "b", "c"]

    def test_told_both_ways_is_refused(self, three: NamedTraces) -> None:
        text = "`experiment_ids` is deprecated, use `locations` instead."
        with refused("INVALID_PARAMETER_VALUE", text):
            three.search(experiment_ids=[three.experiment_id])

    @pytest.mark.parametrize(
        ("locations", "shown"),
        [
            (["cat.schema"], "cat.schema."),
            (["1", "a.b", "c.d"], "a.b, c.d."),
            (["catalogue.schema.prefix"], "catalogue.schema.pre...."),
        ],
    )
    def test_told_as_a_table_is_refused(
        self, three: NamedTraces, locations: list[str], shown: str
    ) -> None:
        with refused(
            "INVALID_PARAMETER_VALUE",
            f"Locations must be a list of experiment IDs. Found invalid experiment IDs: {shown}",
        ):
            three.search(locations=locations)

    @pytest.mark.parametrize("location", ["abc", "", "1x"])
    def test_that_is_no_number_is_refused(self, three: NamedTraces, location: str) -> None:
        with refused("INTERNAL_ERROR", f"invalid literal for int() with base 10: '{location}'"):
            three.search(locations=[location])

    def test_ignores_a_model(self, three: NamedTraces) -> None:
        assert three.found(model_id="m-none") == ["a", "b", "c"]

    def test_no_longer_has_deleted_traces(self, store: AbstractStore) -> None:
        traces = named_traces(store, {"kept": {}, "gone": {}})
        store.delete_traces(traces.experiment_id, trace_ids=[traces.ids["gone"]])
        assert traces.found() == ["kept"]


class TestAnswer:
    """What comes back."""

    def test_is_a_pair_of_a_list_and_a_token(
        self, store: AbstractStore, three: NamedTraces
    ) -> None:
        answer = store.search_traces(locations=[three.experiment_id])
        assert isinstance(answer, tuple)
        found, token = answer
        assert isinstance(found, list)
        assert token is None

    def test_has_traces_equal_to_themselves(self, store: AbstractStore) -> None:
        traces = named_traces(
            store,
            {
                "it": {
                    "name": "ask",
                    "session": "s",
                    "tags": {"t": "v"},
                    "metadata": {"m": "w", "mlflow.trace.tokenUsage": '{"total_tokens": 2}'},
                    "state": TraceState.ERROR,
                    "client_request_id": "mine",
                    "request_preview": "in",
                    "response_preview": "out",
                    "assessments": [Feedback(name="f", value=1), Feedback(name="g", value="x")],
                    "spans": [{"name": "ask"}],
                }
            },
        )
        (found,) = traces.search()
        assert found.to_dict() == store.get_trace_info(traces.ids["it"]).to_dict()

    def test_carries_assessments_that_were_overridden(self, store: AbstractStore) -> None:
        traces = named_traces(store, {"it": {}})
        feedback = Feedback(name="f", value=1, trace_id=traces.ids["it"])
        first = store.create_assessment(feedback)
        store.create_assessment(
            Feedback(name="f", value=2, trace_id=traces.ids["it"], overrides=first.assessment_id)
        )
        (found,) = traces.search()
        assert {each.value: each.valid for each in found.assessments} == {1: False, 2: True}

    def test_has_tags_as_they_are_now(self, store: AbstractStore) -> None:
        traces = named_traces(store, {"it": {"tags": {"t": "old"}}})
        store.set_trace_tag(traces.ids["it"], "t", "new")
        assert traces.found("tags.t = 'old'") == []
        (found,) = traces.search("tags.t = 'new'")
        assert found.tags["t"] == "new"


class TestLimit:
    """max_results."""

    def test_limits_the_answer(self, three: NamedTraces) -> None:
        assert three.found(max_results=2) == ["a", "b"]

    def test_is_a_hundred_where_it_is_not_told(self, store: AbstractStore) -> None:
        traces = named_traces(store, {str(number): {} for number in range(101)})
        assert len(traces.search()) == 100

    def test_may_be_fifty_thousand(self, three: NamedTraces) -> None:
        assert three.found(max_results=50_000) == ["a", "b", "c"]

    @pytest.mark.parametrize("max_results", [0, -1, None])
    def test_below_one_is_refused(self, three: NamedTraces, max_results: int | None) -> None:
        text = (
            f"Invalid value {max_results} for parameter 'max_results' supplied. "
            "It must be a positive integer"
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            three.search(max_results=max_results)

    def test_above_fifty_thousand_is_refused(self, three: NamedTraces) -> None:
        text = "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000"
        with refused("INVALID_PARAMETER_VALUE", text):
            three.search(max_results=50_001)


class TestToken:
    """Page tokens."""

    def test_is_absent_where_the_page_is_not_full(self, three: NamedTraces) -> None:
        assert three.search(max_results=4).token is None

    def test_is_absent_on_an_exactly_full_last_page(self, three: NamedTraces) -> None:
        assert three.search(max_results=3).token is None

    def test_leads_to_the_next_page(self, three: NamedTraces) -> None:
        token = three.search(max_results=1).token
        assert three.found(max_results=2, page_token=token) == ["b", "c"]

    @pytest.mark.parametrize("spelling", [str, bytes])
    def test_may_be_text_or_bytes(self, three: NamedTraces, spelling: type) -> None:
        token = three.search(max_results=1).token
        text = token.decode() if isinstance(token, bytes) else token
        again = text if spelling is str else text.encode()
        assert three.found(max_results=1, page_token=again) == ["b"]

    def test_may_be_used_again(self, three: NamedTraces) -> None:
        token = three.search(max_results=1).token
        first, second = (three.found(max_results=1, page_token=token) for _ in range(2))
        assert first == second == ["b"]

    def test_tells_how_many_traces_are_before_its_page(self, store: AbstractStore) -> None:
        traces = named_traces(store, {name: {} for name in "abcde"})
        second = traces.search(max_results=2).token
        third = traces.search(max_results=2, page_token=second).token
        told = [json.loads(base64.b64decode(token))["offset"] for token in (second, third)]
        assert told == [2, 4]

    @pytest.mark.parametrize("token", ["", None, b""])
    def test_that_is_empty_means_the_first_page(
        self, three: NamedTraces, token: str | bytes | None
    ) -> None:
        assert three.found(page_token=token) == ["a", "b", "c"]

    @pytest.mark.parametrize(("offset", "expected"), [(1, ["b", "c"]), (2, ["c"]), (9, [])])
    def test_may_be_made_of_an_offset(
        self, three: NamedTraces, offset: int, expected: list[str]
    ) -> None:
        assert three.found(page_token=as_token({"offset": offset})) == expected

    @pytest.mark.parametrize(
        ("token", "text"),
        [
            ("abc", "Invalid page token, could not base64-decode"),
            ("####", "Invalid page token, decoded value=b''"),
            (base64.b64encode(b"not json"), "Invalid page token, decoded value=b'not json'"),
            (as_token({}), "Invalid page token, parsed value={}"),
            (as_token({"offset": 0}), "Invalid page token, parsed value={'offset': 0}"),
            (as_token({"offset": None}), "Invalid page token, parsed value={'offset': None}"),
        ],
    )
    def test_of_no_search_is_refused(
        self, three: NamedTraces, token: str | bytes, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            three.search(page_token=token)

    def test_in_a_filtered_search_counts_what_was_found(self, store: AbstractStore) -> None:
        wanted = {name: {"tags": {"keep": str(name in "ace")}} for name in "abcde"}
        traces = named_traces(store, wanted)
        token = traces.search("tags.keep = 'True'", max_results=2).token
        assert json.loads(base64.b64decode(token))["offset"] == 2


class TestPaging:
    """Every page of a search together."""

    @pytest.fixture(scope="class")
    @staticmethod
    def many(store: AbstractStore) -> NamedTraces:
        """Twelve traces, with ties of time and values every second and third of them has."""
        names = [f"{number:02}" for number in range(12)]
        return named_traces(
            store,
            {
                name: {
                    "request_time": number // 3,
                    "name": "even" if number % 2 == 0 else "odd",
                    "tags": {"third": str(number)} if number % 3 == 0 else {},
                    "spans": [{"name": f"step {number % 4}"}],
                    "assessments": [Feedback(name="score", value=number)],
                }
                for number, name in enumerate(names)
            },
        )

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 12])
    @pytest.mark.parametrize(
        "question",
        [
            None,
            "timestamp > 0",
            "name = 'even'",
            "tags.third IS NULL",
            "name RLIKE '^o'",
            "span.name = 'step 1'",
            "span.content LIKE '%step 2%'",
            "span.attributes.mlflow.spanType RLIKE 'CHAIN'",
            "feedback.score >= 4",
        ],
    )
    def test_keeps_to_the_filter(self, many: NamedTraces, question: str | None, size: int) -> None:
        whole = many.found(question)
        read = pages(lambda **options: many.search(question, **options), max_results=size)
        assert whole
        assert [name for page in read for name in many.names(page)] == whole
        assert all(len(page) == size for page in read[:-1])

    @pytest.mark.parametrize("size", [1, 4])
    @pytest.mark.parametrize(
        "order",
        [
            ["timestamp ASC"],
            ["name DESC"],
            ["tags.third DESC"],
            ["tags.third", "timestamp"],
            ["request_id DESC"],
            ["status", "execution_time DESC"],
            ["metadata.absent"],
        ],
    )
    def test_keeps_to_the_order(self, many: NamedTraces, order: list[str], size: int) -> None:
        whole = many.found(order_by=order)
        read = pages(many.search, order_by=order, max_results=size)
        assert [name for page in read for name in many.names(page)] == whole

    def test_spans_experiments(self, store: AbstractStore) -> None:
        experiments = [scenarios.new_experiment(store) for _ in range(2)]
        expected = {new_trace(store, experiments[number % 2]) for number in range(5)}

        def search(**options: Any) -> Any:
            return NamedTraces(store, "", {}).search(locations=experiments, **options)

        ids = [trace.trace_id for page in pages(search, max_results=2) for trace in page]
        assert ids == sorted(expected)
