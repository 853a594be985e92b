"""What every document carries, and what of it a reader takes."""

from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.documents import Documents, Sieve
from mlflow_docstore.adapters.document.driver import Document, Find, Join, Patch, Row
from mlflow_docstore.adapters.document.groups import Group, GroupKey, GroupRow, Reducer, Reduction
from mlflow_docstore.adapters.document.layout import (
    LAYOUT_VERSION,
    META,
    MODEL_VERSIONS,
    SCHEMA_VERSION,
)
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Whose
from mlflow_docstore.core.errors import NotFound, Unsupported
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import Order, equals, path

BY_ID = (Order(path("_id")),)
PARTS = Join("things", "ids", "parts")


@pytest.fixture
def driver() -> MemoryDriver:
    return MemoryDriver(Database())


@pytest.fixture
def documents(driver: MemoryDriver) -> Documents:
    return Documents(driver, "things")


def put(driver: MemoryDriver, **fields: object) -> None:
    driver.insert("things", {"workspace": "default", "schema": SCHEMA_VERSION, **fields})


def ids(found: list[Document]) -> list[str]:
    return [one["_id"] for one in found]


def test_every_document_carries_its_workspace_and_schema(
    documents: Documents, driver: MemoryDriver
) -> None:
    documents.insert({"_id": "a"})
    documents.insert_many([{"_id": "b"}])
    documents.put_many([{"_id": "c"}])
    for key in ("a", "b", "c"):
        assert driver.get("things", key) == {
            "_id": key,
            "workspace": "default",
            "schema": SCHEMA_VERSION,
        }


def test_what_another_workspace_holds_is_neither_seen_nor_changed(
    documents: Documents, driver: MemoryDriver
) -> None:
    put(driver, _id="theirs", workspace="other")
    before = driver.get("things", "theirs")
    assert documents.get("theirs") is None
    assert documents.find([]) == []
    assert list(documents.scan([])) == []
    assert documents.page([], BY_ID, PageRequest(5), dict).items == []
    assert documents.distinct([], ("schema",), limit=5) == []
    assert documents.group(Group()) == []
    assert list(documents.tuples([], ("schema",))) == []
    assert not documents.patch("theirs", Patch(set={"a": 1})).matched
    documents.patch_many([], Patch(set={"a": 1}))
    assert not documents.delete("theirs")
    documents.delete_many([])
    assert driver.get("things", "theirs") == before


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION])
def test_this_schema_and_the_one_before_are_read(
    documents: Documents, driver: MemoryDriver, version: int
) -> None:
    put(driver, _id="a", schema=version)
    assert documents.get("a")["schema"] == version
    assert ids(documents.find([], fields=())) == ["a"]


def test_a_newer_schema_is_refused_wherever_it_is_read(
    documents: Documents, driver: MemoryDriver
) -> None:
    put(driver, _id="a", schema=SCHEMA_VERSION + 1)
    reads = [
        lambda: documents.get("a"),
        lambda: documents.find([], fields=("other",)),
        lambda: list(documents.scan([])),
        lambda: documents.page([], BY_ID, PageRequest(5), dict),
        lambda: documents.patch("a", Patch(set={"b": 1}), returning=True),
    ]
    for read in reads:
        with pytest.raises(Unsupported) as caught:
            read()
        assert caught.value.key == SCHEMA_VERSION + 1
        assert caught.value.facts["newest"] == SCHEMA_VERSION


def test_what_is_joined_is_of_the_workspace(documents: Documents, driver: MemoryDriver) -> None:
    put(driver, _id="ours")
    put(driver, _id="theirs", workspace="other")
    documents.insert({"_id": "whole", "ids": ["ours", "theirs"]})
    where = [equals("_id", "whole")]
    found = [
        *documents.find(where, join=PARTS),
        *documents.find(where, fields=(), join=PARTS),
        *documents.page(where, BY_ID, PageRequest(5), dict, join=PARTS).items,
        *documents.page(where, BY_ID, PageRequest(5), dict, fields=(), join=PARTS).items,
    ]
    assert [ids(one["parts"]) for one in found] == [["ours"]] * 4
    assert found[0]["parts"] == [driver.get("things", "ours")]


