"""group: what documents, or the elements of their arrays, come to by their keys."""

from typing import Any

import pytest

from mlflow_docstore.adapters.document.groups import (
    Group,
    GroupKey,
    GroupRow,
    Reducer,
    Reduction,
)
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import And, Compare, Exists, In, Operator, Or, equals, path
from mlflow_docstore.core.trace_metrics import percentile

from .deck import AWKWARD_TEXTS, Table

COUNT = Reduction(Reducer.COUNT)
REDUCERS = (
    Reducer.COUNT,
    Reducer.DISTINCT,
    Reducer.SUM,
    Reducer.AVERAGE,
    Reducer.MINIMUM,
    Reducer.MAXIMUM,
)


def all_of(name: str) -> tuple[Reduction, ...]:
    """Everything that can be said of a path."""
    return tuple(Reduction(reducer, name) for reducer in REDUCERS)


def by(*names: str | tuple[str, int]) -> tuple[GroupKey, ...]:
    """Keys: paths, or paths with the sizes of buckets."""
    return tuple(GroupKey(*((name,) if isinstance(name, str) else name)) for name in names)


def group(table: Table, **query: Any) -> list[GroupRow]:
    return table.driver.group(table.name, Group(**query))


def found(rows: list[GroupRow]) -> list[tuple[Any, ...]]:
    """Keys and values behind one another."""
    return [(*row.keys, *row.values) for row in rows]


@pytest.fixture
def rows(table: Table) -> Table:
    table.requires(Feature.GROUP)
    table.put(
        a={"x": "p", "y": 1, "n": 10, "sub": {"z": 1.5}},
        b={"x": "p", "y": 2, "n": 20, "sub": {"z": 2.5}},
        c={"x": "q", "y": 1, "n": 40},
        d={"x": "p", "y": 1, "n": None, "sub": {}},
        e={"y": 1, "n": 70},
    )
    return table


