"""Sort keys as MongoDB's sorts, and what follows a row."""

import pytest

from mlflow_docstore.adapters.document.queries.runs import latest_order
from mlflow_docstore.adapters.mongodb.capabilities import CAPABILITIES
from mlflow_docstore.adapters.mongodb.orders import (
    computed_position,
    computed_stages,
    is_native,
    native_after,
    native_sort,
)
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import InvalidArgument, Unsupported
from mlflow_docstore.core.query import BestElement, Compare, Operator, Order, path

UP = Order(path("a"))
DOWN = Order(path("a"), descending=True)
MAYBE_UP = Order(path("a"), optional=True)
MAYBE_DOWN = Order(path("a"), descending=True, optional=True)
BY_ID = Order(path("_id"))
BEST = BestElement(
    array=path("m"),
    where=(Compare(path("k"), Operator.EQ, "$loss"),),
    rank=(Order(path("step"), descending=True), Order(path("at"))),
    value=path("v"),
)


class TestWhoSorts:
    @pytest.mark.parametrize("key", [UP, DOWN, MAYBE_DOWN])
    def test_the_server_where_nulls_come_last_by_nature(self, key: Order) -> None:
        assert is_native((key, BY_ID))

    @pytest.mark.parametrize("key", [MAYBE_UP, BEST])
    def test_computed_stages_elsewhere(self, key: Order) -> None:
        assert not is_native((BY_ID, key))

    @pytest.mark.parametrize("descending", [True, False])
    def test_the_server_by_the_metrics_of_runs(self, descending: bool) -> None:
        value_first = CAPABILITIES.supports(Feature.LAST_SORT)
        assert is_native(latest_order("loss", descending=descending, value_first=value_first))

    def test_a_native_sort(self) -> None:
        assert native_sort((DOWN, BY_ID)) == [("a", -1), ("_id", 1)]

    def test_a_best_element_is_no_native_key(self) -> None:
        with pytest.raises(Unsupported):
            native_sort((BEST,))


class TestAfter:
    def test_one_sure_key_is_a_plain_range(self) -> None:
        assert native_after((UP,), (5,)) == {"a": {"$gt": 5}}
        assert native_after((DOWN,), ("x",)) == {"a": {"$lt": "x"}}

    def test_ties_are_broken_by_the_next_key_within_a_bound(self) -> None:
        assert native_after((UP, BY_ID), (5, "k")) == {
            "a": {"$gte": 5},
            "$or": [{"a": {"$gt": 5}}, {"_id": {"$gt": "k"}, "a": 5}],
        }
        assert native_after((DOWN, BY_ID), (5, "k"))["a"] == {"$lte": 5}

    def test_nulls_follow_every_value(self) -> None:
        assert native_after((MAYBE_DOWN, BY_ID), (5, "k")) == {
            "$or": [{"a": {"$lt": 5}}, {"a": None}, {"_id": {"$gt": "k"}, "a": 5}]
        }

    def test_only_nulls_follow_a_null(self) -> None:
        assert native_after((MAYBE_DOWN, BY_ID), (None, "k")) == {
            "_id": {"$gt": "k"},
            "a": None,
        }

    def test_nothing_follows_the_last_null(self) -> None:
        assert native_after((MAYBE_DOWN,), (None,)) == {"_id": {"$in": []}}

    @pytest.mark.parametrize("after", [(), (1,), (1, 2, 3)])
    def test_a_position_of_another_order_is_refused(self, after: tuple[int, ...]) -> None:
        with pytest.raises(InvalidArgument):
            native_after((UP, BY_ID), after)


class TestComputed:
    def test_optional_ascending_ranks_what_is_missing_behind(self) -> None:
        assert computed_stages((MAYBE_UP, BY_ID), None) == [
            {
                "$addFields": {
                    "_sort.v0": {"$ifNull": ["$a", None]},
                    "_sort.v1": {"$ifNull": ["$_id", None]},
                }
            },
            {"$addFields": {"_sort.r0": {"$cond": [{"$eq": ["$_sort.v0", None]}, 1, 0]}}},
            {"$sort": {"_sort.r0": 1, "_sort.v0": 1, "_sort.v1": 1}},
        ]

    def test_what_follows_is_cut_before_it_is_sorted(self) -> None:
        stages = computed_stages((MAYBE_UP, BY_ID), (3, "k"))
        assert [next(iter(stage)) for stage in stages[-2:]] == ["$match", "$sort"]
        assert stages[-2]["$match"] == {
            "$or": [
                {"_sort.v0": {"$gt": 3}},
                {"_sort.v0": None},
                {"_sort.v0": 3, "_sort.v1": {"$gt": "k"}},
            ]
        }

    def test_the_best_element_is_reduced_and_user_text_is_no_expression(self) -> None:
        (best, values, *_) = computed_stages((BEST, BY_ID), None)
        reduce = best["$addFields"]["_best.b0"]["$reduce"]
        assert reduce["input"]["$filter"] == {
            "input": {"$ifNull": ["$m", []]},
            "as": "element",
            "cond": {"$and": [{"$eq": ["$$element.k", {"$literal": "$loss"}]}]},
        }
        (steps, times) = (["$$this.step", "$$value.step"], ["$$this.at", "$$value.at"])
        assert reduce["in"]["$cond"][0]["$or"] == [
            {"$eq": ["$$value", False]},
            {"$and": [{"$gt": steps}]},
            {"$and": [{"$eq": steps}, {"$lt": times}]},
        ]
        assert values["$addFields"]["_sort.v0"] == {"$ifNull": ["$_best.b0.v", None]}

    def test_ranges_in_an_element_name_the_type(self) -> None:
        key = BestElement(path("m"), (Compare(path("v"), Operator.LT, 1),), (BY_ID,), path("v"))
        (best, *_) = computed_stages((key,), None)
        conditions = best["$addFields"]["_best.b0"]["$reduce"]["input"]["$filter"]["cond"]["$and"]
        exact = [{"$eq": [{"$type": "$$element.v"}, name]} for name in ("double", "int", "long")]
        assert conditions == [{"$lt": ["$$element.v", {"$literal": 1}]}, {"$or": exact}]

    def test_the_position_is_taken_out_of_the_document(self) -> None:
        document = {"_id": "k", "_sort": {"v0": None, "v1": "k", "r0": 1}, "_best": {}}
        assert computed_position(document, (MAYBE_UP, BY_ID)) == (None, "k")
        assert document == {"_id": "k"}
