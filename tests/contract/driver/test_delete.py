"""delete and delete_many."""

from mlflow_docstore.core.query import And, Operator, Or, equals

from .deck import Table, compare


class TestDelete:
    def test_one_document_is_deleted(self, table: Table) -> None:
        table.put(a={}, b={})
        assert table.driver.delete(table.name, "a") is True
        assert table.ids(And()) == ["b"]

    def test_a_missing_one_is_none_deleted(self, table: Table) -> None:
        table.put(b={})
        assert table.driver.delete(table.name, "a") is False
        assert table.ids(And()) == ["b"]

    def test_a_repeat_deletes_none(self, table: Table) -> None:
        table.put(a={})
        assert [table.driver.delete(table.name, "a") for _ in range(2)] == [True, False]

    def test_a_precondition_that_is_met(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 1})
        assert table.driver.delete(table.name, "a", when=equals("x", 1)) is True
        assert table.ids(And()) == ["b"]

    def test_a_precondition_that_is_not_met(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 2})
        for when in (equals("x", 2), compare("gone", Operator.NE, 1), Or()):
            assert table.driver.delete(table.name, "a", when=when) is False
        assert table.ids(And()) == ["a", "b"]


class TestDeleteMany:
    def test_every_document_that_matches_is_deleted(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 2}, c={"x": 1}, d={})
        table.driver.delete_many(table.name, equals("x", 1))
        assert table.ids(And()) == ["b", "d"]

    def test_those_that_lack_the_field_stay(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": None}, c={})
        table.driver.delete_many(table.name, compare("x", Operator.NE, 5))
        assert table.ids(And()) == ["b", "c"]

    def test_a_filter_of_nothing_deletes_nothing(self, table: Table) -> None:
        table.put(a={}, b={})
        table.driver.delete_many(table.name, Or())
        assert table.ids(And()) == ["a", "b"]

    def test_it_can_be_repeated(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 2})
        for _ in range(2):
            table.driver.delete_many(table.name, equals("x", 1))
        assert table.ids(And()) == ["b"]

    def test_all_of_many(self, table: Table) -> None:
        table.put(**{f"d{number:04}": {"x": number} for number in range(1500)})
        table.driver.delete_many(table.name, And())
        assert table.ids(And()) == []
