"""find: which documents each leaf of the query tree matches."""

import pytest

from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Exists,
    Field,
    FieldKind,
    In,
    MissingOr,
    Operator,
    Or,
    equals,
    path,
)

from .deck import Table, compare

EQ, NE, LT, LE, GT, GE = Operator


@pytest.fixture
def mixed(table: Table) -> Table:
    """One field ``x`` of every type; ``gone`` lacks it."""
    table.put(
        one={"x": 1},
        two={"x": 2},
        half={"x": 1.5},
        zero={"x": 0},
        true={"x": True},
        false={"x": False},
        text={"x": "m"},
        digit={"x": "1"},
        blank={"x": ""},
        null={"x": None},
        gone={"y": 1},
    )
    return table


class TestCompare:
    @pytest.mark.parametrize(
        ("operator", "value", "expected"),
        [
            (EQ, 1, ["one"]),
            (EQ, 1.5, ["half"]),
            (EQ, 2.0, ["two"]),
            (NE, 1, ["half", "two", "zero"]),
            (LT, 1.5, ["one", "zero"]),
            (LE, 1.5, ["half", "one", "zero"]),
            (GT, 1, ["half", "two"]),
            (GE, 1, ["half", "one", "two"]),
            (GT, -1, ["half", "one", "two", "zero"]),
        ],
    )
    def test_numbers_compare_with_numbers_alone(
        self, mixed: Table, operator: Operator, value: float, expected: list[str]
    ) -> None:
        assert mixed.ids(compare("x", operator, value)) == expected

    @pytest.mark.parametrize(
        ("operator", "value", "expected"),
        [
            (EQ, "1", ["digit"]),
            (EQ, "", ["blank"]),
            (EQ, "M", []),
            (NE, "m", ["blank", "digit"]),
            (LT, "m", ["blank", "digit"]),
            (LE, "m", ["blank", "digit", "text"]),
            (GT, "", ["digit", "text"]),
            (GE, "1", ["digit", "text"]),
            (GT, "m", []),
        ],
    )
    def test_strings_compare_with_strings_alone(
        self, mixed: Table, operator: Operator, value: str, expected: list[str]
    ) -> None:
        assert mixed.ids(compare("x", operator, value)) == expected

    @pytest.mark.parametrize(
        ("operator", "value", "expected"),
        [
            (EQ, True, ["true"]),
            (EQ, False, ["false"]),
            (NE, True, ["false"]),
            (NE, False, ["true"]),
            (LT, True, ["false"]),
            (GE, False, ["false", "true"]),
        ],
    )
    def test_booleans_compare_with_booleans_alone(
        self, mixed: Table, operator: Operator, value: bool, expected: list[str]
    ) -> None:
        assert mixed.ids(compare("x", operator, value)) == expected

    @pytest.mark.parametrize("operator", list(Operator))
    @pytest.mark.parametrize("value", [0, "", "m", True])
    def test_missing_and_null_never_match(
        self, mixed: Table, operator: Operator, value: object
    ) -> None:
        found = mixed.ids(compare("x", operator, value))
        assert {"null", "gone"}.isdisjoint(found)
        assert mixed.ids(compare("nowhere", operator, value)) == []

    @pytest.mark.parametrize(
        ("lesser", "greater"),
        [("A", "a"), ("Z", "a"), ("z", "é"), ("a", "aa"), ("a", "a b"), ("\uffff", "\U00010000")],
        ids=ascii,
    )
    def test_strings_compare_by_code_points(self, table: Table, lesser: str, greater: str) -> None:
        table.put(lesser={"x": lesser}, greater={"x": greater})
        assert table.ids(compare("x", LT, greater)) == ["lesser"]
        assert table.ids(compare("x", GT, lesser)) == ["greater"]

    @pytest.mark.parametrize("text", ["$x", "$set", "a.b", "^a", "/x/", "null", "1"])
    def test_a_text_that_looks_like_syntax_is_a_text(self, table: Table, text: str) -> None:
        table.put(a={"x": text}, b={"x": "other"})
        assert table.ids(compare("x", EQ, text)) == ["a"]
        assert table.ids(compare("x", NE, text)) == ["b"]
        assert table.ids(In(path("x"), (text,))) == ["a"]

    def test_a_path_leads_through_sub_documents(self, table: Table) -> None:
        table.put(
            deep={"x": {"y": {"z": 1}}},
            flat={"x": 1},
            null={"x": None},
            short={"x": {"y": None}},
            other={"x": {"y": {"z": 2}}},
        )
        assert table.ids(compare("x.y.z", EQ, 1)) == ["deep"]
        assert table.ids(compare("x.y.z", NE, 1)) == ["other"]

    def test_the_id_is_a_field_like_others(self, mixed: Table) -> None:
        assert mixed.ids(compare("_id", EQ, "one")) == ["one"]
        assert mixed.ids(compare("_id", GT, "true")) == ["two", "zero"]


