"""insert and insert_many: never over what is there."""

import pytest

from mlflow_docstore.core.query import And

from .deck import AWKWARD_TEXTS, Table


class TestInsert:
    def test_a_free_id_is_inserted(self, table: Table) -> None:
        assert table.driver.insert(table.name, {"_id": "a", "x": 1}) is True
        assert table.get() == {"_id": "a", "x": 1}

    def test_a_taken_id_is_left_alone(self, table: Table) -> None:
        table.put(a={"x": 1})
        assert table.driver.insert(table.name, {"_id": "a", "x": 2}) is False
        assert table.get() == {"_id": "a", "x": 1}

    def test_a_repeat_is_told_that_the_id_is_taken(self, table: Table) -> None:
        document = {"_id": "a", "x": 1}
        answers = [table.driver.insert(table.name, document) for _ in range(3)]
        assert answers == [True, False, False]

    def test_a_deleted_id_is_free_again(self, table: Table) -> None:
        table.put(a={"x": 1})
        table.driver.delete(table.name, "a")
        assert table.driver.insert(table.name, {"_id": "a", "x": 2}) is True

    def test_the_callers_document_stays_as_it_was(self, table: Table) -> None:
        document = {"_id": "a", "list": [1]}
        table.driver.insert(table.name, document)
        assert document == {"_id": "a", "list": [1]}

    def test_the_callers_later_changes_are_not_stored(self, table: Table) -> None:
        document = {"_id": "a", "list": [1]}
        table.driver.insert(table.name, document)
        document["list"].append(2)
        assert table.get() == {"_id": "a", "list": [1]}

    @pytest.mark.parametrize("text", ["a b", "ключ", "a:b|c", "A", "x" * 250, "@&=+,;!()"])
    def test_an_id_of_safe_characters_is_kept(self, table: Table, text: str) -> None:
        assert table.driver.insert(table.name, {"_id": text}) is True
        assert table.get(text) == {"_id": text}


class TestInsertMany:
    def test_all_free_ids_are_inserted(self, table: Table) -> None:
        documents = [{"_id": key, "x": key} for key in "abc"]
        assert table.driver.insert_many(table.name, documents) == frozenset()
        assert [table.get(key) for key in "abc"] == documents

    def test_nothing_is_inserted_of_nothing(self, table: Table) -> None:
        assert table.driver.insert_many(table.name, []) == frozenset()
        assert table.ids(And()) == []

    @pytest.mark.parametrize("ordered", [False, True])
    def test_taken_ids_are_named_and_left_alone(self, table: Table, ordered: bool) -> None:
        table.put(c={"x": "old"})
        documents = [{"_id": key, "x": "new"} for key in "abc"]
        taken = table.driver.insert_many(table.name, documents, ordered=ordered)
        assert taken == {"c"}
        assert [table.get(key)["x"] for key in "abc"] == ["new", "new", "old"]

    def test_every_free_id_is_inserted_around_taken_ones(self, table: Table) -> None:
        table.put(a={"x": "old"}, c={"x": "old"})
        documents = [{"_id": key, "x": "new"} for key in "abcd"]
        assert table.driver.insert_many(table.name, documents) == {"a", "c"}
        assert [table.get(key)["x"] for key in "abcd"] == ["old", "new", "old", "new"]

    def test_ordered_stops_at_the_first_taken_id(self, table: Table) -> None:
        table.put(b={"x": "old"}, d={"x": "old"})
        documents = [{"_id": key, "x": "new"} for key in "abcd"]
        assert table.driver.insert_many(table.name, documents, ordered=True) == {"b"}
        assert table.ids(And()) == ["a", "b", "d"]

    @pytest.mark.parametrize("ordered", [False, True])
    def test_an_id_twice_in_one_call_is_taken_the_second_time(
        self, table: Table, ordered: bool
    ) -> None:
        documents = [{"_id": "a", "x": 1}, {"_id": "a", "x": 2}]
        assert table.driver.insert_many(table.name, documents, ordered=ordered) == {"a"}
        assert table.get() == {"_id": "a", "x": 1}

    @pytest.mark.parametrize("ordered", [False, True])
    def test_a_repeat_changes_nothing(self, table: Table, ordered: bool) -> None:
        documents = [{"_id": key, "x": key} for key in "abc"]
        table.driver.insert_many(table.name, documents, ordered=ordered)
        taken = table.driver.insert_many(table.name, documents, ordered=ordered)
        assert taken == ({"a"} if ordered else {"a", "b", "c"})
        assert [table.get(key) for key in "abc"] == documents

    def test_many_documents_are_split_as_needed(self, table: Table) -> None:
        documents = [{"_id": f"{number:05}", "text": "x" * 100} for number in range(3000)]
        table.driver.insert(table.name, {"_id": "02500"})
        assert table.driver.insert_many(table.name, documents) == {"02500"}
        assert len(table.ids(And())) == 3000

    def test_more_bytes_than_one_message_takes_are_split(self, table: Table) -> None:
        size = table.driver.capabilities.limits.document_bytes // 4
        documents = [{"_id": str(number), "text": "x" * size} for number in range(9)]
        assert table.driver.insert_many(table.name, documents) == frozenset()
        assert table.ids(And()) == [str(number) for number in range(9)]

    def test_the_callers_documents_stay_as_they_were(self, table: Table) -> None:
        documents = [{"_id": "a", "sub": {"x": 1}}, {"_id": "b"}]
        table.driver.insert_many(table.name, documents)
        assert documents == [{"_id": "a", "sub": {"x": 1}}, {"_id": "b"}]

    def test_texts_of_any_kind_are_values(self, table: Table) -> None:
        documents = [{"_id": f"{i:02}", "x": text} for i, text in enumerate(AWKWARD_TEXTS)]
        table.driver.insert_many(table.name, documents)
        assert [table.get(document["_id"]) for document in documents] == documents
