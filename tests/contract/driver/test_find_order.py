"""find: the order of its rows, and their sort values."""

from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import And, BestElement, Operator, Or, Order, equals, path

from .deck import BY_ID, Table, by, compare

ASCENDING = by("x", optional=True)
DESCENDING = by("x", descending=True, optional=True)


class TestOrder:
    @pytest.mark.parametrize(
        "ascending",
        [
            [-5, 0, 3, 2**62],
            [-1.5, -1, 0, 0.5, 1, 1e300],
            ["", "A", "Z", "a", "aa", "b", "é", "\uffff", "\U00010000"],
            [False, True],
        ],
        ids=["integers", "numbers", "strings", "booleans"],
    )
    def test_values_come_in_order_either_way(self, table: Table, ascending: list[Any]) -> None:
        table.put(**{f"d{place}": {"x": value} for place, value in enumerate(ascending)})
        expected = [f"d{place}" for place in range(len(ascending))]
        assert table.sorted_ids(by("x"), BY_ID) == expected
        assert table.sorted_ids(by("x", descending=True), BY_ID) == expected[::-1]

    def test_missing_and_null_come_last_either_way(self, table: Table) -> None:
        table.put(a={"x": None}, b={"x": 2}, c={}, d={"x": 1}, e={"x": None}, f={"x": 3})
        assert table.sorted_ids(ASCENDING, BY_ID) == ["d", "b", "f", "a", "c", "e"]
        assert table.sorted_ids(DESCENDING, BY_ID) == ["f", "b", "d", "a", "c", "e"]

    def test_missing_and_null_strings_come_last_too(self, table: Table) -> None:
        table.put(a={"x": None}, b={"x": "b"}, c={}, d={"x": ""})
        assert table.sorted_ids(ASCENDING, BY_ID) == ["d", "b", "a", "c"]
        assert table.sorted_ids(DESCENDING, BY_ID) == ["b", "d", "a", "c"]

    def test_ties_are_broken_by_the_next_key(self, table: Table) -> None:
        table.put(
            a={"x": 1, "y": 2}, b={"x": 1, "y": 1}, c={"x": 0, "y": 9}, d={"x": 1}, e={"y": 1}
        )
        y = by("y", optional=True)
        assert table.sorted_ids(ASCENDING, y, BY_ID) == ["c", "b", "a", "d", "e"]
        assert table.sorted_ids(DESCENDING, y, BY_ID) == ["b", "a", "d", "c", "e"]

    def test_each_key_has_a_direction_of_its_own(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 1}, c={"x": 2}, d={})
        backwards = by("_id", descending=True)
        assert table.sorted_ids(ASCENDING, backwards) == ["b", "a", "c", "d"]
        assert table.sorted_ids(DESCENDING, backwards) == ["c", "b", "a", "d"]

    def test_a_path_through_sub_documents(self, table: Table) -> None:
        table.put(a={"m": {"x": 2}}, b={"m": {"x": 1}}, c={"m": {}}, d={"m": None}, e={})
        order = by("m.x", optional=True)
        assert table.sorted_ids(order, BY_ID) == ["b", "a", "c", "d", "e"]

    def test_only_what_matches_is_ordered(self, table: Table) -> None:
        table.put(a={"x": 3, "k": 1}, b={"x": 2, "k": 2}, c={"x": 1, "k": 1})
        assert table.sorted_ids(ASCENDING, BY_ID, where=equals("k", 1)) == ["c", "a"]

    def test_a_limit_keeps_the_first(self, table: Table) -> None:
        table.put(a={"x": 3}, b={"x": 1}, c={"x": 2}, d={})
        assert table.sorted_ids(ASCENDING, BY_ID, limit=2) == ["b", "c"]
        assert table.sorted_ids(ASCENDING, BY_ID, limit=9) == ["b", "c", "a", "d"]

    def test_a_limit_of_nothing_finds_nothing(self, table: Table) -> None:
        table.put(a={"x": 3}, b={"x": 1})
        assert table.find(BY_ID, limit=0) == []

    def test_rows_carry_their_sort_values(self, table: Table) -> None:
        table.put(a={"x": 0.1}, b={"x": "text"}, c={"x": None}, d={}, e={"x": 2**63 - 1})
        rows = table.find(ASCENDING, BY_ID)
        positions = {row.document["_id"]: row.position for row in rows}
        assert positions == {
            "a": (0.1, "a"),
            "b": ("text", "b"),
            "c": (None, "c"),
            "d": (None, "d"),
            "e": (2**63 - 1, "e"),
        }

    def test_sort_values_are_there_though_not_returned(self, table: Table) -> None:
        table.put(a={"x": 1, "y": 2})
        (row,) = table.find(ASCENDING, BY_ID, fields=("y",))
        assert (row.document, row.position) == ({"_id": "a", "y": 2}, (1, "a"))

    def test_rows_of_no_order_have_no_sort_values(self, table: Table) -> None:
        table.put(a={"x": 1})
        (row,) = table.find()
        assert (row.document, row.position) == ({"_id": "a", "x": 1}, ())

    def test_a_sort_without_an_index_is_refused_where_it_cannot_be(self, table: Table) -> None:
        table.lacks(Feature.SORT_UNINDEXED)
        table.put(a={"never_indexed": 1})
        with pytest.raises(Unsupported):
            table.driver.find(table.name, Find(order=(by("never_indexed"), BY_ID)))