def test_what_is_joined_is_refused_where_it_is_of_a_newer_schema(
    documents: Documents, driver: MemoryDriver
) -> None:
    put(driver, _id="new", schema=SCHEMA_VERSION + 1)
    documents.insert({"_id": "whole", "ids": ["new"]})
    where = [equals("_id", "whole")]
    for read in (
        lambda: documents.find(where, fields=(), join=PARTS),
        lambda: documents.page(where, BY_ID, PageRequest(5), dict, join=PARTS),
    ):
        with pytest.raises(Unsupported):
            read()


class Ungrouping(MemoryDriver):
    """A database that cannot group."""

    @property
    def capabilities(self) -> Capabilities:
        able = super().capabilities
        lack = Lack(Whose.NEVER, "it cannot")
        return Capabilities(
            able.supported - {Feature.GROUP}, {**able.lacking, Feature.GROUP: lack}, able.limits
        )

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        raise Unsupported("group", collection, keys=len(query.keys))


@pytest.mark.parametrize("kind", [MemoryDriver, Ungrouping])
def test_groups_are_found_whatever_the_database_can_do(kind: type[MemoryDriver]) -> None:
    driver = kind(Database())
    documents = Documents(driver, "things")
    documents.insert_many(
        [{"_id": key, "x": x, "list": [{"y": x}]} for key, x in (("a", 1), ("b", 2), ("c", 2))]
    )
    put(driver, _id="theirs", workspace="other", x=1)
    query = Group(
        equals("x", 2), (GroupKey("list.y"),), (Reduction(Reducer.SUM, "x"),), each="list"
    )
    assert documents.group(query) == [GroupRow((2,), (4,))]
    assert documents.group(Group()) == [GroupRow((), (3,))]
    found = documents.tuples([equals("x", 2)], ("_id", "list.y"), each="list")
    assert sorted(found) == [("b", 2), ("c", 2)]


def test_a_database_of_a_newer_schema_is_not_opened(driver: MemoryDriver) -> None:
    driver.insert(META, {"_id": "schema", "version": LAYOUT_VERSION + 1})
    with pytest.raises(Unsupported):
        DocumentBackend(driver).prepare()


class TestRequire:
    """What upkeep asks first."""

    def test_a_database_that_nobody_prepared_is_not_found(self, driver: MemoryDriver) -> None:
        with pytest.raises(NotFound) as caught:
            DocumentBackend(driver).require()
        assert (caught.value.kind, caught.value.key) == ("database", None)

    def test_one_in_a_directory_is_named_by_it(self, driver: MemoryDriver, tmp_path: Path) -> None:
        with pytest.raises(NotFound) as caught:
            DocumentBackend(driver, tmp_path).require()
        assert caught.value.key == tmp_path

    def test_a_prepared_one_is_there(self, driver: MemoryDriver) -> None:
        DocumentBackend(driver).prepare()
        DocumentBackend(driver).require()

    def test_an_older_layout_is_left_as_it_is(self, driver: MemoryDriver) -> None:
        driver.insert(META, {"_id": "schema", "version": LAYOUT_VERSION - 1})
        DocumentBackend(driver).require()
        assert driver.get(META, "schema") == {"_id": "schema", "version": LAYOUT_VERSION - 1}

    def test_a_newer_schema_is_refused(self, driver: MemoryDriver) -> None:
        driver.insert(META, {"_id": "schema", "version": LAYOUT_VERSION + 1})
        with pytest.raises(Unsupported):
            DocumentBackend(driver).require()


