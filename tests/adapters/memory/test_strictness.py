"""Memory refuses what some database would not take, so that nothing comes to rely on it."""

import math
from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Find, Join, Patch
from mlflow_docstore.adapters.memory.capabilities import LIMITS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.capabilities import Feature, Limits
from mlflow_docstore.core.errors import InvalidArgument, LimitExceeded, Unsupported
from mlflow_docstore.core.query import AnyElement, In, MissingOr, Or, Order, equals, path


@pytest.fixture
def driver() -> MemoryDriver:
    return MemoryDriver(Database())


@pytest.fixture
def small() -> MemoryDriver:
    return MemoryDriver(Database(), limits=Limits(100, in_terms=3, batch_documents=2))


class TestValues:
    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (math.nan, "float"),
            (math.inf, "float"),
            (2**63, "integer"),
            (-(2**63) - 1, "integer"),
            ("\udcff", "text"),
            (1j, "value"),
            ({1, 2}, "value"),
            (bytearray(b"x"), "value"),
            ({1: 2}, "field"),
            ({"a.b": 1}, "field"),
            ({"$a": 1}, "field"),
            ({"": 1}, "field"),
            ({"a\x00b": 1}, "field"),
            ({"\ud800": 1}, "text"),
        ],
        ids=ascii,
    )
    def test_they_are_refused_wherever_they_come_in(
        self, driver: MemoryDriver, value: Any, kind: str
    ) -> None:
        driver.insert("c", {"_id": "a", "x": 1})
        for patch in (
            Patch(set={"x": value}),
            Patch(set={"x": [{"deep": value}]}),
            Patch(push={"l": [value]}),
            Patch(add={"l": [value]}),
            Patch(maximum={"m": {"step": value}}),
        ):
            with pytest.raises(InvalidArgument) as caught:
                driver.patch("c", "a", patch)
            assert caught.value.kind == kind
        with pytest.raises(InvalidArgument):
            driver.insert("c", {"_id": "b", "x": value})
        assert [row.document for row in driver.find("c", Find())] == [{"_id": "a", "x": 1}]

    @pytest.mark.parametrize("document", [{}, {"_id": None}, {"_id": 1}, {"_id": b"a"}], ids=str)
    def test_an_id_is_a_string(self, driver: MemoryDriver, document: dict[str, Any]) -> None:
        with pytest.raises(InvalidArgument):
            driver.insert("c", document)
        assert driver.find("c", Find()) == []

    def test_texts_and_numbers_of_other_classes_become_plain(self, driver: MemoryDriver) -> None:
        driver.insert("c", {"_id": "a", "x": Feature.DURABLE, "y": (1, 2)})
        stored = driver.get("c", "a")
        assert stored == {"_id": "a", "x": "durable", "y": [1, 2]}
        assert type(stored["x"]) is str


class TestPaths:
    @pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a..b", "$a", "a.$b", "a\x00"])
    def test_a_path_that_is_not_escaped_is_refused(self, driver: MemoryDriver, name: str) -> None:
        driver.insert("c", {"_id": "a"})
        with pytest.raises(InvalidArgument):
            driver.find("c", Find(equals(name, 1)))
        with pytest.raises(InvalidArgument):
            driver.find("c", Find(order=(Order(path(name)),)))
        with pytest.raises(InvalidArgument):
            driver.patch("c", "a", Patch(set={name: 1}))

    @pytest.mark.parametrize(
        "patch",
        [
            Patch(set={"x": 1}, unset=["x"]),
            Patch(set={"x": 1, "x.y": 2}),
            Patch(set={"x.y": 1}, push={"x": [1]}),
            Patch(maximum={"m.loss": {"step": 1}}, unset=["m"]),
            Patch(unset=["x", "x"]),
            Patch(set={"_id": "b"}),
            Patch(unset=["_id"]),
        ],
        ids=str,
    )
    def test_changes_that_contradict_each_other_are_refused(
        self, driver: MemoryDriver, patch: Patch
    ) -> None:
        driver.insert("c", {"_id": "a", "x": {"y": 1}})
        with pytest.raises(InvalidArgument):
            driver.patch("c", "a", patch)
        assert driver.get("c", "a") == {"_id": "a", "x": {"y": 1}}

    @pytest.mark.parametrize(
        "patch",
        [
            Patch(set={"n.x": 1}),
            Patch(set={"l.x": 1}),
            Patch(set={"null.x": 1}),
            Patch(push={"n": [1]}),
            Patch(push={"null": [1]}),
            Patch(add={"d": [1]}),
            Patch(maximum={"n": {"step": 1}}),
        ],
        ids=str,
    )
    def test_changes_that_do_not_fit_are_refused(self, driver: MemoryDriver, patch: Patch) -> None:
        document = {"_id": "a", "n": 1, "l": [{}], "d": {}, "null": None}
        driver.insert("c", document)
        with pytest.raises(InvalidArgument):
            driver.patch("c", "a", patch)
        assert driver.get("c", "a") == document

    def test_fields_that_contain_each_other_are_refused(self, driver: MemoryDriver) -> None:
        with pytest.raises(InvalidArgument):
            driver.find("c", Find(fields=("x", "x.y")))