class TestIn:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ((1,), ["one"]),
            (("1",), ["digit"]),
            ((1, "m", 0.0), ["one", "text", "zero"]),
            ((2.0, 99), ["two"]),
            (("nothing",), []),
            (("",), ["blank"]),
            ((), []),
        ],
    )
    def test_one_of_the_values(
        self, mixed: Table, values: tuple[str | float, ...], expected: list[str]
    ) -> None:
        assert mixed.ids(In(path("x"), values)) == expected

    def test_negated_finds_the_present_that_are_none_of_them(self, mixed: Table) -> None:
        found = mixed.ids(In(path("x"), (1, "m"), negated=True))
        assert found == ["blank", "digit", "false", "half", "true", "two", "zero"]

    def test_negated_of_nothing_finds_all_that_are_not_null(self, mixed: Table) -> None:
        found = mixed.ids(In(path("x"), (), negated=True))
        assert set(found) == set(mixed.ids(And())) - {"null", "gone"}

    def test_booleans_are_no_numbers(self, mixed: Table) -> None:
        assert mixed.ids(In(path("x"), (0, 1))) == ["one", "zero"]

    def test_as_many_terms_as_declared(self, table: Table) -> None:
        table.put(a={"x": "v7"}, b={"x": "other"})
        terms = min(table.driver.capabilities.limits.in_terms, 10_000)
        assert table.ids(In(path("x"), tuple(f"v{number}" for number in range(terms)))) == ["a"]


class TestExists:
    def test_a_null_is_there(self, mixed: Table) -> None:
        found = mixed.ids(Exists(path("x")))
        assert set(found) == set(mixed.ids(And())) - {"gone"}

    def test_negated_finds_the_lacking_alone(self, mixed: Table) -> None:
        assert mixed.ids(Exists(path("x"), negated=True)) == ["gone"]

    def test_on_a_path_into_what_is_no_sub_document(self, table: Table) -> None:
        table.put(deep={"x": {"y": None}}, flat={"x": 1}, empty={"x": {}}, gone={})
        assert table.ids(Exists(path("x.y"))) == ["deep"]
        assert table.ids(Exists(path("x.y"), negated=True)) == ["empty", "flat", "gone"]

    def test_empty_arrays_and_sub_documents_are_there(self, table: Table) -> None:
        table.put(array={"x": []}, document={"x": {}}, gone={})
        assert table.ids(Exists(path("x"))) == ["array", "document"]


class TestMissingOr:
    def test_what_is_missing_null_or_equal(self, mixed: Table) -> None:
        assert mixed.ids(MissingOr(path("x"), "m")) == ["gone", "null", "text"]

    def test_a_value_of_another_type_is_not_equal(self, mixed: Table) -> None:
        assert mixed.ids(MissingOr(path("x"), 1)) == ["gone", "null", "one"]
        assert mixed.ids(MissingOr(path("x"), True)) == ["gone", "null", "true"]

    def test_on_a_path_whose_parent_is_missing(self, table: Table) -> None:
        table.put(same={"p": {"x": "v"}}, other={"p": {"x": "w"}}, empty={"p": {}}, gone={})
        assert table.ids(MissingOr(path("p.x"), "v")) == ["empty", "gone", "same"]


