"""put_many: what is stored is what came last, whole."""

import pytest

from mlflow_docstore.core.query import And

from .deck import AWKWARD_TEXTS, Table


class TestPutMany:
    def test_a_free_id_is_inserted(self, table: Table) -> None:
        table.driver.put_many(table.name, [{"_id": "a", "x": 1}, {"_id": "b", "x": 2}])
        assert [table.get(key) for key in "ab"] == [{"_id": "a", "x": 1}, {"_id": "b", "x": 2}]

    def test_what_has_the_id_is_replaced_whole(self, table: Table) -> None:
        table.put(a={"x": 1, "y": {"z": 1}}, b={"x": 1})
        table.driver.put_many(table.name, [{"_id": "a", "y": {"w": 2}}])
        assert [table.get(key) for key in "ab"] == [
            {"_id": "a", "y": {"w": 2}},
            {"_id": "b", "x": 1},
        ]

    def test_some_may_be_there_and_others_not(self, table: Table) -> None:
        table.put(b={"x": "old"}, d={"x": "old"})
        documents = [{"_id": key, "x": "new"} for key in "abc"]
        table.driver.put_many(table.name, documents)
        assert [table.get(key)["x"] for key in "abcd"] == ["new", "new", "new", "old"]

    def test_nothing_is_put_of_nothing(self, table: Table) -> None:
        table.driver.put_many(table.name, [])
        assert table.ids(And()) == []

    def test_a_repeat_changes_nothing(self, table: Table) -> None:
        documents = [{"_id": key, "x": key} for key in "abc"]
        for _ in range(2):
            table.driver.put_many(table.name, documents)
        assert table.ids(And()) == [*"abc"]
        assert [table.get(key) for key in "abc"] == documents

    @pytest.mark.parametrize("there", [False, True])
    def test_of_several_with_an_id_the_last_counts(self, table: Table, there: bool) -> None:
        if there:
            table.put(a={"x": 0})
        rows = [{"_id": "a", "x": 1, "y": 1}, {"_id": "b"}, {"_id": "a", "x": 2}]
        table.driver.put_many(table.name, rows)
        assert [table.get(key) for key in "ab"] == [{"_id": "a", "x": 2}, {"_id": "b"}]

    def test_many_documents_are_split_as_needed(self, table: Table) -> None:
        documents = [{"_id": f"{number:05}", "text": "x" * 100} for number in range(3000)]
        table.driver.insert(table.name, {"_id": "02500"})
        table.driver.put_many(table.name, documents)
        assert len(table.ids(And())) == 3000
        assert table.get("02500") == documents[2500]

    def test_more_bytes_than_one_message_takes_are_split(self, table: Table) -> None:
        size = table.driver.capabilities.limits.document_bytes // 4
        documents = [{"_id": str(number), "text": "x" * size} for number in range(9)]
        table.driver.put_many(table.name, documents)
        assert table.ids(And()) == [str(number) for number in range(9)]

    def test_the_callers_documents_stay_as_they_were(self, table: Table) -> None:
        document = {"_id": "a", "sub": {"x": [1]}}
        table.driver.put_many(table.name, [document])
        assert document == {"_id": "a", "sub": {"x": [1]}}
        document["sub"]["x"].append(2)
        assert table.get() == {"_id": "a", "sub": {"x": [1]}}

    def test_texts_and_bytes_of_any_kind_are_values(self, table: Table) -> None:
        values = [*AWKWARD_TEXTS, b"", b"\x00\xff"]
        documents = [{"_id": f"{i:02}", "x": value} for i, value in enumerate(values)]
        for _ in range(2):
            table.driver.put_many(table.name, documents)
        assert [table.get(document["_id"]) for document in documents] == documents

    def test_bytes_go_with_what_held_them(self, table: Table) -> None:
        table.put(a={"x": b"abc"})
        table.driver.put_many(table.name, [{"_id": "a", "x": 1}])
        assert table.get() == {"_id": "a", "x": 1}
