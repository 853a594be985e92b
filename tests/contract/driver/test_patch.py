"""patch: set, unset, push and add, applied together or not at all."""

from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Outcome, Patch
from mlflow_docstore.core.query import (
    And,
    Exists,
    Filter,
    MissingOr,
    Operator,
    Or,
    all_of,
    equals,
    path,
)

from .deck import Table, compare


class TestSet:
    @pytest.mark.parametrize(
        ("before", "changes", "after"),
        [
            ({}, {"x": 1}, {"x": 1}),
            ({"x": 1, "y": 2}, {"x": None}, {"x": None, "y": 2}),
            ({"x": 1}, {"x": "text", "z": True}, {"x": "text", "z": True}),
            ({}, {"p.q.r": 1}, {"p": {"q": {"r": 1}}}),
            ({"p": {"a": 1}}, {"p.b": 2}, {"p": {"a": 1, "b": 2}}),
            ({"p": {"a": {"b": 1}}}, {"p.a": 2}, {"p": {"a": 2}}),
            ({"p": {"a": 1}}, {"p": {}}, {"p": {}}),
            ({}, {"p.a": 1, "p.b": 2, "q.a": 3}, {"p": {"a": 1, "b": 2}, "q": {"a": 3}}),
            ({"l": [1, 2]}, {"l": [3]}, {"l": [3]}),
            ({}, {"x": {"deep": [{"y": None}]}}, {"x": {"deep": [{"y": None}]}}),
            ({}, {"x": b"\x00\xff"}, {"x": b"\x00\xff"}),
            ({}, {"p.0": 1, "p.1": 2}, {"p": {"0": 1, "1": 2}}),
            ({"x": 1}, {"x": "$y"}, {"x": "$y"}),
        ],
        ids=str,
    )
    def test_a_path_gets_its_value(
        self, table: Table, before: dict[str, Any], changes: dict[str, Any], after: dict[str, Any]
    ) -> None:
        table.put(a=before)
        assert table.patch(set=changes).matched is True
        assert table.get() == {"_id": "a", **after}

    def test_the_callers_later_changes_are_not_stored(self, table: Table) -> None:
        table.put(a={})
        value = {"list": [1]}
        table.patch(set={"x": value})
        value["list"].append(2)
        assert table.get() == {"_id": "a", "x": {"list": [1]}}

    def test_a_thousand_paths_at_once(self, table: Table) -> None:
        table.put(a={})
        table.patch(set={f"p.k{number}": number for number in range(1000)})
        assert table.get()["p"] == {f"k{number}": number for number in range(1000)}


class TestUnset:
    @pytest.mark.parametrize(
        ("before", "paths", "after"),
        [
            ({"x": 1, "y": 2}, ["x"], {"y": 2}),
            ({"x": None}, ["x"], {}),
            ({"p": {"a": 1, "b": 2}}, ["p.a"], {"p": {"b": 2}}),
            ({"p": {"a": 1}}, ["p.a"], {"p": {}}),
            ({"p": {"a": 1}, "x": 1}, ["p", "x"], {}),
            ({"x": 1}, ["gone", "p.gone", "x.gone"], {"x": 1}),
        ],
        ids=str,
    )
    def test_a_path_is_removed(
        self, table: Table, before: dict[str, Any], paths: list[str], after: dict[str, Any]
    ) -> None:
        table.put(a=before)
        assert table.patch(unset=paths).matched is True
        assert table.get() == {"_id": "a", **after}