class TestAnyElement:
    @pytest.fixture
    def arrays(self, table: Table) -> Table:
        table.put(
            both={"list": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]},
            crossed={"list": [{"k": "a", "v": 2}, {"k": "b", "v": 1}]},
            null={"list": [{"k": "a", "v": None}]},
            bare={"list": [{"k": "a"}]},
            empty={"list": []},
            scalars={"list": ["a", 1]},
            document={"list": {"k": "a", "v": 1}},
            gone={},
        )
        return table

    def test_one_element_must_match_all(self, arrays: Table) -> None:
        where = (compare("k", EQ, "a"), compare("v", EQ, 1))
        assert arrays.ids(AnyElement(path("list"), where)) == ["both"]

    def test_one_matching_element_is_enough(self, arrays: Table) -> None:
        where = (compare("v", GT, 1),)
        assert arrays.ids(AnyElement(path("list"), where)) == ["both", "crossed"]

    def test_a_comparison_needs_a_value_in_the_element(self, arrays: Table) -> None:
        where = (compare("k", EQ, "a"), compare("v", NE, 1))
        assert arrays.ids(AnyElement(path("list"), where)) == ["crossed"]

    def test_two_conditions_may_be_on_one_field(self, arrays: Table) -> None:
        where = (compare("v", GE, 1), compare("v", LT, 2), compare("v", NE, 5))
        assert arrays.ids(AnyElement(path("list"), where)) == ["both", "crossed"]

    @pytest.mark.parametrize(
        ("field", "value", "expected"),
        [
            ("a_b", True, "yes"),
            ("a_b", False, "no"),
            ("x.a_b", True, "below"),
            ("a%2E", True, "dot"),
        ],
    )
    def test_a_boolean_is_looked_for_in_the_element_alone(
        self, table: Table, field: str, value: bool, expected: str
    ) -> None:
        table.put(
            yes={"list": [{"a_b": None}, {"a_b": True}]},
            no={"list": [{"a_b": False}]},
            below={"list": [{"x": {"a_b": True}}]},
            dot={"list": [{"a%2E": True}]},
            other={"list": [{"a_b": "true"}, {"axb": True}, {"a_b": 1}, {"a_b": 0}]},
            beside={"a_b": True, "a%2E": True, "list": [{"a_b": None}]},
        )
        assert table.ids(AnyElement(path("list"), (compare(field, EQ, value),))) == [expected]

    def test_two_element_matches_may_be_met_by_different_elements(self, arrays: Table) -> None:
        one = AnyElement(path("list"), (compare("k", EQ, "a"), compare("v", EQ, 2)))
        two = AnyElement(path("list"), (compare("k", EQ, "b"), compare("v", EQ, 1)))
        assert arrays.ids(And((one, two))) == ["crossed"]

    def test_other_leaves_within_the_element(self, arrays: Table) -> None:
        lists = path("list")
        assert arrays.ids(AnyElement(lists, (Exists(path("v"), negated=True),))) == ["bare"]
        assert arrays.ids(AnyElement(lists, (In(path("v"), (2, 3)),))) == ["both", "crossed"]
        negated = (compare("k", EQ, "a"), In(path("v"), (1,), negated=True))
        assert arrays.ids(AnyElement(lists, negated)) == ["crossed"]

    def test_within_another_field(self, table: Table) -> None:
        table.put(a={"sub": {"list": [{"k": {"deep": 1}}]}}, b={"sub": {"list": [{"k": 1}]}})
        where = (compare("k.deep", EQ, 1),)
        assert table.ids(AnyElement(path("sub.list"), where)) == ["a"]


class TestAndOr:
    def test_and_of_none_is_true(self, mixed: Table) -> None:
        assert len(mixed.ids(And())) == 11

    def test_or_of_none_is_false(self, mixed: Table) -> None:
        assert mixed.ids(Or()) == []

    def test_of_one_node_is_that_node(self, mixed: Table) -> None:
        assert mixed.ids(And((equals("x", 1),))) == mixed.ids(Or((equals("x", 1),))) == ["one"]

    def test_several_conditions_on_one_field_all_hold(self, mixed: Table) -> None:
        where = And((compare("x", GT, 0), compare("x", LT, 2), compare("x", NE, 1)))
        assert mixed.ids(where) == ["half"]

    def test_contradictions_find_nothing(self, mixed: Table) -> None:
        assert mixed.ids(And((equals("x", 1), equals("x", 2)))) == []

    def test_either_of_several(self, mixed: Table) -> None:
        where = Or((equals("x", 1), equals("x", "m"), Exists(path("x"), negated=True)))
        assert mixed.ids(where) == ["gone", "one", "text"]

    def test_one_in_the_other(self, table: Table) -> None:
        table.put(
            a={"x": 1, "y": 1}, b={"x": 1, "y": 2}, c={"x": 2, "y": 1}, d={"x": 2, "y": 2}, e={}
        )
        either = Or((equals("x", 1), equals("y", 1)))
        assert table.ids(And((either, compare("y", NE, 1)))) == ["b"]
        assert table.ids(And((either, Or((equals("x", 2), equals("y", 2)))))) == ["b", "c"]
        pairs = Or((And((equals("x", 1), equals("y", 1))), And((equals("x", 2), equals("y", 2)))))
        assert table.ids(pairs) == ["a", "d"]

    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            (And((And(), And((And(),)))), ["a", "b"]),
            (And((equals("x", 1), Or())), []),
            (Or((equals("x", 1), Or())), ["a"]),
            (Or((equals("x", 1), And())), ["a", "b"]),
            (And((Or((Or(), And())), equals("x", 2))), ["b"]),
        ],
        ids=str,
    )
    def test_empty_ones_within_others(
        self, table: Table, node: And | Or, expected: list[str]
    ) -> None:
        table.put(a={"x": 1}, b={"x": 2})
        assert table.ids(node) == expected


def test_a_field_that_is_no_path_is_refused(table: Table) -> None:
    table.put(a={"loss": 1})
    with pytest.raises(Unsupported):
        table.ids(Compare(Field(FieldKind.METRIC, "loss"), EQ, 1))


def test_a_node_that_is_no_filter_is_refused(table: Table) -> None:
    table.put(a={"x": 1})
    with pytest.raises(Unsupported):
        table.ids(And((equals("x", 1), object())))