def best(where: dict[str, Any], *rank: Order, descending: bool = False) -> BestElement:
    """Sort by ``value`` of the element of ``list`` that ranks first among those."""
    conditions = tuple(compare(name, Operator.EQ, value) for name, value in where.items())
    return BestElement(path("list"), conditions, rank, path("value"), descending)


class TestBestElement:
    LATEST = (by("step", descending=True), by("time", descending=True))

    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.COMPUTED_SORT)

    @pytest.fixture
    def lists(self, table: Table) -> Table:
        def element(key: str, step: int, time: int, value: Any) -> dict[str, Any]:
            return {"key": key, "step": step, "time": time, "value": value}

        table.put(
            later={"list": [element("loss", 1, 1, 9.0), element("loss", 2, 1, 3.0)]},
            earlier={"list": [element("loss", 2, 1, 1.0), element("loss", 1, 9, 0.0)]},
            tied={"list": [element("loss", 5, 1, 0.0), element("loss", 5, 2, 2.0)]},
            other={"list": [element("acc", 9, 9, 0.5)]},
            null={"list": [element("loss", 1, 1, None)]},
            empty={"list": []},
            gone={},
        )
        return table

    def test_the_element_that_ranks_first_decides(self, lists: Table) -> None:
        order = best({"key": "loss"}, *self.LATEST)
        expected = ["earlier", "tied", "later", "empty", "gone", "null", "other"]
        assert lists.sorted_ids(order, BY_ID) == expected

    def test_descending_leaves_those_without_one_last(self, lists: Table) -> None:
        order = best({"key": "loss"}, *self.LATEST, descending=True)
        expected = ["later", "tied", "earlier", "empty", "gone", "null", "other"]
        assert lists.sorted_ids(order, BY_ID) == expected

    def test_ranks_have_directions(self, lists: Table) -> None:
        order = best({"key": "loss"}, by("step"), by("time"))
        expected = ["earlier", "tied", "later", "empty", "gone", "null", "other"]
        assert lists.sorted_ids(order, BY_ID) == expected
        positions = [row.position[0] for row in lists.find(order, BY_ID)]
        assert positions == [0.0, 0.0, 9.0, None, None, None, None]

    def test_an_element_must_match_all_to_count(self, lists: Table) -> None:
        order = best({"key": "loss", "step": 1}, *self.LATEST)
        (first, second, *rest) = lists.find(order, BY_ID)
        assert [first.document["_id"], second.document["_id"]] == ["earlier", "later"]
        assert {row.position[0] for row in rest} == {None}

    def test_alternatives_may_say_what_counts(self, lists: Table) -> None:
        def at(step: int, time: int) -> And:
            return And((compare("step", Operator.EQ, step), compare("time", Operator.EQ, time)))

        counted = (compare("key", Operator.EQ, "loss"), Or((at(1, 1), at(5, 1), at(9, 9))))
        order = BestElement(path("list"), counted, self.LATEST, path("value"))
        (first, second, *rest) = lists.find(order, BY_ID)
        assert [first.document["_id"], second.document["_id"]] == ["tied", "later"]
        assert {row.position[0] for row in rest} == {None}

    def test_strings_can_be_sorted_by(self, table: Table) -> None:
        table.put(
            a={"list": [{"k": 1, "value": "b"}]},
            b={"list": [{"k": 1, "value": "B"}]},
            c={"list": [{"k": 2, "value": "A"}]},
        )
        assert table.sorted_ids(best({"k": 1}, by("k")), BY_ID) == ["b", "a", "c"]

    def test_rows_carry_the_value_and_nothing_else_is_added(self, lists: Table) -> None:
        order = best({"key": "loss"}, *self.LATEST)
        row = lists.find(order, BY_ID, where=equals("_id", "later"))[0]
        assert row.position == (3.0, "later")
        assert row.document == lists.get("later")

    def test_it_combines_with_other_keys_and_fields(self, lists: Table) -> None:
        lists.patch("null", set={"x": 1})
        lists.patch("other", set={"x": 2})
        order = (by("x", descending=True, optional=True), best({"key": "loss"}, *self.LATEST))
        rows = lists.find(*order, BY_ID, limit=3, fields=("x",))
        assert [row.document for row in rows] == [
            {"_id": "other", "x": 2},
            {"_id": "null", "x": 1},
            {"_id": "earlier"},
        ]


def test_a_computed_sort_is_refused_where_it_cannot_be(table: Table) -> None:
    table.lacks(Feature.COMPUTED_SORT)
    with pytest.raises(Unsupported):
        table.driver.find(table.name, Find(order=(best({"key": "loss"}, by("step")), BY_ID)))