class TestPush:
    def test_elements_are_appended_in_order(self, table: Table) -> None:
        table.put(a={"l": [3]})
        table.patch(push={"l": [2, 1]})
        table.patch(push={"l": [3]})
        assert table.get()["l"] == [3, 2, 1, 3]

    def test_a_missing_array_is_made(self, table: Table) -> None:
        table.put(a={})
        table.patch(push={"p.l": [{"x": 1}]})
        assert table.get() == {"_id": "a", "p": {"l": [{"x": 1}]}}

    def test_an_array_may_be_an_element(self, table: Table) -> None:
        table.put(a={"l": []})
        table.patch(push={"l": [[1, 2]]})
        assert table.get()["l"] == [[1, 2]]

    def test_several_arrays_at_once(self, table: Table) -> None:
        table.put(a={"l": [1]})
        table.patch(push={"l": [2], "m": [3, 4]})
        assert table.get() == {"_id": "a", "l": [1, 2], "m": [3, 4]}


class TestAdd:
    def test_only_new_elements_are_appended(self, table: Table) -> None:
        table.put(a={"l": ["x"]})
        table.patch(add={"l": ["y", "x", "z"]})
        assert table.get()["l"] == ["x", "y", "z"]

    def test_a_repeat_changes_nothing(self, table: Table) -> None:
        table.put(a={})
        for _ in range(3):
            table.patch(add={"p.l": ["x", {"k": 1}]})
        assert table.get() == {"_id": "a", "p": {"l": ["x", {"k": 1}]}}

    def test_an_element_twice_in_one_patch_is_added_once(self, table: Table) -> None:
        table.put(a={})
        table.patch(add={"l": ["x", "x"]})
        assert table.get()["l"] == ["x"]

    def test_elements_of_other_types_are_others(self, table: Table) -> None:
        table.put(a={"l": [1]})
        table.patch(add={"l": ["1", True, None]})
        assert table.get()["l"] == [1, "1", True, None]

    def test_sub_documents_are_compared_whole(self, table: Table) -> None:
        table.put(a={"l": [{"k": 1, "v": 1}]})
        table.patch(add={"l": [{"k": 1, "v": 2}, {"k": 1}, {"k": 1, "v": 1}]})
        assert table.get()["l"] == [{"k": 1, "v": 1}, {"k": 1, "v": 2}, {"k": 1}]


class TestTogether:
    def test_all_kinds_of_changes_in_one_patch(self, table: Table) -> None:
        table.put(a={"x": 1, "y": 2, "l": [1], "m": [1]})
        table.patch(set={"x": 10}, unset=["y"], push={"l": [1]}, add={"m": [1, 2]})
        assert table.get() == {"_id": "a", "x": 10, "l": [1, 1], "m": [1, 2]}

    def test_no_change_at_all_still_says_what_matched(self, table: Table) -> None:
        table.put(a={"x": 1})
        assert table.patch().matched is True
        assert table.patch(when=equals("x", 2)).matched is False
        assert table.patch("b").matched is False
        assert table.get() == {"_id": "a", "x": 1}

    def test_other_documents_stay_as_they_are(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 1})
        table.patch("a", set={"x": 2})
        assert table.get("b") == {"_id": "b", "x": 1}


class TestOutcome:
    def test_a_missing_document_is_not_made(self, table: Table) -> None:
        assert table.patch("a", set={"x": 1}) == Outcome(matched=False)
        assert table.get("a") is None

    def test_a_patch_that_changes_nothing_has_matched(self, table: Table) -> None:
        table.put(a={"x": 1})
        assert table.patch(set={"x": 1}) == Outcome(matched=True)

    def test_the_document_comes_back_as_it_is_after_the_write(self, table: Table) -> None:
        table.put(a={"x": 1, "y": 1})
        patch = Patch(set={"x": 2}, push={"l": [3]})
        outcome = table.driver.patch(table.name, "a", patch, returning=True)
        assert outcome == Outcome(True, {"_id": "a", "x": 2, "y": 1, "l": [3]})

    def test_nothing_comes_back_of_what_did_not_match(self, table: Table) -> None:
        table.put(a={"x": 1})
        patch, when = Patch(set={"x": 2}), equals("x", 5)
        outcome = table.driver.patch(table.name, "a", patch, when=when, returning=True)
        assert outcome == Outcome(matched=False)
        assert table.driver.patch(table.name, "b", patch, returning=True) == Outcome(False)


