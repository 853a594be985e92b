"""prepare, the index verbs, and drop."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import LAYOUT, Collection, Index, Layout, Measures
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import And, equals

from .deck import Table, unique

BY_NAME = Index("by_name", (("name", 1), ("workspace", 1)))
MEASURES = (Measures(("name", "workspace", "p.experiment")),)
BY_TIME = Index("by_time", (("p.experiment", 1), ("time", -1)))


@pytest.fixture
def layout(driver: Driver) -> Iterator[Layout]:
    """Two collections that are not there yet."""
    one, two = unique("one"), unique("two")
    yield Layout(
        1, (Collection(one, indexes=(BY_NAME, BY_TIME), measures=MEASURES), Collection(two))
    )
    driver.drop([one, two])


def indexes(driver: Driver, collection: str) -> list[Index]:
    return sorted(driver.indexes(collection), key=lambda index: index.name)


class TestPrepare:
    def test_declared_indexes_are_there(self, driver: Driver, layout: Layout) -> None:
        _require_indexes(driver)
        driver.prepare(layout)
        one, two = layout.collections
        assert indexes(driver, one.name) == [BY_NAME, BY_TIME]
        assert indexes(driver, two.name) == []

    def test_a_repeat_changes_nothing(self, driver: Driver, layout: Layout) -> None:
        driver.prepare(layout)
        one = layout.collections[0].name
        driver.insert(one, {"_id": "a", "name": "n"})
        before = indexes(driver, one)
        driver.prepare(layout)
        assert indexes(driver, one) == before
        assert driver.get(one, "a") == {"_id": "a", "name": "n"}

    def test_an_index_that_was_dropped_is_made_again(self, driver: Driver, layout: Layout) -> None:
        _require_indexes(driver)
        driver.prepare(layout)
        one = layout.collections[0].name
        driver.drop_index(one, BY_TIME.name)
        driver.prepare(layout)
        assert indexes(driver, one) == [BY_NAME, BY_TIME]

    def test_documents_that_were_there_stay(self, driver: Driver, layout: Layout) -> None:
        one = layout.collections[0].name
        driver.prepare(Layout(1, (Collection(one),)))
        driver.insert(one, {"_id": "a", "name": "n", "p": {"experiment": 1}})
        driver.prepare(layout)
        assert driver.get(one, "a") == {"_id": "a", "name": "n", "p": {"experiment": 1}}

    def test_an_index_allows_equal_and_missing_values(self, driver: Driver, layout: Layout) -> None:
        driver.prepare(layout)
        table = Table(driver, layout.collections[0].name)
        table.put(a={"name": "n"}, b={"name": "n"}, c={}, d={"name": None})
        assert table.ids(equals("name", "n")) == ["a", "b"]
        assert table.ids(And()) == ["a", "b", "c", "d"]

    def test_the_layout_of_the_store_can_be_made(self, driver: Driver) -> None:
        driver.prepare(LAYOUT)
        if driver.capabilities.supports(Feature.SECONDARY_INDEXES):
            for collection in LAYOUT.collections:
                assert set(collection.indexes) <= set(driver.indexes(collection.name))


class TestIndexes:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.SECONDARY_INDEXES)

    def test_a_new_collection_has_none(self, table: Table) -> None:
        assert table.driver.indexes(table.name) == []

    def test_a_missing_collection_has_none(self, driver: Driver) -> None:
        assert driver.indexes(unique("missing")) == []

    def test_one_that_is_created_is_listed(self, table: Table) -> None:
        table.driver.create_index(table.name, BY_TIME)
        assert table.driver.indexes(table.name) == [BY_TIME]

    def test_creating_it_again_changes_nothing(self, table: Table) -> None:
        for _ in range(2):
            table.driver.create_index(table.name, BY_TIME)
        assert table.driver.indexes(table.name) == [BY_TIME]

    def test_it_can_be_made_over_documents(self, table: Table) -> None:
        table.put(a={"name": "n"}, b={"name": "m"}, c={})
        table.driver.create_index(table.name, BY_NAME)
        assert table.ids(equals("name", "n")) == ["a"]

    def test_dropping_it_tells_whether_it_was_there(self, table: Table) -> None:
        table.driver.create_index(table.name, BY_NAME)
        table.driver.create_index(table.name, BY_TIME)
        answers = [table.driver.drop_index(table.name, BY_NAME.name) for _ in range(2)]
        assert answers == [True, False]
        assert table.driver.indexes(table.name) == [BY_TIME]

    def test_dropping_it_where_nothing_is(self, driver: Driver) -> None:
        assert driver.drop_index(unique("missing"), "by_name") is False

    def test_dropping_it_keeps_the_documents(self, table: Table) -> None:
        table.put(a={"name": "n"})
        table.driver.create_index(table.name, BY_NAME)
        table.driver.drop_index(table.name, BY_NAME.name)
        assert table.ids(equals("name", "n")) == ["a"]


class TestDrop:
    def test_documents_and_indexes_go(self, table: Table) -> None:
        table.put(a={"name": "n"})
        if table.driver.capabilities.supports(Feature.SECONDARY_INDEXES):
            table.driver.create_index(table.name, BY_NAME)
        table.driver.drop([table.name])
        assert table.ids(And()) == []
        assert table.driver.indexes(table.name) == []

    def test_other_collections_stay(self, table: Table, driver: Driver, layout: Layout) -> None:
        driver.prepare(layout)
        table.put(a={})
        driver.drop(collection.name for collection in layout.collections)
        assert table.ids(And()) == ["a"]

    def test_a_missing_one_is_no_error(self, driver: Driver) -> None:
        missing = unique("missing")
        driver.drop([missing, missing])
        assert driver.get(missing, "a") is None

    def test_a_dropped_one_can_be_used_again(self, table: Table) -> None:
        table.put(a={"x": 1})
        table.driver.drop([table.name])
        table.driver.prepare(Layout(1, (Collection(table.name),)))
        table.put(a={"x": 2})
        assert table.get() == {"_id": "a", "x": 2}


def test_an_index_is_refused_where_none_can_be(table: Table) -> None:
    table.lacks(Feature.SECONDARY_INDEXES)
    with pytest.raises(Unsupported):
        table.driver.create_index(table.name, BY_NAME)


def _require_indexes(driver: Driver) -> None:
    Table(driver, "").requires(Feature.SECONDARY_INDEXES)