def test_a_database_of_an_older_layout_gets_what_it_lacks(driver: MemoryDriver) -> None:
    driver.insert(META, {"_id": "schema", "version": LAYOUT_VERSION - 1})
    DocumentBackend(driver).prepare()
    assert driver.get(META, "schema") == {"_id": "schema", "version": LAYOUT_VERSION}
    assert driver.indexes(MODEL_VERSIONS)


def test_a_database_of_this_layout_is_left_as_it_is(driver: MemoryDriver) -> None:
    driver.insert(META, {"_id": "schema", "version": LAYOUT_VERSION})
    DocumentBackend(driver).prepare()
    assert driver.indexes(MODEL_VERSIONS) == []


def test_pages_are_as_long_as_they_are_asked_for_and_the_last_has_no_token(
    documents: Documents, driver: MemoryDriver
) -> None:
    for key in "abcde":
        put(driver, _id=key)
    sizes, token = [], None
    while True:
        page = documents.page([], BY_ID, PageRequest(2, token), dict)
        sizes.append(ids(page.items))
        token = page.token
        if token is None:
            break
    assert sizes == [["a", "b"], ["c", "d"], ["e"]]


def test_a_full_last_page_has_no_token(documents: Documents, driver: MemoryDriver) -> None:
    put(driver, _id="a")
    assert documents.page([equals("_id", "a")], BY_ID, PageRequest(1), dict).token is None


class TestKeep:
    """Pages of what passes besides."""

    @pytest.fixture
    def hundred(self, documents: Documents) -> Documents:
        documents.insert_many([{"_id": f"{number:03}"} for number in range(100)])
        return documents

    @pytest.mark.parametrize("every", [1, 7, 40, 101])
    @pytest.mark.parametrize("size", [1, 2, 50])
    def test_pages_are_full_and_miss_none(self, hundred: Documents, every: int, size: int) -> None:
        def keep(found: list[Document]) -> list[Document]:
            return [one for one in found if int(one["_id"]) % every == every - 1]

        pages: list[list[str]] = []
        token = None
        while not pages or token:
            page = hundred.page([], BY_ID, PageRequest(size, token), dict, sieve=Sieve(keep))
            pages.append(ids(page.items))
            token = page.token
        wanted = [f"{number:03}" for number in range(100) if number % every == every - 1]
        assert [key for page in pages for key in page] == wanted
        assert all(len(page) == size for page in pages[:-1])

    def test_more_are_judged_at_once_where_few_pass(self, hundred: Documents) -> None:
        judged: list[int] = []

        def keep(found: list[Document]) -> list[Document]:
            judged.append(len(found))
            return []

        assert hundred.page([], BY_ID, PageRequest(1), dict, sieve=Sieve(keep)).items == []
        assert judged == [2, 4, 8, 16, 32, 38]


class Shrinking(MemoryDriver):
    """One document goes after it was judged."""

    def find(self, collection: str, query: Find) -> list[Row]:
        rows = super().find(collection, query)
        if query.fields is not None:
            self.delete(collection, "009")
        return rows


def test_what_is_judged_by_some_fields_is_handed_out_whole() -> None:
    driver = Shrinking(Database())
    for number in range(20):
        put(driver, _id=f"{number:03}", text="long", grade=number % 5)
    judged: list[Document] = []

    def keep(documents: list[Document]) -> list[Document]:
        judged.extend(documents)
        return [one for one in documents if one["grade"] == 4]

    things, page = Documents(driver, "things"), PageRequest(3)
    found = things.page([], BY_ID, page, dict, sieve=Sieve(keep, ("grade",)))
    assert [(one["_id"], one["text"]) for one in found.items] == [("004", "long"), ("014", "long")]
    assert all(one["text"] == "long" for one in judged[:4])
    assert all(set(one) == {"_id", "schema", "grade"} for one in judged[4:])
    assert found.token is not None
    rest = things.page([], BY_ID, PageRequest(3, found.token), dict, sieve=Sieve(keep))
    assert ids(rest.items) == ["019"]
