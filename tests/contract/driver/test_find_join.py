"""find: documents of another collection that come with each result."""

from collections.abc import Iterator
from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Document, Driver, Find, Join
from mlflow_docstore.adapters.document.layout import Collection, Layout
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import And, BestElement, Operator, Or, SortKey, equals, path

from .deck import BY_ID, Table, by, compare, unique

PARTS = {f"p{number}": {"n": number, "deep": {"list": [number, None]}} for number in range(1, 6)}

BY_BEST = BestElement(path("list"), (compare("k", Operator.EQ, 1),), (by("r"),), path("v"))
ORDERS: dict[str, tuple[SortKey, ...]] = {
    "of the database": (by("x", descending=True, optional=True), BY_ID),
    "with the missing last": (by("x", optional=True), BY_ID),
    "by the best element": (BY_BEST, BY_ID),
}


@pytest.fixture
def parts(driver: Driver) -> Iterator[Table]:
    """The collection that is joined."""
    name = unique("parts")
    driver.prepare(Layout(1, (Collection(name),)))
    found = Table(driver, name)
    found.put(**PARTS)
    yield found
    driver.drop([name])


class TestJoin:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.JOIN)

    def test_the_documents_of_the_ids_come_whole(self, table: Table, parts: Table) -> None:
        table.put(a={"ids": ["p3", "p1"], "x": 1})
        (row,) = table.find(join=Join(parts.name, "ids", "parts"))
        assert by_id(row.document.pop("parts")) == [part("p1"), part("p3")]
        assert row.document == {"_id": "a", "ids": ["p3", "p1"], "x": 1}

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({}, []),
            ({"ids": []}, []),
            ({"ids": ["nobody"]}, []),
            ({"ids": ["nobody", "p2"]}, ["p2"]),
            ({"ids": ["p2", "p4", "p2"]}, ["p2", "p4"]),
            ({"ids": list(PARTS)}, list(PARTS)),
        ],
        ids=["no field", "no ids", "no document", "a gap", "twice the same", "all"],
    )
    def test_ids_that_lead_nowhere_bring_nothing(
        self, table: Table, parts: Table, body: Document, expected: list[str]
    ) -> None:
        table.put(a=body)
        (row,) = table.find(join=Join(parts.name, "ids", "parts"))
        assert by_id(row.document["parts"]) == [part(key) for key in expected]

    def test_the_ids_may_lie_deep(self, table: Table, parts: Table) -> None:
        table.put(a={"m": {"ids": ["p5"]}}, b={"m": None}, c={"m": {}})
        assert joined(table, Join(parts.name, "m.ids", "parts")) == {"a": ["p5"], "b": [], "c": []}

    def test_the_list_may_take_the_place_of_the_ids(self, table: Table, parts: Table) -> None:
        table.put(a={"ids": ["p1"]})
        (row,) = table.find(join=Join(parts.name, "ids", "ids"))
        assert row.document == {"_id": "a", "ids": [part("p1")]}

    def test_each_result_has_its_own(self, table: Table, parts: Table) -> None:
        table.put(a={"ids": ["p1"]}, b={"ids": ["p2", "p1"]}, c={})
        found = joined(table, Join(parts.name, "ids", "parts"))
        assert found == {"a": ["p1"], "b": ["p1", "p2"], "c": []}

    def test_a_collection_may_be_joined_with_itself(self, table: Table) -> None:
        table.put(a={"ids": ["b"]}, b={"ids": ["a", "b"]})
        assert joined(table, Join(table.name, "ids", "found")) == {"a": ["b"], "b": ["a", "b"]}

    def test_a_collection_that_is_not_there_has_nothing(self, table: Table) -> None:
        table.put(a={"ids": ["p1"]})
        assert joined(table, Join(unique("nowhere"), "ids", "parts")) == {"a": []}

    def test_the_filter_is_of_the_results_alone(self, table: Table, parts: Table) -> None:
        table.put(a={"ids": ["p1"], "n": 5}, b={"ids": ["p5"], "n": 1})
        found = joined(table, Join(parts.name, "ids", "parts"), where=equals("n", 5))
        assert found == {"a": ["p1"]}

    def test_a_reader_cannot_change_what_is_stored(self, table: Table, parts: Table) -> None:
        table.put(a={"ids": ["p1"]})
        (row,) = table.find(join=Join(parts.name, "ids", "parts"))
        row.document["parts"][0]["deep"]["list"].append("changed")
        assert parts.get("p1") == part("p1")

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ((), {}),
            (("x",), {"x": 1}),
            (("ids",), {"ids": ["p1"]}),
            (("parts",), {}),
        ],
        ids=["none", "another", "the ids", "the list"],
    )
    def test_they_come_besides_the_fields_that_are_named(
        self, table: Table, parts: Table, fields: tuple[str, ...], expected: Document
    ) -> None:
        table.put(a={"ids": ["p1"], "x": 1, "y": 2})
        (row,) = table.find(BY_ID, fields=fields, join=Join(parts.name, "ids", "parts"))
        assert row.document == {"_id": "a", **expected, "parts": [part("p1")]}

    @pytest.mark.parametrize("fields", [None, (), ("y",)], ids=["whole", "no field", "a field"])
    @pytest.mark.parametrize("name", ORDERS)
    def test_rows_are_those_of_the_same_read_without_it(
        self, table: Table, parts: Table, name: str, fields: tuple[str, ...] | None
    ) -> None:
        if name == "by the best element":
            table.requires(Feature.COMPUTED_SORT)
        fill(table)
        join = Join(parts.name, "ids", "parts")
        pages = table.pages(*ORDERS[name], size=2, fields=fields, join=join)
        plain = table.pages(*ORDERS[name], size=2, fields=fields)
        assert len(plain) > 2
        wanted = {key: (table.get(key) or {})["ids"] for key in table.ids(And())}
        for page, rows in zip(pages, plain, strict=True):
            for row, expected in zip(page, rows, strict=True):
                found = by_id(row.document.pop("parts"))
                assert found == [part(key) for key in wanted[row.document["_id"]]]
                assert row == expected

    def test_nothing_matches(self, table: Table, parts: Table) -> None:
        join = Join(parts.name, "ids", "parts")
        assert table.find(where=Or(), join=join) == []
        table.put(a={"ids": ["p1"]})
        assert table.find(BY_ID, limit=0, join=join) == []

    def test_a_scan_brings_them_too(self, table: Table, parts: Table) -> None:
        documents = [{"_id": f"d{n:04}", "ids": [f"p{n % 5 + 1}"]} for n in range(1200)]
        table.driver.insert_many(table.name, documents)
        join = Join(parts.name, "ids", "parts")
        table.allow_order(BY_ID)
        found = list(table.driver.scan(table.name, Find(order=(BY_ID,), join=join)))
        assert found == [{**one, "parts": [part(one["ids"][0])]} for one in documents]


def test_a_join_is_refused_where_it_cannot_be(table: Table, parts: Table) -> None:
    table.lacks(Feature.JOIN)
    with pytest.raises(Unsupported):
        table.driver.find(table.name, Find(join=Join(parts.name, "ids", "parts")))


def part(key: str) -> Document:
    return {"_id": key, **PARTS[key]}


def by_id(documents: list[Document]) -> list[Document]:
    return sorted(documents, key=lambda one: str(one["_id"]))


def joined(table: Table, join: Join, **options: Any) -> dict[str, list[str]]:
    """The ids that come with each result."""
    found = table.find(join=join, **options)
    return {
        row.document["_id"]: [one["_id"] for one in by_id(row.document[join.into])] for row in found
    }


def fill(table: Table) -> None:
    """Documents with ties, gaps and lists to sort by, and a part each."""
    values = [3, None, 1, 1, 2, None, 3]
    table.put(
        **{
            f"d{place}": {
                "x": value,
                "y": place,
                "ids": [f"p{place % 5 + 1}"],
                "list": [{"k": 1, "r": 1, "v": value}],
            }
            for place, value in enumerate(values)
        }
    )