class TestPrecondition:
    @pytest.mark.parametrize(
        "when",
        [
            equals("x", 1),
            compare("x", Operator.GE, 1),
            And(),
            all_of(equals("x", 1), compare("tags.k", Operator.NE, "w")),
            Or((equals("x", 7), equals("tags.k", "v"))),
            Exists(path("gone"), negated=True),
            MissingOr(path("gone"), 5),
            MissingOr(path("x"), 1),
        ],
        ids=str,
    )
    def test_one_that_is_met_lets_the_patch_through(self, table: Table, when: Filter) -> None:
        table.put(a={"x": 1, "tags": {"k": "v"}})
        assert table.patch(when=when, set={"y": 1}).matched is True
        assert table.get()["y"] == 1

    @pytest.mark.parametrize(
        "when",
        [
            equals("x", 2),
            equals("_id", "b"),
            compare("gone", Operator.NE, 1),
            Or(),
            all_of(equals("x", 1), equals("x", 2)),
            Exists(path("tags.k"), negated=True),
            MissingOr(path("tags.k"), "w"),
        ],
        ids=str,
    )
    def test_one_that_is_not_met_keeps_everything(self, table: Table, when: Filter) -> None:
        before = {"x": 1, "tags": {"k": "v"}, "l": [1]}
        table.put(a=before)
        outcome = table.patch(
            when=when, set={"x": 5}, unset=["tags"], push={"l": [2]}, add={"l2": [3]}
        )
        assert outcome.matched is False
        assert table.get() == {"_id": "a", **before}

    def test_it_sees_the_document_before_the_patch(self, table: Table) -> None:
        table.put(a={"x": 1})
        assert table.patch(when=equals("x", 1), set={"x": 2}).matched is True
        assert table.patch(when=equals("x", 1), set={"x": 3}).matched is False
        assert table.get()["x"] == 2

    def test_a_param_is_written_once(self, table: Table) -> None:
        table.put(a={"params": {}})
        outcomes = [
            table.patch(when=MissingOr(path("params.p"), value), set={"params.p": value}).matched
            for value in ("1", "1", "2", "1")
        ]
        assert outcomes == [True, True, False, True]
        assert table.get()["params"] == {"p": "1"}


class TestPatchMany:
    def test_every_document_that_matches_is_changed(self, table: Table) -> None:
        table.put(a={"k": 1, "x": 1}, b={"k": 2, "x": 1}, c={"k": 1})
        patch = Patch(set={"x": 5, "p.y": 6}, unset=["k"], push={"l": [1]})
        table.driver.patch_many(table.name, equals("k", 1), patch)
        changed = {"x": 5, "p": {"y": 6}, "l": [1]}
        assert table.get("a") == {"_id": "a", **changed}
        assert table.get("b") == {"_id": "b", "k": 2, "x": 1}
        assert table.get("c") == {"_id": "c", **changed}

    def test_nothing_matches_and_nothing_changes(self, table: Table) -> None:
        table.put(a={"k": 1})
        table.driver.patch_many(table.name, equals("k", 2), Patch(set={"x": 5}))
        assert table.get() == {"_id": "a", "k": 1}
        assert table.ids(And()) == ["a"]

    def test_all_of_them(self, table: Table) -> None:
        table.put(**{f"d{number:03}": {"x": number} for number in range(250)})
        table.driver.patch_many(table.name, And(), Patch(set={"x": -1}))
        assert len(table.ids(equals("x", -1))) == 250

    def test_it_can_be_repeated(self, table: Table) -> None:
        table.put(a={"k": 1}, b={"k": 1})
        for _ in range(2):
            table.driver.patch_many(table.name, equals("k", 1), Patch(set={"k": 2}))
        assert table.ids(equals("k", 2)) == ["a", "b"]
