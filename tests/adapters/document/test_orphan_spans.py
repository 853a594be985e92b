"""Spans that interrupted calls left are removed, once no trace can have them any more."""

import json

import pytest

from mlflow_docstore.adapters.document.layout import SPANS, TEXTS, TRACES
from mlflow_docstore.adapters.document.repositories.spans import DocumentSpans
from mlflow_docstore.adapters.document.texts.large import GRACE, LargeTexts
from mlflow_docstore.adapters.document.traces.orphans import OrphanSpans
from mlflow_docstore.adapters.document.traces.stored import StoredTraces
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.spans import SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.ports.spans import Home

LOGGED = 5000
HOME = Home(lambda _: ("1", {}))


@pytest.fixture
def driver() -> MemoryDriver:
    return MemoryDriver(Database())


def log(driver: MemoryDriver, *trace_ids: str, text: str = "") -> None:
    record = SpanRecord(SpanNode("1", None), "step", "LLM", "OK", 1, 2, json.dumps(text))
    traces = StoredTraces(driver, LargeTexts(driver))
    spans = DocumentSpans(traces, LargeTexts(driver), clock=lambda: LOGGED)
    spans.log([SpanBatch(one, [record]) for one in trace_ids], HOME)


def sweep(driver: MemoryDriver, at: int = LOGGED + GRACE) -> int:
    texts = LargeTexts(driver)
    return OrphanSpans(StoredTraces(driver, texts), texts, clock=lambda: at).sweep()


def owners(driver: MemoryDriver) -> set[str]:
    return {one["trace_id"] for one in driver._database.table(SPANS).documents.values()}


def test_of_a_trace_that_is_gone_they_go(driver: MemoryDriver) -> None:
    log(driver, "a", "b")
    driver.delete(TRACES, "a")
    assert sweep(driver) == 1
    assert owners(driver) == {"b"}


def test_their_large_texts_go_with_them(driver: MemoryDriver) -> None:
    log(driver, "a", text="x" * 100_000)
    driver.delete(TRACES, "a")
    sweep(driver)
    assert driver._database.table(TEXTS).documents == {}


def test_those_stay_whose_trace_may_still_come(driver: MemoryDriver) -> None:
    log(driver, "a")
    driver.delete(TRACES, "a")
    assert sweep(driver, LOGGED + GRACE - 1) == 0
    assert owners(driver) == {"a"}


def test_of_a_trace_that_got_the_id_later_they_go_and_its_own_stay(driver: MemoryDriver) -> None:
    log(driver, "a")
    (left,) = driver._database.table(SPANS).documents.values()
    driver.put_many(SPANS, [{**left, "_id": "left", "era": "another"}])
    assert sweep(driver) == 1
    assert driver._database.table(SPANS).documents.keys() == {left["_id"]}


def test_nothing_goes_where_all_traces_are_there(driver: MemoryDriver) -> None:
    log(driver, *map(str, range(1500)))
    assert sweep(driver) == 0
    assert len(owners(driver)) == 1500