class TestKeys:
    def test_documents_with_the_same_value_are_one_group(self, rows: Table) -> None:
        assert group(rows, keys=by("x")) == [GroupRow(("p",), (3,)), GroupRow(("q",), (1,))]

    def test_groups_come_in_the_order_of_their_keys(self, rows: Table) -> None:
        assert found(group(rows, keys=by("y", "x"))) == [(1, "p", 2), (1, "q", 1), (2, "p", 1)]

    def test_numbers_come_before_texts(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        values = ["b", 2, "", 10, "10", -1.5, "a"]
        table.put(**{f"d{place}": {"x": value} for place, value in enumerate(values)})
        keys = [row.keys[0] for row in group(table, keys=by("x"))]
        assert keys == [-1.5, 2, 10, "", "10", "a", "b"]

    def test_who_lacks_a_value_is_in_no_group(self, rows: Table) -> None:
        assert found(group(rows, keys=by("n"))) == [(10, 1), (20, 1), (40, 1), (70, 1)]
        assert group(rows, keys=by("x", "nowhere")) == []

    def test_what_is_no_text_and_no_number_is_no_value(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        others = [True, False, [1], {"y": 1}, b"x", None, []]
        table.put(**{f"d{place}": {"x": other} for place, other in enumerate(others)})
        table.put(one={"x": 1})
        assert found(group(table, keys=by("x"), reductions=all_of("x"))) == [
            (1, 1, 1, 1, 1.0, 1, 1)
        ]

    def test_without_keys_all_are_one_group(self, rows: Table) -> None:
        assert group(rows) == [GroupRow((), (5,))]

    def test_of_nothing_there_is_no_group(self, rows: Table) -> None:
        for keys in ((), by("x")):
            assert group(rows, where=Or(), keys=keys, reductions=(COUNT, *all_of("n"))) == []

    def test_paths_lead_through_sub_documents(self, rows: Table) -> None:
        assert found(group(rows, keys=by("sub.z"))) == [(1.5, 1), (2.5, 1)]

    def test_ids_are_keys_as_well(self, rows: Table) -> None:
        assert found(group(rows, keys=by("_id"), limit=2)) == [("a", 1), ("b", 1)]

    def test_equal_numbers_are_one_group(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(a={"x": 1}, b={"x": 1.0}, c={"x": 1.5})
        assert found(group(table, keys=by("x"))) == [(1, 2), (1.5, 1)]

    def test_texts_of_any_kind_are_keys(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(**{f"d{place:02}": {"x": text} for place, text in enumerate(AWKWARD_TEXTS)})
        expected = sorted(set(AWKWARD_TEXTS))
        assert [row.keys[0] for row in group(table, keys=by("x"))] == expected

    def test_only_what_matches_is_grouped(self, rows: Table) -> None:
        where = And((equals("y", 1), Exists(path("x"))))
        assert found(group(rows, where=where, keys=by("x"))) == [("p", 2), ("q", 1)]

    @pytest.mark.parametrize("keys", [by("y", "x"), by("x", "y"), by("_id", ("y", 5))], ids=str)
    def test_the_limit_keeps_the_first_groups(self, rows: Table, keys: Any) -> None:
        whole = group(rows, keys=keys)
        assert len(whole) > 2
        for limit in range(len(whole) + 1):
            assert group(rows, keys=keys, limit=limit) == whole[:limit]


class TestBuckets:
    def test_integers_share_the_multiple_below_them(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(**{f"d{number:02}": {"x": number} for number in range(25)})
        assert found(group(table, keys=by(("x", 10)))) == [(0, 10), (10, 10), (20, 5)]

    def test_below_zero_too(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(**{f"d{number}": {"x": number - 7} for number in range(10)})
        assert found(group(table, keys=by(("x", 5)))) == [(-10, 2), (-5, 5), (0, 3)]

    def test_milliseconds_of_an_hour(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        hour, begin = 3_600_000, 1_764_288_000_000
        times = [begin, begin + hour - 1, begin + hour, begin + 5 * hour + 7]
        table.put(**{f"d{place}": {"x": time} for place, time in enumerate(times)})
        expected = [(begin, 2), (begin + hour, 1), (begin + 5 * hour, 1)]
        assert found(group(table, keys=by(("x", hour)))) == expected

    def test_what_is_no_integer_is_in_none(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(a={"x": 7.5}, b={"x": "7"}, c={"x": True}, d={"x": None}, e={}, f={"x": 7})
        assert found(group(table, keys=by(("x", 5)))) == [(5, 1)]

    def test_they_stand_beside_other_keys(self, rows: Table) -> None:
        keys = by("x", ("n", 15))
        assert found(group(rows, keys=keys)) == [("p", 0, 1), ("p", 15, 1), ("q", 30, 1)]


class TestReductions:
    def test_each_reducer_has_its_own_number(self, rows: Table) -> None:
        table = rows
        table.put(f={"x": "p", "n": 20})
        assert found(group(table, keys=by("x"), reductions=(COUNT, *all_of("n")))) == [
            ("p", 4, 3, 2, 50, pytest.approx(50 / 3), 10, 20),
            ("q", 1, 1, 1, 40, 40.0, 40, 40),
        ]

    def test_integers_stay_integers_but_in_the_average(self, rows: Table) -> None:
        (row,) = group(rows, reductions=all_of("n"))
        assert list(map(type, row.values)) == [int, int, int, float, int, int]

    def test_large_integers_are_exact(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        large = 2**53 + 1
        table.put(a={"x": large}, b={"x": 2})
        (row,) = group(table, reductions=all_of("x"))
        assert row.values == (2, 2, large + 2, pytest.approx(large / 2), 2, large)

    def test_one_fraction_makes_a_sum_a_fraction(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(a={"x": 1}, b={"x": 0.5}, c={"x": -2.25})
        (row,) = group(table, reductions=all_of("x"))
        assert row.values == (3, 3, pytest.approx(-0.75), pytest.approx(-0.25), -2.25, 1)

    def test_of_texts_there_are_only_numbers_of_them(self, rows: Table) -> None:
        (row,) = group(rows, reductions=all_of("x"))
        assert row.values == (4, 2, None, None, None, None)

    def test_texts_among_numbers_are_passed_over(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(a={"x": 3}, b={"x": "9"}, c={"x": 5}, d={"x": True})
        (row,) = group(table, reductions=all_of("x"))
        assert row.values == (3, 3, 8, 4.0, 3, 5)

    def test_of_no_values_there_is_nothing_to_say(self, rows: Table) -> None:
        (row,) = group(rows, reductions=(COUNT, *all_of("nowhere")))
        assert row.values == (5, 0, 0, None, None, None, None)

    def test_zero_is_a_value(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(a={"x": 0}, b={"x": 0})
        (row,) = group(table, reductions=all_of("x"))
        assert row.values == (2, 1, 0, 0.0, 0, 0)

    def test_several_paths_may_be_reduced(self, rows: Table) -> None:
        reductions = (
            Reduction(Reducer.SUM, "n"),
            Reduction(Reducer.DISTINCT, "y"),
            Reduction(Reducer.MAXIMUM, "sub.z"),
            Reduction(Reducer.DISTINCT, "y"),
        )
        assert found(group(rows, keys=by("x"), reductions=reductions)) == [
            ("p", 30, 2, 2.5, 2),
            ("q", 40, 1, None, 1),
        ]

    def test_distinct_values_are_those_of_a_group(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        values = [("p", 1), ("p", "1"), ("p", 1), ("q", 1), ("q", None), ("p", 2)]
        rows = {f"d{place}": {"x": x, "y": y} for place, (x, y) in enumerate(values)}
        table.put(**rows)
        reductions = (Reduction(Reducer.DISTINCT, "y"), COUNT)
        assert found(group(table, keys=by("x"), reductions=reductions)) == [
            ("p", 3, 4),
            ("q", 1, 2),
        ]

    def test_groups_without_reductions_are_their_keys(self, rows: Table) -> None:
        assert group(rows, keys=by("x"), reductions=()) == [
            GroupRow(("p",), ()),
            GroupRow(("q",), ()),
        ]

    def test_distinct_values_of_several_paths_are_not_asked_for_at_once(self) -> None:
        with pytest.raises(ValueError, match="several paths"):
            Group(reductions=(Reduction(Reducer.DISTINCT, "x"), Reduction(Reducer.DISTINCT, "y")))

    @pytest.mark.parametrize("reducer", REDUCERS[1:])
    def test_only_documents_are_counted_without_a_path(self, reducer: Reducer) -> None:
        with pytest.raises(ValueError, match="of nothing"):
            Reduction(reducer)

    @pytest.mark.parametrize("size", [0, -5])
    def test_a_bucket_holds_something(self, size: int) -> None:
        with pytest.raises(ValueError, match="bucket"):
            GroupKey("x", size)


class TestPercentiles:
    """As ``core.trace_metrics`` has them, to the last place."""

    PERCENTS = (0, 12.5, 50, 95, 100)

    @pytest.fixture
    def requiring(self, table: Table) -> Table:
        table.requires(Feature.GROUP)
        return table

    def of(self, path: str) -> tuple[Reduction, ...]:
        return tuple(Reduction(Reducer.PERCENTILE, path, percent) for percent in self.PERCENTS)

    @pytest.mark.parametrize(
        "values",
        [
            [40, 10, 80, 20],
            [7],
            [2**53 + 1, -(2**63), 2**63 - 1, 0],
            [0.1, 1 / 3, 1e-300, -1.7976931348623157e308, 0.30000000000000004],
            [1, 2.5, 3, 1e17],
            [0.0, 1.0],
        ],
        ids=str,
    )
    def test_they_are_exact(self, requiring: Table, values: list[int | float]) -> None:
        requiring.put(**{f"d{place}": {"x": value} for place, value in enumerate(values)})
        (row,) = group(requiring, reductions=self.of("x"))
        expected = [percentile(sorted(values), percent) for percent in self.PERCENTS]
        assert list(map(repr, row.values)) == list(map(repr, expected))

    def test_each_group_has_its_own(self, rows: Table) -> None:
        reductions = (COUNT, Reduction(Reducer.PERCENTILE, "n", 50), Reduction(Reducer.SUM, "n"))
        assert found(group(rows, keys=by("x"), reductions=reductions)) == [
            ("p", 3, 15.0, 30),
            ("q", 1, 40.0, 40),
        ]

    def test_buckets_have_too(self, requiring: Table) -> None:
        requiring.put(**{f"d{number}": {"x": number, "n": -number} for number in range(10)})
        half = (Reduction(Reducer.PERCENTILE, "n", 50),)
        rows = group(requiring, keys=by(("x", 4)), reductions=half)
        assert found(rows) == [(0, -1.5), (4, -5.5), (8, -8.5)]

    def test_what_is_no_number_is_passed_over(self, requiring: Table) -> None:
        others = ["9.5", "", True, None, [1], {"y": 1}]
        requiring.put(**{f"d{place}": {"x": other} for place, other in enumerate(others)})
        assert found(group(requiring, reductions=self.of("x"))) == [(None,) * 5]
        requiring.put(e={"x": 4}, f={"x": 3})
        half = (Reduction(Reducer.PERCENTILE, "x", 50),)
        assert found(group(requiring, reductions=half)) == [(3.5,)]

    def test_elements_have_them(self, requiring: Table) -> None:
        requiring.put(a={"list": [{"v": 1}, {"v": 4}]}, b={"list": [{"v": 2.5}, {"v": "7"}]})
        half = (Reduction(Reducer.PERCENTILE, "list.v", 50),)
        assert found(group(requiring, each="list", reductions=half)) == [(2.5,)]

    @pytest.mark.parametrize(("reducer", "percent"), [("percentile", None), ("sum", 50)])
    def test_none_but_they_have_a_percentage(self, reducer: str, percent: float | None) -> None:
        with pytest.raises(ValueError, match="percent"):
            Reduction(Reducer(reducer), "x", percent)


class TestElements:
    @pytest.fixture
    def lists(self, table: Table) -> Table:
        table.requires(Feature.GROUP)
        table.put(
            a={"x": "p", "list": [{"k": "one", "v": 1}, {"k": "two", "v": 2}]},
            b={"x": "q", "list": [{"k": "one", "v": 5}, {"k": "one", "w": {"u": 3}}]},
            c={"x": "q", "list": []},
            d={"x": "q"},
            e={"x": "p", "list": {"k": "one", "v": 100}},
            f={"x": "p", "list": [1, "one", None, [{"k": "one", "v": 100}]]},
        )
        return table

    def test_they_are_counted_instead_of_documents(self, lists: Table) -> None:
        assert group(lists, each="list") == [GroupRow((), (4,))]

    def test_keys_and_reductions_may_be_within_them(self, lists: Table) -> None:
        reductions = (COUNT, *all_of("list.v"))
        rows = group(lists, each="list", keys=by("list.k"), reductions=reductions)
        assert found(rows) == [("one", 3, 2, 2, 6, 3.0, 1, 5), ("two", 1, 1, 1, 2, 2.0, 2, 2)]

    def test_or_of_the_documents_that_they_are_in(self, lists: Table) -> None:
        reductions = (COUNT, Reduction(Reducer.DISTINCT, "x"), Reduction(Reducer.SUM, "list.w.u"))
        rows = group(lists, each="list", keys=by("x", "list.k"), reductions=reductions)
        assert found(rows) == [
            ("p", "one", 1, 1, None),
            ("p", "two", 1, 1, None),
            ("q", "one", 2, 1, 3),
        ]

    @pytest.mark.parametrize(
        ("of_each", "expected"),
        [
            ((Compare(path("v"), Operator.GE, 2),), [("one", 1), ("two", 1)]),
            ((equals("k", "one"), Exists(path("w"))), [("one", 1)]),
            ((In(path("v"), (1, 2)),), [("one", 1), ("two", 1)]),
            ((equals("k", "three"),), []),
        ],
    )
    def test_only_those_that_match(self, lists: Table, of_each: Any, expected: Any) -> None:
        assert found(group(lists, each="list", of_each=of_each, keys=by("list.k"))) == expected

    def test_in_documents_that_match(self, lists: Table) -> None:
        rows = group(lists, where=equals("x", "q"), each="list", keys=by("list.k", ("list.v", 5)))
        assert found(rows) == [("one", 5, 1)]

    def test_arrays_may_be_in_sub_documents(self, table: Table) -> None:
        table.requires(Feature.GROUP)
        table.put(a={"sub": {"list": [{"v": 1}, {"v": 2}], "v": 9}}, b={"sub": {}})
        reductions = (Reduction(Reducer.SUM, "sub.list.v"), Reduction(Reducer.MAXIMUM, "sub.v"))
        assert found(group(table, each="sub.list", reductions=reductions)) == [(3, 9)]


def test_a_database_that_cannot_refuses(table: Table) -> None:
    table.lacks(Feature.GROUP)
    with pytest.raises(Unsupported):
        table.driver.group(table.name, Group())