class TestQueries:
    @pytest.mark.parametrize("inner", [Or(), MissingOr(path("k"), 1)], ids=str)
    def test_only_leaves_match_elements(self, driver: MemoryDriver, inner: Any) -> None:
        with pytest.raises(Unsupported):
            driver.find("c", Find(AnyElement(path("l"), (inner,))))

    def test_a_position_of_another_order_is_refused(self, driver: MemoryDriver) -> None:
        with pytest.raises(InvalidArgument):
            driver.find("c", Find(order=(Order(path("_id")),), after=("a", "b")))

    def test_a_join_into_a_sub_document_is_refused(self, driver: MemoryDriver) -> None:
        with pytest.raises(InvalidArgument):
            driver.find("c", Find(join=Join("d", "ids", "x.y")))

    def test_a_sort_key_that_is_none_is_refused(self, driver: MemoryDriver) -> None:
        with pytest.raises(Unsupported):
            driver.find("c", Find(order=(equals("x", 1),)))


class TestLimits:
    def test_documents_are_measured_as_json(self, small: MemoryDriver) -> None:
        frame = len('{"_id":"a","x":""}')
        assert small.insert("c", {"_id": "a", "x": "x" * (100 - frame)})
        with pytest.raises(LimitExceeded) as caught:
            small.insert("c", {"_id": "b", "x": "x" * (101 - frame)})
        assert dict(caught.value.facts) == {"limit": "document_bytes", "allowed": 100, "size": 101}
        with pytest.raises(LimitExceeded):
            small.insert("c", {"_id": "b", "x": "é" * 60})
        with pytest.raises(LimitExceeded):
            small.insert("c", {"_id": "b", "x": b"x" * 80})

    def test_a_document_may_not_grow_over_it(self, small: MemoryDriver) -> None:
        small.insert("c", {"_id": "a", "l": []})
        with pytest.raises(LimitExceeded):
            small.patch("c", "a", Patch(push={"l": ["x" * 90]}))
        assert small.get("c", "a") == {"_id": "a", "l": []}

    def test_terms_are_counted(self, small: MemoryDriver) -> None:
        assert small.find("c", Find(In(path("x"), (1, 2, 3)))) == []
        with pytest.raises(LimitExceeded):
            small.find("c", Find(In(path("x"), (1, 2, 3, 4))))

    def test_any_number_of_documents_is_inserted(self, small: MemoryDriver) -> None:
        documents = [{"_id": str(number)} for number in range(7)]
        assert small.insert_many("c", documents) == frozenset()
        assert len(small.find("c", Find())) == 7

    def test_what_is_declared_is_what_is_enforced(
        self, driver: MemoryDriver, small: MemoryDriver
    ) -> None:
        assert driver.capabilities.limits == LIMITS
        assert small.capabilities.limits == Limits(100, 3, 2)
        lacking = driver.capabilities.lacking
        assert set(lacking) == {Feature.DURABLE, Feature.SHARED}
